import assert from 'node:assert/strict';
import { it } from 'node:test';
import { KatoError } from '../../src/core/errors.ts';
import { withGroupCommit } from '../../src/store/group-commit.ts';
import { openLogStore } from '../../src/store/log.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Batch, TranscriptStore } from '../../src/store/store.ts';
import { describeStore } from '../conformance/describe-store.ts';
import { Feed, loose, say } from '../support/batches.ts';
import { readAll, told } from './contract/scene.ts';

const AT_ONCE = { windowMs: 0, maxBytes: 1 };
const IN_GROUPS = { windowMs: 0, maxBytes: Number.MAX_SAFE_INTEGER };
/** A window that no test lives to see the end of. */
const NEVER = { windowMs: 3_600_000, maxBytes: 10_000 };

describeStore('the memory engine behind group commit', () => withGroupCommit(createMemoryStore(), IN_GROUPS), {
  keepsData: false,
});
describeStore(
  'the SQLite engine behind group commit',
  (folder) => withGroupCommit(openSqliteStore(`${folder}/kato.db`), IN_GROUPS),
  { keepsData: true },
);
describeStore('the log engine behind group commit', (folder) => withGroupCommit(openLogStore(folder), IN_GROUPS), {
  keepsData: true,
});

/** A store that notes how many batches came with each append. */
function counted(): { readonly store: TranscriptStore; readonly appends: number[] } {
  const store = createMemoryStore();
  const appends: number[] = [];
  const append = store.append.bind(store);
  store.append = (batches: readonly Batch[]) => {
    appends.push(batches.length);
    return append(batches);
  };
  return { store, appends };
}

const isMoved = (error: unknown) => error instanceof KatoError && error.code === 'checkpoint-moved';

it('group commit stores what is appended at the same time in one step', async () => {
  const { store, appends } = counted();
  const grouped = withGroupCommit(store, IN_GROUPS);
  const batches = ['one', 'two', 'three'].map((text, index) => loose([say('a', `r${index}`, text)]));
  const results = await Promise.all(batches.map((batch) => grouped.append([batch])));
  assert.deepEqual(appends, [3]);
  assert.deepEqual(
    results.map(([appended]) => appended?.events),
    [1, 1, 1],
  );
  assert.deepEqual(told(await readAll(grouped)), ['1 one', '2 two', '3 three']);
});

it('group commit gives each caller the answers to its own batches', async () => {
  const grouped = withGroupCommit(createMemoryStore(), IN_GROUPS);
  const [first, second] = await Promise.all([
    grouped.append([loose([say('a', 'r1', 'x')]), loose([])]),
    grouped.append([loose([say('b', 'r1', 'y'), say('b', 'r2', 'z')])]),
  ]);
  assert.deepEqual(
    first?.map(({ events }) => events),
    [1, 0],
  );
  assert.deepEqual(
    second?.map(({ events }) => events),
    [2],
  );
});

it('group commit does not let the refusal of one caller be that of another', async () => {
  const { store, appends } = counted();
  const grouped = withGroupCommit(store, IN_GROUPS);
  const feed = new Feed('f', 'a');
  await grouped.append([feed.read([say('a', 'r1', 'one')])]);
  const [before, refused, after] = await Promise.allSettled([
    grouped.append([loose([say('b', 'r1', 'two')])]),
    grouped.append([loose([say('c', 'r1', 'never')]), feed.stale([say('a', 'r9', 'never')])]),
    grouped.append([feed.read([say('a', 'r2', 'three')])]),
  ]);
  assert.deepEqual([before?.status, after?.status], ['fulfilled', 'fulfilled']);
  assert.ok(refused?.status === 'rejected' && isMoved(refused.reason));
  assert.deepEqual(appends, [1, 4, 1, 2, 1]);
  assert.deepEqual(told(await readAll(grouped)), ['1 one', '1 two', '2 three']);
});

it('group commit waits no longer when enough has gathered', async () => {
  const { store, appends } = counted();
  const grouped = withGroupCommit(store, NEVER);
  const long = 'x'.repeat(6000);
  await Promise.all([
    grouped.append([loose([say('a', 'r1', `${long}1`)])]),
    grouped.append([loose([say('a', 'r2', `${long}2`)])]),
  ]);
  assert.deepEqual(appends, [2]);
});

it('group commit lets the first append after a pause go at once, and those behind it wait for the window', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { store, appends } = counted();
  const grouped = withGroupCommit(store, NEVER);
  const first = grouped.append([loose([say('a', 'r1', 'one')])]);
  t.mock.timers.tick(0);
  await first;
  const waiting = ['two', 'three'].map((text, index) => grouped.append([loose([say('b', `r${index}`, text)])]));
  t.mock.timers.tick(NEVER.windowMs / 2);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(appends, [1]);
  t.mock.timers.tick(NEVER.windowMs / 2);
  await Promise.all(waiting);
  assert.deepEqual(appends, [1, 2]);
  await grouped.close();
});

it('group commit stores what waits before it closes, forgets or derives anew', async () => {
  for (const act of [
    (store: TranscriptStore) => store.close(),
    (store: TranscriptStore) => store.forget({ provider: 'toy', nativeId: 'z' }),
    (store: TranscriptStore) => store.drop({ provider: 'toy', nativeId: 'z' }),
    (store: TranscriptStore) => store.rederive([]),
  ]) {
    const { store, appends } = counted();
    const grouped = withGroupCommit(store, NEVER);
    const waiting = grouped.append([loose([say('a', 'r1', 'one')])]);
    await act(grouped);
    assert.equal((await waiting)[0]?.events, 1);
    assert.deepEqual(appends, [1]);
  }
});

it('group commit keeps the order of appends, also behind one that is being stored', async () => {
  const grouped = withGroupCommit(createMemoryStore(), AT_ONCE);
  const texts = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  await Promise.all(texts.map((text, index) => grouped.append([loose([say('a', `r${index}`, text)])])));
  assert.deepEqual(
    told(await readAll(grouped)),
    texts.map((text, index) => `${index + 1} ${text}`),
  );
});
