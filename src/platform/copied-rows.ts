/**
 * Which records of a session are copies of those of the session that it goes on from.
 *
 * An agent that begins a session with a part of another one writes the records anew, under new keys, and says nowhere
 * which they were. Copies come first, in their old order, and up to the end: so the records of both are laid beside each
 * other, and the first words that a person says only in the new session are the end of them, as is the parent's last record.
 * What is equal behind that was said twice.
 */
import { hash } from 'node:crypto';
import type { Copies, DatabaseShape, OriginalRecord } from '../core/agent-database.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { type OpenDatabase, quoted, toValues } from './agent-database.ts';

/** How long a chain of sessions may be; what an agent says of one may even be a ring. */
const MOST_GENERATIONS = 64;
const BEFORE_ALL = Number.MIN_SAFE_INTEGER;

/** What a record says that a copy of it says as well. */
export function whatIsTold(copying: NonNullable<DatabaseShape['copying']>, values: JsonObject) {
  const said = copying.columns.map((column): JsonValue => values[column] ?? null);
  const told = hash('sha256', JSON.stringify(said), 'hex').slice(0, 12);
  return { told, isOwn: copying.isOwn(values), isAside: copying.isAside(values) };
}

/** The session's own row behind that of the one that it refers to, as JSON. */
export type ReadHeads = (session: string) => readonly { readonly key: number | string; readonly values: JsonObject }[];

export class CopiedRows {
  readonly #database: OpenDatabase;
  readonly #shape: DatabaseShape;
  readonly #heads: ReadHeads;

  constructor(database: OpenDatabase, shape: DatabaseShape, heads: ReadHeads) {
    this.#database = database;
    this.#shape = shape;
    this.#heads = heads;
  }

  find(session: string, generation = 0): Copies {
    const { copying } = this.#shape;
    const [parent, own] = this.#heads(session);
    const isBegunSo = parent && own && copying?.begins(own.values, parent.values) === true;
    const { first, last } = this.#ends(session);
    if (!isBegunSo || generation === MOST_GENERATIONS) return { of: new Map(), upTo: last, isOver: false };
    const before = String(parent.key);
    const known = this.find(before, generation + 1).of;
    const originals = this.#told(before, first).map(({ key, told }) => ({
      told,
      original: known.get(key) ?? { session: before, key },
    }));
    return { ...this.#align(session, originals), upTo: last };
  }

  #align(session: string, originals: readonly { readonly told: string; readonly original: OriginalRecord }[]) {
    const of = new Map<number, OriginalRecord>();
    let next = 0;
    for (const { key, told, isOwn } of this.#told(session, Number.MAX_SAFE_INTEGER)) {
      if (next === originals.length) return { of, isOver: true };
      let at = next;
      while (at < originals.length && originals[at]?.told !== told) at += 1;
      const found = originals[at];
      if (found) {
        of.set(key, found.original);
        next = at + 1;
      } else if (isOwn) return { of, isOver: true };
    }
    return { of, isOver: false };
  }

  /** In order, what each record before this key says that a copy says as well. */
  #told(session: string, before: number) {
    const { copying, records } = this.#shape;
    const there = this.#database.columns(records.table);
    const columns = (copying?.columns ?? []).filter((column) => there.has(column));
    const [table, key, of] = [records.table, records.key, records.session].map(quoted);
    const sql = `SELECT ${[key, ...columns.map(quoted)].join(', ')} FROM ${table} WHERE ${of} = ? AND ${key} < ? ORDER BY ${key}`;
    const told: { key: number; told: string; isOwn: boolean }[] = [];
    for (const row of this.#database.sql(sql).iterate(session, before)) {
      const said = copying && whatIsTold(copying, toValues(row));
      if (said) told.push({ key: Number(row[records.key]), ...said });
    }
    return told;
  }

  #ends(session: string): { readonly first: number; readonly last: number } {
    const { table, key, session: column } = this.#shape.records;
    const sql = `SELECT min(${quoted(key)}) AS first, max(${quoted(key)}) AS last FROM ${quoted(table)} WHERE ${quoted(column)} = ?`;
    const row = this.#database.sql(sql).get(session);
    return { first: Number(row?.first ?? BEFORE_ALL), last: Number(row?.last ?? BEFORE_ALL) };
  }
}
