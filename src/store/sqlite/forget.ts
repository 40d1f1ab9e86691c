/**
 * Forgetting a session: its events, raw bytes and blobs go, and with them every byte of its text.
 *
 * `secure_delete` overwrites what is deleted, but not the copies that SQLite left behind where it once moved rows from
 * page to page. So the file is written anew, and the write-ahead log, with its older page images, is emptied. What
 * remains is the session's key, so that it is not taken in again.
 */
import { KatoError } from '../../core/errors.ts';
import type { SessionKey } from '../../core/session.ts';
import { changes } from './append.ts';
import type { Database } from './open.ts';
import { findSession } from './read.ts';

/** Inside a transaction. */
export function forgetSessions(database: Database, keys: readonly SessionKey[]): void {
  for (const key of keys) forgetSession(database, key);
}

function forgetSession(database: Database, { provider, nativeId }: SessionKey): void {
  changes(database, 'INSERT OR IGNORE INTO forgotten VALUES (?, ?)', provider, nativeId);
  const session = findSession(database, { provider, nativeId });
  if (session !== undefined) {
    for (const table of ['block', 'identity', 'elsewhere', 'source_part', 'superseded', 'side_file', 'link']) {
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

/** After the transaction: leaves nothing in the file and its log but what is still stored. Costs a copy of the store. */
export function scrub({ raw }: Database): void {
  try {
    raw.exec('PRAGMA temp_store=FILE; VACUUM'); // The copy may be larger than the memory.
  } finally {
    raw.exec('PRAGMA temp_store=MEMORY');
  }
  const { busy } = raw.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {};
  if (busy === 0) return;
  throw new KatoError('store-busy', 'the session is forgotten, but its text is still in the log of the store', {
    hint: 'end whatever else reads the store, then forget the session again',
  });
}
