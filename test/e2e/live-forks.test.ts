/** A chat and its fork that were both written while no daemon ran: what was asked in the chat is done there, once. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../bench/random.ts';
import { Editor } from '../scene/editor.ts';
import { Scene } from '../scene/scene.ts';
import { settle } from '../scene/verdict.ts';

/** A seed that forks behind commands, with copies that are not marked. */
const SEED = 129;
const STEPS = 40;
const PATIENCE_MS = 10_000;

for (const keepsAll of [true, false]) {
  // What is not kept is read side by side: the fork may be heard before its parent, and be taken for the original.
  const options = keepsAll ? {} : { todo: 'which of two files that are new at once is the copy' };
  it(`where ${keepsAll ? 'everything' : 'what is recorded'} is kept`, options, async (t) => {
    const random = new Random(SEED);
    const chats = [{ format: 'claude-code', seed: SEED, turns: 6 }] as const;
    const scene = new Scene(t, { keepsAll, random, chats });
    scene.start();
    await scene.end('SIGTERM');
    for (const chat of scene.chats) scene.play(chat, STEPS);
    scene.start();
    assert.deepEqual(await settle(scene, new Editor(random), PATIENCE_MS), []);
  });
}
