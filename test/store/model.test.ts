/**
 * The engines that keep their data against the memory engine, which is short enough to be read: whatever is done to both,
 * in whatever order, both give the same answers.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { withGroupCommit } from '../../src/store/group-commit.ts';
import { openLogStore } from '../../src/store/log.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/derive.ts';
import { impatientDisk } from './log/impatient-disk.ts';
import { answersOf } from './model/answers.ts';
import { inTurn } from './model/in-turn.ts';
import { type Operation, operation, World } from './model/operations.ts';

interface Options {
  readonly open: (path: string) => TranscriptStore;
  readonly runs: number;
  readonly wrap?: (store: TranscriptStore) => TranscriptStore;
}

function compare(folder: string, { open, runs, wrap = (store) => store }: Options): Promise<void> {
  let run = 0;
  return fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 24 }), async (operations) => {
      const path = `${folder}/${run++}.db`;
      await play(operations, wrap(createMemoryStore()), () => wrap(open(path)));
    }),
    { numRuns: runs, interruptAfterTimeLimit: 120_000, markInterruptAsFailure: false },
  );
}

async function play(operations: readonly Operation[], model: TranscriptStore, open: () => TranscriptStore) {
  let engine = open();
  const world = new World();
  try {
    for (const one of operations) {
      const act = world.prepare(one);
      const expected = await act(model);
      assert.deepEqual(await act(engine), expected, `${one.kind} has another outcome`);
      if (one.kind === 'reopen') {
        await engine.close();
        engine = open();
      }
      assert.deepEqual(await answersOf(engine), await answersOf(model), `other answers after ${one.kind}`);
    }
    for await (const flaw of engine.verify()) assert.fail(`${flaw.code}: ${flaw.what}`);
  } finally {
    await engine.close();
  }
}

const ENGINES = [
  ['the SQLite engine', openSqliteStore],
  ['the log engine', (path: string) => openLogStore(path, impatientDisk)],
] as const;

for (const [name, open] of ENGINES) {
  it(`${name} answers like the memory engine after any sequence of operations`, (t) =>
    compare(temporaryFolder(t), { open, runs: 120 }));

  it(`so does ${name} behind group commit`, (t) =>
    compare(temporaryFolder(t), {
      open,
      runs: 40,
      wrap: (store) => withGroupCommit(store, { windowMs: 0, maxBytes: Number.MAX_SAFE_INTEGER }),
    }));
}

it('so do several instances of the log engine, asked in turn', (t) =>
  compare(temporaryFolder(t), {
    open: (path) => inTurn([1, 2, 3].map(() => openLogStore(path, impatientDisk))),
    runs: 60,
  }));
