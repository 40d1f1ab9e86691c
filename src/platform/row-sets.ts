/**
 * The sessions in one database: which there are, whether they have changed, and their rows.
 *
 * To look at every row of a large database whenever something is written to it would cost its size. So there are two looks:
 *
 *     survey    all sessions: how many records each has, the last one, and the session's own row; and every column of
 *               the newest records of the database, `WINDOW_ROWS` to twice as many. Lists are made from it.
 *     glance    the same, but only of sessions with records in that window: what a writer does nearly always shows there.
 *
 * What is changed in a record that is neither new nor in the window, and changes neither the number of records nor the
 * session's own row, is seen when the session is next read for another reason.
 */
import { hash } from 'node:crypto';
import type { AgentRow, Copies, DatabaseShape, RowSet } from '../core/agent-database.ts';
import { rowSetName } from '../core/agent-database.ts';
import type { FileStat } from '../core/source.ts';
import { filesOf, type Look, type OpenDatabase, quoted, readDatabase, toValues } from './agent-database.ts';
import { CopiedRows, whatIsTold } from './copied-rows.ts';

const WINDOW_ROWS = 512;
/** Keys of records that are looked up at a time. */
const PAGE_ROWS = 512;
/** A file that was written so lately may be written again without its times' telling. */
const SETTLED_MS = 1_000;
/** For so long a look at such a file is believed when single sessions are asked for. */
const BELIEVED_MS = 20;

/** Of a database whose tables have gone meanwhile. */
const NO_COPIES: Copies = { of: new Map(), upTo: Number.MAX_SAFE_INTEGER, isOver: false };

interface Counted {
  readonly records: number;
  readonly last: number;
  readonly time: unknown;
}

interface Looked {
  /** What the files were before the look. */
  readonly files: string;
  readonly isSettled: boolean;
  readonly atMs: number;
  /** By the name of the row set. */
  readonly stats: ReadonlyMap<string, FileStat>;
}

export class RowSets {
  readonly #path: string;
  readonly #shape: DatabaseShape;
  readonly #look: Look;
  #looked: Looked | undefined;
  #cameNs = '0';

  constructor(path: string, shape: DatabaseShape, look: Look) {
    this.#path = path;
    this.#shape = shape;
    this.#look = look;
  }

