/** Turns: where they begin and end, what ends them badly, and taking them back. */
import { field, listAt, numberAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { decodeLastMessage } from './assistant.ts';
import { closeCarriers } from './carriers.ts';
import { draftOf, type Line, raw, rawDraft, type Told, told } from './line.ts';
import type { CodexState } from './state.ts';

/** Lines before the first one that names its turn belong to none. */
export function enterTurn(state: CodexState, line: Line): CodexState {
  const { namedTurn } = line;
  return namedTurn === undefined || namedTurn === state.turn || line.type !== 'turn_context'
    ? state
    : { ...state, turn: namedTurn, turnOffset: line.offset, trigger: null, hasSpoken: false };
}

/** `task_started`. Who began the turn is said since 0.169. */
export function decodeTurnStart(before: CodexState, line: Line): Told {
  const trigger = textAt(line.payload, 'turn_attribution', 'turn_trigger');
  const closed = closeCarriers(before, 'answer', 'thought', 'plan', 'search', 'shell');
  const state: CodexState = {
    ...closed,
    turn: line.namedTurn ?? null,
    turnOffset: line.offset,
    trigger: trigger === undefined ? null : trigger === 'user' ? 'user' : 'other',
    hasSpoken: false,
    hasTasks: true,
  };
  return raw(state, line);
}

/** `task_complete`: its last message repeats the answer, or is the only carrier of it; an error stands nowhere else. */
export function decodeTurnEnd(before: CodexState, line: Line): Told {
  const drafts: Draft[] = [];
  const last = textAt(line.payload, 'last_agent_message');
  if (last !== undefined && !before.hasSpoken) drafts.push(decodeLastMessage(line, last));
  const error = field(line.payload, 'error');
  const message = textAt(error, 'message') ?? (typeof error === 'string' ? error : undefined);
  if (message !== undefined) drafts.push(notice(line, 'error', message, 'error'));
  return told(leaveTurn(before), ...(drafts.length > 0 ? drafts : [rawDraft(line)]));
}

function leaveTurn(state: CodexState): CodexState {
  return { ...closeCarriers(state, 'prompt'), turn: null, turnOffset: null, trigger: null, hasSpoken: false };
}

/** `turn_aborted`: by a person, or because something else took its place. */
export function decodeTurnAbort(before: CodexState, line: Line): Told {
  const text = textAt(line.payload, 'reason') ?? 'aborted';
  return told(leaveTurn(before), notice(line, 'turn-aborted', text));
}

/** `thread_rolled_back`: the last turns are taken back, from where their prompts begin. */
export function decodeRollback(before: CodexState, line: Line): Told {
  const count = Math.floor(numberAt(line.payload, 'num_turns') ?? 0);
  const first = Math.max(0, before.prompts.length - count);
  const fromOffset = count > 0 ? before.prompts[first] : undefined;
  const draft = notice(line, 'rollback', `Turns taken back: ${count}`);
  if (fromOffset === undefined) return told(before, draft);
  const state = { ...before, prompts: before.prompts.slice(0, first), open: [] };
  return { ...told(state, draft), retractions: [{ session: line.session, fromOffset }] };
}

/** `compacted`: the history so far was replaced by a summary. The replacement repeats old messages and stays raw. */
export function decodeCompacted(state: CodexState, line: Line): Told {
  const text = textAt(line.payload, 'message') ?? line.type; // An encrypted summary has no words.
  return told(
    state,
    draftOf(line, 'system.message', 'compaction', { text, subtype: 'compaction' }, { origin: 'summary' }),
  );
}

function notice(line: Line, subtype: string, text: string, level?: string): Draft {
  return draftOf(line, 'provider.info', 'notice', { text, subtype, ...(level !== undefined && { level }) });
}

/** `error`, `warning` and their like: a message. */
export function decodeNotice(state: CodexState, line: Line, level: string): Told {
  const text = textAt(line.payload, 'message') ?? '';
  return told(state, notice(line, line.subtype, text, level));
}

/** A review begins: what it looks at, as the interface put it. */
export function decodeReviewStart(state: CodexState, line: Line, source: unknown): Told {
  const text = textAt(source, 'user_facing_hint') ?? textAt(source, 'prompt') ?? textAt(source, 'review') ?? '';
  return told(state, notice(line, 'review-started', text));
}

/** A review ends: its findings. What the model said of them follows as a message. */
export function decodeReviewEnd(state: CodexState, line: Line, source: unknown): Told {
  const output = field(source, 'review_output');
  const findings = listAt(output, 'findings').map((finding) => {
    const place = textAt(finding, 'code_location', 'absolute_file_path');
    const lines = [textAt(finding, 'title'), place, textAt(finding, 'body')];
    return lines.filter((part) => part !== undefined).join('\n');
  });
  const whole = textAt(output, 'overall_explanation') ?? textAt(source, 'review');
  const text = [whole, ...findings].filter((part) => part !== undefined).join('\n\n');
  return told(state, notice(line, 'review-ended', text));
}
