/**
 * Framing of rows: of a session that an agent keeps in a database, and changes there as it likes.
 *
 * All rows are looked at whenever the session has changed, but only what is new or different becomes a frame:
 *
 *     {"table":"sessions","row":{…}}                   columns of the session's own row that are new or different
 *     {"table":"sessions","via":"parent",…}            the same of the row of the session that it refers to
 *     {"table":"messages","row":{…}}                   a record
 *     {"table":"messages","again":true,"row":{…}}      a record that was known otherwise, or had been deleted
 *     {"gone":7}                                       a record that has been deleted
 *
 * A record that is a copy of another session's has `"copyOf":{"session":…,"key":…}` as well, and so has what is said of
 * it later: that is found out once, when it is first met.
 *
 * What frames were made of is kept as a journal, frame after frame, as of whole documents; offsets count its bytes. What is
 * accounted for is counted in rows, for a row has no place in a file: the session's own, and each record that is there.
 *
 * The cursor is `{journal, heads: {<table and via>: {<column>: hash}}, rows: [[key, hash, {session, key}], …]}` in order of key, the
 * last of which only copies have; the hash of a deleted record is empty; `copied: true` when no more copies can come. Records must come in order of key; what the cursor has between two of them is gone.
 */
import { hash } from 'node:crypto';
import type { AgentRow, Copies } from '../../core/agent-database.ts';
import { booleanAt, field, isRecord, type JsonObject, type JsonValue, listAt, numberAt } from '../../core/json.ts';
import type { Cursor } from '../../core/source.ts';
import { type CutFrame, cutFrame, type Framed } from './framer.ts';

/** The frames' bytes one after the other, from this offset of the journal on, and where each ends. */
export interface Journal {
  readonly offset: number;
  readonly data: Uint8Array;
  readonly ends: readonly number[];
}

export interface RowFramer {
  /** Takes the rows that stand for the session as a whole. */
  heads(rows: readonly AgentRow[]): Framed;
  /** Takes the next records. */
  push(rows: readonly AgentRow[]): Framed;
  /** Says that there are no more records. */
  finish(): Framed;
  cursor(): Cursor;
  /** How many rows are accounted for. */
  accountedRows(): number;
  /** What the journal has got since this was last asked. */
  takeJournal(): Journal;
  /** How much that would be. */
  readonly heldBytes: number;
}

type KnownRow = readonly [key: number, hash: string] | readonly [key: number, hash: string, of: JsonObject];
type Heads = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What deleted records have for a hash. */
const GONE = '';

/** `findCopies` is asked for records that were not known, as long as they may be copies. */
export function createRowFramer(cursor?: Cursor, findCopies: () => Copies = () => NO_COPIES): RowFramer {
  return new JournalingFramer(cursor, findCopies);
}

const NO_COPIES: Copies = { of: new Map(), upTo: Number.POSITIVE_INFINITY, isOver: false };

class JournalingFramer implements RowFramer {
  heldBytes = 0;
  #offset: number;
  #pieces: Uint8Array[] = [];
  #heads: Heads;
  /** Records as they were, from `#next` on; those before have been met, or are gone. */
  readonly #known: readonly KnownRow[];
  #next = 0;
  readonly #met: KnownRow[] = [];
  readonly #findCopies: () => Copies;
  #copies: Copies | undefined;
  #isCopied: boolean;

  constructor(cursor: Cursor | undefined, findCopies: () => Copies) {
    this.#findCopies = findCopies;
    this.#isCopied = booleanAt(cursor, 'copied') === true;
    this.#offset = numberAt(cursor, 'journal') ?? 0;
    this.#heads = readHeads(cursor);
    this.#known = readRows(cursor);
  }

  heads(rows: readonly AgentRow[]): Framed {
    return this.#frame(
      rows.flatMap((row) => {
        const name = row.via === undefined ? row.table : `${row.table} ${row.via}`;
        const hashes = columnHashes(row.values);
        const changed = changedValues(row.values, hashes, this.#heads[name] ?? {});
        this.#heads = { ...this.#heads, [name]: hashes };
        if (!changed) return [];
        const { table, via, last } = row;
        return [{ table, ...(via !== undefined && { via }), ...(last !== undefined && { last }), row: changed }];
      }),
    );
  }

  push(rows: readonly AgentRow[]): Framed {
    return this.#frame(rows.flatMap((row) => this.#meet(row)));
  }

