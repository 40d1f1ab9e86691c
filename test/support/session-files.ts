/** Small session files as the agents write them, made up for tests: Claude Code 2.1, Codex 0.169, Gemini CLI 0.61, San. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TestHome } from './cli.ts';

/** What a person and a model said, in turns. */
export interface Said {
  readonly by: 'user' | 'model';
  readonly text: string;
  /** Absent: the record has no time. */
  readonly at?: string;
}

export interface SessionFile {
  /** Below the person's home folder. */
  readonly path: string;
  readonly text: string;
}

export interface ClaudeSession {
  readonly id: string;
  readonly said: Iterable<Said>;
  readonly cwd?: string;
  readonly title?: string;
}

/** A session of Claude Code: one record a message. */
export function claudeSession({ id, said, cwd = '/w/toy', title }: ClaudeSession): SessionFile {
  const lines = title === undefined ? [] : [{ type: 'ai-title', aiTitle: title, sessionId: id }];
  const records: unknown[] = [...lines];
  let parentUuid: string | null = null;
  let number = 0;
  for (const { by, text, at } of said) {
    number += 1;
    const uuid = `${id.slice(0, 8)}-0000-4000-8000-${String(number).padStart(12, '0')}`;
    const head = { parentUuid, isSidechain: false, cwd, sessionId: id, version: '2.1.329', gitBranch: 'main', uuid };
    const time = at === undefined ? {} : { timestamp: at };
    const message =
      by === 'user'
        ? { role: 'user', content: text }
        : { id: `msg_${number}`, role: 'assistant', model: 'claude-toy-1', content: [{ type: 'text', text }] };
    const typed = { promptId: `p${number}`, origin: { kind: 'human' }, promptSource: 'typed' };
    records.push({
      ...head,
      type: by === 'user' ? 'user' : 'assistant',
      message,
      ...(by === 'user' && typed),
      ...time,
    });
    parentUuid = uuid;
  }
  return { path: `.claude/projects/-w-toy/${id}.jsonl`, text: toLines(records) };
}

/** A session of Codex, in paginated history: what was said stands in items. */
export function codexSession({ id, said, cwd = '/w/toy' }: Omit<ClaudeSession, 'title'>): SessionFile {
  const start = { timestamp: '2026-07-02T10:00:00.000Z', cwd, cli_version: '0.169.0', originator: 'codex-tui' };
  const records: unknown[] = [
    { type: 'session_meta', payload: { id, source: 'cli', history_mode: 'paginated', ...start } },
    { type: 'turn_context', payload: { turn_id: 'turn-1', cwd, model: 'gpt-toy-1' } },
  ].map((record) => ({ timestamp: start.timestamp, ...record }));
  for (const { by, text, at } of said) {
    const number = records.length;
    const item =
      by === 'user'
        ? { type: 'UserMessage', id: `item_${number}`, content: [{ type: 'text', text, text_elements: [] }] }
        : { type: 'AgentMessage', id: `item_${number}`, content: [{ type: 'Text', text }], phase: 'final_answer' };
    const payload = { type: 'item_completed', thread_id: id, turn_id: 'turn-1', item };
    records.push({ timestamp: at, type: 'event_msg', payload });
  }
  const numbered = records.map((record, ordinal) => ({ ...(record as object), ordinal }));
  return { path: `.codex/sessions/2026/07/02/rollout-2026-07-02T10-00-00-${id}.jsonl`, text: toLines(numbered) };
}

/** A session of Gemini CLI: one record a message. */
export function geminiSession({ id, said }: Pick<ClaudeSession, 'id' | 'said'>): SessionFile {
  const head = { sessionId: id, projectHash: 'a'.repeat(64), startTime: '2026-07-03T10:00:00.000Z', kind: 'main' };
  const records: unknown[] = [head];
  for (const { by, text, at } of said) {
    const record = { id: `g-${records.length}`, timestamp: at };
    records.push(
      by === 'user'
        ? { ...record, type: 'user', content: [{ text }] }
        : { ...record, type: 'gemini', content: text, thoughts: [], model: 'gemini-toy-1' },
    );
  }
  return { path: `.gemini/tmp/toy/chats/session-2026-07-03T10-00-${id.slice(0, 8)}.jsonl`, text: toLines(records) };
}

/** A session of San, as gencode is called by now: one record a message. */
export function gencodeSession({ id, said, cwd = '/w/toy' }: Omit<ClaudeSession, 'title'>): SessionFile {
  const session = { provider: 'anthropic', model: 'san-toy-1' };
  const start = { time: '2026-07-04T10:00:00.000000001Z', type: 'session.started', cwd, version: '1', session };
  const records: unknown[] = [{ id: `${id}:start`, sessionId: id, ...start }];
  for (const { by, text, at } of said) {
    const messageId = String(records.length).padStart(16, '0');
    const message = { messageId, role: by === 'user' ? 'user' : 'assistant', content: [{ type: 'text', text }] };
    records.push({ id: `${id}:${messageId}`, sessionId: id, time: at, type: 'message.appended', message });
  }
  return { path: `.san/projects/-w-toy/transcripts/${id}.jsonl`, text: toLines(records) };
}

/** Puts a session file where its agent would have written it. */
export function addSession(home: TestHome, { path, text }: SessionFile): string {
  const file = home.path(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function toLines(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
