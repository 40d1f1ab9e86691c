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
 * it later: that is found out once, when it is first met. Without a session it is one of the same session, which has been
 * deleted or put aside since the last look, and written anew under this key.
 *
 * What frames were made of is kept as a journal, frame after frame, as of whole documents; offsets count its bytes. What is
 * accounted for is counted in rows, for a row has no place in a file: the session's own, and each record that is there.
 *
 * The cursor is `{journal, heads: {<table and via>: {<column>: hash}}, rows: [[key, hash, {session, key}], …]}` in order of key, the
 * last of which only copies have; the hash, one of the row and one of what a copy says as well, of a deleted record is empty; `copied: true` when no more copies can come. Records must come in order of key; what the cursor has between two of them is gone.
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
  /** In order, what was deleted or put aside, for what is written anew. */
  #aside: { readonly told: string; readonly name: JsonObject }[] = [];
  /** By the name of a record: how many rows, other than its first, stand for it. */
  readonly #anew = new Map<string, number>();

  constructor(cursor: Cursor | undefined, findCopies: () => Copies) {
    this.#findCopies = findCopies;
    this.#isCopied = booleanAt(cursor, 'copied') === true;
    this.#offset = numberAt(cursor, 'journal') ?? 0;
    this.#heads = readHeads(cursor);
    this.#known = readRows(cursor);
    for (const [, rowHash, of] of this.#known) if (of && rowHash !== GONE) this.#count(of, 1);
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
    const { told = '', isAside } = row.copying ?? {};
    const rowHash = `${shortHash(JSON.stringify(row.values))}${told}`;
    if (isKnown) this.#next += 1;
    const anew = isKnown ? undefined : this.#writtenAnew(row);
    const of = isKnown ? known[2] : (this.#originalOf(key) ?? anew);
    this.#met.push(of ? [key, rowHash, of] : [key, rowHash]);
    if (isKnown && known[1] === rowHash) return gone;
    if (isKnown && isAside === true && toldIn(known) === told) this.#aside.push({ told, name: of ?? { key } });
    const isAgain = isKnown || (of !== undefined && of === anew);
    return [...gone, { table: row.table, ...(isAgain && { again: true }), ...copyOf(of), row: row.values }];
  }

  /** The name of the record that this row is now, if it was one of those that have just been put aside. */
  #writtenAnew({ copying }: AgentRow): JsonObject | undefined {
    if (!copying || this.#aside.length === 0) return undefined;
    const index = this.#aside.findIndex(({ told }) => told === copying.told);
    const found = this.#aside[index];
    if (found) this.#aside = this.#aside.slice(index + 1);
    else if (copying.isOwn) this.#aside = []; // What is equal behind that was said twice.
    return found?.name;
  }

  #count(name: JsonObject, more: number): number {
    const text = JSON.stringify(name);
    const rows = (this.#anew.get(text) ?? 0) + more;
    this.#anew.set(text, rows);
    return rows;
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
      if (rowHash === GONE) continue;
      const name = of ?? { key: lost };
      this.#aside.push({ told: toldIn(known), name });
      const isLast = this.#count(name, of ? -1 : 0) === 0; // Else another row stands for it.
      if (isLast) frames.push({ gone: lost, ...copyOf(of) });
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

const HASH_LENGTH = 12;

function toldIn([, rowHash]: KnownRow): string {
  return rowHash.slice(HASH_LENGTH);
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
  return hash('sha256', text ?? '', 'hex').slice(0, HASH_LENGTH);
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
