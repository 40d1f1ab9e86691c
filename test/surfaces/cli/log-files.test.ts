import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { LogFollower, lastLines } from '../../../src/surfaces/cli/log-files.ts';
import { temporaryFolder } from '../../support/derive.ts';

const ALL = Number.POSITIVE_INFINITY;
const logIn = (t: TestContext) => join(temporaryFolder(t), 'x.jsonl');
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

describe('the last lines of a log', () => {
  it('are none where there is no log', (t) => {
    assert.deepEqual(lastLines(logIn(t), 10, ALL), []);
  });

  it('are as many as there are, and as are asked for', (t) => {
    const file = logIn(t);
    writeFileSync(file, text(numbered(1, 5)));
    for (const [most, from] of [
      [100, 1],
      [5, 1],
      [2, 4],
    ] as const)
      assert.deepEqual(lastLines(file, most, ALL), numbered(from, 5));
    assert.deepEqual(lastLines(file, 0, ALL), []);
  });

  it('are whole in a file larger than what is read at once', (t) => {
    const file = logIn(t);
    const lines = numbered(1, 40_000);
    writeFileSync(file, text(lines));
    for (const most of [1, 7000, 39_999, 40_000]) assert.deepEqual(lastLines(file, most, ALL), lines.slice(-most));
    const long = 'ü'.repeat(200_000);
    appendFileSync(file, `${long}\n`);
    assert.deepEqual(lastLines(file, 2, ALL), ['line 40000', long]);
  });

  it('go back into the files that were rotated away', (t) => {
    const file = logIn(t);
    writeFileSync(`${file}.2`, text(numbered(1, 3)));
    writeFileSync(`${file}.1`, text(numbered(4, 6)));
    writeFileSync(file, text(numbered(7, 8)));
    assert.deepEqual(lastLines(file, 6, ALL), numbered(3, 8));
    assert.deepEqual(lastLines(file, 60, ALL), numbered(1, 8));
  });
});

describe('following a log', () => {
  it('gives each line once it is whole', (t) => {
    const file = logIn(t);
    writeFileSync(file, text(numbered(1, 2)));
    const follower = new LogFollower(file);
    assert.deepEqual(follower.next(), []);
    appendFileSync(file, 'line 3\nli');
    assert.deepEqual(follower.next(), ['line 3']);
    appendFileSync(file, 'ne 4\n');
    assert.deepEqual(follower.next(), ['line 4']);
    assert.deepEqual(follower.next(), []);
  });

  it('loses and doubles nothing between the last lines and what follows', (t) => {
    const file = logIn(t);
    writeFileSync(file, text(numbered(1, 2)));
    const follower = new LogFollower(file);
    appendFileSync(file, 'line 3\n');
    assert.deepEqual([...lastLines(file, 10, follower.offset), ...follower.next()], numbered(1, 3));
  });

  it('goes through a rotation without losing a line', (t) => {
    const file = logIn(t);
    writeFileSync(file, text(numbered(1, 2)));
    const follower = new LogFollower(file);
    appendFileSync(file, 'line 3\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, text(numbered(4, 5)));
    assert.deepEqual(follower.next(), numbered(3, 5));
  });

  it('waits for a log that is not there yet', (t) => {
    const file = logIn(t);
    const follower = new LogFollower(file);
    assert.deepEqual(follower.next(), []);
    writeFileSync(file, 'line 1\n');
    assert.deepEqual(follower.next(), ['line 1']);
  });
});
