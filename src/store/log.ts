/**
 * The fallback engine: append-only JSON lines, for where SQLite cannot be used. It needs no more of a file system than
 * that it appends, renames, links and syncs; `less` and `jq` read it.
 *
 *     transcripts/
 *       <session>.twin.jsonl    the log of a session: events, and notes of all that was told besides
 *       <session>.meta.json     the fold of its notes up to some commit
 *       store.twin.jsonl, …     the log of what belongs to no session: offsets, forgotten sessions
 *       blobs/<sha256>          content of attachments
 *       daemon-control.json     index: the meta files as one; made again whenever it is missing, stale or damaged
 *       changes, lock           between processes; never synced
 *
 * The twins alone are the record; meta files and the index are made again from them. An append is one commit: its lines
 * go to the end of a twin, with checksums, the last of them ending it, and are synced once. When the promise resolves
 * they are on the disk; a crash before that leaves a torn tail, which counts for nothing and is cut before anything is
 * appended behind it. What is damaged further up is passed over and named by `verify`; the rest stays readable.
 *
 * An append whose batches all ride is not synced: the next one that waits syncs what rode before. After a failure of the
 * disk the engine takes no more writes: what the files hold then is known only after they have been opened again.
 */
import { planBatch } from './log/append.ts';
import { deleteSessions, settleDeletion } from './log/deletion.ts';
import { type Disk, nodeDisk } from './log/disk.ts';
import { attempt, logFailure } from './log/failure.ts';
import { Folder } from './log/folder.ts';
import { pickEvents, readEvents } from './log/read.ts';
import * as records from './log/records.ts';
import { rederiveSessions } from './log/rederive.ts';
import type { Stage } from './log/stage.ts';
import { verifyLogs } from './log/verify.ts';
import type { TranscriptStore } from './store.ts';

/** Opens the store in this folder, creating it if need be. Throws `store-newer`, `store-corrupt`, `store-failed`. */
export function openLogStore(path: string, disk: Disk = nodeDisk): TranscriptStore {
  const folder = attempt(`cannot open the store ${path}`, () => new Folder(disk, path));
  const write = writer(folder);
  const read = <T>(action: () => T): T =>
    attempt(`cannot read the store ${path}`, () => {
      folder.refresh();
      return action();
    });
  return {
    append: (batches) =>
      write((stage) => {
        folder.ledgers.registry.refuseMoved(batches);
        const rides = batches.every((batch) => batch.rides === true);
        return { result: batches.map((batch) => planBatch(stage, batch)), rides };
      }),
    rederive: (batches) => write((stage) => ({ result: rederiveSessions(stage, batches), rides: false })),
    forget: (...keys) => alone(folder, () => deleteSessions(folder, keys, true)),
    drop: (...keys) => alone(folder, () => deleteSessions(folder, keys, false)),
    read: (query) => guarded(path, readEvents(folder, query)),
    raw: (source) => guardedSync(path, folder, source),
    verify: () => guarded(path, verifyLogs(folder)),
    pick: async (key, seqs) => read(() => pickEvents(folder, key, seqs)),
    head: async () => read(() => folder.ledgers.positions),
    sessions: async () => read(() => records.listSessions(folder)),
    session: async (key) => read(() => records.getSession(folder, key)),
    sessionsByHead: async (provider, head) => read(() => records.listByHead(folder, provider, head)),
    knownRecords: async (key, wanted) => read(() => records.knownRecords(folder, key, wanted)),
    links: async () => read(() => records.listLinks(folder)),
    sources: async () => read(() => records.listSources(folder)),
    source: async (id) => read(() => records.getSource(folder, id)),
    quarantined: async (source) => read(() => records.listQuarantine(folder, source)),
    diagnostics: async () => read(() => records.listDiagnostics(folder)),
    blob: async (sha256) => read(() => records.getBlob(folder, sha256)),
    sideFile: async (key, name) => read(() => records.getSideFile(folder, key, name)),
    offset: async (consumer) => read(() => records.getOffset(folder, consumer)),
    offsets: async (prefix) => read(() => records.listOffsets(folder, prefix)),
    forgotten: async () => read(() => [...folder.ledgers.own.summary.forgotten.values()]),
    stats: async () => read(() => records.readStats(folder)),
    close: () => folder.close(),
  };
}

/** What is planned into a stage, and whether it may ride. */
interface Planned<T> {
  readonly result: T;
  readonly rides: boolean;
}

/** Runs writes as one commit each. */
function writer(folder: Folder): <T>(plan: (stage: Stage) => Planned<T>) => Promise<T> {
  let isFirst = true;
  return (plan) =>
    alone(folder, () => {
      if (isFirst) resumeDeletion(folder);
      isFirst = false;
      const stage = folder.begin();
      let planned: ReturnType<typeof plan>;
      try {
        planned = plan(stage);
      } catch (error) {
        folder.abandon(stage);
        throw error;
      }
      folder.commit(stage, planned.rides);
      return planned.result;
    });
}

/** Does what a deletion that failed half-way still owes. */
function resumeDeletion(folder: Folder): void {
  try {
    settleDeletion(folder);
  } catch {
    // It is still owed. Whoever reads or writes this store is told what is wrong with it.
  }
}

async function alone<T>(folder: Folder, action: () => T): Promise<T> {
  try {
    return await folder.alone(action);
  } catch (error) {
    throw logFailure(error, `cannot write to the store ${folder.path}`);
  }
}

async function* guarded<T>(path: string, values: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* values;
  } catch (error) {
    throw logFailure(error, `cannot read the store ${path}`);
  }
}

function* guardedSync(path: string, folder: Folder, source: string) {
  try {
    folder.refresh();
    yield* records.readRaw(folder, source);
  } catch (error) {
    throw logFailure(error, `cannot read the store ${path}`);
  }
}
