/** What a fake agent writes is what kato hears: every prompt and every answer once, in order, and nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { providers } from '../../src/providers/registry.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { ingest, storedEvents, temporaryFolder } from '../support/derive.ts';
import { assertHeard, assertSessions, assertSound } from './judge.ts';
import { Player } from './player.ts';
import { formats, ledgerOf, providerOf } from './script.ts';
import { writeScript } from './write-script.ts';

const SEEDS = Array.from({ length: Number(process.env.SEEDS ?? 24) }, (_, index) => index + 1);

for (const format of formats) {
  describe(`${format}: a whole session is heard as it was said`, () => {
    const provider = providers.find(({ id }) => id === providerOf[format].id);
    assert.ok(provider);
    for (const seed of SEEDS) {
      it(`seed ${seed}`, async (t) => {
        const home = temporaryFolder(t);
        const player = new Player(writeScript({ format, seed, turns: 12 }), home);
        player.play();
        const store = createMemoryStore();
        await ingest(store, provider, `${home}/${providerOf[format].root}`);
        const events = await storedEvents(store);
        const ledger = player.ledger();
        assertHeard(events, ledger, { forgetsTakenBack: format === 'gemini-cli-document' });
        assertSessions(events, ledger);
        await assertSound(store);
      });
    }
  });
}

void ledgerOf;
