/** Forgetting a session: it goes with its bytes, and is not taken in again. */
import assert from 'node:assert/strict';
import { emptyBatch } from '../../../src/store/store.ts';
import { blobOf, Feed, keyOf, loose, partOf, recordOf, say } from '../../support/batches.ts';
import { type Check, type Scene, told } from './scene.ts';

export function forgetContract(check: Check): void {
  check('leaves nothing of a forgotten session but its key', leavesNothing);
  check('does not take a forgotten session in again', doesNotTakeIn);
  check('does not make a forgotten session again when it is derived anew', async (s) => {
    await s.append(loose([say('a', 'r1', 'one')]));
    await s.forget(keyOf('a'));
    assert.equal((await s.rederive(loose([say('a', 'r1', 'one'), say('b', 'r1', 'two')]))).events, 1);
    assert.deepEqual(
      (await s.store.sessions()).map(({ key }) => key),
      [keyOf('b')],
    );
  });
  check('forgets a session that it has never seen', async (s) => {
    await s.forget(keyOf('a'));
    await s.forget(keyOf('a'));
    assert.deepEqual(await s.store.forgotten(), [keyOf('a')]);
    const feed = new Feed('f', 'a');
    assert.equal((await s.append(feed.read([say('a', 'r1', 'one')])))[0]?.events, 0);
    assert.deepEqual([await s.store.sessions(), s.raw(feed.id)], [[], '']);
  });
  check('leaves parts of other sessions that stood in the same source', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'mine'), say('sub', 'r2', 'theirs')]));
    await s.forget(keyOf('a'));
    assert.deepEqual(told(await s.events()), ['1 theirs']);
    await s.append(feed.read([say('a', 'r3', 'mine'), say('sub', 'r4', 'more')]));
    assert.deepEqual(told(await s.events()), ['1 theirs', '2 more']);
  });
  check('never gives a position again', async (s) => {
    await s.append(loose([say('a', 'r1', 'one'), say('b', 'r1', 'two'), say('b', 'r2', 'three')]));
    await s.forget(keyOf('b'));
    assert.equal(await s.store.head(), 3);
    await s.append(loose([say('c', 'r1', 'four')]));
    assert.deepEqual(
      (await s.events()).map(({ position }) => position),
      [1, 4],
    );
    assert.deepEqual(told(await s.events({ after: 2 })), ['1 four']);
    assert.deepEqual(told(await s.events({ backward: true })), ['1 four', '1 one']);
  });
  check('does not mistake a new session for a forgotten one', async (s) => {
    const superseded = [{ key: keyOf('b'), records: [recordOf('b', 'r1')], inForce: false }];
    const links = [{ key: keyOf('b'), parent: { nativeId: 'a', relation: 'fork' } as const }];
    const facts = { cwd: '/w', head: 'h1' };
    await s.append(loose([say('b', 'r1', 'gone')], { superseded, links, extras: { facts } }));
    await s.forget(keyOf('b'));
    await s.append(loose([say('c', 'r1', 'here')]));
    assert.deepEqual(told(await s.events()), ['1 here']);
    assert.deepEqual((await s.store.session(keyOf('c')))?.facts, {});
    assert.deepEqual([await s.store.links(), await s.store.sessionsByHead('toy', 'h1')], [[], []]);
  });
  forgetBesidesOthers(check);
}

async function leavesNothing(s: Scene): Promise<void> {
  const [feed, other] = [new Feed('f', 'a'), new Feed('g', 'b')];
  const output = blobOf('output', 'text/plain');
  const extras = {
    facts: { cwd: '/w', head: 'h1' },
    blobs: [output],
    sideFiles: [{ name: 'o', sha256: output.sha256 }],
  };
  const links = [{ key: keyOf('a'), parent: { nativeId: 'p', relation: 'fork' } as const }];
  const quarantined = [{ offset: 0, bytes: 1, reason: 'nul' }];
  const flaws = [{ code: 'nul-bytes', count: 1 } as const];
  await s.append(feed.read([say('a', 'r1', 'one')], { noise: 'x', extras, links, quarantined, flaws }));
  await s.append(feed.restart().read([say('a', 'r2', 'two')], { sweep: true }));
  await s.append(other.read([say('b', 'r1', 'kept')]));
  await s.forget(keyOf('a'));
  const { store } = s;
  assert.deepEqual(told(await s.events({ view: 'written' })), ['1 kept']);
  assert.deepEqual([await store.session(keyOf('a')), await store.pick(keyOf('a'), [1, 2])], [undefined, []]);
  assert.deepEqual(
    (await store.sessions()).map(({ key }) => key),
    [keyOf('b')],
  );
  assert.deepEqual(await store.knownRecords(keyOf('a'), [recordOf('a', 'r1')]), new Set());
  assert.deepEqual([await store.links(), await store.sessionsByHead('toy', 'h1')], [[], []]);
  assert.deepEqual([await store.blob(output.sha256), await store.sideFile(keyOf('a'), 'o')], [undefined, undefined]);
  assert.deepEqual([s.raw(feed.id), await store.quarantined(feed.id), await store.diagnostics()], ['', [], []]);
  assert.equal((await store.stats()).rawBytes, other.endBytes);
  assert.deepEqual(await store.forgotten(), [keyOf('a')]);
}

