/** An agent's database is read whatever the agent does with it, and nothing is written to it or beside it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { filesOf, type Look, readDatabase } from '../../src/platform/agent-database.ts';
import { nodeFiles } from '../../src/platform/node-files.ts';
import { temporaryFolder } from '../support/derive.ts';
import { HermesWriter } from '../support/hermes-writer.ts';

const look: Look = (path) => nodeFiles.stat(path);
const texts = (path: string, how = look) =>
  readDatabase(path, how, (database) =>
    database
      .sql('SELECT t FROM m ORDER BY id')
      .all()
      .map(({ t }) => t),
  );

/** All that is in the folder: names, bytes, and when each was last changed. */
function everything(path: string): unknown {
  const folder = dirname(path);
  return readdirSync(folder).map((name) => {
    const { mtimeMs, ino } = statSync(`${folder}/${name}`);
    return [
      name,
      createHash('sha256')
        .update(readFileSync(`${folder}/${name}`))
        .digest('hex'),
      mtimeMs,
      ino,
    ];
  });
}

/** Reads, and leaves everything as it was. */
function readsCleanly(path: string): unknown[] {
  const before = everything(path);
  const read = texts(path);
  assert.deepEqual(everything(path), before, 'something was written');
  return read;
}

async function written(t: TestContext, mode = 'wal') {
  const path = `${temporaryFolder(t)}/state.db`;
  const writer = await HermesWriter.open(t, path);
  await writer.run(`PRAGMA journal_mode = ${mode}; CREATE TABLE m (id INTEGER PRIMARY KEY, t TEXT)`);
  await writer.run("INSERT INTO m (t) VALUES ('one')");
  return { path, writer };
}

describe('a database that is written ahead', () => {
  it('is read beside its writer, up to the last commit', async (t) => {
    const { path, writer } = await written(t);
    assert.deepEqual(readsCleanly(path), ['one']);
    await writer.run("BEGIN; INSERT INTO m (t) VALUES ('two')");
    assert.deepEqual(readsCleanly(path), ['one']);
    await writer.run('COMMIT');
    assert.deepEqual(readsCleanly(path), ['one', 'two']);
  });

  it('is read when its log has been taken over, and when that begins anew', async (t) => {
    const { path, writer } = await written(t);
    for (const [index, kind] of ['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'].entries()) {
      await writer.run(`PRAGMA wal_checkpoint(${kind})`);
      assert.equal(readsCleanly(path).length, index + 1, kind);
      await writer.run(`INSERT INTO m (t) VALUES ('after ${kind}')`);
      assert.equal(readsCleanly(path).at(-1), `after ${kind}`);
    }
  });

  it('is read after its writer was killed, with the log as it was left', async (t) => {
    const { path, writer } = await written(t);
    await writer.kill();
    assert.deepEqual(readdirSync(dirname(path)), ['state.db', 'state.db-shm', 'state.db-wal']);
    assert.deepEqual(readsCleanly(path), ['one']);
  });

  it('is read when it was closed, and no log is made', async (t) => {
    const { path, writer } = await written(t);
    await writer.run('close');
    assert.deepEqual(readdirSync(dirname(path)), ['state.db']);
    assert.deepEqual(readsCleanly(path), ['one']);
  });

  it('is not read without what its log has, when the index of that is gone', async (t) => {
    const { path, writer } = await written(t);
    await writer.kill();
    rmSync(`${path}-shm`);
    const before = everything(path);
    assert.throws(() => texts(path), { code: 'SQLITE_CANTOPEN' });
    assert.deepEqual(everything(path), before);
  });

  it('can be closed by its writer while nobody reads, though it was read', async (t) => {
    const { path, writer } = await written(t);
    texts(path);
    await writer.run('close');
    assert.deepEqual(readdirSync(dirname(path)), ['state.db']);
  });
});

it('a database with a rollback journal is read beside its writer', async (t) => {
  const { path, writer } = await written(t, 'delete');
  assert.deepEqual(readsCleanly(path), ['one']);
  await writer.run("BEGIN; INSERT INTO m (t) VALUES ('two')");
  assert.deepEqual(texts(path), ['one']);
});

describe('what cannot be read', () => {
  it('has a code of SQLite, and none of its words', (t) => {
    const path = `${temporaryFolder(t)}/state.db`;
    writeFileSync(path, 'a secret that is no database '.repeat(50));
    assert.throws(() => texts(path), { code: 'SQLITE_NOTADB', message: 'SQLITE_NOTADB: cannot read the database' });
    assert.throws(() => texts(`${path}x`), { code: 'ENOENT' });
  });

  it('is a file that becomes another one, or is not alone any more, each time it is read', async (t) => {
    const { path, writer } = await written(t);
    await writer.run('close');
    let looks = 0;
    const replaced: Look = (one) => {
      const stat = look(one);
      return stat && one === path ? { ...stat, inode: String(looks++) } : stat;
    };
    assert.throws(() => texts(path, replaced), { code: 'EBUSY' });
    const touched: Look = (one) => {
      const stat = look(one);
      return stat && one === path ? { ...stat, modifiedNs: String(looks++) } : stat;
    };
    assert.throws(() => texts(path, touched), { code: 'EBUSY' });
    assert.equal(filesOf(path)[1], `${path}-wal`);
  });
});
