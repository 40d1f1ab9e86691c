/** A transcript that is deleted before its recording's first words are known to be written takes the head's words along. */
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { describe, it } from 'node:test';
import { dropTranscripts } from '../../src/record/anchors.ts';
import { HEAD, Studio } from './support.ts';

const WRITTEN: Readonly<Record<string, (path: string) => void>> = {
  'had been written': () => {},
  'had not reached the disk': (path) => truncateSync(path),
};

describe('a recording that was begun when its transcript was deleted', () => {
  for (const [what, cut] of Object.entries(WRITTEN)) {
    it(`has its head and every word once, where they ${what}`, async (t) => {
      const studio = new Studio(t);
      const { store } = studio;
      const append: typeof store.append = (batches) =>
        store.append(batches.map((batch) => (batch.rides ? { ...batch, offsets: [] } : batch)));
      const get = (from: typeof store, name: keyof typeof store) =>
        name === 'append' ? append : typeof from[name] === 'function' ? from[name].bind(from) : from[name];
      studio.change = { store: new Proxy(store, { get: (from, name) => get(from, name as keyof typeof store) }) };
      studio.recorder = studio.make();
      await studio.say(`::record ${studio.notes}/a.md`, 'one');
      cut(`${studio.notes}/a.md`);
      await dropTranscripts(store);
      assert.ok(!JSON.stringify(await store.offsets('recording/')).includes('title'));

      const keep = () => studio.stage.pass({ cause: 'live', commandsIn: () => [] }).then(() => {});
      studio.change = { keep };
      await studio.restart();
      await keep();
      await studio.say('two');
      assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
      assert.match(studio.file('a.md'), /one\n.*two\n$/s);
    });
  }
});
