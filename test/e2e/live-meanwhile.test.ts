/** Chats that were written while no daemon ran: what was asked in them is done by the next one, once, and in order. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../bench/random.ts';
import { Editor } from '../scene/editor.ts';
import { type ChatOptions, Scene } from '../scene/scene.ts';
import { settle } from '../scene/verdict.ts';

interface Meanwhile {
  readonly what: string;
  readonly chat: ChatOptions;
  readonly steps: number;
}

const cases: readonly Meanwhile[] = [
  {
    what: 'a chat that is in two files since it was taken back',
    chat: { format: 'codex', seed: 217, turns: 6 },
    steps: 195,
  },
  {
    what: 'a chat and its fork, whose copies are not marked',
    chat: { format: 'claude-code', seed: 129, turns: 6 },
    steps: 40,
  },
];
const PATIENCE_MS = 20_000;

for (const { what, chat, steps } of cases) {
  for (const keepsAll of [true, false]) {
    it(`${what}, where ${keepsAll ? 'everything' : 'what is recorded'} is kept`, async (t) => {
      const random = new Random(chat.seed);
      const scene = new Scene(t, { keepsAll, random, chats: [chat] });
      scene.start();
      await scene.end('SIGTERM');
      for (const one of scene.chats) scene.play(one, steps);
      scene.start();
      assert.deepEqual(await settle(scene, new Editor(random), PATIENCE_MS), []);
    });
  }
}
