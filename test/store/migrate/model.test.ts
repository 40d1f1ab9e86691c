/**
 * A store that was filled by a log and one that was never anything else: whatever was done before the migration, both
 * give the same answers after it, and go on giving them, whatever is done next.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { openLogStore } from '../../../src/store/log.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { migrateLog } from '../../../src/store/migrate/migrate-log.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { Batch, TranscriptStore } from '../../../src/store/store.ts';
import { keyOf, recordOf } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, rawText, readAll } from '../contract/scene.ts';
import { impatientDisk } from '../log/impatient-disk.ts';
import { blobs, CONSUMERS, operation, RECORDS, SESSIONS, SIDE_FILE, World } from '../model/operations.ts';

const operations = (maxLength: number) => fc.array(operation, { maxLength });

it('a migrated store answers like one that was never a log, then and ever after', async (t) => {
  const folder = temporaryFolder(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(operations(16), operations(8), async (before, after) => {
      await play(`${folder}/${run++}`, before, after);
    }),
    { numRuns: 120, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
  );
});

type Operations = readonly Parameters<World['prepare']>[0][];

async function play(path: string, before: Operations, after: Operations): Promise<void> {
  const model = createMemoryStore();
  const log = openLogStore(path, impatientDisk);
  const world = new World();
  for (const one of before) {
    const act = world.prepare(one);
    await act(model);
    await act(log);
  }
  await log.close();
  const store = openSqliteStore(`${path}.db`);
  try {
    const report = await migrateLog(store, path, { disk: impatientDisk });
    assert.ok(report.isDone, JSON.stringify(report));
    assert.deepEqual(await answersOf(store), await answersOf(model), 'other answers after the migration');
    for (const one of after) {
      const act = world.prepare(one);
      assert.deepEqual(await act(knowingVersions(store, model)), await act(model), `${one.kind} has another outcome`);
      assert.deepEqual(await answersOf(store), await answersOf(model), `other answers after ${one.kind}`);
    }
    assert.deepEqual(await collect(store.verify()), []);
  } finally {
    await store.close();
  }
}

/** Checkpoints have other versions in the migrated store. */
function knowingVersions(store: TranscriptStore, model: TranscriptStore): TranscriptStore {
  return {
    ...store,
    async append(batches) {
      const ahead = new Map<string, number>();
      for (const { id, version } of await store.sources()) {
        ahead.set(id, version - ((await model.source(id))?.version ?? 0));
      }
      return store.append(batches.map((batch) => shifted(batch, ahead)));
    },
  };
}

function shifted(batch: Batch, ahead: ReadonlyMap<string, number>): Batch {
  if (!batch.source) return batch;
  const { record, expected } = batch.source;
  return { ...batch, source: { record, expected: expected + (ahead.get(record.id) ?? 0) } };
}

/** What can be asked, without positions and versions, which are the store's own, and the order across sessions. */
async function answersOf(store: TranscriptStore): Promise<unknown> {
  const sources = [...(await store.sources())].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    sessions: await Promise.all(SESSIONS.map((session) => ofSession(store, session))),
    links: (await store.links()).map((link) => JSON.stringify(link)).sort(),
    sources: sources.map(({ version: _, ...record }) => ({ ...record, checkpoint: { ...record.checkpoint } })),
    bytes: await Promise.all(sources.map(async ({ id }) => [rawText(store, id), await store.quarantined(id)])),
    diagnostics: (await store.diagnostics()).map((one) => JSON.stringify(one)).sort(),
    notes: await Promise.all(CONSUMERS.map(async (consumer) => (await store.offset(consumer))?.state)),
    blobs: await Promise.all(blobs.map(async ({ sha256 }) => (await store.blob(sha256))?.mediaType)),
    forgotten: (await store.forgotten()).map(({ nativeId }) => nativeId).sort(),
  };
}

async function ofSession(store: TranscriptStore, session: string) {
  const key = keyOf(session);
  const plain = (events: Awaited<ReturnType<typeof readAll>>) => events.map(({ position: _, ...event }) => event);
  const record = await store.session(key);
  return {
    facts: record?.facts,
    lastSeq: record?.lastSeq,
    current: plain(await readAll(store, { key })),
    written: plain(await readAll(store, { key, view: 'written' })),
    known: [
      ...(await store.knownRecords(
        key,
        RECORDS.map((one) => recordOf(session, one)),
      )),
    ].sort(),
    sideFile: (await store.sideFile(key, SIDE_FILE))?.sha256,
  };
}
