import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, watch } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { KatoError } from '../../../src/core/errors.ts';
import { settleScrub } from '../../../src/store/sqlite/forget.ts';
import { openDatabase } from '../../../src/store/sqlite/open.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../../src/store/store.ts';
import { blobOf, Feed, keyOf, loose, type Said, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, readAll, told } from '../contract/scene.ts';

const WORD = 'xyzzyplugh';
const MOVES = 300;

/** Files of the folder that hold these bytes. The store must not be open in this process: its locks would be lost. */
function filesWith(folder: string, needle: string | Uint8Array): string[] {
  return readdirSync(folder).filter((name) => readFileSync(`${folder}/${name}`).includes(needle));
}

/** Text that cannot be packed, about as long as is said, with the word in it. */
function secret(length: number): string {
  const noise = randomBytes(length).toString('base64').slice(0, length);
  return `${noise.slice(0, length / 2)} ${WORD} ${noise.slice(length / 2)}`;
}

/** Takes in a session with the word in everything that a store keeps, between two others. */
async function plant(store: TranscriptStore, readings: number, lengthOf: (n: number) => number): Promise<void> {
  const feeds = ['a', 'b', 'c'].map((session) => ({ session, feed: new Feed(session, session) }));
  for (let n = 0; n < readings; n++) {
    for (const { session, feed } of feeds) {
      const words = (length: number) => (session === 'b' ? secret(length) : randomBytes(length).toString('hex'));
      const said: Said[] = [say(session, `r${n}`, words(lengthOf(n)))];
      const output = blobOf(words(lengthOf(n + 1)), 'text/plain');
      const facts = { title: { text: words(n), from: 'user' }, cwd: words(3 * n) } as const;
      const sideFiles = [{ name: words(8), sha256: output.sha256 }];
      const links = [{ key: keyOf(session), parent: { nativeId: 'p', relation: 'fork', record: words(9) } as const }];
      const extras = { facts, blobs: [output], sideFiles, packed: n % 2 === 0 };
      await store.append([feed.read(said, { extras, links, packed: n % 3 === 0 })]);
    }
  }
}

describe('a forgotten word', () => {
  it('is in no file of the store, whatever was stored around it', async (t) => {
    for (let round = 0; round < 12; round++) {
      const folder = temporaryFolder(t);
      const store = openSqliteStore(`${folder}/kato.db`);
      await plant(store, 25, (n) => (n * 137 * (round + 1)) % (n % 4 === 0 ? 6000 : 400));
      await store.forget(keyOf('b'));
      const copies = filesIn(folder);
      assert.deepEqual(copies.filter((copy) => copy.includes(WORD)).length, 0);
      assert.deepEqual(await collect(store.verify()), []);
      await store.close();
      assert.deepEqual(filesWith(folder, WORD), []);
    }
  });

  it('is not in the slack of pages whose rows have moved', async (t) => {
    const folder = temporaryFolder(t);
    const store = openSqliteStore(`${folder}/kato.db`);
    for (let n = 0; n < MOVES; n++) {
      const session = `${n % 2 === 0 ? 'b' : 'a'}${(n * 7) % 40}`;
      const text = `${`${session.startsWith('b') ? WORD : 'elsewhere'} `.repeat(5 + ((n * 31) % 60))}${n}`;
      const facts = { title: { text, from: 'user' } } as const;
      const sideFiles = [{ name: text, sha256: blobOf('x').sha256 }];
      await store.append([loose([say(session, `r${n}`, 'x')], { extras: { facts, sideFiles } })]);
    }
    await store.forget(...Array.from({ length: 40 }, (_, n) => keyOf(`b${n}`)));
    await store.close();
    assert.deepEqual(filesWith(folder, WORD), []);
  });

  it('is in no temporary file outside the folder of the store', async (t) => {
    const folder = temporaryFolder(t);
    const store = openSqliteStore(`${folder}/kato.db`);
    await store.append([loose([say('a', 'r1', randomBytes(6_000_000).toString('hex')), say('b', 'r1', WORD)])]);
    const made: (string | null)[] = [];
    const watcher = watch(folder, (_, name) => made.push(name));
    await store.forget(keyOf('b'));
    const until = Date.now() + 5000;
    while (!made.some((name) => name?.startsWith('etilqs_')) && Date.now() < until) await setTimeout(10);
    watcher.close();
    await store.close();
    assert.ok(
      made.some((name) => name?.startsWith('etilqs_')),
      'SQLite made its copy beside the store',
    );
  });

  it('is in no file in its packed form either', async (t) => {
    const folder = temporaryFolder(t);
    const path = `${folder}/kato.db`;
    const store = openSqliteStore(path);
    const text = `${WORD} `.repeat(300) + secret(2000);
    const feed = new Feed('f', 'b');
    await store.append([
      feed.read([say('b', 'r1', text)], { packed: true, extras: { blobs: [blobOf(text, 'text/x')] } }),
    ]);
    await store.append([loose([say('a', 'r1', 'kept')])]);
    await store.close();
    const packed = packedRows(path);
    assert.deepEqual(packed.length, 3);
    for (const bytes of packed) assert.deepEqual(filesWith(folder, bytes), ['kato.db']);
    const again = openSqliteStore(path);
    await again.forget(keyOf('b'));
    await again.close();
    for (const bytes of packed) assert.deepEqual(filesWith(folder, bytes), []);
    assert.deepEqual(filesWith(folder, WORD), []);
  });

  it('leaves everything else readable, in its place', async (t) => {
    const store = openSqliteStore(`${temporaryFolder(t)}/kato.db`);
    await plant(store, 10, () => 300);
    const before = (await readAll(store)).filter(({ event }) => event.session.nativeId !== 'b');
    await store.forget(keyOf('b'));
    assert.deepEqual(await readAll(store), before);
    await store.append([loose([say('d', 'r1', 'next')])]);
    assert.deepEqual(
      (await readAll(store, { after: 30 })).map(({ position }) => position),
      [31],
    );
    await store.close();
  });
});

