import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import { filesBelow, temporaryFolder } from '../support/derive.ts';
import { giveAway, withoutPrivileges } from '../support/unprivileged.ts';

type Context = { after(fn: () => void): void };

const NEW = { replace: false, time: '2026-11-21T03:17:02.100Z' };
const REPLACE = { ...NEW, replace: true };

/** A root to write in, and a place beside it where nothing may be written. */
function arena(t: Context) {
  const folder = realpathSync(temporaryFolder(t));
  const root = join(folder, 'root');
  const outside = join(folder, 'outside');
  for (const path of [root, outside]) mkdirSync(path);
  return { folder, root, outside };
}

function writeNew(root: string, components: readonly string[], text: string, how = NEW): string | undefined {
  const file = nodeDestinations.begin(root, components);
  try {
    file.write(text);
    return file.commit(how);
  } catch (error) {
    file.discard();
    throw error;
  }
}

const code = (wanted: string) => (error: NodeJS.ErrnoException) => error.code === wanted;

describe('a new file', () => {
  it('is there whole or not at all: until it is committed, its name is free', (t) => {
    const { root } = arena(t);
    const file = nodeDestinations.begin(root, ['x.md']);
    file.write('one ');
    file.write('two ünï 数');
    assert.ok(!existsSync(join(root, 'x.md')));
    file.commit(NEW);
    assert.equal(readFileSync(join(root, 'x.md'), 'utf8'), 'one two ünï 数');
    assert.deepEqual(readdirSync(root), ['x.md'], 'and nothing else');
  });

  it('is not left behind by a process that was killed, once another is begun', (t) => {
    const { root } = arena(t);
    const { pid } = spawnSync('true'); // It has ended, and its number is not given to another one soon.
    const nameOf = (owner: number) => `.kato-${owner.toString(16).padStart(8, '0')}0123cdef.tmp`;
    for (const owner of [pid, process.ppid]) writeFileSync(join(root, nameOf(owner)), 'half a fi');
    const waiting = nodeDestinations.begin(root, ['y.md']);
    writeNew(root, ['x.md'], 'x');
    waiting.commit(NEW);
    assert.deepEqual(readdirSync(root), [nameOf(process.ppid), 'x.md', 'y.md']);
  });

  it('is for its owner alone, whatever the umask', (t) => {
    const { root } = arena(t);
    const before = process.umask(0);
    try {
      writeNew(root, ['x.md'], 'x');
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(join(root, 'x.md')).mode & 0o777, 0o600);
  });

  it('brings its folders', (t) => {
    const { root } = arena(t);
    writeNew(root, ['a', 'b', 'x.md'], 'x');
    writeNew(root, ['a', 'b', 'y.md'], 'y');
    assert.deepEqual(filesBelow(root), ['a/b/x.md', 'a/b/y.md']);
  });

  it('that is given up leaves nothing behind', (t) => {
    const { root } = arena(t);
    const file = nodeDestinations.begin(root, ['x.md']);
    file.write('half');
    file.discard();
    assert.deepEqual(readdirSync(root), []);
  });

  it('leaves no handle open, however it ends', (t) => {
    const { root } = arena(t);
    const open = () => readdirSync('/proc/self/fd').length;
    if (process.platform !== 'linux') return t.skip('needs /proc');
    const before = open();
    writeNew(root, ['a', 'b', 'x.md'], 'x');
    nodeDestinations.begin(root, ['y.md']).discard();
    assert.throws(() => writeNew(root, ['a', 'b', 'x.md'], 'x'), code('EEXIST'));
    assert.throws(() => writeNew(root, ['a', 'b', 'x.md', 'y.md'], 'x'), code('ENOTDIR'));
    assert.equal(open(), before);
  });
});

describe('a path that cannot even be looked at', () => {
  it('is no folder', (t) => {
    const { root } = arena(t);
    symlinkSync('loop', join(root, 'loop'));
    for (const path of [join(root, 'x'.repeat(300)), join(root, 'loop'), `${root}/${'x/'.repeat(3000)}`])
      assert.equal(nodeDestinations.isFolder(path), false);
  });
});

