/** A new derivation in the place of the current one. */
import assert from 'node:assert/strict';
import type { Batch } from '../../../src/store/store.ts';
import { Feed, keyOf, loose, recordOf, say } from '../../support/batches.ts';
import { type Check, type Scene, told } from './scene.ts';

export function rederiveContract(check: Check): void {
  check('shows the new derivation as current, and the old one as written', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B'), say('b', 'r1', 'other')]));
    const done = await s.rederive(loose([say('a', 'r1', 'A+'), say('a', 'r3', 'C')]));
    assert.equal(done.events, 2);
    assert.deepEqual(told(await s.events()), ['1 other', '3 A+', '4 C']);
    assert.deepEqual(told(await s.events({ view: 'written' })), ['1 A', '2 B', '1 other']);
    assert.deepEqual(
      (await s.events({ key: keyOf('a') })).map(({ cause }) => cause),
      ['reprocess', 'reprocess'],
    );
    await s.append(loose([say('a', 'r4', 'D')]));
    assert.deepEqual(told(await s.events({ key: keyOf('a') })), ['3 A+', '4 C', '5 D']);
    assert.deepEqual(told(await s.events({ key: keyOf('a'), view: 'written' })), ['1 A', '2 B', '5 D']);
  });
  check('leaves the written view as it was, marks included', async (s) => {
    const superseded = [{ key: keyOf('a'), records: [recordOf('a', 'r1')], inForce: false }];
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B')], { superseded }));
    const before = await s.events({ view: 'written' });
    await s.rederive(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B')]));
    assert.deepEqual(await s.events({ view: 'written' }), before);
    assert.deepEqual(told(await s.events()), ['3 A', '4 B']);
  });
  check('gives an unchanged event its old id, in a new place', async (s) => {
    await s.append(loose([say('a', 'r1', 'A')]));
    const [before] = await s.events();
    await s.rederive(loose([say('a', 'r1', 'A')]));
    const [after] = await s.events();
    assert.equal(after?.event.id, before?.event.id);
    assert.deepEqual([after?.event.seq, after?.position, after?.event.revises], [2, 2, undefined]);
  });
  check('knows the events of the new derivation afterwards, and those of the old no more', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B')]));
    await s.rederive(loose([say('a', 'r1', 'A+')]));
    const known = await s.store.knownRecords(keyOf('a'), [recordOf('a', 'r1'), recordOf('a', 'r2')]);
    assert.deepEqual(known, new Set([recordOf('a', 'r1')]));
    assert.equal((await s.append(loose([say('a', 'r1', 'A+')])))[0]?.events, 0);
    await s.append(loose([say('a', 'r2', 'B')]));
    assert.deepEqual(told(await s.events()), ['3 A+', '4 B']);
  });
  check('tells the facts of a session anew', async (s) => {
    await s.append(loose([say('a', 'r1', 'A')], { extras: { facts: { cwd: '/old', spoken: true } } }));
    await s.rederive(loose([say('a', 'r1', 'A')], { extras: { facts: { cwd: '/new' } } }));
    assert.deepEqual((await s.store.session(keyOf('a')))?.facts, { cwd: '/new' });
  });
  check('replaces the derivation of a session that several batches bring, once', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B')]));
    await s.rederive(loose([say('a', 'r1', 'A+')]), loose([say('a', 'r2', 'B+')]), loose([say('b', 'r1', 'new')]));
    assert.deepEqual(told(await s.events()), ['3 A+', '4 B+', '1 new']);
  });
  check('counts revisions of the new derivation', async (s) => {
    await s.append(loose([say('a', 'r1', 'A')]));
    const done = await s.rederive(loose([say('a', 'r1', 'A'), say('a', 'r1', 'B')]));
    assert.deepEqual([done.events, done.revisions], [2, 1]);
    assert.deepEqual(told(await s.events()), ['2 A', '3 B (revises 2)']);
  });
  check('takes events of the new derivation back like others', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B')]));
    const superseded = [{ key: keyOf('a'), records: [recordOf('a', 'r2')], inForce: false }];
    await s.rederive(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B')], { superseded }));
    assert.deepEqual(told(await s.events()), ['3 A', '4 B (superseded)']);
    assert.deepEqual(told(await s.events({ view: 'written' })), ['1 A', '2 B']);
  });
  check('begins a new derivation with the batch that says so, in one step with others', async (s) => {
    const facts = { cwd: '/new' };
    const [, done] = await s.append(
      loose([say('a', 'r1', 'A'), say('b', 'r1', 'other')], { extras: { facts: { cwd: '/old' } } }),
      loose([say('a', 'r1', 'A+'), say('a', 'r2', 'B')], {
        replaces: [keyOf('a')],
        cause: 'reprocess',
        extras: { facts },
      }),
      loose([say('a', 'r3', 'C')], { cause: 'reprocess' }),
    );
    assert.deepEqual([done?.events, done?.revisions], [2, 0]);
    assert.deepEqual(told(await s.events({ key: keyOf('a') })), ['2 A+', '3 B', '4 C']);
    assert.deepEqual(told(await s.events({ key: keyOf('a'), view: 'written' })), ['1 A']);
    assert.deepEqual((await s.store.session(keyOf('a')))?.facts, facts);
    assert.deepEqual(told(await s.events({ key: keyOf('b') })), ['1 other']);
    await s.append(loose([], { replaces: [keyOf('nobody')] }));
    assert.equal(await s.store.session(keyOf('nobody')), undefined);
  });
  check('keeps bytes as they are and counts flaws anew', keepsBytes);
  check('can be fed from the bytes that the store itself keeps', fedFromItself);
  check('is done whole or not at all', isOneStep);
}

