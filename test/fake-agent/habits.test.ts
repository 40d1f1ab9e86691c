/** Whatever befalls the files while kato reads them, it hears the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredEvent } from '../../src/store/store.ts';
import { Random } from '../bench/random.ts';
import { temporaryFolder } from '../support/derive.ts';
import type { Habit } from './habits.ts';
import { assertHeard, assertSessions, assertSound, Listener } from './judge.ts';
import { Player } from './player.ts';
import { type Format, forgetsTakenBack, formats } from './script.ts';
import { writeScript } from './write-script.ts';

const SEEDS = 6;

/** Habits that go together. A file that is renamed and rewritten between two looks is another file, so those do not. */
const BEHAVIOURS: Readonly<Record<string, readonly Habit[]>> = {
  'as it is written': [],
  'in torn writes and bursts': ['torn', 'burst'],
  'rewritten, emptied and patched': ['replace', 'truncate', 'same-size', 'torn'],
  'renamed while it is written': ['rotate', 'torn', 'burst'],
  'broken off and spliced': ['splice', 'torn'],
};

/** Reads after one step in some, as a daemon does. After a whole write nothing that was said is missing. */
async function follow(player: Player, listener: Listener, { format, random }: { format: Format; random: Random }) {
  while (player.step()) {
    if (random.below(8) > 0) continue;
    await listener.listen();
    if (player.isWhole) assertHeardBy(await listener.events(), player, format);
  }
  await listener.listen();
}

function assertHeardBy(events: readonly StoredEvent[], player: Player, format: Format): void {
  assertHeard(events, player.ledger(), { forgetsTakenBack: forgetsTakenBack(format) });
}

for (const format of formats) {
  for (const [behaviour, habits] of Object.entries(BEHAVIOURS)) {
    describe(`${format}: a session that is read ${behaviour}`, () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        it(`seed ${seed}`, async (t) => {
          const home = temporaryFolder(t);
          const player = new Player(writeScript({ format, seed, habits }), home);
          const listener = new Listener(format, home);
          await follow(player, listener, { format, random: new Random(seed) });
          assertHeardBy(await listener.events(), player, format);
          assertSessions(await listener.events(), player.ledger());
          if (!habits.includes('splice')) await assertSound(listener.store);
        });
      }
    });
  }

  it(`${format}: what the agent deletes stays`, async (t) => {
    const home = temporaryFolder(t);
    const player = new Player(writeScript({ format, seed: 3, habits: ['delete'] }), home);
    const listener = new Listener(format, home);
    while (player.next() && player.next()?.kind !== 'delete') player.step();
    await listener.listen();
    player.play();
    await listener.listen();
    assertHeardBy(await listener.events(), player, format);
  });
}

it('damage is told, and kept', async (t) => {
  const home = temporaryFolder(t);
  new Player(writeScript({ format: 'codex', seed: 2, habits: ['splice'] }), home).play();
  const listener = new Listener('codex', home);
  await listener.listen();
  const codes = new Set((await listener.store.diagnostics()).map(({ code }) => code));
  assert.deepEqual([...codes].sort(), ['invalid-line', 'nul-bytes', 'salvaged-line']);
});
