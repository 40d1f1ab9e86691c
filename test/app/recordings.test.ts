/** What is told of commands and of recordings, from what the store has. */
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { listCommands, listRecordings } from '../../src/app/recordings.ts';
import { Studio } from '../record/support.ts';

describe('the commands of the chats', () => {
  it('of one message are listed as they stand in it, whatever their ids are', async (t) => {
    const studio = new Studio(t);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const lines = [...names.map((name) => `::record ${studio.notes}/${name}.md`), '::stop'];
    await studio.say(lines.join('\n'));
    assert.deepEqual(
      (await listCommands(studio.store, undefined)).map(({ line }) => line),
      lines,
    );
  });
});

describe('a recording that could not be where it was asked for', () => {
  const asked = async (studio: Studio) =>
    (await listRecordings(studio.store, new Map())).map(({ path, redirectedFrom }) => [path, redirectedFrom]);

  for (const [why, path] of [
    ['is not allowed', () => '/etc/a.md'],
    ['cannot be written', (notes: string) => `${notes}/link/a.md`],
  ] as const) {
    it(`tells of that place where it ${why}, whatever is asked later, also after a restart`, async (t) => {
      const studio = new Studio(t);
      symlinkSync('/nowhere', `${studio.notes}/link`);
      const from = path(studio.notes);
      const generated = `${studio.recordings}/generated.md`;
      await studio.say(`::record ${from}`, 'one');
      for (let n = 0; n < 11; n++) await studio.say('::record'); // Each a no-op.
      assert.deepEqual(await asked(studio), [[generated, from]]);
      await studio.restart();
      await studio.say('::stop', '::record', 'two');
      assert.deepEqual(await asked(studio), [[generated, from]]);
      await studio.say('::stop', `::record ${generated}`);
      assert.deepEqual(await asked(studio), [[generated, undefined]]);
    });
  }
});
