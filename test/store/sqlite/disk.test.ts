/** A disk that is full, and a store that another process holds. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { KatoError } from '../../../src/core/errors.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { loose, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, readAll } from '../contract/scene.ts';

const failsWith = (code: string) => (error: unknown) =>
  error instanceof KatoError && error.code === code && error.hint !== undefined;

/** Acts on a disk of its own, of this size. */
async function onSmallDisk(t: TestContext, size: string, act: (folder: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder(t);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  try {
    await act(folder);
  } finally {
    execFileSync('umount', ['--lazy', folder]);
  }
}

function whyNoDisk(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'making a small disk takes root on Linux';
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'this system does not let root mount a disk';
  }
}

describe('a full disk', { skip: whyNoDisk() }, () => {
  it('loses nothing that was acknowledged, and is written to again when there is space', (t) =>
    onSmallDisk(t, '2m', fillAndFree));

  it('is an error that says so when there is no room for a new store', (t) =>
    onSmallDisk(t, '128k', async (folder) => {
      for (const room of [0, 16, 64]) {
        writeFileSync(`${folder}/ballast`, Buffer.alloc((128 - room) * 1024));
        assert.throws(() => openSqliteStore(`${folder}/kato.db`), failsWith('store-failed'));
        for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`);
      }
    }));
});

async function fillAndFree(folder: string): Promise<void> {
  const path = `${folder}/kato.db`;
  const store = openSqliteStore(path);
  writeFileSync(`${folder}/ballast`, Buffer.alloc(1_400_000));
  let stored = 0;
  const fill = async () => {
    for (; ; stored++) await store.append([loose([say('a', `r${stored}`, randomBytes(20_000).toString('base64'))])]);
  };
  await assert.rejects(fill(), failsWith('store-failed'));
  assert.ok(stored > 3);
  assert.equal((await readAll(store)).length, stored, 'what was stored is read on');
  rmSync(`${folder}/ballast`);
  // What the file holds after a failure of the disk is known only after it has been opened again.
  await assert.rejects(store.append([loose([say('a', 'later', 'x')])]), failsWith('store-failed'));
  await store.close();
  const again = openSqliteStore(path);
  assert.equal((await readAll(again)).length, stored);
  assert.deepEqual(await collect(again.verify()), []);
  await again.append([loose([say('a', 'later', 'x')])]);
  assert.equal((await readAll(again)).length, stored + 1);
  await again.close();
}

it('a store that another process holds locked is busy, and is written to when it lets go', async (t) => {
  const path = `${temporaryFolder(t)}/kato.db`;
  const store = openSqliteStore(path);
  await store.append([loose([say('a', 'r1', 'one')])]);
  const script = `const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(process.argv[1]);
    database.exec('BEGIN IMMEDIATE');
    process.stdout.write('held');
    process.stdin.resume().on('end', () => process.exit());`;
  const holder = spawn(process.execPath, ['-e', script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  await assert.rejects(store.append([loose([say('a', 'r2', 'two')])]), failsWith('store-busy'));
  assert.equal((await readAll(store)).length, 1, 'reading goes on');
  holder.stdin.end();
  await once(holder, 'close');
  await store.append([loose([say('a', 'r2', 'two')])]);
  assert.equal((await readAll(store)).length, 2);
  await store.close();
});
