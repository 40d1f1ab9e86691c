/** A new derivation in the place of the current one: a line says that what stood before is replaced, then it follows. */
import { sessionId } from '../../core/session.ts';
import type { Appended, Batch } from '../store.ts';
import { planBatch } from './append.ts';
import type { Stage } from './stage.ts';

export function rederiveSessions(stage: Stage, batches: Iterable<Batch>): Appended {
  const replaced = new Set<string>();
  const recounted = new Set<string>();
  const done = { events: 0, revisions: 0, rows: 0 };
  for (const batch of batches) {
    stage.logs.registry.refuseMoved([batch]);
    const replaces = batch.sessions.map(({ key }) => key).filter((key) => !replaced.has(sessionId(key)));
    for (const key of replaces) replaced.add(sessionId(key));
    const source = batch.source?.record.id;
    const isAnew = source !== undefined && !recounted.has(source);
    if (source !== undefined) recounted.add(source);
    const { events, revisions, rows } = planBatch(stage, { ...batch, cause: 'reprocess', replaces }, isAnew);
    done.events += events;
    done.revisions += revisions;
    done.rows += rows;
  }
  return done;
}
