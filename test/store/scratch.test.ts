/** A store for what is not kept leaves nothing behind, and what a killed process left is removed a day later. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { openScratchStore, removeStaleScratch } from '../../src/store/scratch.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { loose, say } from '../support/batches.ts';
import { temporaryFolder } from '../support/derive.ts';
import { readAll, told } from './contract/scene.ts';

const open = (folder: string) => openSqliteStore(`${folder}/scratch.db`);
const LARGE = 8 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

describe('a scratch store', () => {
  it('for small sources is in memory', async (t) => {
    const home = temporaryFolder(t);
    const store = await openScratchStore(home, LARGE - 1, open);
    assert.deepEqual(readdirSync(home), []);
    await store.append([loose([say('a', 'r1', 'one')])]);
    assert.deepEqual(told(await readAll(store)), ['1 one']);
    await store.close();
  });

  it('for large ones is a folder for nobody else to read, until it is closed', async (t) => {
    const home = temporaryFolder(t);
    const store = await openScratchStore(home, LARGE, open);
    const [folder = '', ...others] = readdirSync(home);
    assert.match(folder, /^scratch-/);
    assert.deepEqual(others, []);
    assert.equal(statSync(`${home}/${folder}`).mode & 0o777, 0o700);
    await store.append([loose([say('a', 'r1', 'one')])]);
    assert.deepEqual(told(await readAll(store)), ['1 one']);
    await store.close();
    assert.deepEqual(readdirSync(home), []);
  });
});

it('what a killed process left is removed when it is older than a day, and nothing else', (t) => {
  const home = temporaryFolder(t);
  const now = Date.now();
  const ages = { 'scratch-old': DAY_MS + 1000, 'scratch-new': DAY_MS - 60_000, 'not-scratch-old': 3 * DAY_MS };
  for (const [name, age] of Object.entries(ages)) {
    mkdirSync(`${home}/${name}`);
    writeFileSync(`${home}/${name}/scratch.db`, 'left');
    utimesSync(`${home}/${name}`, new Date(now - age), new Date(now - age));
  }
  removeStaleScratch(home, now);
  assert.deepEqual(readdirSync(home).sort(), ['not-scratch-old', 'scratch-new']);
});
