/** A command whose file cannot be written: what it asked for goes on elsewhere, and the path's recording is as it was. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
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
