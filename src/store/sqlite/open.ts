/**
 * Opening the SQLite file: its settings, its version gate, its schema.
 *
 * - WAL with `synchronous=FULL`: what was acknowledged survives a power cut. `NORMAL` does not promise that, and reading
 *   a source again is no safety net, because agents delete their files.
 * - SQLite before 3.51.3 (save 3.44.6+ and 3.50.7+) can corrupt a WAL that two connections write or checkpoint at once:
 *   such a build gets the file for itself alone.
 * - A schema from a later kato is refused before anything is touched.
 */
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { KatoError, systemCode } from '../../core/errors.ts';
import { migrations } from '../migrations/index.ts';
import { isBusy, isUnwritable } from './failure.ts';
import { connect, requireSqlite } from './module.ts';

/** 'kato' in ASCII: tells our files from other SQLite files. */
const APPLICATION_ID = 0x6b61746f;
const BUSY_TIMEOUT_MS = 5000;
const BUSY_PAUSE_MS = 10;
const WAL_CHECKPOINT_PAGES = 4000;
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;

export interface Database {
  readonly raw: DatabaseSync;
  /** The prepared statement for this SQL; prepared once. */
  sql(text: string): StatementSync;
  /** Why this process holds the file alone; absent when several processes may use it. */
  readonly exclusive: string | undefined;
}

/** Whether several connections may write a WAL of this SQLite version. */
export function isWalSafe(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major !== 3) return major > 3;
  if (minor === 44) return patch >= 6;
  if (minor === 50) return patch >= 7;
  return minor > 51 || (minor === 51 && patch >= 3);
}

/** Opens the file, creating it with mode 0600 if need be, and brings its schema up to date. */
export function openDatabase(path: string, version: string = process.versions.sqlite ?? '0'): Database {
  requireSqlite(path); // Else a file would be left that nobody can use.
  const isNew = !existsSync(path);
  if (isNew) createFile(path);
  const isLookedAt = isNew || lookReadOnly(path);
  const raw = connect(path, { timeout: BUSY_TIMEOUT_MS, allowExtension: false });
  try {
    if (!isLookedAt) refuseOthers(raw, path);
    const exclusive = isWalSafe(version) ? undefined : `SQLite ${version} cannot share a write-ahead log safely`;
    if (exclusive) raw.exec('PRAGMA locking_mode=EXCLUSIVE');
    enterWal(raw);
    raw.exec(`
      PRAGMA synchronous=FULL;
      PRAGMA wal_autocheckpoint=${WAL_CHECKPOINT_PAGES};
      PRAGMA journal_size_limit=${WAL_LIMIT_BYTES};
      PRAGMA trusted_schema=OFF;
      PRAGMA cell_size_check=ON;
      PRAGMA secure_delete=ON;
      PRAGMA temp_store=MEMORY;
    `);
    migrate(raw);
    return { raw, sql: statementCache(raw), exclusive };
  } catch (error) {
    raw.close();
    throw error;
  }
}

/** SQLite does not wait where two connections turn on a new file's log at the same moment: one of them is told `busy`. */
function enterWal(raw: DatabaseSync): void {
  const until = process.uptime() + BUSY_TIMEOUT_MS / 1000;
  for (;;) {
    try {
      raw.exec('PRAGMA journal_mode=WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || process.uptime() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE_MS);
    }
  }
}

function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error; // Another process was first: the file is there, as wanted.
  }
}

/**
 * A look that leaves a file of another program or of a later kato as it is, byte for byte. False when there is nothing to
 * see without writing: a process that was killed has left a transaction to be rolled back.
 */
function lookReadOnly(path: string): boolean {
  const database = connect(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    refuseOthers(database, path);
    return true;
  } catch (error) {
    if (isUnwritable(error)) return false;
    throw error;
  } finally {
    database.close();
  }
}

/** Throws for a file that is not a store, or one of a later kato. */
function refuseOthers(database: DatabaseSync, path: string): void {
  database.exec('BEGIN'); // One look: another process may be making the first tables at this moment.
  try {
    const found = readPragma(database, 'user_version');
    const owner = readPragma(database, 'application_id');
    const tables = Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables);
    const isEmpty = found === 0 && owner === 0 && tables === 0; // Left behind by a crash before the first table.
    if (!isEmpty && owner !== APPLICATION_ID) {
      throw new KatoError('store-corrupt', `${path} is an SQLite file, but not a store of kato's`, {
        hint: 'move it away, or point KATO_HOME elsewhere',
      });
    }
    if (found > migrations.length) {
      throw new KatoError(
        'store-newer',
        `cannot open ${path}: its schema is ${found}, this kato knows schemas up to ${migrations.length}`,
        { hint: 'upgrade kato; the store was not touched' },
      );
    }
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

function migrate(raw: DatabaseSync): void {
  if (readPragma(raw, 'user_version') === migrations.length) return;
  raw.exec('BEGIN IMMEDIATE');
  try {
    const from = readPragma(raw, 'user_version'); // Again under the lock: another process may have migrated meanwhile.
    for (const migration of migrations.slice(from)) raw.exec(migration);
    raw.exec(`PRAGMA user_version=${migrations.length}; PRAGMA application_id=${APPLICATION_ID}; COMMIT`);
  } catch (error) {
    if (raw.isTransaction) raw.exec('ROLLBACK'); // A full disk has rolled back already.
    throw error;
  }
}

function readPragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

function statementCache(raw: DatabaseSync): Database['sql'] {
  const statements = new Map<string, StatementSync>();
  return (text) => {
    const known = statements.get(text);
    if (known) return known;
    const statement = raw.prepare(text);
    statements.set(text, statement);
    return statement;
  };
}
