/** A short part of `npm run torture`: a killed import is made good by the next one. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Random } from '../bench/random.ts';
import { temporaryFolder } from '../support/derive.ts';
import { callPoints, hasStrace, killAtCalls, killAtRandom, makeArena } from './kill-import.ts';
import { sampleHome } from './sample-home.ts';

const SEED = 20261121;
const RANDOM_KILLS = 5;
const CALL_KILLS = 8;

describe('an import that was killed ends, run again, like one that nobody touched', () => {
  it('at random times', async (t) => {
    const folder = temporaryFolder(t);
    const arena = makeArena(join(folder, 'arena'), sampleHome(join(folder, 'sample')));
    const { points, failures } = await killAtRandom(arena, RANDOM_KILLS, new Random(SEED));
    assert.deepEqual([points, failures], [RANDOM_KILLS, []]);
  });

  it('at system calls on its files', { skip: hasStrace() ? false : 'needs strace' }, async (t) => {
    const folder = temporaryFolder(t);
    const arena = makeArena(join(folder, 'arena'), sampleHome(join(folder, 'sample')));
    const { points, paths, dump } = await callPoints(arena);
    const random = new Random(SEED);
    const chosen = Array.from({ length: CALL_KILLS }, () => random.pick(points));
    const { killed, failures } = await killAtCalls(arena, chosen, paths, dump);
    assert.deepEqual(failures, []);
    assert.ok(killed > 0, 'no kill came through');
  });
});