  /** The names of all row sets. */
  list(): readonly string[] {
    const files = this.#files();
    if (this.#looked?.files !== files || !this.#looked.isSettled) this.#note(files, this.#survey());
    return [...(this.#looked?.stats.keys() ?? [])].sort();
  }

  /** When a session was last seen to have come, in nanoseconds; that one has gone, only `list` sees. */
  cameNs(): string {
    this.#refresh();
    return this.#cameNs;
  }

  stat(name: string): FileStat | undefined {
    this.#refresh();
    return this.#looked?.stats.get(name);
  }

  #refresh(): void {
    const files = this.#files();
    const looked = this.#looked;
    const isFresh = looked?.files === files && (looked.isSettled || performance.now() - looked.atMs < BELIEVED_MS);
    if (!looked) this.#note(files, this.#survey());
    else if (!isFresh) this.#note(files, new Map([...looked.stats, ...this.#glance()]));
  }

  /** The names of row sets that differ from what they were at the last look. */
  news(): readonly string[] {
    const before = this.#looked?.stats ?? new Map<string, FileStat>();
    const files = this.#files();
    if (this.#looked?.files === files) return []; // Should it be written within one tick, single looks find it.
    const seen = this.#glance();
    this.#note(files, new Map([...before, ...seen]));
    return [...seen].flatMap(([name, stat]) => (before.get(name)?.changedNs === stat.changedNs ? [] : [name]));
  }

  open(session: string): RowSet | undefined {
    const { count } = this.#read((rows) => rows.count(session)) ?? {};
    if (count === undefined) return undefined;
    let bytesRead = 0;
    const counted = (rows: readonly AgentRow[]) => {
      for (const row of rows) bytesRead += JSON.stringify(row.values).length;
      return rows;
    };
    return {
      heads: () => counted(this.#read((rows) => rows.heads(session)) ?? []),
      page: (after, bytes) => counted(this.#read((rows) => rows.page(session, after, bytes)) ?? []),
      copies: () => this.#read((rows) => rows.copies(session)) ?? NO_COPIES,
      get bytesRead() {
        return bytesRead;
      },
    };
  }

  /**
   * Tells whether anything can have been written. Not by the times at which the files changed otherwise: run by root, SQLite
   * sets the log's owner whenever it opens it, and that is heard of.
   */
  #files(): string {
    const stats = filesOf(this.#path).map((path) => this.#look(path));
    return JSON.stringify(stats.map((stat) => stat && [stat.device, stat.inode, stat.sizeBytes, stat.modifiedNs]));
  }

  #note(files: string, stats: ReadonlyMap<string, FileStat>): void {
    const times = filesOf(this.#path).map((path) => Number(this.#look(path)?.modifiedNs ?? 0) / 1e6);
    const isSettled = Math.max(...times) < Date.now() - SETTLED_MS;
    const known = this.#looked?.stats;
    if ([...stats.keys()].some((name) => !known?.has(name))) this.#cameNs = String(BigInt(Date.now()) * 1_000_000n);
    this.#looked = { files, isSettled, atMs: performance.now(), stats };
  }

  #survey(): ReadonlyMap<string, FileStat> {
    return this.#read((rows) => this.#stats(rows, rows.countAll(), rows.window())) ?? new Map();
  }

  #glance(): ReadonlyMap<string, FileStat> {
    const stats = this.#read((rows) => {
      const window = rows.window();
      const counts = [...window.keys()].map((session) => [session, rows.count(session).count] as const);
      return this.#stats(
        rows,
        new Map(counts.flatMap(([session, count]) => (count ? [[session, count]] : []))),
        window,
      );
    });
    return stats ?? new Map();
  }

  #stats(rows: Rows, counts: ReadonlyMap<string, Counted>, window: ReadonlyMap<string, string>) {
    const main = this.#look(this.#path);
    const stats = new Map<string, FileStat>();
    if (!main) return stats;
    for (const [session, { records, last, time }] of counts) {
      const heads = rows.heads(session);
      const begunNs = this.#ns(heads.at(-1)?.values[this.#shape.sessions.begun]) ?? main.birthNs;
      const told = JSON.stringify([records, last, heads.map(({ values }) => values), window.get(session)]);
      stats.set(rowSetName(session), {
        device: main.device,
        inode: `${main.inode}:${session}`,
        birthNs: begunNs,
        sizeBytes: records + 1, // Rows, as its checkpoint counts them.
        modifiedNs: this.#ns(time) ?? begunNs,
        changedNs: String(BigInt(`0x${hash('sha256', told, 'hex').slice(0, 14)}`)),
      });
    }
    return stats;
  }

  /** A time of the agent's in nanoseconds; absent when it is none that a clock shows. */
  #ns(value: unknown): string | undefined {
    const perSecond = this.#shape.timeUnit === 'seconds' ? 1 : 1000;
    const seconds = typeof value === 'number' ? value / perSecond : Number.NaN;
    return seconds > 0 && seconds < 253_402_300_800 ? String(BigInt(Math.round(seconds * 1e6)) * 1000n) : undefined;
  }

  /** Absent when the database has no such tables (yet). */
  #read<T>(use: (rows: Rows) => T): T | undefined {
    return readDatabase(this.#path, this.#look, (database) => {
      const { sessions, records } = this.#shape;
      const isThere = [records.key, records.session].every((column) => database.columns(records.table).has(column));
      return isThere && database.columns(sessions.table).has(sessions.key)
        ? use(new Rows(database, this.#shape))
        : undefined;
    });
  }
}

/** The rows of a database during one look. */
class Rows {
  readonly #database: OpenDatabase;
  readonly #shape: DatabaseShape;

  constructor(database: OpenDatabase, shape: DatabaseShape) {
    this.#database = database;
    this.#shape = shape;
  }

