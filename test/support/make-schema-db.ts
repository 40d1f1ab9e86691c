/**
 * Makes the stored database of the present schema, from which the tests of later schemas start:
 *
 *     node test/support/make-schema-db.ts
 *
 * To be run once, when a schema is released. It does not replace a file that is there: what was released is history.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { migrations } from '../../src/store/migrations/index.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { blobOf, Feed, keyOf, loose, recordOf, say } from './batches.ts';
import { describeContent } from './store-content.ts';

const path = new URL(`../fixtures/store/schema-${migrations.length}.db`, import.meta.url).pathname;
if (existsSync(path)) throw new Error(`${path} is there already`);

const store = openSqliteStore(path);
const [feed, other] = [new Feed('f', 'a'), new Feed('g', 'a')];
const output = blobOf('the complete output of a tool\n'.repeat(40), 'text/plain');
const facts = { title: { text: 'Count the sheep', from: 'agent' }, cwd: '/home/ada/farm', spoken: true } as const;
const extras = { facts, blobs: [output], sideFiles: [{ name: 'out.txt', sha256: output.sha256 }] };
const at = '2026-01-02T03:04:05.678Z';
await store.append([
  feed.read([say('a', 'r1', 'How many sheep?', { at }), say('a', 'r2', 'Three.', { origin: 'agent', model: 'm-1' })], {
    extras,
    quarantined: [{ offset: 0, bytes: 4, reason: 'nul' }],
    flaws: [{ code: 'nul-bytes', count: 1 }],
    noise: '\0\0\0\0\n',
  }),
  other.read([say('a', 'r2', 'Three.', { origin: 'agent', model: 'm-1' }), say('a', 'r3', 'And goats?')]),
]);
await store.append([
  feed.restart().read([say('a', 'r2', 'Four.', { origin: 'agent', model: 'm-1' })], { sweep: true }),
]);
const superseded = [{ key: keyOf('a'), records: [recordOf('a', 'r3')], inForce: false }];
const parent = { nativeId: 'a', relation: 'fork' } as const;
const links = [{ key: keyOf('b'), parent, resolved: { parentSeq: 2, copied: [[1, 1]] as const } }];
const offsets = [{ consumer: 'search', position: 2, state: { words: 7 } }];
await store.append([loose([say('b', 'r1', 'How many sheep?'), say('c', 'r1', 'old')], { superseded, links, offsets })]);
await store.rederive([loose([say('c', 'r1', 'new')])]);
await store.append([loose([say('d', 'r1', 'to be forgotten')])]);
await store.forget(keyOf('d'));
const content = await describeContent(store);
await store.close();
// As a rollback journal leaves it: without a log beside it.
const database = new DatabaseSync(path);
database.exec('PRAGMA journal_mode=DELETE; VACUUM');
database.close();
writeFileSync(path.replace(/\.db$/, '.json'), `${JSON.stringify(content, null, 1)}\n`);
