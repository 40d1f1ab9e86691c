/** One message of the list: written for the first time, written again, or a copy of older history. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { field, textAt } from '../../core/json.ts';
import type { Decoded, Draft } from '../provider.ts';
import { textHash } from '../shared/text.ts';
import { decodeGemini } from './assistant.ts';
import { hashMessage, partsOf } from './content.ts';
import { copyingAt, hasContext } from './copies.ts';
import { draftOf, type Envelope, openEnvelope, recordOf, type Told } from './envelope.ts';
import { findEntry, type Piece, putEntry, recordsOf, traceCopy, turnOf, withResults } from './live.ts';
import { folderOf } from './metadata.ts';
import { decodeNote } from './note.ts';
import type { Entry, GeminiState } from './state.ts';
import { decodeUser } from './user.ts';

export type Message = Record<string, unknown>;

/** A message that stands in a line, or in a document, of its own. */
export function decodeMessage(before: GeminiState, message: Message, session: string): Decoded<GeminiState> {
  const id = textAt(message, 'id') ?? '';
  const known = findEntry(before, id);
  const copying = known || isNews(message) ? null : copyingAt(before, message);
  const state = copying === before.copying ? before : { ...before, copying };
  if (known) return writtenAgain(state, message, session, known);
  if (copying === null) return written(state, message, session);
  const originals = copying.skip > 0 ? [] : state.live.slice(0, copying.originals);
  const copied = copy(state, message, session, traceCopy(originals, message, copying.after));
  // The first copy is the context and the first prompt in one.
  const skip = Math.max(0, copying.skip - (hasContext(message) ? partsOf(field(message, 'content')).length : 1));
  return { ...copied, state: { ...copied.state, copying: { ...copying, skip, after: copied.last ?? copying.after } } };
}

/** What no copy is: a note to the person, and an answer that names its model. Copies of answers have lost it. */
function isNews(message: Message): boolean {
  const type = textAt(message, 'type');
  return type === 'gemini' ? textAt(message, 'model') !== undefined : type !== 'user';
}

/** For the first time. */
export function written(state: GeminiState, message: Message, session: string): Decoded<GeminiState> {
  const envelope = openEnvelope(message, owner(state, session, state.turn ?? undefined));
  const told = tell(state, envelope);
  const as = kindOf(message, told.drafts);
  const drafts = as === 'prompt' ? told.drafts.map((draft) => ({ ...draft, turnId: envelope.record })) : told.drafts;
  const turn = as === 'prompt' ? (textAt(message, 'id') ?? null) : state.turn;
  return decoded(enter({ ...state, turn }, message, told, { as }), {
    ...told,
    drafts: [...folderOf(envelope), ...drafts],
  });
}

/** Once more, under its own id: grown, or come back after it was taken back. */
export function writtenAgain(
  state: GeminiState,
  message: Message,
  session: string,
  known: Entry,
): Decoded<GeminiState> {
  const [original] = known.of ?? [];
  const copied = known.of && { record: original === undefined ? undefined : recordOf(original, session) };
  const envelope = { ...openEnvelope(message, owner(state, session, turnOf(state, known.id))), copy: copied };
  const told = tell(state, envelope, known);
  const restored = isGone(state, known) ? [{ session, records: recordsOf([known], session) }] : undefined;
  return { ...decoded(enter(state, message, told, known), told), ...(restored && { restored }) };
}

export function isGone(state: GeminiState, { id }: Entry): boolean {
  return state.gone.some((entry) => entry.id === id);
}

/** A copy, in pieces that each repeat one message. Parts are named as in the original, so that they find each other. */
export function copy(state: GeminiState, message: Message, session: string, pieces: readonly Piece[]) {
  const drafts: Draft[] = [];
  const diagnostics: Diagnostic[] = [];
  const results: string[] = [];
  for (const [index, { parts, of }] of pieces.entries()) {
    const original = of && recordOf(of.id, session);
    const told = tell(state, { ...openEnvelope(message, owner(state, session)), parts, copy: { record: original } });
    drafts.push(...told.drafts.map((draft) => withOwnPart(draft, drafts, index)));
    diagnostics.push(...told.diagnostics);
    results.push(...(told.results ?? []));
  }
  const of = pieces.flatMap(({ of: entry }) => (entry ? (entry.of ?? [entry.id]) : []));
  const next = enter(state, message, { drafts, diagnostics, results }, { as: kindOf(message, drafts), of });
  return { ...decoded(next, { drafts, diagnostics }), last: pieces.findLast((piece) => piece.of)?.of?.id };
}

function withOwnPart(draft: Draft, others: readonly Draft[], index: number): Draft {
  const isTaken = others.some(({ part }) => part === draft.part);
  return isTaken ? { ...draft, part: `${draft.part}+${index}`, copyOf: undefined } : draft;
}

function owner({ isSubagent }: GeminiState, session: string, turnId?: string) {
  return { session, isSubagent, turnId };
}

function decoded(state: GeminiState, { drafts, diagnostics }: Told): Decoded<GeminiState> {
  return { drafts, diagnostics, state };
}

function kindOf(message: Message, drafts: readonly Draft[]): Entry['as'] {
  const type = textAt(message, 'type');
  if (type !== 'user') return type === 'gemini' ? 'talk' : 'note';
  return drafts.some(({ kind, origin }) => kind === 'user.message' && origin !== 'injected') ? 'prompt' : 'talk';
}

/** The state that knows of the message, and of what it told. */
function enter(state: GeminiState, message: Message, told: Told, { as, of }: Pick<Entry, 'as' | 'of'>): GeminiState {
  const id = textAt(message, 'id');
  const next: GeminiState = {
    ...withResults(state, told.results?.map(callHash)),
    prompted: state.prompted || told.drafts.some(({ origin }) => origin === 'subagent'),
    hasContext: state.hasContext || hasContext(message),
  };
  return id === undefined ? next : putEntry(next, { id, hash: hashMessage(message), as, ...(of && { of }) });
}

function callHash(callId: string): string {
  return textHash(callId).slice(0, 8);
}

/** `known` is what the list already knows of the message: the prompt of a sub-agent stays one when it is written again. */
function tell(state: GeminiState, envelope: Envelope, known?: Entry): Told {
  const isTold = (callId: string) => state.results.includes(callHash(callId));
  switch (envelope.type) {
    case 'user':
      return decodeUser(envelope, { prompted: state.prompted && known?.as !== 'prompt', isTold });
    case 'gemini':
      return decodeGemini(envelope, isTold);
    case 'info':
    case 'warning':
    case 'error':
      return decodeNote(envelope);
    default: {
      const rawType = `message:${envelope.type}`;
      const draft = draftOf(envelope, 'provider.raw', 'raw', { rawType });
      return { drafts: [draft], diagnostics: [{ code: 'unknown-record', about: rawType }] };
    }
  }
}
