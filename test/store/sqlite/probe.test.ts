/** Whether SQLite can keep a database in a folder: asked of a new one, that leaves nothing behind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { whyNoSqlite } from '../../../src/store/sqlite/probe.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { needsCompiler, withoutLocks } from '../../support/without-locks.ts';

const PROBE = fileURLToPath(new URL('../../../src/store/sqlite/probe.ts', import.meta.url));

/** What another process finds. */
function asked(
  folder: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  by: readonly string[] = [],
): string {
  const script = `import { whyNoSqlite } from ${JSON.stringify(PROBE)}; process.stdout.write(String(whyNoSqlite(${JSON.stringify(folder)})));`;
  const options = { env: { ...process.env, ...env }, encoding: 'utf8' } as const;
  const [program = '', ...rest] = [...by, process.execPath, ...args, '--input-type=module', '-e', script];
  return spawnSync(program, rest, options).stdout;
}

it('nothing stands against a folder that knows locks, and nothing is left in it', (t) => {
  const folder = temporaryFolder(t);
  assert.equal(whyNoSqlite(folder), undefined);
  assert.deepEqual(readdirSync(folder), []);
});

it('nothing is said of SQLite where not even a folder can be made', (t) => {
  assert.equal(whyNoSqlite(`${temporaryFolder(t)}/missing`), undefined);
});

it('a Node without SQLite is told', (t) => {
  assert.equal(asked(temporaryFolder(t), {}, ['--no-experimental-sqlite']), 'this Node has no SQLite');
});

it('a file system without locks is told', { skip: needsCompiler }, (t) => {
  const folder = temporaryFolder(t);
  assert.match(asked(folder, withoutLocks(t)), /^its file system does not let SQLite/);
  assert.deepEqual(readdirSync(folder), []);
});

it('a disk that is all but full is not called one without locks', (t) => {
  for (const kilobytes of [4, 8, 12, 16, 24, 32]) {
    const limited = `ulimit -f ${kilobytes * 2} && exec "$0" "$@"`;
    assert.equal(asked(temporaryFolder(t), {}, [], ['sh', '-c', limited]), 'undefined', `${kilobytes} KiB a file`);
  }
});
