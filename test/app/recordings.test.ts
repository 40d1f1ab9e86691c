/** What is told of commands and of recordings, from what the store has. */
import assert from 'node:assert/strict';
import { renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { describe, it } from 'node:test';
import { listCommands, listRecordings } from '../../src/app/recordings.ts';
import { nodeDestinations } from '../../src/platform/destinations.ts';
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

describe('a command whose place could not be had', () => {
  it('is told with that place: when it went elsewhere, and when it goes on there', async (t) => {
    const studio = new Studio(t);
    symlinkSync('/nowhere', `${studio.notes}/link`);
    await studio.say('::record /etc/a.md', '::record /etc/a.md', '::stop', `::capture ${studio.notes}/link/c.md`);
    assert.deepEqual(
      (await listCommands(studio.store, undefined)).map(({ kind, asked }) => [kind, asked]),
      [
        ['redirected', '/etc/a.md'],
        ['no-op', '/etc/a.md'],
        ['done', undefined],
        ['redirected', `${studio.notes}/link/c.md`],
      ],
    );
  });
});

describe('a recording that could not be where it was asked for', () => {
  const asked = async (studio: Studio) =>
    (await listRecordings(studio.store, nodeDestinations, new Map())).map(({ path, redirectedFrom }) => [
      path,
      redirectedFrom,
    ]);

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

describe('the file of a recording', () => {
  const listed = async (studio: Studio) => (await listRecordings(studio.store, nodeDestinations, new Map()))[0];

  it('is told to be gone as soon as it is, and so is its folder, though nothing was said since', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md`, 'one');
    assert.equal((await listed(studio))?.failure, undefined);
    renameSync(studio.notes, `${studio.notes}-away`);
    assert.equal((await listed(studio))?.failure, 'ENOENT');
    renameSync(`${studio.notes}-away`, studio.notes);
    rmSync(`${studio.notes}/a.md`);
    assert.equal((await listed(studio))?.failure, 'gone');
    await studio.say('::stop');
    assert.equal((await listed(studio))?.failure, undefined);
  });

  it('is told to be edited, and how much may be missing, also after a restart', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md`, 'one', 'two', 'three');
    truncateSync(`${studio.notes}/a.md`, studio.file('a.md').indexOf('two'));
    await studio.say('four');
    for (const when of ['at once', 'after a restart']) {
      const one = await listed(studio);
      assert.deepEqual([one?.edited, one?.missing], [true, 2], when);
      await studio.restart();
    }
  });
});
