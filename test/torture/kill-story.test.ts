/** A short part of the sweep of `npm run torture`: a daemon that was killed leaves recordings that the next one makes whole. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../bench/random.ts';
import { DaemonHome } from '../support/daemon.ts';
import { hasStrace } from './kill-import.ts';
import { KillStory } from './kill-story.ts';

const SEED = 20261121;
const KILLS = 6;

it('a daemon killed at any system call of a story', { skip: hasStrace() ? false : 'needs strace' }, async (t) => {
  const story = new KillStory(new DaemonHome(t));
  const points = await story.points();
  const random = new Random(SEED);
  const chosen = Array.from({ length: KILLS }, () => random.pick(points));
  const { killed, failures } = await story.killAt(chosen);
  assert.deepEqual(failures, [], `seed ${SEED}`);
  assert.ok(killed > 0, 'no kill came through');
});
