/** The end of a derivation. */
import type { SessionKey } from '../../core/session.ts';
import type { Database } from './open.ts';
import { findSession } from './read.ts';

/**
 * Everything up to here is replaced: its identities are free for the new derivation, its facts are told anew. Marks stay,
 * because what was written is still read.
 */
export function replaceDerivation(database: Database, key: SessionKey): number {
  const session = findSession(database, key);
  if (session === undefined) return 0;
  database.sql(`UPDATE session SET replaced_seq = last_seq, facts = '{}' WHERE pk = ?`).run(session);
  database.sql('DELETE FROM identity WHERE session = ?').run(session);
  database.sql('DELETE FROM elsewhere WHERE session = ?').run(session);
  return 1;
}
