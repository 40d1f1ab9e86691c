/** What an append costs on the disk. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { sessionId } from '../../../src/core/session.ts';
import { withGroupCommit } from '../../../src/store/group-commit.ts';
import { nodeDisk } from '../../../src/store/log/disk.ts';
import { openLogStore } from '../../../src/store/log.ts';
import { emptyBatch, type TranscriptStore } from '../../../src/store/store.ts';
import { Feed, keyOf, loose, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, readAll } from '../contract/scene.ts';
import { CrashDisk } from './crash-disk.ts';

interface Counted {
  readonly store: TranscriptStore;
  /** What was synced while something was done. */
  syncsOf(act: () => Promise<unknown>): Promise<readonly string[]>;
}

/** A store with one session in it. */
async function open(t: TestContext): Promise<Counted> {
  const crash = new CrashDisk();
  const store = openLogStore(`${temporaryFolder(t)}/store`, crash.disk);
  await store.append([
    loose([say('a', 'first', 'first')]),
    { ...emptyBatch, offsets: [{ consumer: 'all', position: 0, state: null }] },
  ]);
  return {
    store,
    async syncsOf(act) {
      const before = crash.syncs.length;
      await act();
      return crash.syncs.slice(before);
    },
  };
}

const offset = (consumer: string, position: number) => ({ consumer, position, state: { session: { ...keyOf('a') } } });

it('an append to one session waits for the disk once, whatever its batches bring', async (t) => {
  const { store, syncsOf } = await open(t);
  const feed = new Feed('f', 'a');
  const syncs = await syncsOf(() =>
    store.append([
      feed.read([say('a', 'r1', 'one'), say('a', 'r2', 'two')], { flaws: [{ code: 'nul-bytes', count: 1 }] }),
      loose([say('a', 'r3', 'three')], { offsets: [offset('c', 3)] }),
    ]),
  );
  assert.equal(syncs.length, 1);
  await store.close();
});

it('a turn of eight records of which one is a message waits for the disk once', async (t) => {
  const { store, syncsOf } = await open(t);
  const syncs = await syncsOf(async () => {
    for (let n = 0; n < 7; n++) await store.append([loose([say('a', `r${n}`, `${n}`)], { rides: true })]);
    await store.append([loose([say('a', 'r7', 'a message')])]);
  });
  assert.equal(syncs.length, 1);
  await store.close();
});

it('what rides waits for nothing, and what does not ride takes it along, in other logs as well', async (t) => {
  const { store, syncsOf } = await open(t);
  const ride = () =>
    store.append([{ ...emptyBatch, offsets: [{ consumer: 'all', position: 1, state: null }], rides: true }]);
  assert.deepEqual(await syncsOf(ride), []);
  const syncs = await syncsOf(() => store.append([loose([say('a', 'r1', 'one')])]));
  assert.equal(syncs.length, 2);
  assert.ok(syncs.includes('sync store.twin.jsonl'));
  await store.close();
});

it('an append that finds everything known waits for what rode, because it says that it is there', async (t) => {
  const { store, syncsOf } = await open(t);
  const batch = loose([say('a', 'r1', 'one')]);
  await store.append([{ ...batch, rides: true }]);
  assert.equal((await syncsOf(() => store.append([batch]))).length, 1);
  assert.equal((await syncsOf(() => store.append([batch]))).length, 0);
  await store.close();
});

it('what another process rode is taken along', async (t) => {
  const folder = `${temporaryFolder(t)}/store`;
  const crash = new CrashDisk();
  const [one, other] = [openLogStore(folder, crash.disk), openLogStore(folder, crash.disk)];
  await one.append([loose([say('a', 'r1', 'one')])]);
  await one.append([loose([say('a', 'r2', 'two')], { rides: true })]);
  const before = crash.syncs.length;
  await other.append([loose([say('b', 'r1', 'elsewhere')])]);
  assert.ok(crash.syncs.slice(before).includes(`sync ${sessionId(keyOf('a'))}.twin.jsonl`));
  await one.close();
  await other.close();
});

