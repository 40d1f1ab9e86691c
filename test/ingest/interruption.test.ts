/** Passes that are stopped, and passes that meet: in the end the store holds what one quiet pass makes of the files. */
import assert from 'node:assert/strict';
import { renameSync, rmSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import { KatoError } from '../../src/core/errors.ts';
import { withGroupCommit } from '../../src/store/group-commit.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { emptyBatch, type TranscriptStore } from '../../src/store/store.ts';
import { collect, readAll } from '../store/contract/scene.ts';
import { temporaryFolder } from '../support/derive.ts';
import { OTHER, prompt, prompts, SESSION } from './support/session-lines.ts';
import { onEngines, Stage } from './support/stage.ts';

/** Together several batches. */
const LONG = 2500;
const PADDED = { paddingBytes: 2000 };

/** What a store holds, without what may differ: positions over all sessions, and how often a source was stored. */
async function outcomeOf({ store, ...stage }: Stage) {
  const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);
  const sessions = (await store.sessions()).toSorted(byId);
  const sources = (await store.sources()).toSorted(byId);
  const eventsOf = async (session: (typeof sessions)[number]) =>
    (await readAll(store, { key: session.key })).map(({ event, superseded }) => ({ event, superseded }));
  return {
    root: stage.root,
    facts: sessions.map(({ id, facts, lastSeq }) => ({ id, facts, lastSeq })),
    events: await Promise.all(sessions.map(eventsOf)),
    sources: sources.map(({ version, ...source }) => source),
    quarantined: await Promise.all(sources.map(({ id }) => store.quarantined(id))),
    links: await store.links(),
  };
}

const rawOf = async (stage: Stage) => (await stage.store.sources()).map(({ id }) => stage.raw(id)).sort();

/** Compared with the same files, taken in by one quiet pass into a store of its own. */
async function assertLikeQuiet(stage: Stage): Promise<void> {
  const quiet = new Stage(stage.root, createMemoryStore());
  await quiet.pass();
  assert.deepEqual(await outcomeOf(stage), await outcomeOf(quiet));
  const [kept, wanted] = [await rawOf(stage), await rawOf(quiet)];
  assert.ok(kept.join('') === wanted.join(''), 'other bytes are kept');
}

