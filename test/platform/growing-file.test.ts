/** A file that grows at its end: what may be opened, and that nothing is ever written over. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemCode } from '../../src/core/errors.ts';
import { growFile } from '../../src/platform/growing-file.ts';
import { temporaryFolder } from '../support/derive.ts';
import { hasStrace } from '../torture/kill-import.ts';

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

/** What happens to a file in a folder while it is opened, written once and synced, by the system's own calls. */
function callsOfFirstWords(folder: string, create: boolean): readonly string[] {
  const module = JSON.stringify(fileURLToPath(new URL('../../src/platform/growing-file.ts', import.meta.url)));
  const script = `
    import { growFile } from ${module};
    const file = growFile(${JSON.stringify(folder)}, ['x.md'], { create: ${create} });
    file.append(Buffer.from('one'));
    await file.sync();
    file.close();`;
  const log = `${folder}-calls.txt`;
  const trace = ['-f', '-y', '-qq', '-e', 'trace=openat,write,fsync', '-o', log];
  const { status, stderr } = spawnSync('strace', [...trace, process.execPath, '--input-type=module', '-e', script]);
  assert.equal(status, 0, String(stderr));
  const what = /\b(openat)\(.*(?:O_APPEND).*x\.md>|\b(write|fsync)\(\d+<([^>]*)>/g;
  return [...readFileSync(log, 'utf8').matchAll(what)]
    .filter(([, opened, , path = '']) => opened || path.startsWith(folder))
    .map(([, opened, call, path = '']) => (opened ? 'open' : `${call} ${path.endsWith('x.md') ? 'file' : 'folder'}`));
}

it('gets its first words at once, and then its folder is synced, also one that was left empty', {
  skip: hasStrace() ? false : 'needs strace',
}, (t) => {
  const folder = join(temporaryFolder(t), 'notes');
  mkdirSync(folder);
  const first = ['open', 'write file', 'fsync file', 'fsync folder'];
  assert.deepEqual(callsOfFirstWords(folder, true), first);
  writeFileSync(join(folder, 'x.md'), '');
  assert.deepEqual(callsOfFirstWords(folder, false), first);
  assert.deepEqual(callsOfFirstWords(folder, false), ['open', 'write file', 'fsync file']);
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
