import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { StoreFlaw } from '../../../src/store/store.ts';
import { blobOf, Feed, keyOf, loose, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect } from '../contract/scene.ts';

const WORD = 'xyzzyplugh';

/** A store with something of everything: two sessions, several blocks, two generations, a replaced derivation. */
async function makeStore(path: string): Promise<void> {
  const store = openSqliteStore(path);
  const feed = new Feed('f', 'a');
  const output = blobOf(`${WORD} output`, 'text/plain');
  const sideFiles = [{ name: 'out.txt', sha256: output.sha256 }];
  const links = [{ key: keyOf('a'), parent: { nativeId: 'p', relation: 'fork' } as const }];
  const offsets = [{ consumer: 'search', position: 1, state: {} }];
  const extras = { facts: { cwd: `/w/${WORD}` }, blobs: [output], sideFiles };
  await store.append([feed.read([say('a', 'r0', WORD)])]);
  const said = [say('a', 'r1', `${WORD} 1`), say('a', 'r2', `${WORD} 2`)];
  await store.append([feed.restart().read(said, { extras, links, offsets, sweep: true })]);
  await store.append([feed.read([say('a', 'r3', `${WORD} 3`)]), loose([say('b', 'r1', 'x'), say('b', 'r1', 'y')])]);
  await store.append([loose([say('c', 'r1', 'old')])]);
  await store.rederive([loose([say('c', 'r1', 'new')])]);
  await store.close();
}

async function flawsAfter(t: TestContext, damage: string): Promise<readonly StoreFlaw[]> {
  const path = `${temporaryFolder(t)}/kato.db`;
  await makeStore(path);
  const database = new DatabaseSync(path, { defensive: false });
  database.exec(damage);
  database.close();
  const store = openSqliteStore(path);
  const flaws = await collect(store.verify());
  await store.close();
  return flaws;
}

/** One flaw planted for each code. */
const damages: readonly (readonly [code: string, story: string, damage: string])[] = [
  [
    'file-damaged',
    'an index that does not hold what it should',
    `PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = replace(sql, 'first_seq', 'count') WHERE name = 'block_session'`,
  ],
  ['row-unreadable', 'facts that are no JSON', `UPDATE session SET facts = '{"cwd":'`],
  ['row-unreadable', 'a cursor that is no JSON', `UPDATE source SET cursor = ''`],
  ['row-orphaned', 'a link of no session', `INSERT INTO link VALUES (999, '{}', NULL)`],
  ['row-orphaned', 'bytes of no source', `UPDATE raw SET source = 999`],
  ['row-orphaned', 'blocks of no session', `DELETE FROM session WHERE native_id = 'b'`],
  ['seq-gap', 'a block that is gone', `DELETE FROM block WHERE position = 2`],
  ['seq-end', 'a session that should be longer', `UPDATE session SET last_seq = 99 WHERE native_id = 'b'`],
  ['position-overlap', 'a block in the place of another', `UPDATE block SET position = 3 WHERE position = 4`],
  ['position-counter', 'a counter that was set back', `UPDATE counter SET value = 2`],
  ['position-counter', 'a counter that is gone', `DELETE FROM counter`],
  [
    'position-end',
    'a session that says it ends elsewhere',
    `UPDATE session SET last_position = 1 WHERE native_id = 'b'`,
  ],
  ['block-changed', 'a block that says it came from elsewhere', `UPDATE block SET generation = 7 WHERE position = 2`],
  [
    'block-changed',
    'an event with another time',
    `UPDATE block SET body = CAST(replace(body, 'typed', 'agent') AS BLOB) WHERE position = 2`,
  ],
  ['block-unreadable', 'a block that is no JSON', `UPDATE block SET body = x'7b0a' WHERE position = 2`],
  ['block-unreadable', 'a block that cannot be unpacked', `UPDATE block SET packed = 1 WHERE position = 2`],
  ['block-count', 'a block with too few events', `UPDATE block SET body = x'' WHERE position = 2`],
  ['identity-missing', 'an event that nobody knows', `DELETE FROM identity WHERE seq = 2`],
  ['identity-extra', 'an identity without an event', `INSERT INTO identity VALUES (1, x'00', 0, x'00', 3, 0, 0, 0)`],
  ['content-changed', 'an event that says something else', `UPDATE identity SET content = zeroblob(8) WHERE seq = 2`],
  ['raw-changed', 'bytes that were changed', `UPDATE raw SET data = zeroblob(length(data)) WHERE pk = 2`],
  [
    'raw-changed',
    'bytes of an earlier generation that were changed',
    `UPDATE raw SET data = zeroblob(length(data)) WHERE pk = 1`,
  ],
  ['raw-unreadable', 'bytes that cannot be unpacked', `UPDATE raw SET packed = 1 WHERE pk = 2`],
  ['raw-unreadable', 'bytes that are too few', `UPDATE raw SET data = x'00' WHERE pk = 2`],
  ['raw-gap', 'bytes that are missing in the middle', `DELETE FROM raw WHERE pk = 2`],
  ['raw-end', 'bytes that are missing at the end', `DELETE FROM raw WHERE pk = 3`],
  ['raw-end', 'all bytes of a source that are gone', `DELETE FROM raw`],
  ['blob-changed', 'a blob with other content', `UPDATE blob SET content = zeroblob(length(content))`],
  ['blob-missing', 'a blob that is gone', `DELETE FROM blob`],
  ['blob-missing', 'a side file whose content is gone', `DELETE FROM session_blob; DELETE FROM blob`],
];

describe('a check of the store', () => {
  it('finds nothing wrong with a healthy one', async (t) => assert.deepEqual(await flawsAfter(t, ''), []));
  for (const [code, story, damage] of damages) {
    it(`finds ${story}: ${code}`, async (t) => {
      const flaws = await flawsAfter(t, damage);
      assert.ok(
        flaws.some((flaw) => flaw.code === code),
        `found only ${flaws.map((flaw) => flaw.code)}`,
      );
      for (const { what } of flaws) assert.ok(!what.includes(WORD), 'a flaw holds words of a transcript');
    });
  }

  it('can be stopped, and made twice at once', async (t) => {
    const path = `${temporaryFolder(t)}/kato.db`;
    await makeStore(path);
    const database = new DatabaseSync(path);
    database.exec('UPDATE identity SET content = zeroblob(8)');
    database.close();
    const store = openSqliteStore(path);
    for await (const _flaw of store.verify()) break;
    const [first, second] = await Promise.all([collect(store.verify()), collect(store.verify())]);
    assert.ok(first.length > 3);
    assert.deepEqual(first, second);
    await store.append([loose([say('d', 'r1', 'still here')])]);
    await store.close();
  });
});
