/** Places that cannot be written for a while, while a daemon records there: what was asked for is written, and once. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { DaemonHome, until } from '../support/daemon.ts';
import { LiveAgent } from '../support/live-agent.ts';
import { assertWhole, commands, recordings, text, times } from '../support/recorded.ts';

const DISK_KB = 1024;
const mount = (...args: readonly string[]) => spawnSync('mount', args, { encoding: 'utf8' }).status === 0;

const canMount = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
const skip = canMount ? false : 'cannot mount';

/** A daemon that may write to a folder, which can be a small disk of its own, and a session. */
function begin(t: TestContext, { isDisk = false } = {}) {
  let root = '';
  t.after(() => isDisk && spawnSync('umount', ['--lazy', root])); // Registered first: a home cannot go with a disk in it.
  const home = new DaemonHome(t);
  root = home.path('disk');
  mkdirSync(root);
  if (isDisk) assert.ok(mount('-t', 'tmpfs', '-o', `size=${DISK_KB}k`, 'tmpfs', root));
  const turn = (mode: 'ro' | 'rw') => until(() => mount('-o', `remount,${mode}`, root), `the disk as ${mode}`);
  home.ok(['init', '--yes', '--keep', 'all', '--write-root', root]);
  home.start();
  const chat = new LiveAgent(home);
  const failureAt = (path: string) =>
    recordings(home).find((one) => one.path === path && (one as { failure?: string }).failure !== undefined);
  const heard = (count: number) => until(() => commands(home).length === count, `command ${count}`);
  const outcomes = () =>
    commands(home).map(({ line, outcome, reason }) => `${line.split(/\s/)[0]} ${outcome} ${reason}`);
  return { home, turn, root, chat, failureAt, heard, outcomes };
}

describe('a destination', () => {
  it('whose folder was away for one command is recorded to when a later command names it', async (t) => {
    const { home, chat, heard } = begin(t);
    const folder = `${chat.cwd}/notes`;
    const file = `${folder}/a.md`;
    mkdirSync(folder);
    chat.type('::record notes/a.md\nfirst');
    await until(() => text(file).includes('first'), 'the first words');
    chat.type('::stop');
    await heard(2);
    renameSync(folder, `${chat.cwd}/unplugged`);
    writeFileSync(folder, 'no folder');
    chat.type('::record notes/a.md\nsecond', '::stop');
    await heard(4);
    const other = recordings(home).find(({ path }) => path !== file)?.path ?? '';
    await until(() => text(other).includes('second'), 'the words meanwhile');
    rmSync(folder);
    renameSync(`${chat.cwd}/unplugged`, folder);
    chat.type('::record notes/a.md\nthird');
    await until(() => text(file).includes('third'), 'the last words');
    assert.equal(times(file, 'second'), 0);
    for (const path of [file, other]) assertWhole(home, path);
  });

  it('whose disk is read-only for a while has what it lacked, and nothing that was asked for later', {
    skip,
  }, async (t) => {
    const { home, turn, root, chat, failureAt, heard, outcomes } = begin(t, { isDisk: true });
    const file = `${root}/a.md`;
    chat.type(`::record ${file}\nfirst`);
    await until(() => text(file).includes('first'), 'the first words');
    await turn('ro');
    chat.answer('while it was read-only');
    await until(() => failureAt(file) !== undefined, 'the failure');
    assert.match(home.ok(['status']), /paused: the disk is read-only/);
    chat.type(`::stop`, `::record ${file}\nwent elsewhere`);
    await heard(3);
    const other = recordings(home).find(({ path }) => path !== file)?.path ?? '';
    await until(() => text(other).includes('went elsewhere'), 'the words elsewhere');
    assert.ok(outcomes().includes('::record redirected the disk is read-only'));
    await turn('rw');
    await until(() => text(file).includes('while it was read-only'), 'what was missed');
    chat.type(`::record ${file}\nagain`);
    await until(() => text(file).includes('again'), 'the last words');
    assert.equal(times(file, 'went elsewhere'), 0);
    for (const path of [file, other]) assertWhole(home, path);
  });

  it('whose disk is full for a while has what it lacked up to what went elsewhere', { skip }, async (t) => {
    const { home, root, chat, failureAt, outcomes } = begin(t, { isDisk: true });
    const file = `${root}/a.md`;
    chat.type(`::record ${file}\nfirst`);
    await until(() => text(file).includes('first'), 'the first words');
    spawnSync('dd', ['if=/dev/zero', `of=${root}/ballast`, 'bs=1k']);
    for (let number = 1; number <= 10; number++) chat.answer(`${number} ${'lorem ipsum '.repeat(3000)}`);
    await until(() => failureAt(file) !== undefined, 'the failure');
    assert.match(home.ok(['status']), /paused: the disk is full/);
    chat.type(`::capture ${file}`);
    await until(() => outcomes().includes('::capture redirected the disk is full'), 'the other place');
    rmSync(`${root}/ballast`);
    const other = recordings(home).find(({ path }) => path !== file)?.path ?? '';
    await until(() => failureAt(file) === undefined, 'the recovery');
    chat.answer('last words');
    await until(() => text(other).includes('last words'), 'the last words');
    for (const path of [file, other]) assertWhole(home, path);
  });
});
