/** What is waited for: how often, counted by the system's own calls; and what a power cut leaves, in both engines. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { durabilityOf } from '../../src/core/durability.ts';
import type { EventKind } from '../../src/core/event.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { emptyBatch, type TranscriptStore } from '../../src/store/store.ts';
import { loose, say } from '../support/batches.ts';
import { temporaryFolder } from '../support/derive.ts';
import { hasStrace } from '../torture/kill-import.ts';
import { readAll, told } from './contract/scene.ts';

const module = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../${path}`, import.meta.url)));
const skip = hasStrace() ? false : 'needs strace';

const ENGINES = { sqlite: 'openSqliteStore', log: 'openLogStore' } as const;

/** Calls that wait for the disk, as `strace -c` counts them, of a process that opens a store with a session and does this. */
function waits(folder: string, engine: keyof typeof ENGINES, deed: string): number {
  mkdirSync(folder);
  const script = `
    import { ${ENGINES[engine]} as open } from ${module(`src/store/${engine}.ts`)};
    import { durabilityOf } from ${module('src/core/durability.ts')};
    import { loose, say } from ${module('test/support/batches.ts')};
    const store = open(${JSON.stringify(`${folder}/store`)});
    await store.append([loose([say('a', 'first', 'first')])]);
    const kinds = ['session.info', 'usage', 'usage', 'assistant.message', 'usage', 'session.info', 'usage', 'usage'];
    const turn = kinds.map((kind, n) =>
      loose([say('a', 'r' + n, 'text ' + n, { kind })], { rides: durabilityOf[kind] === 'ride' }));
    ${deed}
    process.exit();`;
  const trace = ['-c', '-f', '-qq', '-e', 'trace=fsync,fdatasync', '-o', `${folder}/calls.txt`];
  const { status, stderr } = spawnSync('strace', [...trace, process.execPath, '--input-type=module', '-e', script]);
  assert.equal(status, 0, String(stderr));
  const lines = readFileSync(`${folder}/calls.txt`, 'utf8').split('\n');
  return lines.reduce((sum, line) => sum + (/ f(?:data)?sync$/.test(line) ? Number(line.trim().split(/ +/)[3]) : 0), 0);
}

const EACH = 'for (const one of turn) await store.append([one]);';
const TOGETHER = 'await store.append(turn);';
const RIDING = 'for (const one of turn) if (one.rides) await store.append([one]);';

for (const engine of ['sqlite', 'log'] as const)
  it(`a turn of eight records of which one is a message waits for the disk once (${engine})`, { skip }, (t) => {
    const folder = temporaryFolder(t);
    const before = waits(`${folder}/before`, engine, '');
    assert.equal(waits(`${folder}/each`, engine, EACH) - before, 1, 'one after the other');
    assert.equal(waits(`${folder}/together`, engine, TOGETHER) - before, 1, 'in one append');
    assert.equal(waits(`${folder}/riding`, engine, RIDING) - before, 0, 'without the message');
    const known = `${RIDING} await store.append(turn.map((one) => ({ ...one, rides: false })).filter((_, n) => n !== 3));`;
    assert.equal(waits(`${folder}/known`, engine, known) - before, 1, 'what rode, told again by who waits');
    const again = `${EACH} for (let times = 0; times < 3; times++) await store.append([turn[3]]);`;
    assert.equal(waits(`${folder}/again`, engine, again) - before, 2, 'what rode behind the message, and then nothing');
  });

it('what a person or a model said, and what nobody knows, is flushed', () => {
  const riding = Object.entries(durabilityOf).flatMap(([kind, class_]) => (class_ === 'ride' ? [kind] : []));
  assert.deepEqual(riding satisfies string[], ['session.info', 'usage'] satisfies EventKind[]);
});

describe('a power cut under the SQLite engine', () => {
  it('leaves everything that was flushed, and of what rode all up to some point', async (t) => {
    const folder = temporaryFolder(t);
    const path = `${folder}/kato.db`;
    const store = openSqliteStore(path);
    await store.append([emptyBatch]);
    const wal = () => statSync(`${path}-wal`).size;
    let flushed: { readonly events: number; readonly bytes: number } = { events: 0, bytes: wal() };
    for (let n = 1; n <= 24; n++) {
      const rides = n % 4 !== 0;
      await store.append([loose([say('a', `r${n}`, `${n}`)], { rides })]);
      if (!rides) flushed = { events: n, bytes: wal() };
      for (const bytes of new Set([flushed.bytes, Math.floor((flushed.bytes + wal()) / 2), wal()])) {
        const left = await afterCut(path, `${folder}/${n}-${bytes}.db`, bytes);
        assert.ok(left.length >= flushed.events, `${left.length} of ${flushed.events} flushed events are left`);
        assert.deepEqual(
          left,
          Array.from({ length: left.length }, (_, index) => `${index + 1} ${index + 1}`),
        );
      }
    }
    await store.close();
  });
});

/** What is told by a copy whose log has no more than these bytes: what the disk had got. */
async function afterCut(path: string, copy: string, walBytes: number): Promise<readonly string[]> {
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  truncateSync(`${copy}-wal`, walBytes);
  const store: TranscriptStore = openSqliteStore(copy);
  try {
    return told(await readAll(store));
  } finally {
    await store.close();
  }
}
