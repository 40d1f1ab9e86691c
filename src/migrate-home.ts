/** What the log engine has kept of a home, brought into the store that serves it now. */
import { existsSync } from 'node:fs';
import { describeError, KatoError } from './core/errors.ts';
import type { Logger } from './core/ports.ts';
import { relinkSessions } from './ingest/link.ts';
import { movedNote, ownersOfNotes, settledNote } from './record/moved-notes.ts';
import { hasLog, type MigrationOptions, migrateLog } from './store/migrate/migrate-log.ts';
import { migrateReference } from './store/migrate/migrate-reference.ts';
import type { MigrationReport } from './store/migrate/report.ts';
import type { TranscriptStore } from './store/store.ts';

const rules = { owners: ownersOfNotes, moved: movedNote, settled: settledNote };

/** Nobody else may be at work on this home, unless it is a dry run. Killed anywhere, it can be done again. */
export async function migrateHome(
  store: TranscriptStore,
  transcripts: string,
  options: Pick<MigrationOptions, 'dryRun' | 'onProgress'> = {},
): Promise<MigrationReport> {
  if (!hasLog(transcripts)) return { sessions: [], isDone: true };
  const report = await migrateLog(store, transcripts, { ...options, rules });
  const brought = report.sessions.filter(({ outcome }) => outcome === 'imported' || outcome === 'tail-kept');
  if (!options.dryRun)
    await relinkSessions(
      store,
      brought.flatMap(({ session }) => session ?? []),
    );
  return report;
}

/** The sessions of a prototype's home, or of the folder in it where they are. */
export async function migratePrototype(
  store: TranscriptStore,
  folder: string,
  options: Pick<MigrationOptions, 'dryRun'> = {},
): Promise<MigrationReport> {
  const inside = `${folder}/sessions`;
  const sessions = existsSync(inside) ? inside : folder;
  if (!existsSync(sessions)) {
    throw new KatoError('usage', `there is no folder ${folder}`, { hint: "name the prototype's home folder" });
  }
  return migrateReference(store, sessions, options);
}

/** The same for a daemon that starts. Logs that cannot be brought over stay, and do not keep it from its work. */
export async function migrateAtStart(store: TranscriptStore, transcripts: string, log: Logger): Promise<void> {
  try {
    const { sessions, isDone } = await migrateHome(store, transcripts);
    if (sessions.length === 0 && isDone) return;
    const left = sessions.filter(({ outcome }) => outcome === 'left').length;
    log.log(isDone ? 'info' : 'warn', 'store.migrated', { sessions: sessions.length, left, done: isDone });
  } catch (error) {
    if (!(error instanceof KatoError)) throw error;
    log.log('error', 'store.migration-failed', { ...describeError(error) });
  }
}
