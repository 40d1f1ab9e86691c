/**
 * Forgetting a session: its events, raw bytes and blobs go, and with them every byte of its text.
 *
 * `secure_delete` overwrites what is deleted inside the file, and emptying the write-ahead log afterwards removes the
 * older page images. What remains is the session's key, so that it is not taken in again.
 */
import type { SessionKey } from '../../core/session.ts';
import { changes } from './append.ts';
import type { Database } from './open.ts';
import { findSession } from './read.ts';

/** Inside a transaction. */
export function forgetSession(database: Database, { provider, nativeId }: SessionKey): void {
  changes(database, 'INSERT OR IGNORE INTO forgotten VALUES (?, ?)', provider, nativeId);
  const session = findSession(database, { provider, nativeId });
  if (session !== undefined) {
    for (const table of ['block', 'identity', 'superseded', 'side_file', 'link']) {
      changes(database, `DELETE FROM ${table} WHERE session = ?`, session);
    }
    const blobs = database.sql('SELECT sha256 FROM session_blob WHERE session = ?').all(session);
    changes(database, 'DELETE FROM session_blob WHERE session = ?', session);
    const orphan =
      'DELETE FROM blob WHERE sha256 = ? AND NOT EXISTS (SELECT 1 FROM session_blob AS o WHERE o.sha256 = blob.sha256)';
    for (const { sha256 } of blobs) changes(database, orphan, sha256 as Uint8Array);
    changes(database, 'DELETE FROM session WHERE pk = ?', session);
  }
  const sources = database.sql('SELECT pk FROM source WHERE provider = ? AND native_id = ?').all(provider, nativeId);
  for (const { pk } of sources) {
    for (const table of ['raw', 'quarantine', 'diagnostic']) {
      changes(database, `DELETE FROM ${table} WHERE source = ?`, Number(pk));
    }
  }
}

/** After the transaction: empties the write-ahead log into the file and cuts it to nothing. */
export function emptyLog(database: Database): void {
  database.raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}
