/** The decoder: one line of a rollout to drafts. What each line means is in `README.md`. */
import { isRecord, textAt, toJson } from '../../core/json.ts';
import type { Decoded, Decoder, Frame } from '../provider.ts';
import { toInstant } from '../shared/instant.ts';
import { decodeMailRecord } from './agents.ts';
import { callDraft, resultDraft } from './calls.ts';
import { decodeEvent } from './events.ts';
import { type Line, openLine, raw, type Told, told, unknown } from './line.ts';
import { decodeMeta, decodeTurnContext } from './meta.ts';
import { jsonText } from './output.ts';
import { decodeAskedLine, decodeVerifiedAnswer } from './questions.ts';
import { judgeReplay } from './replay.ts';
import { decodeResponseItem } from './response-items.ts';
import { type CodexState, initialState } from './state.ts';
import { decodeCompacted, enterTurn } from './turns.ts';
import { decodeUsageRecord } from './usage.ts';

interface RolloutHints {
  /** The thread as the file's name has it, until the first line tells. */
  readonly session: string;
  /** True when the name has a rollout's id too: the file goes on after a rewind. */
  readonly isRewind: boolean;
}

export function createRolloutDecoder(hints: RolloutHints): Decoder<CodexState> {
  return { initial: initialState, decode: (state, frame) => decodeLine(state, frame, hints) };
}

function decodeLine(before: CodexState, frame: Frame, hints: RolloutHints): Decoded<CodexState> {
  if (!isRecord(frame.value)) return unknown(before, openLine(frame, before, hints.session));
  const opened = openLine(frame, { ...before, fresh: null }, hints.session);
  const judged = judgeReplay({ ...before, fresh: null }, { ...opened, fresh: before.fresh });
  const state = enterTurn(judged.state, judged.line);
  const decoded = decodeByType(state, judged.line, hints);
  return { ...decoded, diagnostics: [...judged.diagnostics, ...decoded.diagnostics] };
}

function decodeByType(state: CodexState, line: Line, hints: RolloutHints): Told {
  switch (line.type) {
    case 'session_meta':
      return decodeMeta(state, line, hints.session, hints.isRewind);
    case 'turn_context':
      return decodeTurnContext(state, line);
    case 'response_item':
      return decodeResponseItem(state, line);
    case 'event_msg':
      return decodeEvent(state, line);
    case 'compacted':
      return decodeCompacted(state, line);
    case 'token_usage_record':
      return decodeUsageRecord(state, line);
    case 'retained_context':
      return decodeVerifiedAnswer(state, line) ?? raw(state, line);
    case 'inter_agent_communication':
      return decodeMailRecord(state, line);
    case 'request_user_input':
      return decodeQuestionnaire(state, line);
    default:
      return RAW_TYPES.has(line.type) ? raw(state, line) : unknown(state, line);
  }
}

/** Known, and kept raw: what the harness remembers for itself. */
const RAW_TYPES: ReadonlySet<string> = new Set([
  'world_state',
  'inter_agent_communication_metadata',
  'security_risk_score',
  'realtime_item',
  'record_type:state',
]);

/** A line that is a whole questionnaire: call, questions, answers and output. */
function decodeQuestionnaire(state: CodexState, line: Line): Told {
  const { payload, at, ordinal, offset } = line;
  const id = textAt(payload, 'call_id') ?? textAt(payload, 'id') ?? `request_user_input@${ordinal ?? at ?? offset}`;
  const input = { questions: toJson(payload.questions) };
  const call = callDraft(line, { id, name: 'request_user_input', input });
  const asked = decodeAskedLine(state, line, id);
  const output = { text: jsonText(payload.answers), attached: [] };
  const result = payload.answers === undefined ? [] : [resultDraft(line, id, output)];
  return told(asked.state, call, ...asked.drafts, ...result);
}

/**
 * `session_index.jsonl`: names that people gave to threads, `{"id", "thread_name", "updated_at"}`. The newest line of a
 * thread counts; a blank name takes the name away, which is nothing to tell. Seen in 0.100 to 0.169.
 */
export const indexDecoder: Decoder<null> = {
  initial: null,
  decode: (state, { value }) => {
    const session = textAt(value, 'id');
    const title = textAt(value, 'thread_name')?.trim();
    if (session === undefined || !title) return { drafts: [], diagnostics: [], state };
    const updatedAt = textAt(value, 'updated_at') ?? '';
    const draft = {
      session,
      record: `index:${session}:${updatedAt}`,
      part: 'title',
      type: 'session_index',
      at: toInstant(updatedAt),
      origin: 'agent',
      kind: 'session.info',
      payload: { title, titleFrom: 'user' },
    } as const;
    return { drafts: [draft], diagnostics: [], state };
  },
};
