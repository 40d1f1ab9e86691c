/**
 * A new derivation in the place of the current one: the events are appended like others, and the session's row then
 * says that what stood before is replaced. Inside one transaction, so that a crash leaves the old derivation in force.
 */
import type { SessionKey } from '../../core/session.ts';
import type { Appended, Batch } from '../store.ts';
import { appendBatch, changes } from './append.ts';
import type { Database } from './open.ts';
import { findSession } from './read.ts';

/** Inside a transaction. */
export function rederiveSessions(database: Database, batches: Iterable<Batch>): Appended {
  const replaced = new Set<string>();
  const recounted = new Set<string>();
  const done = { events: 0, revisions: 0, rows: 0 };
  for (const batch of batches) {
    for (const { key } of batch.sessions) {
      const name = `${key.provider}\0${key.nativeId}`;
      if (!replaced.has(name)) replaceDerivation(database, key);
      replaced.add(name);
    }
    const source = batch.source?.record.id;
    if (source !== undefined && !recounted.has(source)) {
      changes(database, 'DELETE FROM diagnostic WHERE source = (SELECT pk FROM source WHERE id = ?)', source);
      recounted.add(source);
    }
    const { events, revisions, rows } = appendBatch(database, { ...batch, cause: 'reprocess' });
    done.events += events;
    done.revisions += revisions;
    done.rows += rows;
  }
  return done;
}

/**
 * Everything up to here is replaced: its identities are free for the new derivation, its facts are told anew. Marks stay,
 * because what was written is still read.
 */
function replaceDerivation(database: Database, key: SessionKey): void {
  const session = findSession(database, key);
  if (session === undefined) return;
  changes(database, `UPDATE session SET replaced_seq = last_seq, facts = '{}' WHERE pk = ?`, session);
  changes(database, 'DELETE FROM identity WHERE session = ?', session);
  changes(database, 'DELETE FROM elsewhere WHERE session = ?', session);
}
