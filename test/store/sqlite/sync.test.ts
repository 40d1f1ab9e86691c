/** How often the disk is waited for, counted by the system's own calls. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../support/derive.ts';
import { hasStrace } from '../../torture/kill-import.ts';

const module = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../../src/${path}`, import.meta.url)));

/** Syncs of the files of a store while these batches are appended, one append after the other. */
function syncsOf(folder: string, batches: string): number {
  const script = `
    import { openSqliteStore } from ${module('store/sqlite.ts')};
    import { emptyBatch } from ${module('store/store.ts')};
    const store = openSqliteStore(${JSON.stringify(`${folder}/kato.db`)});
    const offset = (position) => ({ consumer: 'c', position, state: null });
    await store.append([{ ...emptyBatch, offsets: [offset(1)] }]);
    process.stdout.write('begin');
    ${batches}
    process.stdout.write('end');
    process.exit();`;
  const log = `${folder}/calls.txt`;
  const trace = ['-f', '-qq', '-e', 'trace=fsync,fdatasync,write', '-o', log];
  const { status, stderr } = spawnSync('strace', [...trace, process.execPath, '--input-type=module', '-e', script]);
  assert.equal(status, 0, String(stderr));
  const calls = readFileSync(log, 'utf8');
  const counted = calls.slice(calls.indexOf('"begin"'), calls.indexOf('"end"'));
  return counted.match(/f(?:data)?sync\(/g)?.length ?? 0;
}

const append = (n: number, rides: boolean) =>
  `for (let n = 0; n < ${n}; n++) await store.append([{ ...emptyBatch, offsets: [offset(n + 2)], rides: ${rides} }]);`;

it('an append waits for the disk once; one that rides does not', {
  skip: hasStrace() ? false : 'needs strace',
}, (t) => {
  assert.equal(syncsOf(temporaryFolder(t), append(5, false)), 5);
  assert.equal(syncsOf(temporaryFolder(t), append(5, true)), 0);
  assert.equal(syncsOf(temporaryFolder(t), append(5, true) + append(1, false)), 1);
});
