/** Whose turn it is. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FamilyQueue } from '../../../src/ingest/live/family-queue.ts';

/** A queue whose turns last until they are ended by name: the name of their first path. */
function open() {
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const queue = new FamilyQueue((paths) => {
    const [path = ''] = paths;
    began.push(path);
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.set(path, resolve);
    return promise;
  });
  const settle = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return [...began];
  };
  const end = (path: string) => ends.get(path)?.();
  return { queue, settle, end };
}

it('what is to be the last waits for all of its folder that was added before', async () => {
  const { queue, settle, end } = open();
  void queue.add('known', 'a/known', 1);
  void queue.add('new', 'a/new', 2, 'last');
  void queue.add('newer', 'a/newer', 3, 'last');
  void queue.add('elsewhere', 'b/elsewhere', 1, 'last');
  void queue.add('later', 'a/later', 1);
  assert.deepEqual(await settle(), ['a/known', 'b/elsewhere', 'a/later']);
  end('a/known');
  assert.deepEqual((await settle()).slice(3), ['a/new']);
  end('a/new');
  assert.deepEqual((await settle()).slice(4), ['a/newer']);
});

it('a family that has had a turn waits for no other, whatever is new in it', async () => {
  const { queue, settle, end } = open();
  void queue.add('live', 'a/live', 1);
  await settle();
  end('a/live');
  void queue.add('large', 'a/large', 1);
  void queue.add('live', 'a/subagent', 2, 'last');
  assert.deepEqual((await settle()).slice(1), ['a/large', 'a/subagent']);
});

it('news of a family that waits to be the last brings its turn', async () => {
  const { queue, settle } = open();
  void queue.add('large', 'a/large', 1);
  void queue.add('live', 'a/subagent', 2, 'last');
  assert.deepEqual(await settle(), ['a/large']);
  void queue.add('live', 'a/live', 2);
  assert.deepEqual(await settle(), ['a/large', 'a/subagent']);
});

it('settles when all have had their turns, and stops without beginning more', async () => {
  const { queue, settle, end } = open();
  void queue.add('one', 'a/one', 1, 'last');
  const waiting = queue.add('two', 'a/two', 1, 'last');
  await settle();
  const stopped = queue.stop();
  end('a/one');
  await Promise.all([stopped, waiting, queue.settled()]);
  assert.deepEqual(await settle(), ['a/one']);
});

it('what is told in the same breath is in the same turn', async () => {
  const turns: (readonly string[])[] = [];
  const queue = new FamilyQueue(async (paths) => {
    turns.push([...paths]);
  });
  await Promise.all([queue.add('one', 'archived/second', 1), queue.add('one', 'a/first', 1)]);
  assert.deepEqual(turns, [['archived/second', 'a/first']]);
});
