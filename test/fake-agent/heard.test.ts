/** What fake agents write is what kato hears: every prompt and every answer once, in order, and nothing else. */
import { describe, it } from 'node:test';
import { temporaryFolder } from '../support/derive.ts';
import { assertHeard, assertSessions, assertSound, Listener } from './judge.ts';
import { Player } from './player.ts';
import { forgetsTakenBack, formats } from './script.ts';
import { writeScript } from './write-script.ts';

const SEEDS = 24;

for (const format of formats) {
  describe(`${format}: a session is heard as it was said`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      it(`seed ${seed}`, async (t) => {
        const home = temporaryFolder(t);
        const player = new Player(writeScript({ format, seed, turns: 12 }), home);
        player.play();
        const listener = new Listener(format, home);
        await listener.listen();
        const ledger = player.ledger();
        assertHeard(await listener.events(), ledger, { forgetsTakenBack: forgetsTakenBack(format) });
        assertSessions(await listener.events(), ledger);
        await assertSound(listener.store);
      });
    }
  });
}
