/**
 * A crash at every step of a day in the life of a store: of the process, which leaves everything that was written, and of
 * the power, which leaves what was synced. What was acknowledged is there; a batch is there whole or not at all; the
 * store goes on, and stores nothing twice.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openLogStore } from '../../../src/store/log.ts';
import type { Batch, TranscriptStore } from '../../../src/store/store.ts';
import { blobOf, Feed, keyOf, loose, recordOf, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, readAll, told } from '../contract/scene.ts';
import { CrashDisk } from './crash-disk.ts';
import { impatientDisk } from './impatient-disk.ts';

/** What is done to a store, one after the other. Told again from the start, it says nothing that is new. */
interface Deed {
  /** The events of this session that are in the store when it is done, and only then. */
  readonly brings?: readonly (readonly [session: string, text: string])[];
  readonly rides?: boolean;
  readonly act: (store: TranscriptStore) => Promise<unknown>;
}

function day(): readonly Deed[] {
  const feed = new Feed('f', 'a');
  const bringing = (texts: readonly (readonly [string, string])[], batch: Batch): Deed => ({
    brings: texts,
    rides: batch.rides === true,
    act: (store) => store.append([batch]),
  });
  const offset = (position: number) => ({ consumer: 'c', position, state: { session: { ...keyOf('a') } } });
  const blobs = [blobOf('an image')];
  return [
    bringing([['a', 'one']], loose([say('a', 'r1', 'one')])),
    bringing([['a', 'two']], loose([say('a', 'r2', 'two')], { rides: true })),
    bringing([['a', 'three']], loose([say('a', 'r3', 'three')], { offsets: [offset(3)] })),
    bringing(
      [
        ['a', 'four'],
        ['b', 'five'],
      ],
      loose([say('a', 'r4', 'four'), say('b', 'r5', 'five')], { extras: { blobs } }),
    ),
    bringing(
      [
        ['a', 'six'],
        ['a', 'seven'],
      ],
      feed.read([say('a', 'r6', 'six'), say('a', 'r7', 'seven')]),
    ),
    { act: (store) => store.append([{ ...loose([]), offsets: [{ ...offset(7), consumer: 'd' }], rides: true }]) },
    bringing([['c', 'eight']], loose([say('c', 'r8', 'eight')])),
    { act: (store) => store.forget(keyOf('b')) },
    bringing([['c', 'nine']], loose([say('c', 'r9', 'nine')])),
    { act: (store) => store.close() },
  ];
}

/** The deed that forgets a session: from then on its events may be gone. */
const FORGETS_B = 7;

interface Outcome {
  readonly deeds: readonly Deed[];
  /** How many were acknowledged. */
  readonly done: number;
}

async function live(folder: string, crash: CrashDisk): Promise<Outcome> {
  const deeds = day();
  let done = 0;
  try {
    const store = openLogStore(folder, crash.disk);
    for (const deed of deeds) {
      await deed.act(store);
      done += 1;
    }
  } catch {
    // The crash: what comes after it is what is tested.
  }
  return { deeds, done };
}

/** What must be there, and what may be: the deed at work, and what rode since the last one that waited. */
async function assertSound(folder: string, { deeds, done }: Outcome, isPowerCut: boolean): Promise<void> {
  const store = openLogStore(folder, impatientDisk);
  await store.append([]); // Whatever is owed, is done.
  assert.deepEqual(await collect(store.verify()), []);
  const stored = new Set(
    (await readAll(store)).map(({ event }) => `${event.session.nativeId} ${(event.payload as { text: string }).text}`),
  );
  const lastWait = deeds.slice(0, done).findLastIndex(({ rides }) => !rides);
  for (const [index, { brings = [] }] of deeds.entries()) {
    const texts = brings.filter(([session]) => session !== 'b' || done < FORGETS_B).map((one) => one.join(' '));
    const there = texts.filter((text) => stored.has(text)).length;
    assert.ok(there === 0 || there === texts.length, `deed ${index} is there in part`);
    const isDurable = index < done && (!isPowerCut || index <= lastWait);
    if (isDurable) assert.equal(there, texts.length, `deed ${index} was acknowledged, and is gone`);
    if (index > done) assert.equal(there, 0, `deed ${index} was never begun`);
  }
  if (done > FORGETS_B) assert.ok(!stored.has('b five'), 'what was forgotten is there');
  await store.close();
}

/** Everything is told again, as an agent does that was told nothing of the crash. */
async function assertGoesOn(folder: string): Promise<void> {
  const store = openLogStore(folder, impatientDisk);
  const again = ['one', 'two', 'three', 'four'].map((text, index) => say('a', `r${index + 1}`, text));
  await store.append([loose(again), loose([say('a', 'last', 'last')])]);
  const events = told(await readAll(store, { key: keyOf('a') })).map((text) => text.replace(/^\d+ /, ''));
  for (const { text } of again) assert.equal(events.filter((one) => one === text).length, 1, `${text} is there twice`);
  assert.equal(events.at(-1), 'last');
  assert.equal((await store.knownRecords(keyOf('a'), [recordOf('a', 'last')])).size, 1);
  await store.close();
  const reopened = openLogStore(folder, impatientDisk);
  assert.deepEqual(await collect(reopened.verify()), []);
  await reopened.close();
}

describe('a crash', () => {
  for (const [title, isPowerCut, torn] of [
    ['of the process leaves what was acknowledged, whole, at whatever step', false, 0],
    ['of the process in the middle of writing leaves a tail that counts for nothing', false, 30],
    ['of the power leaves what was acknowledged, whole, at whatever step', true, 0],
  ] as const) {
    it(title, async (t) => {
      const whole = new CrashDisk();
      await live(`${temporaryFolder(t)}/store`, whole);
      assert.ok(whole.steps.length > 50);
      for (let step = 1; step <= whole.steps.length + 1; step++) {
        const folder = `${temporaryFolder(t)}/store`;
        const crash = new CrashDisk(torn);
        crash.crashesAt = step;
        const outcome = await live(folder, crash);
        crash.crashesAt = Number.POSITIVE_INFINITY;
        if (isPowerCut) crash.cutPower(folder);
        const at = `at step ${step}, ${crash.steps[step - 1]}`;
        await assertSound(folder, outcome, isPowerCut).catch((error) => assert.fail(`${at}: ${error.message}`));
        await assertGoesOn(folder).catch((error) => assert.fail(`${at}: ${error.message}`));
      }
    });
  }
});
