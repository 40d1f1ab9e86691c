/**
 * Whether SQLite can keep a database in a folder at all, asked where opening one has failed. A new database that nobody
 * else knows is the judge: what goes wrong with it is wrong with the folder's file system, and not with a database.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { SCRATCH_PREFIX } from '../scratch.ts';
import { extendedResultOf } from './failure.ts';
import { connect, hasSqlite } from './module.ts';

/** Result codes that say that locks, or the memory that a write-ahead log shares, are refused. */
const BUSY = 5;
const PROTOCOL = 15;
const IOERR = 10;
/**
 * Extended codes of `IOERR`: unlocking, locks that are read, checked and taken; shared memory opened, locked, mapped. Not
 * that its size cannot be had (19): that is a full disk.
 */
const IOERR_OF_LOCKS: ReadonlySet<number> = new Set([8, 9, 14, 15, 18, 20, 21].map((code) => IOERR | (code << 8)));

/**
 * Why SQLite cannot keep a database in this folder; absent when it can, or when nothing else could either. The words name
 * no path.
 */
export function whyNoSqlite(folder: string): string | undefined {
  if (!hasSqlite()) return 'this Node has no SQLite';
  const probe = makeFolder(folder);
  if (probe === undefined) return undefined;
  try {
    return whyNot(join(probe, 'probe.db'));
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/** Nothing can be written where not even a folder can be made. */
function makeFolder(folder: string): string | undefined {
  try {
    return mkdtempSync(join(folder, SCRATCH_PREFIX));
  } catch {
    return undefined; // Whoever asks has an error of its own that says so.
  }
}

function whyNot(path: string): string | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = connect(path, { timeout: 0 });
    const mode = database.prepare('PRAGMA journal_mode=WAL').get()?.journal_mode;
    if (mode !== 'wal') return 'its file system does not let SQLite keep a write-ahead log';
    database.exec('BEGIN IMMEDIATE; CREATE TABLE probe (value); COMMIT');
    return undefined;
  } catch (error) {
    return isRefusal(error) ? 'its file system does not let SQLite lock or share files' : undefined;
  } finally {
    closeQuietly(database);
  }
}

function isRefusal(error: unknown): boolean {
  const result = extendedResultOf(error);
  return result !== undefined && ([BUSY, PROTOCOL].includes(result & 0xff) || IOERR_OF_LOCKS.has(result));
}

/** Of what is thrown away. */
function closeQuietly(database: DatabaseSync | undefined): void {
  try {
    database?.close();
  } catch {
    // Its file goes with its folder.
  }
}
