/** A fork whose parent is nowhere: what it copied is nobody's words, where the copies say so themselves. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { filesBelow, temporaryFolder } from '../support/derive.ts';
import { assertHeard, Listener } from './judge.ts';
import { Player } from './player.ts';
import { type Format, ledgerOf, type SessionFact } from './script.ts';
import { writeScript } from './write-script.ts';

const FORKING = ['claude-code', 'codex', 'codex-legacy'] as const satisfies readonly Format[];
const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

for (const format of FORKING) {
  it(`${format}: a fork without its parent`, async (t) => {
    const forks = SEEDS.flatMap((seed) => {
      const script = writeScript({ format, seed });
      const isFork = ({ parent }: SessionFact) => parent?.relation === 'fork' && parent.isTold === true;
      return [...ledgerOf(script.steps).sessions.values()].filter(isFork).map((fork) => ({ script, fork }));
    });
    assert.ok(forks.length >= 5, `${forks.length} forks`);
    for (const { script, fork } of forks) {
      const home = temporaryFolder(t);
      const player = new Player(script, home);
      player.play();
      for (const path of filesBelow(home)) if (!path.includes(fork.nativeId)) rmSync(join(home, path));
      const listener = new Listener(format, home);
      await listener.listen();
      const ledger = player.ledger();
      const own = { ...ledger, said: ledger.said.filter(({ session }) => session.includes(fork.nativeId)) };
      assertHeard(await listener.events(), own);
    }
  });
}