async function keepsBytes(s: Scene): Promise<void> {
  const feed = new Feed('f', 'a');
  const flaw = (count: number) => ({ code: 'unknown-record', about: 'x', count }) as const;
  const quarantined = [{ offset: 0, bytes: 3, reason: 'not-json' }];
  await s.append(feed.read([say('a', 'r1', 'A')], { noise: 'xyz\n', flaws: [flaw(4)], quarantined }));
  const raw = s.raw(feed.id);
  const said = { ...feed.note({}), ...loose([say('a', 'r1', 'A')]), quarantined };
  await s.rederive({ ...said, source: feed.note({}).source, diagnostics: [flaw(1)] }).catch(() => {});
  assert.deepEqual(
    (await s.store.diagnostics()).map(({ count }) => count),
    [4],
    'a refused derivation changed something',
  );
  const version = (await s.store.source(feed.id))?.version ?? 0;
  const record = said.source && { ...said.source.record, version };
  assert.ok(record);
  await s.rederive(
    { ...said, source: { record, expected: version }, diagnostics: [flaw(1)] },
    { ...loose([]), source: { record, expected: version + 1 }, diagnostics: [flaw(2)] },
  );
  assert.equal(s.raw(feed.id), raw);
  assert.deepEqual(await s.store.quarantined(feed.id), quarantined);
  assert.deepEqual(
    (await s.store.diagnostics()).map(({ count }) => count),
    [3],
  );
}

async function fedFromItself(s: Scene): Promise<void> {
  const feed = new Feed('f', 'a');
  for (let n = 0; n < 5; n++) await s.append(feed.read([say('a', `r${n}`, `line ${n}`)]));
  const { store } = s;
  function* batches(): Generator<Batch> {
    for (const { data } of store.raw(feed.id)) {
      const lines = Buffer.from(data).toString('utf8').trim().split('\n');
      yield loose(
        lines.map((line) => JSON.parse(line)).map(([session, record, text]) => say(session, record, `${text}!`)),
      );
    }
  }
  const done = await store.rederive(batches());
  assert.equal(done.events, 5);
  assert.deepEqual(told(await s.events()), ['6 line 0!', '7 line 1!', '8 line 2!', '9 line 3!', '10 line 4!']);
}

async function isOneStep(s: Scene): Promise<void> {
  await s.append(loose([say('a', 'r1', 'A'), say('b', 'r1', 'B')]));
  const before = [await s.events(), await s.events({ view: 'written' }), await s.store.sessions()];
  function* breaking(): Generator<Batch> {
    yield loose([say('a', 'r1', 'A+'), say('c', 'r1', 'new')]);
    throw new Error('the derivation broke off');
  }
  await assert.rejects(s.store.rederive(breaking()));
  assert.deepEqual([await s.events(), await s.events({ view: 'written' }), await s.store.sessions()], before);
}
