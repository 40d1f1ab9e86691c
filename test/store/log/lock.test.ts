/** The lock of a folder: who holds it, who waits, and who was killed with it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import { nodeDisk } from '../../../src/store/log/disk.ts';
import { withLock } from '../../../src/store/log/lock.ts';
import { temporaryFolder } from '../../support/derive.ts';

const LOCK = new URL('../../../src/store/log/lock.ts', import.meta.url).href;
const DISK = new URL('../../../src/store/log/disk.ts', import.meta.url).href;

/** A lock that a process held when it was killed. */
async function leftBehind(t: TestContext): Promise<string> {
  const path = `${temporaryFolder(t)}/lock`;
  const script = `
    import { withLock } from ${JSON.stringify(LOCK)};
    import { nodeDisk } from ${JSON.stringify(DISK)};
    await withLock(nodeDisk, ${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  await once(child, 'close');
  assert.ok(readlinkSync(path).includes(`/${child.pid}/`));
  return path;
}

it('is free again when its action is done, or has failed', async (t) => {
  const path = `${temporaryFolder(t)}/lock`;
  assert.equal(await withLock(nodeDisk, path, () => existsSync(`${path}`) || readlinkSync(path) !== ''), true);
  await assert.rejects(
    withLock(nodeDisk, path, () => {
      throw new Error('no');
    }),
  );
  assert.equal(nodeDisk.claimant(path), undefined);
});

it('goes from a process that was killed to the next, however many want it', async (t) => {
  const path = await leftBehind(t);
  let holders = 0;
  const hold = () =>
    withLock(nodeDisk, path, () => {
      holders += 1;
      return holders;
    });
  assert.deepEqual((await Promise.all([hold(), hold(), hold()])).sort(), [1, 2, 3]);
  assert.deepEqual(readdirSync(path.slice(0, -'/lock'.length)), []);
});

it('goes on when whoever was taking it from a killed process was killed as well', async (t) => {
  const path = await leftBehind(t);
  const holder = readlinkSync(path);
  symlinkSync(holder.replace(/[^/]+$/, 'another'), `${path}-${holder.slice(holder.lastIndexOf('/') + 1)}`);
  assert.equal(await withLock(nodeDisk, path, () => 'held'), 'held');
  assert.deepEqual(readdirSync(path.slice(0, -'/lock'.length)), []);
});

it('is taken from a process of an earlier boot, whatever process has its number now', async (t) => {
  const path = `${temporaryFolder(t)}/lock`;
  const own = await withLock(nodeDisk, path, () => readlinkSync(path));
  const [host, , ...rest] = own.split('/');
  symlinkSync([host, 'an-earlier-boot', ...rest].join('/'), path);
  assert.equal(await withLock(nodeDisk, path, () => 'held'), 'held');
});

it('is left to who waits, by whoever comes while somebody does', async (t) => {
  const path = `${temporaryFolder(t)}/lock`;
  const done: string[] = [];
  await withLock(nodeDisk, path, () => done.push('nobody waits'));
  let waiting: Promise<unknown> = Promise.resolve();
  await withLock(nodeDisk, path, () => {
    waiting = withLock(nodeDisk, path, () => done.push('who waited'));
  });
  const late = withLock(nodeDisk, path, () => done.push('who came later'));
  assert.deepEqual(done, ['nobody waits'], 'who came later did not look whether somebody waits');
  await Promise.all([waiting, late]);
  assert.deepEqual(readdirSync(path.slice(0, -'/lock'.length)), [], 'the sign of who waited was left');
});
