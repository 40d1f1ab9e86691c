/** A process that is killed at a system call of a migration; the next one ends it. Needs strace. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { temporaryFolder } from '../../support/derive.ts';
import { dumpDatabase } from '../../support/dump.ts';
import { type CallPoint, writtenAt } from '../../torture/calls.ts';
import { hasStrace } from '../../torture/kill-import.ts';
import { beginHome, logsOf, twinsIn } from './two-sides.ts';

const CALLS = 'trace=pwrite64,write,openat,rename,unlink,mkdir,fsync,fdatasync,ftruncate,symlink';
/** Every so many of the points: each costs a second. */
const EVERY = 12;

const module = (path: string) => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);

/** Migrates in another process; its exit status, or absent when it was killed. */
function migrate(folder: string, strace: readonly string[] = []): number | undefined {
  const script = `
    import { migrateLog } from ${module('src/store/migrate/migrate-log.ts')};
    import { openSqliteStore } from ${module('src/store/sqlite.ts')};
    const store = openSqliteStore(${JSON.stringify(`${folder}/kato.db`)});
    const { isDone } = await migrateLog(store, ${JSON.stringify(`${folder}/transcripts`)});
    await store.close();
    process.exitCode = isDone ? 0 : 1;`;
  const [program = '', ...args] = [...strace, process.execPath, '--input-type=module', '-e', script];
  const { status, signal } = spawnSync(program, args, { stdio: 'ignore' });
  return signal === 'SIGKILL' || status === 137 ? undefined : (status ?? 1);
}

function killedAt(folder: string, { call, nth }: CallPoint): boolean {
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`];
  return migrate(folder, ['strace', '-f', '-qq', '-o', '/dev/null', ...inject]) === undefined;
}

it('a killed migration is ended by the next one', { skip: hasStrace() ? false : 'needs strace' }, async (t) => {
  const root = temporaryFolder(t);
  const logs = await beginHome(`${root}/begun`);
  const copy = (name: string) => {
    cpSync(`${root}/begun`, `${root}/${name}`, { recursive: true });
    return `${root}/${name}`;
  };
  const untouched = copy('untouched');
  assert.equal(migrate(untouched, ['strace', '-f', '-qq', '-y', '-o', `${root}/calls.txt`, '-e', CALLS]), 0);
  const expected = await dumpDatabase(`${untouched}/kato.db`);
  const points = writtenAt(readFileSync(`${root}/calls.txt`, 'utf8'), untouched);
  assert.ok(points.length > EVERY, 'there is something to be killed at');
  let killed = 0;
  for (const [index, point] of points.entries()) {
    if (index % EVERY !== 0) continue;
    const folder = copy(`point-${index}`);
    if (killedAt(folder, point)) killed += 1;
    const where = `${point.call} #${point.nth}`;
    assert.deepEqual(logsOf(folder), logs, `${where}: the logs`);
    assert.equal(migrate(folder), 0, `${where}: the migration after it`);
    assert.equal(await dumpDatabase(`${folder}/kato.db`), expected, `${where}: the store`);
    assert.deepEqual([logsOf(folder), twinsIn(`${folder}/transcripts`)], [logs, {}], `${where}: the logs, after it`);
  }
  assert.ok(killed > 0, 'no kill came through');
});
