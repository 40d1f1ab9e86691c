/** Files that their user has deleted: they stay deleted until a command names them, and then hold all that they should. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { HEAD, Studio } from './support.ts';

/** A recording whose file is gone, and what was said since. */
async function begin(t: TestContext): Promise<Studio> {
  const studio = new Studio(t);
  await studio.say(`::record ${studio.notes}/a.md`, 'one');
  rmSync(`${studio.notes}/a.md`);
  await studio.say('two');
  assert.deepEqual(studio.list(), []);
  assert.equal(studio.recorder.recordings()[0]?.condition?.failure, 'gone');
  return studio;
}

async function assertWhole(studio: Studio, name: string, ...words: readonly string[]): Promise<void> {
  for (const word of words) assert.ok(studio.file(name).includes(`\n${word}\n`), word);
  assert.equal(studio.file(name), HEAD + (await studio.export(`${studio.notes}/${name}`)));
  const one = studio.recorder.recordings().find(({ path }) => path === `${studio.notes}/${name}`);
  assert.deepEqual([one?.on, one?.condition?.failure], [true, undefined]);
}

describe('a file that is gone', () => {
  it('is made again by a command that names it, while it is recorded', async (t) => {
    const studio = await begin(t);
    await studio.say(`::record ${studio.notes}/a.md`, 'three');
    await assertWhole(studio, 'a.md', 'one', 'two', 'three');
    assert.ok((await studio.outcomes()).every((one) => one.endsWith(': done')));
  });

  it('is made again at once, also when nothing was said since', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md`, 'one');
    rmSync(`${studio.notes}/a.md`);
    await studio.say(`::record ${studio.notes}/a.md`);
    await assertWhole(studio, 'a.md', 'one');
  });

  it('is made again with all its periods when it was stopped and is recorded again', async (t) => {
    const studio = await begin(t);
    await studio.say('::stop', 'unheard', `::record ${studio.notes}/a.md`, 'three');
    await assertWhole(studio, 'a.md', 'one', 'two', 'three');
    assert.ok(!studio.file('a.md').includes('unheard'));
  });

  it('goes on elsewhere, whole, when it cannot be made again', async (t) => {
    const studio = new Studio(t);
    const path = `${studio.notes}/sub/a.md`;
    await studio.say(`::record ${path}`, 'one');
    rmSync(`${studio.notes}/sub`, { recursive: true });
    await studio.say('two');
    const { files } = studio.parts();
    const refusing: typeof files.grow = (root, components, options) => {
      if (root === studio.notes && options.create) throw Object.assign(new Error('no'), { code: 'EROFS' });
      return files.grow(root, components, options);
    };
    studio.change = { files: { ...files, grow: refusing } };
    await studio.restart();
    await studio.say(`::record ${path}`, 'three');
    const elsewhere = readFileSync(`${studio.recordings}/generated.md`, 'utf8');
    for (const word of ['one', 'two', 'three']) assert.ok(elsewhere.includes(`\n${word}\n`), word);
    assert.ok((await studio.outcomes()).includes(`::record ${path}: redirected (the disk is read-only)`));
  });

  it('goes on at another path that is named from outside the chat, whole', async (t) => {
    const studio = await begin(t);
    const asked = await studio.recorder.ask(studio.key, { verb: 'record', dest: `${studio.notes}/b.md`, options: {} });
    assert.equal(asked.kind, 'done');
    await studio.say('three', '::stop', '::record', 'four');
    await assertWhole(studio, 'b.md', 'one', 'two', 'three', 'four');
    assert.deepEqual(studio.list(), ['b.md']);
    const lost = studio.recorder.recordings().find(({ path }) => path.endsWith('/a.md'));
    assert.equal(lost?.on, false);
  });
});

describe('a file that was emptied', () => {
  const stories = {
    once: ['::stop', 'unheard'],
    twice: ['::stop', 'unheard', 'RECORD', 'three', '::stop', 'unheard'],
  };
  for (const [times, again] of Object.entries(stories)) {
    it(`has what was said before it was stopped and recorded again, ${times}, at once`, async (t) => {
      const studio = new Studio(t);
      const record = `::record ${studio.notes}/a.md`;
      await studio.say(record, 'one');
      truncateSync(`${studio.notes}/a.md`);
      await studio.say('two', ...again.map((line) => (line === 'RECORD' ? record : line)), record, 'last');
      const words = ['two', ...(again.includes('three') ? ['three'] : []), 'last'];
      for (const word of words) assert.equal(`\n${studio.file('a.md')}`.split(`\n${word}\n`).length, 2, word);
      assert.ok(!studio.file('a.md').includes('unheard'));
      assert.ok(!studio.file('a.md').includes('one'), 'what the user took out stays out');
      assert.equal(studio.recorder.recordings()[0]?.condition?.failure, undefined);
    });
  }

  it('begins with its head when it is recorded again later', async (t) => {
    const studio = new Studio(t);
    const record = `::record ${studio.notes}/a.md`;
    await studio.say(record, 'one', '::stop');
    truncateSync(`${studio.notes}/a.md`);
    await studio.say('unheard', record, 'two');
    assert.ok(studio.file('a.md').startsWith(HEAD));
    assert.ok(studio.file('a.md').endsWith('\ntwo\n'));
  });
});