/** The store, with another way to append. */
function withAppend(store: TranscriptStore, append: TranscriptStore['append']): TranscriptStore {
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = name === 'append' ? append : Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

/** Stops a pass when this many of its batches are stored. True if it was stopped before its end. */
async function stopAfter(stage: Stage, batches: number): Promise<boolean> {
  const controller = new AbortController();
  let stored = 0;
  const store = withAppend(stage.store, async (all) => {
    const appended = await stage.store.append(all);
    stored += 1;
    if (stored === batches) controller.abort();
    return appended;
  });
  const report = await stage.pass({ store, signal: controller.signal });
  assert.equal(report.stopped, controller.signal.aborted);
  return report.stopped;
}

onEngines('a pass that is stopped again and again stores what a quiet one does', async (stage) => {
  stage.write(stage.path(), prompts(1, LONG, PADDED));
  stage.write(stage.path(OTHER), prompts(1, 20, { session: OTHER }));
  let stops = 0;
  while (await stopAfter(stage, 1)) stops += 1;
  assert.ok(stops >= 4, `there were only ${stops} batches`);
  await assertLikeQuiet(stage);
});

onEngines('a pass that is stopped before its first batch stores nothing', async (stage) => {
  stage.write(stage.path(), prompts(1, 3));
  const report = await stage.pass({ signal: AbortSignal.abort() });
  assert.deepEqual([report.stopped, report.events, await stage.store.sources()], [true, 0, []]);
  await stage.pass();
  await assertLikeQuiet(stage);
});

onEngines('a new generation that is stopped half-way is finished, and then loses what is gone', async (stage) => {
  stage.write(stage.path(), prompts(1, LONG, PADDED));
  await stage.pass();
  stage.write(stage.path(), prompts(2, LONG + 1, PADDED));
  assert.ok(await stopAfter(stage, 2));
  assert.equal((await stage.source()).checkpoint.unswept, true);
  assert.equal((await stage.said())[0], 'sheep number 1');
  await stage.pass();
  const said = await stage.said();
  assert.deepEqual(
    [said.length, said[0], said[1], said.at(-1)],
    [LONG + 1, 'sheep number 1 †', 'sheep number 2', `sheep number ${LONG + 1}`],
  );
});

onEngines('a new generation that is stopped before its very end is ended by the next pass', async (stage) => {
  stage.write(stage.path(), prompts(1, 20));
  await stage.pass();
  stage.write(stage.path(), prompts(2, 21));
  await stage.pass();
  const source = await stage.source();
  const record = { ...source, checkpoint: { ...source.checkpoint, unswept: true } };
  const stat = { ...source.stat, modifiedNs: '-1' };
  await stage.store.append([{ ...emptyBatch, source: { record: { ...record, stat }, expected: source.version } }]);
  const report = await stage.pass();
  assert.deepEqual([report.framesDecoded, report.events], [0, 0]);
  assert.ok(report.bytesRead <= 8192, 'only what tells that the file goes on');
  assert.equal((await stage.source()).checkpoint.unswept, false);
});

onEngines('a long line that is stopped half-way is told as one', async (stage) => {
  const long = prompt(2, { text: 'baa '.repeat(9 * 1024 * 1024) });
  stage.write(stage.path(), `${prompt(1)}\n${long}\n${prompt(3)}\n`);
  assert.ok(await stopAfter(stage, 5));
  assert.ok((await stage.source()).checkpoint.endBytes > 4 * 1024 * 1024);
  await stopAfter(stage, 9);
  await stage.pass();
  await assertLikeQuiet(stage);
});

onEngines('a store that cannot be written ends the pass, which goes on where it was when it can', async (stage) => {
  stage.write(stage.path(), prompts(1, LONG, PADDED));
  let stored = 0;
  const store = withAppend(stage.store, async (all) => {
    if (stored++ === 2) throw new KatoError('store-failed', 'the disk is full');
    return stage.store.append(all);
  });
  await assert.rejects(stage.pass({ store }), (error) => error instanceof KatoError && error.code === 'store-failed');
  await stage.pass();
  await assertLikeQuiet(stage);
});

/** Two stages on one agent's folder and one store's file, as two processes would have it. */
async function withTwo(t: TestContext, body: (first: Stage, second: Stage) => Promise<void>): Promise<void> {
  const [root, folder] = [temporaryFolder(t), temporaryFolder(t)];
  const [first, second] = [0, 1].map(() => new Stage(root, openSqliteStore(`${folder}/kato.db`)));
  assert.ok(first && second);
  await body(first, second);
  assert.deepEqual(await collect(first.store.verify()), []);
  for (const { store } of [first, second]) await store.close();
}

it('two passes at once store everything once', (t) =>
  withTwo(t, async (first, second) => {
    first.write(first.path(), prompts(1, LONG, PADDED));
    for (let n = 10; n < 30; n++) {
      const session = OTHER.replace(/^22/, String(n));
      first.write(first.path(session), prompts(1, 3, { session }));
    }
    await Promise.all([first.pass(), second.pass()]);
    await assertLikeQuiet(first);
    first.append(first.path(), prompts(LONG + 1, LONG + 3));
    await Promise.all([first.pass(), second.pass(), first.pass()]);
    await assertLikeQuiet(second);
  }));

it('two passes at once over a rewritten file lose and keep the same', (t) =>
  withTwo(t, async (first, second) => {
    first.write(first.path(), prompts(1, LONG, PADDED));
    await first.pass();
    first.write(first.path(), prompts(3, LONG + 2, PADDED));
    await Promise.all([first.pass(), second.pass()]);
    const said = await second.said();
    const lost = said.filter((text) => text.endsWith('†'));
    assert.deepEqual([lost, said.length], [['sheep number 1 †', 'sheep number 2 †'], LONG + 2]);
  }));

it('two passes at once note a file that is gone, and one with another name', (t) =>
  withTwo(t, async (first, second) => {
    for (const session of [SESSION, OTHER]) first.write(first.path(session), prompts(1, 2, { session }));
    await first.pass();
    rmSync(first.path());
    renameSync(first.path(OTHER), first.path('33333333-3333-4333-8333-333333333333'));
    await Promise.all([first.pass(), second.pass()]);
    assert.deepEqual((await first.store.sources()).filter(({ gone }) => gone).length, 1);
  }));

it('many files behind group commit are stored like one by one', async (t) => {
  const store = withGroupCommit(openSqliteStore(`${temporaryFolder(t)}/kato.db`), { windowMs: 0, maxBytes: 1 << 20 });
  const stage = new Stage(temporaryFolder(t), store);
  for (let n = 10; n < 60; n++) {
    const session = SESSION.replace(/^11/, String(n));
    stage.write(stage.path(session), prompts(1, n, { session }));
  }
  await stage.pass();
  await assertLikeQuiet(stage);
  await store.close();
});
