/**
 * What belongs to no session with a log: sources that are not kept, what consumers have noted of all sessions, and which
 * are not to be taken in. It comes first, so that a consumer that the store does not know yet begins before all that is
 * brought over. What the store knows already, it knows better.
 */
import type { SessionKey } from '../../core/session.ts';
import type { Folder } from '../log/folder.ts';
import { emptyBatch, type Offset, type TranscriptStore } from '../store.ts';
import { obstacleIn, sourcesOf } from './log-side.ts';
import type { NoteRules } from './notes.ts';
import type { MigrationReport } from './report.ts';
import { SourcePlan } from './source-plan.ts';

export interface RestMove {
  readonly folder: Folder;
  readonly store: TranscriptStore;
  readonly notes: readonly Offset[];
  readonly rules: NoteRules;
  readonly dryRun: boolean;
}

export async function migrateRest({ folder, store, notes, rules, dryRun }: RestMove): Promise<MigrationReport['rest']> {
  const obstacle = obstacleIn(folder, folder.ledgers.own);
  if (obstacle) return obstacle;
  const own = sourcesOf(folder, undefined);
  const sources = new SourcePlan(folder, store);
  for (const record of own) {
    const other = await sources.look(record);
    if (other !== undefined) return { reason: 'read-otherwise', what: other };
  }
  const kept = await keptOf(store, [...folder.ledgers.own.summary.forgotten.values()]);
  if (kept)
    return { reason: 'forgotten', what: `session ${kept.nativeId} was forgotten in the log, and is in the store` };
  if (dryRun) return undefined;
  const head = await store.head();
  const offsets: Offset[] = [];
  for (const note of notes) {
    if (await store.offset(note.consumer)) continue;
    offsets.push(rules.moved(note, (position) => (position === 0 ? 0 : head)));
  }
  const batches = [...(await sources.bytes(own)), ...sources.end(own)];
  if (batches.length > 0 || offsets.length > 0) await store.append([...batches, { ...emptyBatch, offsets }]);
  await forget(store, [...folder.ledgers.own.summary.forgotten.values()]);
  return undefined;
}

/** A session that was forgotten on one side, and of which the other has a transcript: nothing is deleted here. */
async function keptOf(store: TranscriptStore, forgotten: readonly SessionKey[]): Promise<SessionKey | undefined> {
  for (const key of forgotten) if (((await store.session(key))?.lastSeq ?? 0) > 0) return key;
  return undefined;
}

async function forget(store: TranscriptStore, keys: readonly SessionKey[]): Promise<void> {
  const known = new Set((await store.forgotten()).map(({ provider, nativeId }) => `${provider}\0${nativeId}`));
  const news = keys.filter(({ provider, nativeId }) => !known.has(`${provider}\0${nativeId}`));
  if (news.length > 0) await store.forget(...news);
}
