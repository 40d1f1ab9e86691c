/** A damaged file: it is refused, or its damage is named. It is never read as if it were whole. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KatoError } from '../../../src/core/errors.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../../src/store/store.ts';
import { blobOf, Feed, loose, type Said, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, rawText, readAll } from '../contract/scene.ts';

const source = new Feed('f').id;
const image = blobOf('\u0089PNG '.repeat(60));

async function makeStore(path: string): Promise<void> {
  const store = openSqliteStore(path);
  const feed = new Feed('f', 'a');
  const said = (from: number, count: number): Said[] =>
    Array.from({ length: count }, (_, n) => say('a', `r${from + n}`, `line ${from + n} of what was said`));
  await store.append([feed.read(said(0, 5), { extras: { facts: { cwd: '/w' }, blobs: [image] } })]);
  await store.append([feed.read(said(5, 40), { packed: true }), loose([say('b', 'r1', 'short')])]);
  for (let n = 0; n < 30; n++) await store.append([feed.read(said(50 + n, 1))]);
  await store.close();
}

/** What must never be read wrongly. */
async function contentOf(store: TranscriptStore): Promise<unknown> {
  const blob = await store.blob(image.sha256);
  const kept = blob && Buffer.from(blob.content).toString('hex');
  return [await readAll(store), await readAll(store, { view: 'written' }), rawText(store, source), kept];
}

/** The content that is read when nothing is found to be wrong; absent when something is. */
async function readUnlessDamaged(path: string): Promise<unknown> {
  let store: TranscriptStore | undefined;
  try {
    store = openSqliteStore(path);
    const content = await contentOf(store);
    return (await collect(store.verify())).length > 0 ? undefined : content;
  } catch (error) {
    assert.ok(error instanceof KatoError, 'the failure is not one that a caller can understand');
    assert.notEqual(error.code, 'internal');
    return undefined;
  } finally {
    await store?.close();
  }
}

/** Damages copies of one store in many ways. Returns how many went unnoticed, which is well where nothing was hit. */
async function damageAll(folder: string, count: number, damage: (bytes: Buffer, n: number) => Buffer) {
  const whole = `${folder}/kato.db`;
  await makeStore(whole);
  const bytes = readFileSync(whole);
  const store = openSqliteStore(whole);
  const expected = await contentOf(store);
  await store.close();
  let unnoticed = 0;
  for (let n = 0; n < count; n++) {
    const path = `${folder}/${n}.db`;
    writeFileSync(path, damage(Buffer.from(bytes), n));
    const found = await readUnlessDamaged(path);
    if (found === undefined) continue;
    assert.deepEqual(found, expected, `damage ${n} is read as if nothing had happened`);
    unnoticed += 1;
  }
  return unnoticed;
}

/** Numbers without any order, the same each time. */
function scattered(n: number, below: number): number {
  return (Math.imul(n + 1, 0x9e3779b1) >>> 0) % below;
}

describe('a damaged store', () => {
  it('is not read as if it were whole when a bit is flipped anywhere', async (t) => {
    const unnoticed = await damageAll(temporaryFolder(t), 400, (bytes, n) => {
      const at = scattered(n, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (n % 8));
      return bytes;
    });
    assert.ok(unnoticed < 300, 'hardly any of the flips hit anything: the test has become blind');
  });

  it('is not read as if it were whole when a sector was never written', async (t) => {
    await damageAll(temporaryFolder(t), 120, (bytes, n) => {
      const from = 512 * (n % (bytes.length / 512));
      return bytes.fill(0, from, from + 512);
    });
  });

  it('is not read as if it were whole when its end is missing', async (t) => {
    await damageAll(temporaryFolder(t), 60, (bytes, n) => bytes.subarray(0, scattered(n, bytes.length)));
  });

  it('is read up to the last whole commit when the end of its log is torn', async (t) => {
    const folder = temporaryFolder(t);
    const store = openSqliteStore(`${folder}/kato.db`);
    for (let n = 0; n < 20; n++) await store.append([loose([say('a', `r${n}`, `line ${n}`)])]);
    // By another process: to open a live store's files in this one would drop its locks.
    const [file = '', log = ''] = ['kato.db', 'kato.db-wal'].map((name) => execFileSync('cat', [`${folder}/${name}`]));
    const all = await readAll(store);
    await store.close();
    for (let n = 0; n < 40; n++) {
      writeFileSync(`${folder}/torn.db`, file);
      writeFileSync(`${folder}/torn.db-wal`, log);
      truncateSync(`${folder}/torn.db-wal`, scattered(n, log.length));
      const torn = openSqliteStore(`${folder}/torn.db`);
      const events = await readAll(torn);
      assert.deepEqual(events, all.slice(0, events.length));
      assert.deepEqual(await collect(torn.verify()), []);
      await torn.close();
    }
  });
});
