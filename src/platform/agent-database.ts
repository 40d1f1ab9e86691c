/**
 * Looking into an agent's SQLite database without leaving a trace, whatever the agent does with it meanwhile.
 *
 * Three files belong to a database that is written ahead: itself, `-wal` with what is not in it yet, and `-shm`, the
 * index of that. Even a reader that opens it read-only writes its mark into `-shm`, and makes both where they are missing.
 * So there are two ways in, and neither writes a byte:
 *
 *     `readonly_shm`   where there is an index, or a rollback journal: the index is opened read-only as well. SQLite's
 *                      locks, which are no bytes, keep what we read in its place. Beside a writer, and after one that
 *                      was killed.
 *     `immutable`      where there is neither, and no log: everything is in the database itself. No lock is taken, so what
 *                      was read counts only if the file is as it was, and still alone.
 *
 * A log without its index, which only a copy of a home can be, must be opened by the agent first: `SQLITE_CANTOPEN`. What
 * is left: an agent that ends between our look and SQLite's finds an empty `-wal` made again, which says nothing.
 *
 * Every look opens the database anew, reads in one transaction and closes it: a connection that is held would keep the
 * agent from tidying up when it ends. The file itself is never opened here but by SQLite: closing it would drop SQLite's
 * locks (https://sqlite.org/howtocorrupt.html, 2.2). Seen with SQLite 3.53 in November 2026.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { FileStat } from '../core/source.ts';

/** How long a writer that excludes readers is waited for. Everything else in this thread waits with us. */
const BUSY_MS = 100;
const MOST_ATTEMPTS = 3;
/** SQLite's primary result codes, for people. */
const CODES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  14: 'SQLITE_CANTOPEN',
  17: 'SQLITE_SCHEMA',
  26: 'SQLITE_NOTADB',
};

/** What the file system says of a file; absent when it is not there. */
export type Look = (path: string) => FileStat | undefined;

/** A database during one look. */
export interface OpenDatabase {
  /** A statement, prepared once a look. */
  sql(text: string): StatementSync;
  /** The columns of a table; none when it is not there. */
  columns(table: string): ReadonlySet<string>;
}

/** The files whose looks tell whether a database can have changed. */
export function filesOf(path: string): readonly [main: string, log: string] {
  return [path, `${path}-wal`];
}

/** Uses one state of the database. Throws an error with SQLite's code, `EBUSY` when it was not left alone, or `ENOSYS` in a Node without SQLite. */
export function readDatabase<T>(path: string, look: Look, use: (database: OpenDatabase) => T): T {
  for (let attempt = 1; ; attempt++) {
    const before = look(path);
    if (!before) throw failure('ENOENT');
    const way = wayInto(path, look);
    const found = way === undefined ? { code: 'SQLITE_CANTOPEN' } : attemptLook(path, way, use);
    const after = look(path);
    const isSame = after?.inode === before.inode && after.device === before.device;
    const isUntouched = after?.modifiedNs === before.modifiedNs && after.sizeBytes === before.sizeBytes;
    const isTrue = isSame && (way !== 'immutable' || (isUntouched && wayInto(path, look) === way));
    if (isTrue && 'value' in found) return found.value;
    if (isTrue && 'code' in found) throw failure(found.code);
    if (attempt === MOST_ATTEMPTS) throw failure('EBUSY');
  }
}

type Sqlite = typeof import('node:sqlite');
type Way = 'readonly_shm' | 'immutable';

/** Absent when there is none that writes nothing. */
function wayInto(path: string, look: Look): Way | undefined {
  if (look(`${path}-shm`) || look(`${path}-journal`)) return 'readonly_shm';
  const log = look(`${path}-wal`);
  return log === undefined || log.sizeBytes === 0 ? 'immutable' : undefined;
}

function attemptLook<T>(path: string, way: Way, use: (database: OpenDatabase) => T) {
  const sqlite = process.getBuiltinModule('node:sqlite') as Sqlite | undefined;
  if (!sqlite) return { code: 'ENOSYS' }; // A Node that was built, or started, without it.
  try {
    return { value: withConnection(sqlite, path, way, use) };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

function withConnection<T>(sqlite: Sqlite, path: string, way: Way, use: (database: OpenDatabase) => T): T {
  const url = pathToFileURL(path);
  url.search = `mode=ro&${way}=1`;
  const connection = new sqlite.DatabaseSync(url, { readOnly: true, timeout: BUSY_MS, allowExtension: false });
  try {
    // What SQLite sorts is transcript text: it stays in memory. The schema is the agent's: nothing in it is believed.
    connection.exec('PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; BEGIN');
    const value = use(openDatabase(connection));
    connection.exec('COMMIT');
    return value;
  } finally {
    connection.close();
  }
}

function openDatabase(connection: DatabaseSync): OpenDatabase {
  const statements = new Map<string, StatementSync>();
  const sql = (text: string) => {
    const known = statements.get(text);
    if (known) return known;
    const statement = connection.prepare(text);
    statement.setReadBigInts(true); // Else a large integer is an exception.
    statements.set(text, statement);
    return statement;
  };
  return {
    sql,
    columns: (table) =>
      new Set(
        sql('SELECT name FROM pragma_table_info(?)')
          .all(table)
          .map(({ name }) => String(name)),
      ),
  };
}

/** A name of a table or a column in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A row as JSON, without its NULLs. */
export function toValues(row: Readonly<Record<string, SQLOutputValue>>): JsonObject {
  const values: Record<string, JsonValue> = Object.create(null); // A column may be called `__proto__`.
  for (const [column, value] of Object.entries(row)) if (value !== null) values[column] = toJsonValue(value);
  return values;
}

function toJsonValue(value: Exclude<SQLOutputValue, null>): JsonValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'string' ? value : { base64: Buffer.from(value).toString('base64') };
}

function primaryCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

function codeOf(error: unknown): string {
  const code = primaryCode(error);
  if (code === undefined) throw error; // Not SQLite's: a defect of ours.
  return CODES[code] ?? `SQLITE_${code}`;
}

/** As the file system's errors are: it concerns this file alone. SQLite's own words may quote what it was reading. */
function failure(code: string): Error {
  return Object.assign(new Error(`${code}: cannot read the database`), { code, syscall: 'read' });
}
