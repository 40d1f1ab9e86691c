/**
 * The canonical engine: SQLite through `node:sqlite`.
 *
 *     session ─┬─ block      events as packed pages, one row a page; the global order is its row id
 *              ├─ identity   one small row an event: new, known, or a revision?
 *              └─ superseded, link, side_file, session_blob
 *     source  ─┬─ raw        the bytes as they were read, packed; they tile [0, endBytes)
 *              └─ quarantine, diagnostic, and the checkpoint in the row itself
 *
 * `append` is one transaction with `synchronous=FULL`: when it resolves, everything is on the disk; a crash before that
 * leaves nothing of it. One whose batches all ride is written without waiting for the disk: the next one that waits,
 * waits for it as well. After a failure of the disk the engine takes no more writes: what the file holds then is known
 * only after it has been opened again.
 */
import type { KatoError } from '../core/errors.ts';
import { appendBatch } from './sqlite/append.ts';
import { storeFailure } from './sqlite/failure.ts';
import { dropSessions, forgetSessions, readOwed, scrub, scrubAtOnce, settleScrub } from './sqlite/forget.ts';
import { type Database, openDatabase } from './sqlite/open.ts';
import { pickEvents, readEvents } from './sqlite/read.ts';
import * as records from './sqlite/records.ts';
import { rederiveSessions } from './sqlite/rederive.ts';
import { verifyDatabase } from './sqlite/verify.ts';
import type { TranscriptStore } from './store.ts';

/** Opens the store in this file, creating it if need be. Throws `store-newer`, `store-corrupt`, `store-failed`, `store-busy`. */
export function openSqliteStore(path: string): TranscriptStore {
  const doing = `cannot open the store ${path}`;
  const database = attempt(doing, () => openDatabase(path));
  const write = writer(database, path);
  const read = <T>(action: () => T): T => attempt(`cannot read the store ${path}`, action);
  resumeScrub(database);
  const clean = () => {
    const owed = read(() => readOwed(database));
    if (owed === undefined) return;
    attempt(`the session is forgotten, but its text cannot be cleaned out of ${path}`, () => scrub(database));
    write(() => settleScrub(database, owed));
  };
  return {
    append: async (batches) =>
      write(
        () => batches.map((batch) => appendBatch(database, batch)),
        batches.every(({ rides }) => rides === true),
      ),
    rederive: async (batches) => write(() => rederiveSessions(database, batches)),
    async forget(...keys) {
      write(() => forgetSessions(database, keys));
      clean();
    },
    async drop(...keys) {
      write(() => dropSessions(database, keys));
      clean();
    },
    read: (query) => guarded(`cannot read the store ${path}`, readEvents(database, query)),
    raw: (source) => guardedSync(`cannot read the store ${path}`, records.readRaw(database, source)),
    verify: () => guarded(`cannot check the store ${path}`, toAsync(verifyDatabase(database))),
    pick: async (key, seqs) => read(() => pickEvents(database, key, seqs)),
    head: async () => read(() => records.readHead(database)),
    sessions: async () => read(() => records.listSessions(database)),
    session: async (key) => read(() => records.getSession(database, key)),
    sessionsByHead: async (provider, head) => read(() => records.listByHead(database, provider, head)),
    knownRecords: async (key, wanted) => read(() => records.knownRecords(database, key, wanted)),
    links: async () => read(() => records.listLinks(database)),
    sources: async () => read(() => records.listSources(database)),
    source: async (id) => read(() => records.getSource(database, id)),
    quarantined: async (source) => read(() => records.listQuarantine(database, source)),
    diagnostics: async () => read(() => records.listDiagnostics(database)),
    blob: async (sha256) => read(() => records.getBlob(database, sha256)),
    sideFile: async (key, name) => read(() => records.getSideFile(database, key, name)),
    offset: async (consumer) => read(() => records.getOffset(database, consumer)),
    offsets: async (prefix) => read(() => records.listOffsets(database, prefix)),
    forgotten: async () => read(() => records.listForgotten(database)),
    stats: async () => read(() => records.readStats(database)),
    close: async () => attempt(`cannot close the store ${path}`, () => database.raw.close()),
  };
}

/** Does what a forgetting that failed half-way still owes. */
function resumeScrub(database: Database): void {
  try {
    const owed = readOwed(database);
    if (owed !== undefined && scrubAtOnce(database)) settleScrub(database, owed);
  } catch {
    // The note stays, and the scrub is tried again. Whoever reads or writes this store is told what is wrong with it.
  }
}

/** Runs writes as one transaction each, and refuses all after the disk has failed. */
function writer(database: Database, path: string): <T>(action: () => T, rides?: boolean) => T {
  let failed: KatoError | undefined;
  const changed = () => Number(database.sql('SELECT total_changes() AS changed').get()?.changed);
  /** Whatever others do changes it. */
  const others = () => Number(database.sql('PRAGMA data_version').get()?.data_version);
  /** Until when everything is known to be on the disk; absent when something rode since. */
  let synced: number | undefined;
  return (action, rides = false) => {
    if (failed) throw failed;
    try {
      if (rides) database.raw.exec('PRAGMA synchronous=NORMAL');
      database.raw.exec('BEGIN IMMEDIATE');
      const before = changed();
      const result = action();
      const seen = others(); // Asked in the transaction: what others commit behind it, it does not wait for.
      // A commit without changes waits for nothing. What it was to bring may be there, and have rode.
      if (!rides && changed() === before && synced !== seen) writeAnything(database);
      database.raw.exec('COMMIT');
      if (!rides) synced = seen;
      else if (changed() !== before) synced = undefined;
      return result;
    } catch (error) {
      if (database.raw.isTransaction) database.raw.exec('ROLLBACK');
      const failure = storeFailure(error, `cannot write to the store ${path}`);
      const isDisk = failure.code === 'store-failed' || failure.code === 'store-corrupt';
      if (isDisk) failed = failure;
      throw failure;
    } finally {
      if (rides) database.raw.exec('PRAGMA synchronous=FULL');
    }
  };
}

/** Into the transaction, so that there is something to wait for: a number that is as it was. */
function writeAnything({ raw, sql }: Database): void {
  const version = Number(sql('PRAGMA user_version').get()?.user_version);
  raw.exec(`PRAGMA user_version=${version}`);
}

function attempt<T>(doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw storeFailure(error, doing);
  }
}

async function* guarded<T>(doing: string, values: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* values;
  } catch (error) {
    throw storeFailure(error, doing);
  }
}

function* guardedSync<T>(doing: string, values: Iterable<T>): Generator<T> {
  try {
    yield* values;
  } catch (error) {
    throw storeFailure(error, doing);
  }
}

async function* toAsync<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}
