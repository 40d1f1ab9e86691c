/** Records as Gemini CLI writes them, and what kato makes of them. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { KatoEvent } from '../../src/core/event.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { geminiCli } from '../../src/providers/gemini-cli/index.ts';
import type { Draft } from '../../src/providers/provider.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { ingest, storedEvents, temporaryFolder } from '../support/derive.ts';

export const SESSION = '0000beef-1111-4111-8111-111111111111';
export const DOCUMENT = 'tea/chats/session-2026-11-02T09-00-0000beef.json';
export const LINES = `${DOCUMENT}l`;
export const HEAD = { sessionId: SESSION, projectHash: '9f', startTime: at(0), lastUpdated: at(0) };
export const CONTEXT =
  '<session_context>\nThis is the Gemini CLI. We are setting up the context for our chat.\n</session_context>';

export function at(second: number): string {
  return new Date(Date.UTC(2026, 10, 2, 9, 0, second)).toISOString();
}

export function user(id: string, text: string | readonly string[], second = 1) {
  const content = [text].flat().map((one) => ({ text: one }));
  return { id, timestamp: at(second), type: 'user', content };
}

export function answer(id: string, text: string, more: object = {}) {
  return {
    id,
    timestamp: at(2),
    type: 'gemini',
    content: text,
    thoughts: [],
    tokens: null,
    model: 'gemini-3-pro',
    ...more,
  };
}

export function copyOf(id: string, type: string, ...texts: readonly string[]) {
  return { id, timestamp: at(90), type, content: texts.map((text) => ({ text })) };
}

/** Writes a session file, and takes in whatever is new below the folder. */
export function watched(t: TestContext) {
  const root = temporaryFolder(t);
  const store = createMemoryStore();
  const take = async (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    await ingest(store, geminiCli, root);
    return (await storedEvents(store)).map(({ event, superseded }) => ({ ...event, isGone: superseded === true }));
  };
  return {
    document: (messages: readonly object[], more: object = {}) =>
      take(DOCUMENT, JSON.stringify({ ...HEAD, messages, ...more }, null, 2)),
    lines: (records: readonly object[]) => take(LINES, records.map((record) => `${JSON.stringify(record)}\n`).join('')),
    raw: (content: string) => take(DOCUMENT, content),
  };
}

export function texts(events: readonly KatoEvent[], kind: string): string[] {
  return events.flatMap((event) =>
    event.kind === kind && event.origin !== 'replayed' && 'text' in event.payload ? [event.payload.text ?? ''] : [],
  );
}

/** The drafts of these records, one after the other. */
export function decode(records: readonly unknown[], path = LINES): { drafts: Draft[]; state: JsonValue } {
  const match = geminiCli.match(path);
  assert.ok(match);
  const decoder = geminiCli.createDecoder(match);
  const drafts: Draft[] = [];
  let state = decoder.initial;
  for (const value of records) {
    const decoded = decoder.decode(state, { role: 'record', offset: 0, bytes: 0, value });
    drafts.push(...decoded.drafts);
    state = decoded.state;
  }
  return { drafts, state };
}
