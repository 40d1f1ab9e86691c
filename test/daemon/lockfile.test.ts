import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KatoError } from '../../src/core/errors.ts';
import { acquireLock, isHeld, readHolder } from '../../src/daemon/lockfile.ts';
import { processNames } from '../../src/store/log/lock.ts';
import { temporaryFolder } from '../support/derive.ts';

const HOLDER = { pid: process.pid, version: '1.2.3', startedAt: '2026-11-21T10:00:00.000Z', socket: '/x/control.sock' };
const SCRIPT = fileURLToPath(new URL('hold-lock.ts', import.meta.url));

/** Another process that holds the lock until it is killed; its first word. */
async function hold(t: TestContext, run: string) {
  const child = spawn(process.execPath, [SCRIPT, run], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [word] = await once(child.stdout, 'data');
  return { child, word: String(word).trim() };
}

describe('the lock of a home', () => {
  it('is held by one process, and who comes second learns who that is', async (t) => {
    const run = temporaryFolder(t);
    const { child, word } = await hold(t, run);
    assert.equal(word, 'held');
    assert.equal(isHeld(run), true);
    assert.throws(
      () => acquireLock(run, HOLDER),
      (error: unknown) =>
        error instanceof KatoError && error.code === 'daemon-running' && error.message.includes(`pid ${child.pid}`),
    );
  });

  it('is free at once when its holder is killed, whatever pid is written', async (t) => {
    const run = temporaryFolder(t);
    const { child } = await hold(t, run);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(readHolder(run)?.pid, child.pid);
    const lock = acquireLock(run, HOLDER);
    assert.deepEqual(readHolder(run), HOLDER);
    lock.release();
  });

  it('is not lost to those who only look', async (t) => {
    const run = temporaryFolder(t);
    await hold(t, run);
    for (let times = 0; times < 20; times++) assert.equal(isHeld(run), true);
  });

  it('leaves nothing but an empty database, for its owner alone', (t) => {
    const run = temporaryFolder(t);
    acquireLock(run, HOLDER).release();
    assert.equal(isHeld(run), false);
    assert.deepEqual(readdirSync(run), ['lock.db']);
    assert.equal(statSync(join(run, 'lock.db')).mode & 0o777, 0o600);
  });

  it('does not take away the name of another', (t) => {
    const run = temporaryFolder(t);
    const lock = acquireLock(run, HOLDER);
    writeFileSync(join(run, 'daemon.json'), JSON.stringify({ ...HOLDER, pid: 1 }));
    lock.release();
    assert.equal(readHolder(run)?.pid, 1);
  });

  it('bears a name that is damaged, or missing', (t) => {
    const run = temporaryFolder(t);
    assert.equal(readHolder(run), undefined);
    for (const text of ['', '{', '[]', '{"pid":"7"}', '{"pid":7}']) {
      writeFileSync(join(run, 'daemon.json'), text);
      assert.equal(readHolder(run), undefined);
    }
  });

  it('is a name that belongs to the process where SQLite cannot lock', (t) => {
    const run = temporaryFolder(t);
    mkdirSync(join(run, 'lock.db')); // What cannot be opened, cannot be locked.
    const spare = { ...processNames, isNeeded: () => true };
    const lock = acquireLock(run, HOLDER, spare);
    assert.equal(isHeld(run, spare), true);
    assert.throws(() => acquireLock(run, HOLDER, spare), { code: 'daemon-running' });
    lock.release();
    assert.equal(isHeld(run, spare), false);
    symlinkSync(`${hostname()}/another-boot/1/1/00`, join(run, 'lock'));
    assert.equal(isHeld(run, spare), false, 'who took it is gone');
    acquireLock(run, HOLDER, spare).release();
  });

  it('says what is wrong with a folder that cannot hold it', (t) => {
    const run = join(temporaryFolder(t), 'missing');
    assert.throws(
      () => acquireLock(run, HOLDER),
      (error: unknown) => error instanceof KatoError && error.code === 'daemon-failed' && error.hint !== undefined,
    );
    assert.ok(!existsSync(run));
  });

  it('goes to exactly one of many who want it at once', async (t) => {
    const run = temporaryFolder(t);
    const words = (await Promise.all(Array.from({ length: 6 }, () => hold(t, run)))).map(({ word }) => word);
    assert.deepEqual(words.toSorted(), [
      'daemon-running',
      'daemon-running',
      'daemon-running',
      'daemon-running',
      'daemon-running',
      'held',
    ]);
  });
});