  countAll(): ReadonlyMap<string, Counted> {
    const { table, session } = this.#names();
    const rows = this.#database.sql(
      `SELECT ${this.#counts()} FROM ${table} WHERE ${session} NOT NULL GROUP BY ${session}`,
    );
    return new Map(rows.all().map((row) => [String(row.session), toCounted(row)]));
  }

  count(session: string): { readonly count: Counted | undefined } {
    const names = this.#names();
    const sql = `SELECT ${this.#counts()} FROM ${names.table} WHERE ${names.session} = ? GROUP BY ${names.session}`;
    const row = this.#database.sql(sql).get(session);
    return { count: row && toCounted(row) };
  }

  /** By session, a hash of all that its records in the window say. */
  window(): ReadonlyMap<string, string> {
    const { table, key } = this.#names();
    const last = Number(this.#database.sql(`SELECT max(${key}) AS last FROM ${table}`).get()?.last ?? 0);
    const from = (Math.floor((last - 1) / WINDOW_ROWS) - 1) * WINDOW_ROWS; // Moves seldom: who leaves it has news.
    const rows = this.#database.sql(`SELECT * FROM ${table} WHERE ${key} > ? ORDER BY ${key}`).iterate(from);
    const hashes = new Map<string, string>();
    for (const row of rows) {
      const session = row[this.#shape.records.session];
      if (session === null || session === undefined) continue;
      const told = `${hashes.get(String(session)) ?? ''}\0${JSON.stringify(toValues(row))}`;
      hashes.set(String(session), hash('sha256', told, 'hex'));
    }
    return hashes;
  }

  heads(session: string): readonly AgentRow[] {
    const { table, parent } = this.#shape.sessions;
    const own = this.#session(session);
    if (!own) return [];
    const other = own[parent.column];
    const named = typeof other === 'string' ? this.#session(other) : undefined;
    const head = { table, key: session, values: own };
    if (typeof other !== 'string' || !named) return [head];
    const values = Object.fromEntries(parent.columns.flatMap((name) => (name in named ? [[name, named[name]]] : [])));
    const last = this.count(other).count?.last;
    return [{ table, key: other, via: parent.column, ...(last !== undefined && { last }), values }, head];
  }

  copies(session: string): Copies {
    return new CopiedRows(this.#database, this.#shape, (one) => this.heads(one)).find(session);
  }

  page(session: string, after: number, bytes: number): readonly AgentRow[] {
    const names = this.#names();
    const where = `${names.session} = ? AND ${names.key} > ?`;
    const keys = this.#database
      .sql(`SELECT ${names.key} AS key FROM ${names.table} WHERE ${where} ORDER BY ${names.key} LIMIT ${PAGE_ROWS}`)
      .all(session, after);
    const one = this.#database.sql(`SELECT * FROM ${names.table} WHERE ${names.key} = ?`);
    const page: AgentRow[] = [];
    let held = 0;
    for (const { key } of keys) {
      const row = held < bytes && key !== undefined ? one.get(key) : undefined;
      if (!row) break;
      const values = toValues(row);
      held += JSON.stringify(values).length;
      const { copying, records } = this.#shape;
      const told = copying && { copying: whatIsTold(copying, values) };
      page.push({ table: records.table, key: Number(key), values, ...told });
    }
    return page;
  }

  #session(key: string) {
    const { table, key: column } = this.#shape.sessions;
    const row = this.#database.sql(`SELECT * FROM ${quoted(table)} WHERE ${quoted(column)} = ?`).get(key);
    return row && toValues(row);
  }

  #names() {
    const { table, key, session } = this.#shape.records;
    return { table: quoted(table), key: quoted(key), session: quoted(session) };
  }

  #counts(): string {
    const { key, session } = this.#names();
    const { table, time } = this.#shape.records;
    const latest = this.#database.columns(table).has(time) ? `max(${quoted(time)})` : 'NULL';
    return `${session} AS session, count(*) AS records, max(${key}) AS last, ${latest} AS time`;
  }
}

function toCounted({ records, last, time }: Readonly<Record<string, unknown>>): Counted {
  return { records: Number(records), last: Number(last), time: typeof time === 'bigint' ? Number(time) : time };
}
