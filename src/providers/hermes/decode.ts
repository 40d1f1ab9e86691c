/** The decoder: one frame of a row set, or one line of a session file, to drafts. See README.md. */
import { booleanAt, field, isRecord, numberAt, stringAt } from '../../core/json.ts';
import type { Decoded, Decoder, Draft, Frame } from '../provider.ts';
import { decodeMessage } from './message.ts';
import { messageOfLine, messageOfRow, recordName } from './record.ts';
import { decodeHead, decodeMeta } from './session.ts';
import { type HermesState, initialState } from './state.ts';

export function createHermesDecoder(session: string): Decoder<HermesState> {
  return {
    initial: initialState,
    decode: (state, frame) =>
      isRowFrame(frame.value) ? decodeRow(state, frame, session) : decodeLine(state, frame, session),
  };
}

/** As `ingest/framing/rows.ts` makes them; lines of a file have a role. */
function isRowFrame(value: unknown): boolean {
  return (
    stringAt(value, 'role') === undefined && (isRecord(field(value, 'row')) || numberAt(value, 'gone') !== undefined)
  );
}

function decodeRow(state: HermesState, { value }: Frame, session: string): Decoded<HermesState> {
  const gone = numberAt(value, 'gone');
  if (gone !== undefined) {
    const records = [frameRecord(value, gone, session)];
    return { drafts: [], diagnostics: [], retractions: [{ session, records }], state };
  }
  const table = stringAt(value, 'table') ?? '';
  const row = field(value, 'row');
  if (table === 'sessions') return decodeHead(state, value, session);
  const id = numberAt(row, 'id');
  if (table !== 'messages' || id === undefined) return unknownRecord(state, session, 'row');
  const record = frameRecord(value, id, session);
  const decoded = decodeMessage(state, messageOfRow(row, record, session));
  // Taken back by `/undo` and the like. What a compaction has put behind a summary is not: it was said, and stands.
  const isTakenBack = numberAt(row, 'active') === 0 && numberAt(row, 'compacted') !== 1;
  if (isTakenBack) return { ...decoded, retractions: [{ session, records: [record] }] };
  return booleanAt(value, 'again') ? { ...decoded, restored: [{ session, records: [record] }] } : decoded;
}

/** A copy has the name that its original has: so it is told that it is one. */
function frameRecord(value: unknown, id: number, session: string): string {
  const original = field(value, 'copyOf');
  return recordName(numberAt(original, 'key') ?? id, stringAt(original, 'session') ?? session);
}

function decodeLine(state: HermesState, { value, offset }: Frame, session: string): Decoded<HermesState> {
  const role = stringAt(value, 'role');
  if (role === undefined) return unknownRecord(state, session, 'line');
  if (role === 'session_meta') return decodeMeta(state, value, session);
  return decodeMessage(state, messageOfLine(value, offset, session));
}

function unknownRecord(state: HermesState, session: string, about: string): Decoded<HermesState> {
  const base = { session, part: 'raw', type: about, origin: 'agent' } as const;
  const draft: Draft = { ...base, kind: 'provider.raw', payload: { rawType: about } };
  return { drafts: [draft], diagnostics: [{ code: 'unknown-record', about }], state };
}
