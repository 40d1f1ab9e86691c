/** A command whose file cannot be written: what it asked for goes on elsewhere, and the path's recording is as it was. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KatoError } from '../../src/core/errors.ts';
import { type Book, bookName, keeping } from '../../src/record/book.ts';
import { emptyBatch } from '../../src/store/store.ts';
import { HEAD, Studio } from './support.ts';

/** In the place of a.md stands a link, which is not followed. */
function bar(studio: Studio): void {
  renameSync(`${studio.notes}/a.md`, `${studio.notes}/b.md`);
  symlinkSync(`${studio.notes}/b.md`, `${studio.notes}/a.md`);
}

function open(studio: Studio): void {
  unlinkSync(`${studio.notes}/a.md`);
  renameSync(`${studio.notes}/b.md`, `${studio.notes}/a.md`);
}

const elsewhere = (studio: Studio) => readFileSync(`${studio.recordings}/generated.md`, 'utf8');

async function assertWhole(studio: Studio): Promise<void> {
  assert.equal(studio.file('a.md'), HEAD + (await studio.export(`${studio.notes}/a.md`)));
  assert.equal(elsewhere(studio), HEAD + (await studio.export(`${studio.recordings}/generated.md`)));
}

describe('a path that could not be written once', () => {
  it('is recorded again from where a later command names it', async (t) => {
    const studio = new Studio(t);
    const record = `::record ${studio.notes}/a.md`;
    await studio.say(record, 'one', '::stop');
    bar(studio);
    await studio.say(record, 'two', '::stop');
    open(studio);
    await studio.say(record, 'three', '::stop', 'unheard', record, 'four');
    for (const word of ['one', 'three', 'four']) assert.ok(studio.file('a.md').includes(`\n${word}\n`), word);
    assert.ok(!studio.file('a.md').includes('two'));
    assert.ok(elsewhere(studio).includes('\ntwo\n'));
    await assertWhole(studio);
  });

  it('has what it lacked when it can be written, and nothing of what went elsewhere', async (t) => {
    for (const again of ['::stop\n::record', '::capture']) {
      const studio = new Studio(t);
      await studio.say(`::record ${studio.notes}/a.md`, 'one');
      bar(studio);
      await studio.say('two', `${again} ${studio.notes}/a.md`, 'three');
      open(studio);
      await studio.take();
      assert.ok(studio.file('a.md').endsWith('\ntwo\n'));
      assert.ok(elsewhere(studio).endsWith('\nthree\n'));
      assert.equal(elsewhere(studio).includes('\none\n'), again === '::capture');
      await assertWhole(studio);
    }
  });

  it('loses nothing of what several commands asked for that were heard at once', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md`, 'one', '::stop');
    bar(studio);
    const record = `::record ${studio.notes}/a.md`;
    studio.type(record, 'two', '::stop', 'unheard', record, 'three');
    await studio.take();
    await studio.say('four');
    for (const word of ['two', 'three', 'four']) assert.ok(elsewhere(studio).includes(`\n${word}\n`), word);
    assert.ok(!elsewhere(studio).includes('unheard'));
    open(studio);
    await studio.say(record, 'five');
    assert.ok(studio.file('a.md').endsWith('\nfive\n'));
    await assertWhole(studio);
    assert.equal((await studio.outcomes()).filter((one) => one.includes(': redirected')).length, 2);
  });

  it('and what went elsewhere before is joined there by what goes there now', async (t) => {
    const studio = new Studio(t);
    await studio.say(`::record ${studio.notes}/a.md`, '::stop');
    bar(studio);
    const record = `::record ${studio.notes}/a.md`;
    await studio.say(record, 'one', '::stop', 'unheard', record, 'two', record, 'three');
    assert.equal(elsewhere(studio).split('\ntwo\n').length, 2);
    for (const word of ['one', 'two', 'three']) assert.ok(elsewhere(studio).includes(`\n${word}\n`), word);
    await assertWhole(studio);
  });
});

describe('what was asked for at several paths, and cannot be there', () => {
  const stories: Record<string, (first: string, second: string) => readonly string[]> = {
    'is in a file for each': (first, second) => [
      `::record ${first}`,
      'one',
      `::record ${second}`,
      'two',
      `::stop dest:${first}`,
      'three',
      '::stop',
      'unheard',
    ],
    'is there, one behind the other': (first, second) => [
      `::record ${first}`,
      'one',
      '::stop',
      'unheard',
      `::record ${second}`,
      'two',
      '::stop',
      'unheard',
      `::record ${first}`,
      'three',
    ],
    'is there when the last takes in less': (first, second) => [
      `::record ${first}`,
      'one',
      'two',
      '::stop',
      'unheard',
      `::capture ${second} last:1`,
      'three',
    ],
  };
  const paths = {
    refused: (_: Studio, name: string) => `/etc/${name}`,
    failing: (studio: Studio, name: string) => {
      symlinkSync(`${studio.home}/else.md`, `${studio.notes}/${name}`);
      return `${studio.notes}/${name}`;
    },
  };
  const kinds = ['refused', 'failing'] as const;
  for (const [what, story] of Object.entries(stories)) {
    for (const [one, two] of kinds.flatMap((first) => kinds.map((second) => [first, second] as const))) {
      for (const how of ['at once', 'one by one'] as const) {
        it(`${what}: ${one} and ${two}, heard ${how}`, async (t) => {
          const studio = new Studio(t);
          await studio.say('before');
          const said = story(paths[one](studio, 'a.md'), paths[two](studio, 'b.md'));
          if (how === 'at once') await studio.say(...said);
          else for (const text of said) await studio.say(text);
          const files = studio.list(studio.recordings);
          assert.equal(files.length, 2);
          const texts = files.map((name) => readFileSync(`${studio.recordings}/${name}`, 'utf8'));
          for (const word of ['one', 'two', 'three'])
            assert.ok(
              texts.some((text) => text.split(`\n${word}\n`).length === 2),
              word,
            );
          if (what !== 'is there when the last takes in less')
            assert.ok(!texts.some((text) => text.includes('unheard')));
          assert.equal((await studio.outcomes()).filter((told) => told.includes('no-op')).length, 0);
        });
      }
    }
  }

  it('leaves alone what is prepared for something else', async (t) => {
    const studio = new Studio(t);
    const path = paths.failing(studio, 'a.md');
    await studio.say('::init', `::record ${path}`, 'one', `::stop dest:${path}`, '::record', 'two');
    const texts = ['generated.md', 'generated-2.md'].map((name) =>
      readFileSync(`${studio.recordings}/${name}`, 'utf8'),
    );
    assert.deepEqual(
      texts.map((text) => text.includes('\none\n')),
      [false, true],
    );
    assert.deepEqual(
      texts.map((text) => text.includes('\ntwo\n')),
      [true, false],
    );
  });

  it('is not joined too early to what goes on there by a later command', async (t) => {
    const studio = new Studio(t);
    const path = paths.failing(studio, 'a.md');
    await studio.say(`::record ${path}`, 'zero', '::stop', 'unheard');
    await studio.say(`::record ${path}`, 'one', `::record ${studio.recordings}/generated.md`, 'two');
    const texts = studio.list(studio.recordings).map((name) => readFileSync(`${studio.recordings}/${name}`, 'utf8'));
    for (const word of ['zero', 'one', 'two'])
      assert.ok(
        texts.some((text) => text.includes(`\n${word}\n`)),
        word,
      );
  });
});

it('a file whose recording nobody knows any more is gone on with below', async (t) => {
  const studio = new Studio(t);
  await studio.say(`::record ${studio.notes}/a.md`, 'one', '::stop');
  const book: Book = { session: studio.key, recordings: [], pending: [] };
  await studio.store.append([{ ...emptyBatch, offsets: [keeping(bookName(studio.key), book)] }]);
  await studio.restart();
  await studio.say('unheard', `::record ${studio.notes}/a.md`, 'two');
  assert.ok(studio.file('a.md').endsWith('\ntwo\n'));
  assert.ok(studio.file('a.md').includes('\none\n'));
  assert.ok(!studio.file('a.md').includes('unheard'));
});

it('a store that is busy for a moment sends nothing elsewhere', async (t) => {
  const studio = new Studio(t);
  await studio.restart();
  let refused = 0;
  const { store } = studio;
  const append: typeof store.append = async (batches) => {
    const isProgress = batches.some((one) => one.offsets.some(({ consumer }) => consumer.startsWith('recording/')));
    if (isProgress && refused++ === 0) throw new KatoError('store-busy', 'busy');
    return store.append(batches);
  };
  const busy = new Proxy(store, {
    get: (target, key) => (key === 'append' ? append : bound(target, Reflect.get(target, key))),
  });
  studio.change = { store: busy };
  studio.recorder = studio.make();
  await studio.recorder.open();
  await studio.say(`::record ${studio.notes}/a.md`);
  await studio.say('one');
  assert.ok(refused > 0);
  assert.ok(studio.file('a.md').endsWith('\none\n'));
});

function bound<T>(target: object, value: T): T {
  return typeof value === 'function' ? value.bind(target) : value;
}

it('a recording that has nowhere to go does not hold up the others of its session', async (t) => {
  const studio = new Studio(t);
  await studio.say(
    `::record ${studio.notes}/c.md`,
    'one',
    `::capture ${studio.notes}/a.md`,
    `::stop dest:${studio.notes}/a.md`,
  );
  bar(studio);
  symlinkSync(`${studio.notes}/b.md`, `${studio.recordings}/generated.md`);
  await studio.say(`::record ${studio.notes}/a.md`, 'two');
  assert.ok(studio.file('c.md').endsWith('\ntwo\n'));
  unlinkSync(`${studio.recordings}/generated.md`);
  await studio.say('three');
  assert.ok(studio.file('c.md').endsWith('\nthree\n'));
  assert.ok(elsewhere(studio).includes('\ntwo\n') && elsewhere(studio).endsWith('\nthree\n'));
  await assertWhole(studio);
});