describe('a name that is taken', () => {
  it('is refused, whoever has it, and keeps what it has', (t) => {
    const { root, outside } = arena(t);
    writeFileSync(join(root, 'file.md'), 'mine');
    mkdirSync(join(root, 'folder.md'));
    symlinkSync(join(outside, 'target.md'), join(root, 'link.md'));
    for (const name of ['file.md', 'folder.md', 'link.md'])
      assert.throws(() => writeNew(root, [name], 'x'), code('EEXIST'), name);
    assert.equal(readFileSync(join(root, 'file.md'), 'utf8'), 'mine');
    assert.deepEqual(readdirSync(root).sort(), ['file.md', 'folder.md', 'link.md'], 'no temporary file is left');
    assert.deepEqual(readdirSync(outside), []);
  });

  it('is refused too when it is taken while the text is being written', (t) => {
    const { root } = arena(t);
    const file = nodeDestinations.begin(root, ['x.md']);
    file.write('ours');
    writeFileSync(join(root, 'x.md'), 'theirs');
    assert.throws(() => file.commit(NEW), code('EEXIST'));
    file.discard();
    assert.equal(readFileSync(join(root, 'x.md'), 'utf8'), 'theirs');
    assert.deepEqual(readdirSync(root), ['x.md']);
  });

  it('leaves the new file as it was written: it may get another one', (t) => {
    const { root } = arena(t);
    writeFileSync(join(root, 'x.md'), 'mine');
    const file = nodeDestinations.begin(root, ['x.md']);
    file.write('ours');
    assert.throws(() => file.commit(NEW), code('EEXIST'));
    file.commit({ ...NEW, name: 'x-2.md' });
    assert.equal(readFileSync(join(root, 'x.md'), 'utf8'), 'mine');
    assert.equal(readFileSync(join(root, 'x-2.md'), 'utf8'), 'ours');
    assert.deepEqual(readdirSync(root).sort(), ['x-2.md', 'x.md']);
  });

  it('can be given to the new file; the old one stays under another', (t) => {
    const { root } = arena(t);
    writeFileSync(join(root, 'x.md'), 'mine');
    const backup = writeNew(root, ['x.md'], 'new', REPLACE);
    assert.equal(backup, 'x.md.bak-2026-11-21T03-17-02-100Z');
    assert.equal(readFileSync(join(root, backup ?? ''), 'utf8'), 'mine');
    assert.equal(readFileSync(join(root, 'x.md'), 'utf8'), 'new');
  });

  it('by a backup of the same instant is no reason to lose either', (t) => {
    const { root } = arena(t);
    for (const text of ['one', 'two', 'three']) writeNew(root, ['x.md'], text, REPLACE);
    const texts = readdirSync(root).map((name) => readFileSync(join(root, name), 'utf8'));
    assert.deepEqual(texts.sort(), ['one', 'three', 'two']);
  });

  it('by a link is given to the file, and what the link led to stays as it was', (t) => {
    const { root, outside } = arena(t);
    writeFileSync(join(outside, 'target.md'), 'theirs');
    symlinkSync(join(outside, 'target.md'), join(root, 'x.md'));
    writeNew(root, ['x.md'], 'new', REPLACE);
    assert.equal(readFileSync(join(outside, 'target.md'), 'utf8'), 'theirs');
    assert.equal(readFileSync(join(root, 'x.md'), 'utf8'), 'new');
  });

  it('by a hard link does not change the other name of it', (t) => {
    const { root, outside } = arena(t);
    writeFileSync(join(outside, 'target.md'), 'theirs');
    linkSync(join(outside, 'target.md'), join(root, 'x.md'));
    writeNew(root, ['x.md'], 'new', REPLACE);
    assert.equal(readFileSync(join(outside, 'target.md'), 'utf8'), 'theirs');
  });

  it('needs no backup where there is nothing', (t) => {
    const { root } = arena(t);
    assert.equal(writeNew(root, ['x.md'], 'new', REPLACE), undefined);
    assert.deepEqual(readdirSync(root), ['x.md']);
  });
});

describe('a link on the way', () => {
  it('is never followed, to wherever it leads', (t) => {
    const { root, outside } = arena(t);
    mkdirSync(join(root, 'real'));
    symlinkSync(outside, join(root, 'out'));
    symlinkSync('real', join(root, 'in'));
    symlinkSync('loop', join(root, 'loop'));
    for (const name of ['out', 'in', 'loop'])
      assert.throws(() => writeNew(root, [name, 'x.md'], 'x'), /ENOTDIR|ELOOP/, name);
    assert.deepEqual([readdirSync(outside), readdirSync(join(root, 'real'))], [[], []]);
  });

  it('put in the place of a folder between two steps leads nowhere', (t) => {
    const { root, outside } = arena(t);
    const file = nodeDestinations.begin(root, ['a', 'x.md']);
    file.write('x');
    renameSync(join(root, 'a'), join(root, 'b'));
    symlinkSync(outside, join(root, 'a'));
    file.commit(NEW);
    assert.deepEqual(readdirSync(outside), []);
    assert.deepEqual(readdirSync(join(root, 'b')), ['x.md'], 'it lies in the folder that was meant');
  });

  it('may be the root itself: it is resolved once, when it is granted', (t) => {
    const { folder, root } = arena(t);
    symlinkSync(root, join(folder, 'notes'));
    assert.equal(nodeDestinations.resolve(join(folder, 'notes')), root);
    assert.throws(() => nodeDestinations.begin(join(folder, 'notes'), ['x.md']), /ENOTDIR|ELOOP/);
  });
});

describe('a place that cannot be written', () => {
  it('below a file', (t) => {
    const { root } = arena(t);
    writeFileSync(join(root, 'x.md'), 'mine');
    assert.throws(() => nodeDestinations.begin(root, ['x.md', 'y.md']), code('ENOTDIR'));
  });

  it('in a folder that is not there', (t) => {
    const { root } = arena(t);
    assert.throws(() => nodeDestinations.begin(join(root, 'none'), ['x.md']), code('ENOENT'));
    assert.equal(nodeDestinations.resolve(join(root, 'none')), undefined);
    assert.equal(nodeDestinations.isFolder(join(root, 'none')), false);
    assert.ok(!existsSync(join(root, 'none')), 'a root is never made');
  });

  it('in a read-only folder', async (t) => {
    const { folder, root } = arena(t);
    giveAway(folder, root);
    chmodSync(root, 0o555);
    await withoutPrivileges(() => {
      assert.throws(() => nodeDestinations.begin(root, ['x.md']), code('EACCES'));
      assert.throws(() => nodeDestinations.begin(root, ['a', 'x.md']), code('EACCES'));
    });
    assert.deepEqual(readdirSync(root), []);
  });
});
