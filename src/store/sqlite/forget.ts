/**
 * Forgetting a session, or dropping it: its events, raw bytes and blobs go, and with them every byte of its text.
 *
 * `secure_delete` overwrites what is deleted, but not the copies that SQLite left behind in the slack of pages when it
 * moved rows from page to page. So the file is written anew, and the write-ahead log, with its older page images, is
 * emptied. What remains of a forgotten session is its key, so that it is not taken in again.
 *
 * Scrubbing can fail after the deletion is durable: a reader keeps the log, or the disk is full. So the transaction that
 * deletes also notes that a scrub is owed, and only a finished scrub takes the note away. Until then forgetting any
 * session, or opening the store, tries again.
 */
import { dirname } from 'node:path';
import { KatoError } from '../../core/errors.ts';
import type { SessionKey } from '../../core/session.ts';
import { changes } from './append.ts';
import type { Database } from './open.ts';
import { findSession } from './read.ts';

/** The row that says that a scrub is owed; its state is another one each time. */
const OWED = 'kato.scrub';

/** Inside a transaction. Notes that a scrub is owed when there was anything to delete. */
export function forgetSessions(database: Database, keys: readonly SessionKey[]): void {
  noteOwed(
    database,
    keys.map(({ provider, nativeId }) => {
      changes(database, 'INSERT OR IGNORE INTO forgotten VALUES (?, ?)', provider, nativeId);
      const ofSession = `json_extract(state, '$.session.provider') = ? AND json_extract(state, '$.session.nativeId') = ?`;
      const noted = changes(database, `DELETE FROM consumer_offset WHERE ${ofSession}`, provider, nativeId);
      return noted + deleteSession(database, { provider, nativeId });
    }),
  );
}

/** The same for sessions that are not remembered. A reading that is under way is refused, and begins anew. */
export function dropSessions(database: Database, keys: readonly SessionKey[]): void {
  const sql = `UPDATE source SET generation = -abs(generation), cursor = 'null', state = 'null', end_bytes = 0, probe = NULL,
    companions = '{}', unswept = 0, version = version + 1 WHERE provider = ? AND native_id = ?`;
  noteOwed(
    database,
    keys.map((key) => {
      changes(database, sql, key.provider, key.nativeId);
      return deleteSession(database, key);
    }),
  );
}

function noteOwed(database: Database, deleted: readonly number[]): void {
  if (deleted.every((rows) => rows === 0)) return;
  changes(database, `INSERT OR REPLACE INTO consumer_offset VALUES (?, 0, json_quote(hex(randomblob(16))))`, OWED);
}

/** How many rows were deleted. */
function deleteSession(database: Database, { provider, nativeId }: SessionKey): number {
  let deleted = 0;
  const remove = (sql: string, value: number | Uint8Array) => {
    deleted += changes(database, sql, value);
  };
  const session = findSession(database, { provider, nativeId });
  if (session !== undefined) {
    for (const table of ['block', 'identity', 'elsewhere', 'source_part', 'superseded', 'side_file', 'link']) {
      remove(`DELETE FROM ${table} WHERE session = ?`, session);
    }
    const blobs = database.sql('SELECT sha256 FROM session_blob WHERE session = ?').all(session);
    remove('DELETE FROM session_blob WHERE session = ?', session);
    const orphan =
      'DELETE FROM blob WHERE sha256 = ? AND NOT EXISTS (SELECT 1 FROM session_blob AS o WHERE o.sha256 = blob.sha256)';
    for (const { sha256 } of blobs) remove(orphan, sha256 as Uint8Array);
    remove('DELETE FROM session WHERE pk = ?', session);
  }
  const sources = database.sql('SELECT pk FROM source WHERE provider = ? AND native_id = ?').all(provider, nativeId);
  for (const { pk } of sources) {
    for (const table of ['raw', 'quarantine', 'diagnostic']) {
      remove(`DELETE FROM ${table} WHERE source = ?`, Number(pk));
    }
  }
  return deleted;
}

/** What the note says that a scrub is owed; absent when none is. */
export function readOwed(database: Database): string | undefined {
  const row = database.sql('SELECT state FROM consumer_offset WHERE consumer = ?').get(OWED);
  return row && String(row.state);
}

/** Inside a transaction, after the scrub that `owed` asked for; a note that another process left since then stays. */
export function settleScrub(database: Database, owed: string): void {
  changes(database, 'DELETE FROM consumer_offset WHERE consumer = ? AND state = ?', OWED, owed);
}

/** Outside a transaction: leaves nothing in the file and its log but what is stored. Costs a copy of the store. */
export function scrub(database: Database): void {
  rewrite(database);
  if (emptyLog(database)) return;
  throw new KatoError('store-busy', 'the session is forgotten, but its text is still in the log of the store', {
    hint: 'end whatever else reads the store, then forget the session again',
  });
}

/** The same for a store that has just been opened: without waiting. False when another process is in the way. */
export function scrubAtOnce(database: Database): boolean {
  const timeout = database.raw.prepare('PRAGMA busy_timeout').get()?.timeout;
  database.raw.exec('PRAGMA busy_timeout=0');
  try {
    if (!emptyLog(database)) return false; // Then it could not be emptied after the costly part either.
    rewrite(database);
    return emptyLog(database);
  } finally {
    database.raw.exec(`PRAGMA busy_timeout=${timeout}`);
  }
}

/**
 * The copy may be larger than the memory, so it is a file: one in the store's own folder, because the system's folder for
 * temporary files is no place for transcripts. SQLite unlinks it as soon as it is open.
 */
function rewrite({ raw }: Database): void {
  const folder = dirname(raw.location() ?? '').replaceAll("'", "''");
  try {
    raw.exec(`PRAGMA temp_store=FILE; PRAGMA temp_store_directory='${folder}'; VACUUM`);
  } finally {
    raw.exec(`PRAGMA temp_store_directory=''; PRAGMA temp_store=MEMORY`);
  }
}

/** False when another connection still needs the log. */
function emptyLog({ raw }: Database): boolean {
  return raw.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0;
}
