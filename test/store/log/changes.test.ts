/** How processes learn of one another's commits, also of those that a killed one had begun. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import { Changes, type News } from '../../../src/store/log/changes.ts';
import { nodeDisk } from '../../../src/store/log/disk.ts';
import { temporaryFolder } from '../../support/derive.ts';

function open(t: TestContext) {
  const path = `${temporaryFolder(t)}/changes`;
  const [one, other] = [new Changes(nodeDisk, path), new Changes(nodeDisk, path)];
  for (const changes of [one, other]) changes.catchUp();
  return { path, one, other };
}

/** One line a commit: what came of it, and the logs that it was about. */
function toldBy({ done }: News): string[] {
  return done.map(({ logs, outcome }) => `${outcome} ${[...logs].map((log) => log.join('@')).join(' ')}`);
}

function commit(changes: Changes, logs: Readonly<Record<string, number>>): void {
  changes.catchUp();
  changes.begin(new Map(Object.entries(logs)));
  changes.end('=');
}

it('commits to the same logs do not name them again, and are told with their names', (t) => {
  const { path, one, other } = open(t);
  commit(one, { a: 1 });
  commit(one, { a: 2 });
  commit(one, { a: 3, b: 1 });
  assert.deepEqual(toldBy(other.catchUp()), ['= a@1', '= a@2', '= a@3 b@1']);
  commit(other, { a: 4, b: 2 });
  commit(one, { b: 3 });
  assert.deepEqual(toldBy(other.catchUp()), ['= b@3']);
  assert.equal(readFileSync(path, 'utf8'), '> a@1\n=\n> @2\n=\n> a@3 b@1\n=\n> @4 @2\n=\n> b@3\n=\n');
  assert.equal(toldBy(new Changes(nodeDisk, path).catchUp()).length, 5);
});

it('what a killed process had begun is ended by another one, and names are told right from then on', (t) => {
  const { path, one, other } = open(t);
  commit(one, { a: 1 });
  commit(other, { a: 2 });
  appendFileSync(path, '> b@7\n');
  assert.deepEqual([...(one.catchUp().pending ?? [])], [['b', 7]]);
  one.end('x');
  commit(one, { a: 3 });
  commit(one, { a: 4 });
  assert.deepEqual(toldBy(other.catchUp()), ['x b@7', '= a@3', '= a@4']);
  assert.deepEqual(toldBy(one.catchUp()), []);
});

it('a line that a killed process has not ended says nothing', (t) => {
  const { path, one, other } = open(t);
  commit(one, { a: 1 });
  appendFileSync(path, '> b@');
  commit(one, { a: 2 });
  commit(other, { a: 3 });
  assert.deepEqual(toldBy(one.catchUp()), ['= a@3']);
  const all = toldBy(new Changes(nodeDisk, path).catchUp());
  assert.deepEqual(all, ['= a@1', '= a@2', '= a@3']);
});

it('another file begins with names', (t) => {
  const { path, one, other } = open(t);
  commit(one, { a: 1 });
  other.catchUp();
  one.rotate();
  commit(one, { a: 2 });
  assert.equal(readFileSync(path, 'utf8'), '> a@2\n=\n');
  const news = other.catchUp();
  assert.deepEqual([news.isLost, toldBy(news)], [true, ['= a@2']]);
});
