/** Dropping a session: it goes with its bytes, and may be taken in again. */
import assert from 'node:assert/strict';
import { blobOf, Feed, keyOf, loose, say } from '../../support/batches.ts';
import { type Check, told } from './scene.ts';

export function dropContract(check: Check): void {
  check('leaves nothing of a dropped session, and the others as they were', async (s) => {
    const [feed, other] = [new Feed('f', 'a'), new Feed('g', 'b')];
    const links = [{ key: keyOf('a'), parent: { nativeId: 'b', relation: 'fork' } as const }];
    const extras = { facts: { cwd: '/w', head: 'h1' }, blobs: [blobOf('x')] };
    const flaws = [{ code: 'nul-bytes', count: 1 } as const];
    await s.append(feed.read([say('a', 'r1', 'one')], { extras, links, flaws }));
    await s.append(other.read([say('b', 'r1', 'kept')]));
    await s.drop(keyOf('a'));
    const { store } = s;
    assert.deepEqual(told(await s.events({ view: 'written' })), ['1 kept']);
    assert.deepEqual([await store.session(keyOf('a')), await store.links(), s.raw(feed.id)], [undefined, [], '']);
    assert.deepEqual([await store.blob(blobOf('x').sha256), await store.diagnostics()], [undefined, []]);
    assert.deepEqual([s.raw(other.id) !== '', await store.forgotten()], [true, []]);
  });
  check('takes its sources for ones that are not kept, and of which nothing was read', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'one')]));
    await s.drop(keyOf('a'));
    const source = await s.store.source(feed.id);
    const { generation, endBytes, cursor, state } = source?.checkpoint ?? {};
    assert.deepEqual([generation, endBytes, cursor, state, source?.probe], [-1, 0, null, null, undefined]);
  });
  check('takes a dropped session in again', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'one')]));
    await s.drop(keyOf('a'));
    const again = [say('a', 'r1', 'one'), say('a', 'r2', 'two')];
    await s.append(feed.dropped().restart().read(again, { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 one', '2 two']);
    assert.notEqual(s.raw(feed.id), '');
  });
  check('refuses a reading that was under way', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'one')]));
    const next = feed.read([say('a', 'r2', 'two')]);
    await s.drop(keyOf('a'));
    await s.refuse('checkpoint-moved', next);
    assert.deepEqual(await s.store.sessions(), []);
  });
  check('leaves what consumers have noted of it', async (s) => {
    const offset = { consumer: 'command/1', position: 1, state: { session: { ...keyOf('a') } } };
    await s.append({ ...loose([say('a', 'r1', 'one')]), offsets: [offset] });
    await s.drop(keyOf('a'));
    assert.deepEqual(await s.store.offset('command/1'), offset);
  });
  check('drops several sessions at once, and ones that it never had', async (s) => {
    await s.append(loose(['a', 'b', 'c'].map((session) => say(session, 'r1', session))));
    await s.drop(keyOf('a'), keyOf('c'), keyOf('z'));
    assert.deepEqual(told(await s.events()), ['1 b']);
  });
}
