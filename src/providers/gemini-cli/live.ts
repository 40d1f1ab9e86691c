/**
 * The agent's own list of messages, as ids: what it holds, takes back, and writes again.
 *
 * A file of lines is an edit log. A message is appended again when it grows; `$rewindTo` drops a message and what
 * follows; `$set.messages` replaces the whole list. What leaves the list is retracted, never lost.
 */
import { field, stringAt } from '../../core/json.ts';
import { lastOf } from '../shared/text.ts';
import { atomsOf, hashAtoms, type Part, partsOf } from './content.ts';
import { recordOf } from './envelope.ts';
import type { Entry, GeminiState } from './state.ts';

/** Enough for what agents replace and rewind; checkpoints stay small. */
const LIVE = 192;
const GONE = 64;
const RESULTS = 512;

export function findEntry({ live, gone }: GeminiState, id: string): Entry | undefined {
  return live.find((entry) => entry.id === id) ?? gone.find((entry) => entry.id === id);
}

/** Puts a message at its place, or at the end when it is new or comes back. */
export function putEntry(state: GeminiState, entry: Entry): GeminiState {
  const index = state.live.findIndex(({ id }) => id === entry.id);
  const live = index < 0 ? [...state.live, entry] : state.live.with(index, entry);
  return { ...withLive(state, live), gone: state.gone.filter(({ id }) => id !== entry.id) };
}

/** While history is written again, all originals stay until the last copy has come. */
function withLive(state: GeminiState, live: readonly Entry[]): GeminiState {
  const fixed = state.copying?.originals ?? 0;
  const older = live.slice(fixed, -LIVE).filter(({ as }) => as !== 'note');
  const kept = [...live.slice(0, fixed), ...lastOf(live.slice(fixed), LIVE)];
  const first = state.forgotten > 0 ? state.first : (live.find(({ as }) => as !== 'note')?.hash ?? null);
  return { ...state, live: kept, forgotten: state.forgotten + older.length, first };
}

function withGone(state: GeminiState, entries: readonly Entry[]): GeminiState {
  return entries.length === 0 ? state : { ...state, gone: lastOf([...state.gone, ...entries], GONE) };
}

export function withResults(state: GeminiState, results: readonly string[] = []): GeminiState {
  const fresh = results.filter((result) => !state.results.includes(result));
  return fresh.length === 0 ? state : { ...state, results: lastOf([...state.results, ...fresh], RESULTS) };
}

/** The turn that a message on the list belongs to: that of the nearest prompt before it. */
export function turnOf({ live, turn }: GeminiState, id: string): string | undefined {
  const end = live.findIndex((entry) => entry.id === id);
  if (end < 0) return turn ?? undefined;
  return live.slice(0, end + 1).findLast(({ as, of }) => as === 'prompt' && of === undefined)?.id;
}

/** The records of these messages, and of those that they repeat. */
export function recordsOf(entries: readonly Entry[], session: string): string[] {
  return [...new Set(entries.flatMap(({ id, of = [] }) => [...of, id]))].map((id) => recordOf(id, session));
}

interface Replaced {
  readonly state: GeminiState;
  readonly dropped: readonly Entry[];
}

/** `$rewindTo`: everything from this message on is dropped; all there is when the message is unknown. */
export function rewindTo(state: GeminiState, id: string): Replaced {
  const from = Math.max(
    state.live.findIndex((entry) => entry.id === id),
    0,
  );
  const dropped = state.live.slice(from);
  const first = from === 0 ? null : state.first;
  return { state: withGone({ ...state, live: state.live.slice(0, from), first }, dropped), dropped };
}

/**
 * `$set.messages`: the list becomes these. Notes are never on such a list and are not taken back by it; an original is
 * still there as long as a copy of it is. Where messages have been forgotten, a list says for sure only what is gone from
 * its end: agents shorten history there.
 */
export function replaceLive(state: GeminiState, listed: readonly Entry[]): Replaced {
  const kept = new Set(listed.flatMap(({ id, of = [] }) => [id, ...of]));
  const isKept = ({ id, of = [] }: Entry) => kept.has(id) || (of.length > 0 && of.every((one) => kept.has(one)));
  const lastKept =
    state.forgotten > 0 ? state.live.findLastIndex((entry) => entry.of === undefined && isKept(entry)) : -1;
  const dropped = state.live
    .filter((entry, index) => index > lastKept && entry.as !== 'note' && !isKept(entry))
    .map((entry) => (entry.of ? { ...entry, of: entry.of.filter((one) => !kept.has(one)) } : entry));
  const gone = state.gone.filter(({ id }) => !kept.has(id));
  const next = withLive({ ...state, gone, forgotten: 0 }, listed);
  return { state: withGone(next, dropped), dropped };
}

/** A piece of a copied message, with the message that it repeats, where that is known. */
export interface Piece {
  readonly parts: readonly Part[];
  readonly of?: Entry | undefined;
}

/**
 * What a copy repeats. Copies come in the order of their originals. The agent joins messages of a user that stand next
 * to each other, so one copy may repeat several. `after` is the original of the copy before, `''` for none.
 */
export function traceCopy(originals: readonly Entry[], message: unknown, after: string): readonly Piece[] {
  const parts = partsOf(field(message, 'content'));
  const atoms = atomsOf(message, parts);
  const start = originals.findIndex(({ id }) => id === after) + 1;
  const whole = findOriginal(originals, start, hashAtoms(message, atoms));
  if (stringAt(message, 'type') === 'gemini') return [{ parts, of: inTurn(originals, start, whole) }];
  if (whole >= 0) return [{ parts, of: originals[whole] }];
  const pieces: Piece[] = [];
  let next = start;
  for (let from = 0; from < parts.length; ) {
    const found = longestMatch(originals, next, message, atoms.slice(from));
    if (!found) return [...pieces, { parts: parts.slice(from) }];
    pieces.push({ parts: parts.slice(from, from + found.count), of: originals[found.index] });
    next = found.index + 1;
    from += found.count;
  }
  return pieces.length > 0 ? pieces : [{ parts }];
}

/**
 * Answers are short at times, and equal: one behind the next prompt is not the one that is repeated. Copies that begin with
 * an answer have lost the first prompt.
 */
function inTurn(originals: readonly Entry[], start: number, index: number): Entry | undefined {
  const prompts = originals.slice(start, index).filter(({ as }) => as === 'prompt').length;
  return prompts > (start === 0 ? 1 : 0) ? undefined : originals[index];
}

function findOriginal(originals: readonly Entry[], start: number, hash: string): number {
  return originals.findIndex((entry, index) => index >= start && entry.as !== 'note' && entry.hash === hash);
}

function longestMatch(originals: readonly Entry[], start: number, message: unknown, atoms: readonly string[]) {
  for (let count = atoms.length; count > 0; count--) {
    const index = findOriginal(originals, start, hashAtoms(message, atoms.slice(0, count)));
    if (index >= 0) return { count, index };
  }
  return undefined;
}