describe('forgetting that cannot be finished', () => {
  it('says so when another reader keeps the text in the log, and is finished by doing it again', async (t) => {
    const { folder, store, reader } = await halfForgotten(t);
    assert.deepEqual(told(await readAll(store)), ['1 kept']);
    assert.equal(isPlanted(folder), true);
    reader.close();
    await store.forget(keyOf('b'));
    assert.equal(isPlanted(folder), false);
    assert.deepEqual(owedIn(folder), []);
    await store.close();
  });

  it('is finished by forgetting another session', async (t) => {
    const { folder, store, reader } = await halfForgotten(t);
    reader.close();
    await store.forget(keyOf('never seen'));
    assert.equal(isPlanted(folder), false);
    await store.close();
  });

  it('is finished when the store is opened', async (t) => {
    const { folder, store, reader } = await halfForgotten(t);
    const other = openSqliteStore(`${folder}/kato.db`);
    assert.equal(owedIn(folder).length, 1, 'not while the reader is there');
    assert.equal(isPlanted(folder), true);
    reader.close();
    const another = openSqliteStore(`${folder}/kato.db`);
    assert.equal(isPlanted(folder), false);
    assert.deepEqual(owedIn(folder), []);
    for (const open of [store, other, another]) await open.close();
  });

  it('leaves the note of a process that forgot meanwhile', async (t) => {
    const { folder, store, reader } = await halfForgotten(t);
    const database = openDatabase(`${folder}/kato.db`);
    settleScrub(database, 'a note of before');
    database.raw.close();
    assert.equal(owedIn(folder).length, 1);
    reader.close();
    await store.close();
  });

  it('owes nothing when there was nothing to delete', async (t) => {
    const folder = temporaryFolder(t);
    const store = openSqliteStore(`${folder}/kato.db`);
    await store.append([loose([say('a', 'r1', 'kept')])]);
    const reader = reading(`${folder}/kato.db`);
    await store.forget(keyOf('b'));
    reader.close();
    await store.close();
  });

  it('says that the disk is full, and is finished when there is room', async (t) => {
    const folder = temporaryFolder(t);
    const store = openSqliteStore(`${folder}/kato.db`);
    await store.append([loose([say('b', 'r1', secret(50)), say('a', 'r1', 'kept')])]);
    const failure = Object.assign(new Error('database or disk is full'), { errcode: 13 });
    const exec = DatabaseSync.prototype.exec;
    t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
      if (sql.includes('VACUUM')) throw failure;
      return exec.call(this, sql);
    });
    await assert.rejects(store.forget(keyOf('b')), /the session is forgotten, but .*: the disk is full$/);
    const other = openSqliteStore(`${folder}/kato.db`);
    assert.equal(owedIn(folder).length, 1);
    t.mock.restoreAll();
    await other.forget(keyOf('b'));
    assert.equal(isPlanted(folder), false);
    assert.deepEqual(owedIn(folder), []);
    for (const open of [store, other]) await open.close();
  });
});

/** A store whose session `b` is deleted but not scrubbed, because of this reader. */
async function halfForgotten(t: { after(fn: () => void): void }) {
  const folder = temporaryFolder(t);
  const store = openSqliteStore(`${folder}/kato.db`);
  await store.append([loose([say('b', 'r1', secret(50)), say('a', 'r1', 'kept')])]);
  const reader = reading(`${folder}/kato.db`);
  await assert.rejects(store.forget(keyOf('b')), (error) => error instanceof KatoError && error.code === 'store-busy');
  return { folder, store, reader };
}

function reading(path: string): DatabaseSync {
  const reader = new DatabaseSync(path, { readOnly: true });
  reader.exec('BEGIN; SELECT count(*) FROM block');
  return reader;
}

function isPlanted(folder: string): boolean {
  return filesIn(folder).some((copy) => copy.includes(WORD));
}

function owedIn(folder: string): unknown[] {
  const database = new DatabaseSync(`${folder}/kato.db`, { readOnly: true });
  const rows = database.prepare('SELECT state FROM consumer_offset').all();
  database.close();
  return rows;
}

/** What the files hold while the store is open: read by another process, so that no lock of this one is lost. */
function filesIn(folder: string): Buffer[] {
  return readdirSync(folder).map((name) => execFileSync('cat', [`${folder}/${name}`], { maxBuffer: 1 << 28 }));
}

/** From the middle of every packed value: long enough to be found nowhere by chance. */
function packedRows(path: string): Uint8Array[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const sql = `SELECT body AS bytes FROM block WHERE packed UNION ALL SELECT data FROM raw WHERE packed
    UNION ALL SELECT content FROM blob WHERE packed`;
  const rows = database.prepare(sql).all();
  database.close();
  return rows.map(({ bytes }) => (bytes as Uint8Array).subarray(200, 232));
}
