/** A short part of the sweep of `npm run torture`: a program that writes transcripts, killed and run again. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../bench/random.ts';
import { lastingEngines } from '../library/engines.ts';
import { temporaryFolder } from '../support/derive.ts';
import { hasStrace } from './kill-import.ts';
import { KillLibrary } from './kill-library.ts';

const SEED = 20261122;
const KILLS = 12;

for (const engine of lastingEngines) {
  it(`a program killed at any system call of append, compact, fork and the rest loses nothing that was told to it, in ${engine}`, {
    skip: hasStrace() ? false : 'needs strace',
  }, async (t) => {
    const story = new KillLibrary(engine, temporaryFolder(t));
    const points = await story.points();
    const random = new Random(SEED);
    const { killed, failures } = await story.killAt(Array.from({ length: KILLS }, () => random.pick(points)));
    assert.deepEqual(failures, [], `seed ${SEED}`);
    assert.ok(killed > 0, 'no kill came through');
  });
}