it('what a killed process had written, and not synced, is synced before anybody is told that it is there', async (t) => {
  const folder = `${temporaryFolder(t)}/store`;
  const killed = new CrashDisk();
  const store = openLogStore(folder, killed.disk);
  const batch = loose([say('a', 'r1', 'one')]);
  killed.crashesAt = killed.steps.length + 3; // It tells what it is about to do, appends, and is killed as it syncs.
  await assert.rejects(store.append([batch]));
  assert.match(killed.steps.at(-1) ?? '', /^sync /);
  const crash = new CrashDisk();
  const next = openLogStore(folder, crash.disk);
  assert.deepEqual((await next.append([batch]))[0]?.events, 0);
  assert.deepEqual(crash.syncs, [`sync ${sessionId(keyOf('a'))}.twin.jsonl`, 'syncFolder store']);
  await next.close();
});

it('appends at the same time wait for the disk once behind group commit', async (t) => {
  const { store, syncsOf } = await open(t);
  const grouped = withGroupCommit(store, { windowMs: 0, maxBytes: Number.MAX_SAFE_INTEGER });
  const texts = Array.from({ length: 20 }, (_, n) => loose([say('a', `r${n}`, `${n}`)]));
  assert.equal((await syncsOf(() => Promise.all(texts.map((one) => grouped.append([one]))))).length, 1);
  await grouped.close();
});

it('bytes written follow the bytes that come, however long a session is', async (t) => {
  let written = 0;
  const counting = {
    ...nodeDisk,
    sync() {},
    syncFolder() {},
    append(path: string, bytes: Uint8Array) {
      written += bytes.length;
      nodeDisk.append(path, bytes);
    },
  };
  const store = openLogStore(`${temporaryFolder(t)}/store`, counting);
  const text = 'what somebody says '.repeat(60);
  const batches = Array.from({ length: 1000 }, (_, n) => loose([say('a', `r${n}`, `${n} ${text}`)]));
  for (const batch of batches) await store.append([batch]);
  const data = batches.flatMap(({ sessions }) => sessions.flatMap(({ pages }) => pages));
  const given = data.reduce((sum, { body }) => sum + body.length, 0);
  assert.ok(written < 1.2 * given, `${written} bytes were written for ${given}`);
  await store.close();
});

it('a meta file never tells of what is not on the disk: a power cut behind a close leaves no flaw and no gap', async (t) => {
  const folder = `${temporaryFolder(t)}/store`;
  const crash = new CrashDisk();
  const store = openLogStore(folder, crash.disk);
  await store.append([loose([say('a', 'r1', 'one')])]);
  await store.append([loose([say('a', 'r2', 'two')], { rides: true })]);
  await store.close();
  crash.cutPower(folder);
  const next = openLogStore(folder);
  assert.deepEqual(await collect(next.verify()), []);
  await next.append([loose([say('a', 'r3', 'three')])]);
  const seqs = (await readAll(next)).map(({ event }) => event.seq);
  assert.deepEqual(
    seqs,
    Array.from(seqs, (_, index) => index + 1),
  );
  await next.close();
});

it('nor does one that is replaced because the log has grown', async (t) => {
  const folder = `${temporaryFolder(t)}/store`;
  const crash = new CrashDisk();
  const store = openLogStore(folder, crash.disk);
  await store.append([loose([say('a', 'r1', 'one')])]);
  await store.append([loose([say('a', 'r2', 'a long text '.repeat(100_000))], { rides: true })]);
  crash.cutPower(folder);
  const next = openLogStore(folder);
  assert.deepEqual(await collect(next.verify()), []);
  await next.close();
});

it('the name of a log that another process made, and did not wait for, is made durable with what is told to it', async (t) => {
  const folder = `${temporaryFolder(t)}/store`;
  const crash = new CrashDisk();
  const [one, other] = [openLogStore(folder, crash.disk), openLogStore(folder, crash.disk)];
  await one.append([loose([say('a', 'r1', 'one')], { rides: true })]);
  await other.append([loose([say('a', 'r2', 'two')])]);
  crash.cutPower(folder);
  const next = openLogStore(folder);
  assert.equal((await readAll(next)).length, 2);
  await next.close();
});
