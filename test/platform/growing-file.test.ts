/** A file that grows at its end: what may be opened, and that nothing is ever written over. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { systemCode } from '../../src/core/errors.ts';
import { growFile } from '../../src/platform/growing-file.ts';
import { temporaryFolder } from '../support/derive.ts';

const old = { create: false };
const fresh = { create: true };
const bytes = (text: string) => Buffer.from(text);

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return systemCode(error);
  }
  return undefined;
}

it('is made with its folders, for its owner alone', async (t) => {
  const root = temporaryFolder(t);
  const file = growFile(root, ['a', 'b', 'x.md'], fresh);
  file?.append(bytes('one\n'));
  await file?.sync();
  file?.close();
  assert.equal(readFileSync(join(root, 'a/b/x.md'), 'utf8'), 'one\n');
  assert.equal(statSync(join(root, 'a/b/x.md')).mode & 0o777, 0o600);
  assert.equal(
    codeOf(() => growFile(root, ['a', 'b', 'x.md'], fresh)),
    'EEXIST',
  );
});

it('is absent when it is not there, and no folder is made for that', (t) => {
  const root = temporaryFolder(t);
  assert.equal(growFile(root, ['x.md'], old), undefined);
  assert.equal(growFile(root, ['a', 'x.md'], old), undefined);
  assert.equal(statSync(join(root, 'a'), { throwIfNoEntry: false }), undefined);
});

it('is written behind what others have written meanwhile, and read and cut where one wants', (t) => {
  const root = temporaryFolder(t);
  const path = join(root, 'x.md');
  writeFileSync(path, 'one\n');
  const file = growFile(root, ['x.md'], old);
  assert.ok(file);
  appendFileSync(path, 'mine\n');
  file.append(bytes('two\n'));
  assert.equal(readFileSync(path, 'utf8'), 'one\nmine\ntwo\n');
  assert.equal(Buffer.from(file.read(4, 8)).toString(), 'mine');
  assert.equal(Buffer.from(file.read(9, 99)).toString(), 'two\n');
  file.cut(4);
  assert.equal(file.sizeBytes(), 4);
  file.close();
});

it('is another one when an editor has put one in its place', (t) => {
  const root = temporaryFolder(t);
  writeFileSync(join(root, 'x.md'), 'one');
  const before = growFile(root, ['x.md'], old);
  writeFileSync(join(root, 'x.tmp'), 'two');
  renameSync(join(root, 'x.tmp'), join(root, 'x.md'));
  const after = growFile(root, ['x.md'], old);
  assert.notEqual(before?.identity, after?.identity);
  assert.equal(growFile(root, ['x.md'], old)?.identity, after?.identity);
});

it('is never opened through a link, and never a pipe, a folder or below a file', (t) => {
  const root = temporaryFolder(t);
  const elsewhere = temporaryFolder(t);
  writeFileSync(join(elsewhere, 'x.md'), 'theirs');
  symlinkSync(join(elsewhere, 'x.md'), join(root, 'link.md'));
  symlinkSync(join(elsewhere, 'new.md'), join(root, 'dangling.md'));
  symlinkSync(elsewhere, join(root, 'folder'));
  mkdirSync(join(root, 'dir.md'));
  assert.equal(
    codeOf(() => growFile(root, ['link.md'], old)),
    'ELOOP',
  );
  assert.equal(
    codeOf(() => growFile(root, ['dangling.md'], fresh)),
    'EEXIST',
  );
  assert.ok(['ELOOP', 'ENOTDIR'].includes(codeOf(() => growFile(root, ['folder', 'x.md'], old)) ?? ''));
  assert.ok(['ELOOP', 'ENOTDIR'].includes(codeOf(() => growFile(root, ['folder', 'new.md'], fresh)) ?? ''));
  assert.equal(
    codeOf(() => growFile(root, ['dir.md'], old)),
    'EISDIR',
  );
  writeFileSync(join(root, 'file'), '');
  assert.equal(
    codeOf(() => growFile(root, ['file', 'x.md'], old)),
    'ENOTDIR',
  );
  if (spawnSync('mkfifo', [join(root, 'pipe.md')]).status === 0)
    assert.equal(
      codeOf(() => growFile(root, ['pipe.md'], old)),
      'EINVAL',
    );
  assert.equal(readFileSync(join(elsewhere, 'x.md'), 'utf8'), 'theirs');
});
