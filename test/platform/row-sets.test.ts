/** What row sets tell of a database: when there is news, and that a damaged one is never more than unreadable. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { readingFailure } from '../../src/ingest/reading-failure.ts';
import { openDatabaseFolders } from '../../src/platform/database-folders.ts';
import { nodeFiles } from '../../src/platform/node-files.ts';
import { databaseShapes } from '../../src/providers/registry.ts';
import { Random } from '../bench/random.ts';
import { temporaryFolder } from '../support/derive.ts';
import { HermesDatabase } from '../support/hermes-database.ts';

const T = 1_777_623_300;

function database(t: TestContext, sessions: readonly string[], messages: number): HermesDatabase {
  const made = new HermesDatabase(`${temporaryFolder(t)}/state.db`);
  t.after(() => made.sql.isOpen && made.sql.close());
  const rows = Array.from({ length: messages }, (_, index) => ({
    ...{
      session_id: sessions[index % sessions.length] ?? '',
      role: 'user',
      content: `word ${index}`,
      timestamp: T + index,
    },
  }));
  return made.add({ sessions: sessions.map((id) => ({ id })), messages: rows });
}

const opened = () => openDatabaseFolders(nodeFiles, databaseShapes).files;

describe('a row set', () => {
  it('has times of its session, rows for a size, and a name that may hold anything', (t) => {
    const { path } = database(t, ['agent:main/äö', '.', 'plain'], 7);
    const names = opened()
      .list(path)
      .map(({ name }) => name);
    assert.deepEqual(names, ['..rows', 'agent%3Amain%2F%C3%A4%C3%B6.rows', 'plain.rows']);
    const stat = opened().stat(`${path}/plain.rows`);
    assert.deepEqual([stat?.sizeBytes, stat?.modifiedNs, stat?.birthNs], [3, `${T + 5}000000000`, `${T}000000000`]);
    assert.equal(opened().openRows(`${path}/${names[1]}`)?.page(0, 1e6).length, 3);
  });

  it('differs when its own rows differ, near the end or in number, and else not', (t) => {
    const made = database(t, ['a', 'b'], 3_000);
    const files = opened();
    const changed = () => ['a', 'b'].map((id) => files.stat(`${made.path}/${id}.rows`)?.changedNs);
    const look = () => {
      files.list(made.path);
      return changed();
    };
    const [a, b] = look();
    made.sql.exec("UPDATE messages SET content = 'WORD 2998' WHERE content = 'word 2998'");
    const edited = look();
    assert.notEqual(edited[0], a);
    assert.equal(edited[1], b);
    made.sql.exec('DELETE FROM messages WHERE id = 2');
    const deleted = look();
    assert.equal(deleted[0], edited[0]);
    assert.notEqual(deleted[1], b);
    made.sql.exec("UPDATE sessions SET title = 'a title' WHERE id = 'a'");
    assert.notEqual(look()[0], edited[0]);
    assert.equal(changed()[1], deleted[1]);
  });

  it('tells of its folder when it comes, and no more when it only grows', (t) => {
    const made = database(t, ['a'], 600);
    const { path } = made;
    const files = opened();
    const came = files.entriesChangedNs(path);
    while (BigInt(Date.now()) * 1_000_000n <= BigInt(came ?? 0)); // Until the clock has gone on.
    made.add({ messages: [{ session_id: 'a', role: 'user', content: 'more', timestamp: 1 }] });
    assert.equal(files.entriesChangedNs(path), came);
    made.add({ messages: [{ session_id: 'b', role: 'user', content: 'new', timestamp: 1 }] });
    assert.notEqual(files.entriesChangedNs(path), came);
  });

  it('is not there when the database, its tables or its rows are not', (t) => {
    const { path, sql } = database(t, ['a'], 1);
    for (const gone of [`${path}/b.rows`, `${path}/a`, `${path}x/a.rows`]) {
      assert.equal(opened().stat(gone), undefined);
      assert.equal(opened().openRows(gone), undefined);
    }
    sql.exec('DELETE FROM messages');
    assert.equal(opened().stat(`${path}/a.rows`), undefined);
  });
});

it('a database that is damaged gives what can be read of it, or an error of that file', (t) => {
  const made = database(t, ['a', 'b', 'c'], 900);
  made.sql.close();
  const whole = readFileSync(made.path);
  const random = new Random(7);
  let unreadable = 0;
  for (let round = 0; round < 80; round++) {
    const damaged = Buffer.from(whole.subarray(0, round % 4 === 0 ? random.below(whole.length) : whole.length));
    for (let hit = 0; hit < 1 + (round % 5) * 20; hit++) damaged[random.below(damaged.length)] = random.below(256);
    writeFileSync(made.path, damaged);
    const files = opened();
    try {
      for (const { name } of files.list(made.path)) {
        const rows = files.openRows(`${made.path}/${name}`);
        rows?.heads();
        for (let page = rows?.page(0, 4096) ?? []; page.length > 0; )
          page = rows?.page(Number(page.at(-1)?.key), 4096) ?? [];
      }
    } catch (error) {
      unreadable += 1;
      assert.notEqual(readingFailure(error), undefined, `round ${round}: ${error instanceof Error ? error.name : ''}`);
      assert.doesNotMatch(String(error), /word/);
    }
  }
  assert.ok(unreadable > 0 && unreadable < 80);
});
