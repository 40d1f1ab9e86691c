/**
 * A new derivation in the place of the current one: the events are appended like others, and the session's row then
 * says that what stood before is replaced. Inside one transaction, so that a crash leaves the old derivation in force.
 */
import type { SessionKey } from '../../core/session.ts';
import type { Appended, Batch } from '../store.ts';
import { appendBatch, changes } from './append.ts';
import type { Database } from './open.ts';

/** Inside a transaction. */
export function rederiveSessions(database: Database, batches: Iterable<Batch>): Appended {
  const replaced = new Set<string>();
  const recounted = new Set<string>();
  const done = { events: 0, revisions: 0, rows: 0 };
  for (const batch of batches) {
    const replaces = batch.sessions.map(({ key }) => key).filter((key) => !replaced.has(nameOf(key)));
    for (const key of replaces) replaced.add(nameOf(key));
    const source = batch.source?.record.id;
    if (source !== undefined && !recounted.has(source)) {
      changes(database, 'DELETE FROM diagnostic WHERE source = (SELECT pk FROM source WHERE id = ?)', source);
      recounted.add(source);
    }
    const { events, revisions, rows } = appendBatch(database, { ...batch, cause: 'reprocess', replaces });
    done.events += events;
    done.revisions += revisions;
    done.rows += rows;
  }
  return done;
}

function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}
