import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { migrations } from '../../src/store/migrations/index.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { loose, say } from '../support/batches.ts';
import { temporaryFolder } from '../support/derive.ts';
import { describeContent } from '../support/store-content.ts';
import { collect, readAll } from './contract/scene.ts';

const FIXTURES = new URL('../fixtures/store/', import.meta.url).pathname;

function query(path: string, sql: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows;
}

/** Tables and indexes, however they came to be. */
const SCHEMA = `SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name`;

for (const [index] of migrations.entries()) {
  const schema = index + 1;
  const stored = `${FIXTURES}schema-${schema}.db`;

  describe(`a store of schema ${schema}`, () => {
    it('is among the fixtures', () => {
      assert.ok(existsSync(stored), 'run test/support/make-schema-db.ts, once');
      assert.deepEqual(
        query(stored, 'PRAGMA user_version').map((row) => Object.values(row as object)),
        [[schema]],
      );
    });

    it('is read as it was written', async (t) => {
      const path = `${temporaryFolder(t)}/kato.db`;
      copyFileSync(stored, path);
      const store = openSqliteStore(path);
      const expected = JSON.parse(readFileSync(`${FIXTURES}schema-${schema}.json`, 'utf8'));
      assert.deepEqual(JSON.parse(JSON.stringify(await describeContent(store))), expected);
      assert.deepEqual(await collect(store.verify()), []);
      await store.close();
    });

    it('goes on where it was', async (t) => {
      const path = `${temporaryFolder(t)}/kato.db`;
      copyFileSync(stored, path);
      const store = openSqliteStore(path);
      const before = await readAll(store);
      const head = await store.head();
      await store.append([loose([say('b', 'r1', 'How many sheep?'), say('b', 'r9', 'new')])]);
      const after = await readAll(store);
      assert.deepEqual(after.slice(0, -1), before);
      assert.equal(after.at(-1)?.position, head + 1);
      await store.close();
    });

    it('becomes a store like a new one', async (t) => {
      const folder = temporaryFolder(t);
      copyFileSync(stored, `${folder}/old.db`);
      for (const name of ['old', 'new']) await openSqliteStore(`${folder}/${name}.db`).close();
      assert.deepEqual(query(`${folder}/old.db`, SCHEMA), query(`${folder}/new.db`, SCHEMA));
      const version = query(`${folder}/old.db`, 'PRAGMA user_version').map((row) => Object.values(row as object));
      assert.deepEqual(version, [[migrations.length]]);
    });

    it('is small enough to be kept', () => assert.ok(statSync(stored).size < 300_000));
  });
}
