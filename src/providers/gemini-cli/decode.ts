/** The decoder: one line of a Gemini CLI session file, or one piece of a document, to drafts. See README.md. */
import { field, isRecord, listAt, stringAt } from '../../core/json.ts';
import type { Decoded, Decoder, Draft } from '../provider.ts';
import { recordsOf, rewindTo } from './live.ts';
import { decodeMessage } from './message.ts';
import { aboutSession, decodeFolder, openSession } from './metadata.ts';
import { replaceMessages } from './replace.ts';
import { type GeminiState, initialState } from './state.ts';

export function createGeminiDecoder(parent: string | undefined, fallback: string): Decoder<GeminiState> {
  return {
    initial: { ...initialState, isSubagent: parent !== undefined },
    decode: (state, frame) =>
      frame.role === 'companion' ? decodeFolder(state, frame) : decodeRecord(state, frame.value, parent, fallback),
  };
}

/** The order of tests is the agent's own: what has `$rewindTo` is a rewind, whatever else it has. */
function decodeRecord(
  before: GeminiState,
  value: unknown,
  parent: string | undefined,
  fallback: string,
): Decoded<GeminiState> {
  const state = before.starting ? { ...before, starting: false } : before;
  const session = state.session ?? fallback;
  const rewound = stringAt(value, '$rewindTo');
  if (rewound !== undefined) return decodeRewind(state, rewound, session);
  if (!isRecord(value)) return unknownRecord(state, session, 'untyped');
  if (stringAt(value, 'id') !== undefined) return decodeMessage(state, value, session);
  const set = field(value, '$set');
  if (isRecord(set)) return decodeSet(before, set, session);
  if (stringAt(value, 'sessionId') !== undefined) return decodeHead(state, value, parent);
  if (stringAt(value, 'type') !== undefined) return decodeMessage(state, value, session);
  return unknownRecord(state, session, 'record');
}

function unknownRecord(state: GeminiState, session: string, about: string): Decoded<GeminiState> {
  const base = { session, part: 'raw', type: about, origin: 'agent' } as const;
  const draft: Draft = { ...base, kind: 'provider.raw', payload: { rawType: about } };
  return { drafts: [draft], diagnostics: [{ code: 'unknown-record', about }], state };
}

function decodeRewind(before: GeminiState, id: string, session: string): Decoded<GeminiState> {
  const { state, dropped } = rewindTo({ ...before, copying: null }, id);
  const base = { session, part: 'rewind', type: '$rewindTo', origin: 'agent' } as const;
  const payload = { text: 'The conversation was rewound.', subtype: 'rewind' };
  const retractions = dropped.length > 0 ? [{ session, records: recordsOf(dropped, session) }] : [];
  return { drafts: [{ ...base, kind: 'provider.info', payload }], diagnostics: [], retractions, state };
}

/** The first line, and the document without its messages; each process that goes on with a session writes one more. */
function decodeHead(
  state: GeminiState,
  value: Record<string, unknown>,
  parent: string | undefined,
): Decoded<GeminiState> {
  const opened = openSession({ ...state, copying: null }, value, parent);
  const { session } = opened;
  const about = aboutSession(value, session, 'metadata');
  let next = opened.state;
  const drafts = [...opened.drafts, ...about.drafts];
  const diagnostics = [...about.diagnostics];
  for (const message of listAt(value, 'messages').filter(isRecord)) {
    const decoded = decodeMessage(next, message, session);
    drafts.push(...decoded.drafts);
    diagnostics.push(...decoded.diagnostics);
    next = decoded.state;
  }
  return { drafts, diagnostics, state: { ...next, starting: true } };
}

/** A patch: of the list of messages, and of what is known about the session. A mere time stamp ends nothing. */
function decodeSet(before: GeminiState, set: Record<string, unknown>, session: string): Decoded<GeminiState> {
  const about = aboutSession(set, session, '$set');
  const isStamp = Object.keys(set).every((key) => key === 'lastUpdated');
  const state = isStamp ? before : { ...before, copying: null };
  const list = field(set, 'messages');
  const replaced = Array.isArray(list)
    ? replaceMessages(state, list.filter(isRecord), session)
    : { drafts: [], diagnostics: [], state };
  return {
    ...replaced,
    drafts: [...about.drafts, ...replaced.drafts],
    diagnostics: [...about.diagnostics, ...replaced.diagnostics],
    state: { ...replaced.state, starting: false },
  };
}