async function doesNotTakeIn(s: Scene): Promise<void> {
  const feed = new Feed('f', 'a');
  await s.append(feed.read([say('a', 'r1', 'one')]));
  await s.forget(keyOf('a'));
  const superseded = [{ key: keyOf('a'), records: [recordOf('a', 'r1')], inForce: false }];
  const links = [{ key: keyOf('a'), parent: { nativeId: 'p', relation: 'fork' } as const }];
  const flaws = [{ code: 'nul-bytes', count: 1 } as const];
  const quarantined = [{ offset: 0, bytes: 1, reason: 'nul' }];
  const extras = { facts: { cwd: '/w' }, blobs: [blobOf('x')] };
  const batch = feed
    .restart()
    .read([say('a', 'r1', 'one')], { superseded, links, flaws, quarantined, extras, sweep: true });
  assert.deepEqual(
    (await s.append(batch)).map(({ events, revisions }) => [events, revisions]),
    [[0, 0]],
  );
  assert.equal((await s.store.source(feed.id))?.checkpoint.endBytes, feed.endBytes, 'reading must go on behind it');
  const { store } = s;
  const left = [
    await s.events(),
    await store.sessions(),
    await store.links(),
    await store.diagnostics(),
    s.raw(feed.id),
  ];
  assert.deepEqual([...left, await store.quarantined(feed.id)], [[], [], [], [], '', []]);
  assert.equal(await store.blob(blobOf('x').sha256), undefined);
}

function forgetBesidesOthers(check: Check): void {
  check('keeps a shared blob while a session needs it', async (s) => {
    const [shared, own] = [blobOf('shared'), blobOf('own')];
    await s.append({ ...emptyBatch, sessions: [partOf('a', [], { blobs: [shared, own] })] });
    await s.append({ ...emptyBatch, sessions: [partOf('b', [], { blobs: [shared] })] });
    await s.forget(keyOf('a'));
    assert.deepEqual([await s.store.blob(shared.sha256), await s.store.blob(own.sha256)], [shared, undefined]);
    await s.forget(keyOf('b'));
    assert.equal(await s.store.blob(shared.sha256), undefined);
  });
  check('forgets several sessions at once', async (s) => {
    await s.append(loose(['a', 'b', 'c'].map((session) => say(session, 'r1', session))));
    await s.forget(keyOf('a'), keyOf('c'));
    assert.deepEqual(told(await s.events()), ['1 b']);
    assert.deepEqual((await s.store.forgotten()).map(({ nativeId }) => nativeId).sort(), ['a', 'c']);
  });
  check('takes what consumers have noted of a session with it', async (s) => {
    const noted = (consumer: string, session: string) => ({
      consumer,
      position: 1,
      state: { session: { ...keyOf(session) } },
    });
    const offsets = [
      noted('command/1', 'a'),
      noted('command/2', 'b'),
      { consumer: 'search', position: 1, state: null },
    ];
    await s.append({ ...loose([say('a', 'r1', 'one'), say('b', 'r1', 'two')]), offsets });
    await s.forget(keyOf('a'));
    assert.deepEqual(
      (await s.store.offsets('')).map(({ consumer }) => consumer),
      ['command/2', 'search'],
    );
  });
  check('forgets a derivation that was replaced, too', async (s) => {
    await s.append(loose([say('a', 'r1', 'one')]));
    await s.rederive(loose([say('a', 'r1', 'ONE')]));
    await s.forget(keyOf('a'));
    assert.deepEqual([await s.events(), await s.events({ view: 'written' })], [[], []]);
  });
}
