/**
 * The chains of records that a file's writers go on with. Usually there is one. Two terminals that resumed the same
 * session write to its file in turns, each on a chain of its own from where they began (seen with 2.1.329): what one of
 * them is told does not belong to the other's turn.
 *
 *     p1 ── a1 ─┬─ p2 ── a2 ──────────── p4 ── …     one terminal
 *               └──────────── p3 ── a3 ──────── …     the other one
 */
import { field } from '../../core/json.ts';
import { lastOf } from '../shared/text.ts';
import { type ClaudeState, isRememberable, type Strand, shortHash } from './state.ts';

const STRANDS = 4;
const LATEST = 48;
/** The mark of a rewind stands right behind the prompt, or a few records later (2.1.329). */
const MARK_WITHIN = 16;

/** The state in which the chain that this record continues is the one being written. */
export function pickUp(state: ClaudeState, value: unknown, offset: number): ClaudeState {
  const parentUuid = field(value, 'parentUuid');
  if (typeof parentUuid !== 'string') return state;
  const parent = shortHash(parentUuid);
  const strand = state.strands.findLast(({ latest }) => latest.includes(parent));
  if (!strand || strand === state.strands.at(-1)) return state;
  const strands = [...state.strands.filter((other) => other !== strand), strand];
  return { ...state, strands, turn: strand.turn, switchedAt: offset };
}

/** What of a record's envelope places it in a chain. */
interface Link {
  readonly uuid: string | undefined;
  readonly value: unknown;
  readonly isInline: boolean;
  readonly isRepeated: boolean;
}

/** The state that knows this record as the latest of its chain, or, where it may have replaced another, of a new one. */
export function grow(state: ClaudeState, { uuid, value, isInline, isRepeated }: Link): ClaudeState {
  if (isInline || isRepeated || !isRememberable(uuid)) return state;
  const { replacement, turn, strands } = state;
  const isBranch = replacement?.records.length === 0;
  const before = isBranch ? upTo(strands, field(value, 'parentUuid')) : (strands.at(-1)?.latest ?? []);
  const strand = { latest: lastOf([...before, shortHash(uuid)], LATEST), turn };
  const grown = { ...state, strands: lastOf([...(isBranch ? strands : strands.slice(0, -1)), strand], STRANDS) };
  if (!replacement) return grown;
  const records = [...replacement.records, uuid];
  return { ...grown, replacement: records.length > MARK_WITHIN ? null : { ...replacement, records } };
}

/** What a new chain shares with the one being written: all up to its parent. */
export function upTo(strands: readonly Strand[], parentUuid: unknown): readonly string[] {
  const latest = strands.at(-1)?.latest ?? [];
  return typeof parentUuid === 'string' ? latest.slice(0, latest.indexOf(shortHash(parentUuid)) + 1) : [];
}
