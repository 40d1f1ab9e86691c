import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { KatoError } from '../../../src/core/errors.ts';
import { isWalSafe, openDatabase } from '../../../src/store/sqlite/open.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { loose, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { giveAway, withoutPrivileges } from '../../support/unprivileged.ts';
import { readAll, told } from '../contract/scene.ts';

/** Opening must fail with this code, say what to do, and leave the file as it is, byte for byte. */
function assertRefused(path: string, code: string): void {
  const before = readFileSync(path);
  assert.throws(
    () => openSqliteStore(path),
    (error) => error instanceof KatoError && error.code === code && error.hint !== undefined,
  );
  assert.ok(before.equals(readFileSync(path)), 'the file was touched');
}

async function makeStore(path: string): Promise<void> {
  const store = openSqliteStore(path);
  await store.append([loose([say('a', 'r1', 'one')])]);
  await store.close();
}

describe('opening a store', () => {
  it('makes files that only their owner can read', async (t) => {
    const folder = temporaryFolder(t);
    const store = openSqliteStore(`${folder}/kato.db`);
    await store.append([loose([say('a', 'r1', 'one')])]);
    const modes = readdirSync(folder).map((name) => [name, statSync(`${folder}/${name}`).mode & 0o777]);
    assert.deepEqual(
      modes.map(([, mode]) => mode),
      modes.map(() => 0o600),
    );
    assert.ok(modes.some(([name]) => name === 'kato.db-wal'));
    await store.close();
    assert.deepEqual(readdirSync(folder), ['kato.db']);
  });

  it('does so whatever the umask', async (t) => {
    const folder = temporaryFolder(t);
    const before = process.umask(0);
    try {
      await openSqliteStore(`${folder}/kato.db`).close();
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(`${folder}/kato.db`).mode & 0o777, 0o600);
  });

  it('takes an empty file for a new store: a crash may have left it', async (t) => {
    const path = `${temporaryFolder(t)}/kato.db`;
    writeFileSync(path, '');
    await makeStore(path);
    const store = openSqliteStore(path);
    assert.deepEqual(told(await readAll(store)), ['1 one']);
    await store.close();
  });

  it('rolls back what a killed process had begun to write', async (t) => {
    const folder = temporaryFolder(t);
    const other = new DatabaseSync(`${folder}/begun.db`);
    other.exec('PRAGMA cache_size=1; BEGIN IMMEDIATE; CREATE TABLE t (x)');
    for (let n = 0; n < 50; n++) other.exec('INSERT INTO t VALUES (zeroblob(4000))');
    copyFileSync(`${folder}/begun.db`, `${folder}/kato.db`);
    copyFileSync(`${folder}/begun.db-journal`, `${folder}/kato.db-journal`);
    other.close();
    await makeStore(`${folder}/kato.db`);
    const store = openSqliteStore(`${folder}/kato.db`);
    assert.deepEqual(told(await readAll(store)), ['1 one']);
    await store.close();
  });

  it('commits to the disk before it says so', (t) => {
    const database = openDatabase(`${temporaryFolder(t)}/kato.db`);
    const pragma = (name: string) => Object.values(database.raw.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    assert.deepEqual(
      ['journal_mode', 'synchronous', 'secure_delete', 'trusted_schema', 'cell_size_check'].map(pragma),
      ['wal', 2, 1, 0, 1],
    );
    database.raw.close();
  });
});

describe('a file that is not a store', () => {
  it('is refused when it is no database', (t) => {
    const path = `${temporaryFolder(t)}/kato.db`;
    writeFileSync(path, 'a note that somebody keeps here\n'.repeat(100));
    assertRefused(path, 'store-corrupt');
  });

  it("is refused when it is another program's database, whatever its version", (t) => {
    for (const version of [0, 1, 99]) {
      const path = `${temporaryFolder(t)}/kato.db`;
      const database = new DatabaseSync(path);
      database.exec(
        `CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine'); PRAGMA user_version=${version}`,
      );
      database.close();
      assertRefused(path, 'store-corrupt');
    }
  });

  it('is refused when it is a folder', (t) => {
    const path = `${temporaryFolder(t)}/kato.db`;
    mkdirSync(path);
    assert.throws(
      () => openSqliteStore(path),
      (error) => error instanceof KatoError && error.code === 'store-failed',
    );
  });

  it('is named in the message, with what to do', (t) => {
    const path = `${temporaryFolder(t)}/kato.db`;
    writeFileSync(path, 'x'.repeat(5000));
    assert.throws(
      () => openSqliteStore(path),
      (error) => error instanceof KatoError && error.message.includes(path),
    );
  });
});

describe('a store of a later kato', () => {
  it('is refused, and stays as it is', async (t) => {
    const path = `${temporaryFolder(t)}/kato.db`;
    await makeStore(path);
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version=1000');
    database.close();
    assertRefused(path, 'store-newer');
  });

  it('is refused while that later kato has it open', async (t) => {
    const path = `${temporaryFolder(t)}/kato.db`;
    await makeStore(path);
    const later = new DatabaseSync(path);
    later.exec('PRAGMA user_version=1000');
    const log = readFileSync(`${path}-wal`);
    assertRefused(path, 'store-newer');
    assert.ok(log.equals(readFileSync(`${path}-wal`)));
    later.close();
  });
});

describe('a build of SQLite that cannot share a log', () => {
  const safe = ['3.44.6', '3.44.12', '3.50.7', '3.51.3', '3.51.10', '3.52.0', '3.53.4', '3.100.0', '4.0.0'];
  const unsafe = ['3.7.0', '3.44.5', '3.45.0', '3.49.2', '3.50.6', '3.51.0', '3.51.2', '2.8.17', '', '0', 'unknown'];
  for (const version of safe) it(`is not ${version}`, () => assert.equal(isWalSafe(version), true));
  for (const version of unsafe)
    it(`is ${version || 'one without a version'}`, () => assert.equal(isWalSafe(version), false));

  it('gets the file for itself alone', (t) => {
    const path = `${temporaryFolder(t)}/kato.db`;
    const old = openDatabase(path, '3.51.2');
    assert.match(old.exclusive ?? '', /3\.51\.2/);
    const other = new DatabaseSync(path, { timeout: 0 });
    assert.throws(() => other.prepare('SELECT count(*) FROM session').get(), /locked/);
    other.close();
    old.raw.close();
  });

  it('is not the one that this kato runs on', (t) => {
    const database = openDatabase(`${temporaryFolder(t)}/kato.db`);
    assert.equal(database.exclusive, undefined);
    database.raw.close();
  });
});

describe('a place that cannot be written', () => {
  const isRefused = (error: unknown) => error instanceof KatoError && error.code === 'store-failed' && !!error.hint;

  it('is an error when there is no store yet', async (t) => {
    const folder = temporaryFolder(t);
    giveAway(folder);
    chmodSync(folder, 0o500);
    await withoutPrivileges(() => assert.throws(() => openSqliteStore(`${folder}/kato.db`), isRefused));
  });

  it('is an error when there is one, which stays as it is', async (t) => {
    const folder = temporaryFolder(t);
    const path = `${folder}/kato.db`;
    await makeStore(path);
    const before = readFileSync(path);
    giveAway(folder, path);
    chmodSync(path, 0o400);
    chmodSync(folder, 0o500);
    await withoutPrivileges(() => assert.throws(() => openSqliteStore(path), isRefused));
    assert.ok(before.equals(readFileSync(path)));
  });
});

it('a folder that does not exist is an error that says so', (t) => {
  assert.throws(
    () => openSqliteStore(`${temporaryFolder(t)}/nowhere/kato.db`),
    (error) => error instanceof KatoError && error.code === 'store-failed' && /ENOENT/.test(error.message),
  );
});
