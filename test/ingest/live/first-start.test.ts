/** Since when a folder is read. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { contactNow, firstContact } from '../../../src/ingest/live/first-start.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { emptyBatch } from '../../../src/store/store.ts';

const root = (path: string) => ({ provider: { id: 'claude-code' }, path });

it('a root is met at the first start with it, and anew when it was away', async () => {
  const store = createMemoryStore();
  let day = 0;
  const start = async (...paths: readonly string[]) => {
    day += 1;
    const clock = { now: () => `2026-11-0${day}T00:00:00.000Z`, monotonicMs: () => 0 };
    const { since, roots } = await firstContact(store, clock, paths.map(root));
    return [since, ...roots.map((one) => `${one.path} ${one.since}`)].map((text) => text.replace('T00:00:00.000Z', ''));
  };
  assert.deepEqual(await start('/a'), ['2026-11-01', '/a 2026-11-01']);
  assert.deepEqual(await start('/a', '/b'), ['2026-11-01', '/a 2026-11-01', '/b 2026-11-02']);
  assert.deepEqual(await start('/b'), ['2026-11-01', '/b 2026-11-02']);
  assert.deepEqual(await start('/a', '/b'), ['2026-11-01', '/a 2026-11-04', '/b 2026-11-02']);
});

it('roots of a store that knew only its first start were met then', async () => {
  const store = createMemoryStore();
  const at = '2026-11-01T00:00:00.000Z';
  const offsets = [{ consumer: 'daemon/first-start', position: 0, state: { at } }];
  await store.append([{ ...emptyBatch, offsets }]);
  const clock = { now: () => '2026-11-05T00:00:00.000Z', monotonicMs: () => 0 };
  const { roots } = await firstContact(store, clock, [root('/a')]);
  assert.deepEqual(roots, [{ provider: 'claude-code', path: '/a', since: at }]);
});

it('a command from other surroundings meets nothing', async () => {
  const store = createMemoryStore();
  let day = 0;
  const clock = { now: () => `2026-11-0${++day}T00:00:00.000Z`, monotonicMs: () => 0 };
  const { roots } = await firstContact(store, clock, [root('/a')]);
  const elsewhere = await contactNow(store, clock, [root('/b')]);
  assert.deepEqual(
    elsewhere.roots.map(({ path }) => path),
    ['/b'],
  );
  assert.deepEqual((await firstContact(store, clock, [root('/a')])).roots, roots);
});