  finish(): Framed {
    this.#isCopied ||= this.#copies?.isOver === true;
    return this.#frame(this.#skipTo(Number.POSITIVE_INFINITY));
  }

  cursor(): Cursor {
    const rows = [...this.#met, ...this.#known.slice(this.#next)];
    return { journal: this.#offset, heads: this.#heads, rows, ...(this.#isCopied && { copied: true }) };
  }

  accountedRows(): number {
    const there = [...this.#met, ...this.#known.slice(this.#next)].filter(([, rowHash]) => rowHash !== GONE);
    return 1 + there.length;
  }

  takeJournal(): Journal {
    const data = Buffer.concat(this.#pieces);
    let end = 0;
    const ends = this.#pieces.map(({ length }) => {
      end += length;
      return end;
    });
    this.#pieces = [];
    this.heldBytes = 0;
    return { offset: this.#offset - data.length, data, ends };
  }

  #meet(row: AgentRow): JsonObject[] {
    const key = Number(row.key);
    const gone = this.#skipTo(key);
    const known = this.#known[this.#next];
    const isKnown = known?.[0] === key;
    const rowHash = shortHash(JSON.stringify(row.values));
    if (isKnown) this.#next += 1;
    const of = isKnown ? known[2] : this.#originalOf(key);
    this.#met.push(of ? [key, rowHash, of] : [key, rowHash]);
    if (isKnown && known[1] === rowHash) return gone;
    return [...gone, { table: row.table, ...(isKnown && { again: true }), ...copyOf(of), row: row.values }];
  }

  #originalOf(key: number): JsonObject | undefined {
    if (this.#isCopied) return undefined;
    if (!this.#copies || (this.#copies.upTo < key && !this.#copies.isOver)) this.#copies = this.#findCopies();
    const original = this.#copies.of.get(key);
    return original && { ...original };
  }

  /** Known records before this key were not met: they are gone. */
  #skipTo(key: number): JsonObject[] {
    const frames: JsonObject[] = [];
    for (;;) {
      const known = this.#known[this.#next];
      if (!known || known[0] >= key) return frames;
      const [lost, rowHash, of] = known;
      this.#next += 1;
      this.#met.push(of ? [lost, GONE, of] : [lost, GONE]);
      if (rowHash !== GONE) frames.push({ gone: lost, ...copyOf(of) });
    }
  }

  #frame(values: readonly JsonObject[]): Framed {
    const frames = values.map((value): CutFrame => {
      const bytes = Buffer.from(JSON.stringify(value));
      const offset = this.#offset;
      this.#offset += bytes.length;
      this.heldBytes += bytes.length;
      this.#pieces.push(bytes);
      return cutFrame(bytes, offset, value);
    });
    const diagnostics = frames.flatMap(({ role }) =>
      role === 'oversize' ? [{ code: 'oversize-frame' } as const] : [],
    );
    return { frames, quarantined: [], diagnostics };
  }
}

function copyOf(of: JsonObject | undefined): JsonObject {
  return of ? { copyOf: of } : {};
}

/** The columns that are new or different, and as null those that have nothing any more; absent when there are none. */
function changedValues(
  values: JsonObject,
  hashes: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): JsonObject | undefined {
  const changed = Object.entries(values).filter(([column]) => hashes[column] !== before[column]);
  const emptied = Object.keys(before).filter((column) => hashes[column] === undefined);
  if (changed.length + emptied.length === 0) return undefined;
  return Object.fromEntries([...changed, ...emptied.map((column): [string, JsonValue] => [column, null])]);
}

function columnHashes(values: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => [column, shortHash(JSON.stringify(value))]),
  );
}

function shortHash(text: string | undefined): string {
  return hash('sha256', text ?? '', 'hex').slice(0, 12);
}

function readRows(cursor: Cursor | undefined): readonly KnownRow[] {
  return listAt(cursor, 'rows').flatMap((row): KnownRow[] => {
    if (!Array.isArray(row)) return [];
    const [key, rowHash, of] = row;
    if (typeof key !== 'number' || typeof rowHash !== 'string') return [];
    return [isRecord(of) ? [key, rowHash, of as JsonObject] : [key, rowHash]]; // It was JSON.
  });
}

function readHeads(cursor: Cursor | undefined): Heads {
  const heads = field(cursor, 'heads');
  return isRecord(heads) ? (heads as Heads) : {}; // This framing alone makes its cursors.
}
