/** What the recorder has noted, on its way into another store. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { movedNote, ownersOfNotes, settledNote } from '../../src/record/moved-notes.ts';
import type { Offset } from '../../src/store/store.ts';

const session = { provider: 'toy', nativeId: 'a' };
const BOOK = 'recordings/toy/a';
const note = (consumer: string, state: unknown, position = 0) => ({ consumer, position, state }) as Offset;
const book = (...recordings: readonly object[]) => note(BOOK, { session, recordings, pending: [] });
const progress = (period: number, after: number) =>
  note('recording/r1', { cursor: { period, after }, lead: '' }, after);

describe('notes of the recorder that are moved', () => {
  it('belong to the session whose book names the recording', () => {
    const owners = ownersOfNotes([book({ id: 'r1' }), progress(0, 3), note('recorder', null, 3)]);
    assert.deepEqual([...owners], [['recording/r1', session]]);
  });
  it('say where a file is written up to, in the other store', () => {
    const moved = movedNote(progress(1, 3), (position) => position + 10);
    assert.deepEqual(moved, progress(1, 13));
  });
  it('keep the state of what holds no position', () => {
    assert.deepEqual(
      movedNote(book({ id: 'r1' }), () => 7),
      { ...book({ id: 'r1' }), position: 7 },
    );
  });
});

describe('where both stores have a note', () => {
  it('a command is done, whoever did it', () => {
    const known = note('command/e1', { kind: 'done' });
    assert.equal(settledNote(note('command/e1', { kind: 'ignored' }), known), known);
  });
  it('a file is as far as who has written more of it says', () => {
    assert.deepEqual(settledNote(progress(0, 9), progress(0, 3)), progress(0, 9));
    assert.deepEqual(settledNote(progress(0, 9), progress(1, 3)), progress(1, 3));
  });
  it('the session has the recordings of both', () => {
    assert.deepEqual(settledNote(book({ id: 'r2', on: true }), book({ id: 'r1', on: false })), {
      ...book({ id: 'r1', on: false }, { id: 'r2', on: true }),
    });
  });
  it('nobody can say which of two states of one recording holds', () => {
    assert.equal(settledNote(book({ id: 'r1', on: true }), book({ id: 'r1', on: false })), undefined);
  });
  it('nor what another consumer means', () => {
    assert.equal(settledNote(note('x', 1), note('x', 2)), undefined);
  });
});
