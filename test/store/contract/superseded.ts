/** Events that are no longer in force: taken back by the agent, or gone from their source. Nothing is deleted. */
import assert from 'node:assert/strict';
import { emptyBatch, type Supersession } from '../../../src/store/store.ts';
import { Feed, keyOf, loose, recordOf, type Said, say } from '../../support/batches.ts';
import { type Check, type Scene, told } from './scene.ts';

const NOWHERE = recordOf('a', 'nowhere');

export function supersedeContract(check: Check): void {
  const marked = async (s: Scene, key = keyOf('a')) =>
    (await s.events({ key })).filter(({ superseded }) => superseded).map(({ event }) => event.seq);
  const mark = (s: Scene, ...superseded: Supersession[]) => s.append({ ...emptyBatch, superseded });
  const byRecords = (records: readonly string[], inForce = false): Supersession => ({
    key: keyOf('a'),
    records: records.map((record) => recordOf('a', record)),
    inForce,
  });

  check('marks all events and revisions of the records that were taken back', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r1', 'x', { part: 'text:1' }), say('a', 'r2', 'y')]));
    await s.append(loose([say('a', 'r1', 'B'), say('b', 'r1', 'other')]));
    await mark(s, byRecords(['r1', 'nowhere']));
    assert.deepEqual(await marked(s), [1, 2, 4]);
    assert.deepEqual(await marked(s, keyOf('b')), []);
  });
  check('marks events that come in the same batch', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B')], { superseded: [byRecords(['r2'])] }));
    assert.deepEqual(await marked(s), [2]);
  });
  check('puts records in force again', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B')]));
    await mark(s, byRecords(['r1', 'r2']));
    await mark(s, byRecords(['r2'], true));
    assert.deepEqual(await marked(s), [1]);
    await mark(s, byRecords(['r1'], true), byRecords(['r2']));
    assert.deepEqual(await marked(s), [2]);
  });
  check('writes nothing when the same is taken back again, or nothing is known of it', async (s) => {
    await s.append(loose([say('a', 'r1', 'A')]));
    await mark(s, byRecords(['r1']));
    assert.equal((await mark(s, byRecords(['r1']), byRecords(['r9'])))[0]?.rows, 0);
    assert.equal((await mark(s, { ...byRecords(['r1']), key: keyOf('nobody') }))[0]?.rows, 0);
  });
  check('keeps what was taken back readable, in its place', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r2', 'B')]));
    await mark(s, byRecords(['r1']));
    assert.deepEqual(told(await s.events()), ['1 A (superseded)', '2 B']);
    assert.deepEqual(told(await s.events({ backward: true })), ['2 B', '1 A (superseded)']);
    assert.deepEqual(told(await s.store.pick(keyOf('a'), [1])), ['1 A (superseded)']);
  });
  check('takes single events back by seq, and puts them in force again', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r1', 'B'), say('a', 'r2', 'C')]));
    await mark(s, { key: keyOf('a'), seqs: [1, 3, 9], inForce: false });
    assert.deepEqual(await marked(s), [1, 3]);
    await mark(s, { key: keyOf('a'), seqs: [1, 9], inForce: true });
    assert.deepEqual(await marked(s), [3]);
    assert.equal((await mark(s, { key: keyOf('a'), seqs: [3, 9], inForce: false }))[0]?.rows, 0);
  });
  check('takes events of a replaced derivation back by seq', async (s) => {
    await s.append(loose([say('a', 'r1', 'A')]));
    await s.rederive(loose([say('a', 'r1', 'A')]));
    await mark(s, { key: keyOf('a'), seqs: [1], inForce: false });
    assert.deepEqual(told(await s.events({ view: 'written' })), ['1 A (superseded)']);
    assert.deepEqual(told(await s.events()), ['2 A']);
  });
  check('takes back a part of a source by its place', byPlace);
  check('takes back by place what other readings of the source left in between', byPlaceAcrossGenerations);
  check('takes back a part of a source by its place beside events of companions', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'A'), say('a', 'r2', 'B'), say('a', 'r3', 'C')]));
    const fromOffset = (await s.events())[1]?.event.source.offset ?? 0;
    await s.append({ ...feed.read([]), sessions: loose([say('a', 'companion:x', 'D')]).sessions });
    await mark(s, { key: keyOf('a'), source: feed.id, fromOffset, untilOffset: feed.endBytes });
    assert.deepEqual(await marked(s), [2, 3]);
  });
  check('takes back by ordinal in all sources of a session but one', byOrdinal);
  check('takes back by ordinal whatever the order in which sources came', async (s) => {
    const numbered = (record: string, ordinal?: number) =>
      say('a', record, record, ordinal === undefined ? {} : { ordinal });
    const [late, early, rewinding] = [new Feed('f', 'a'), new Feed('g', 'a'), new Feed('h', 'a')];
    await s.append(late.read([numbered('r7', 7), numbered('r8', 8)]));
    await s.append(early.read([numbered('r1', 1), numbered('r2', 2)]));
    await s.append(early.read([numbered('plain')]), loose([numbered('loose', 9)]));
    await s.append(rewinding.read([numbered('r8b', 8)]));
    await mark(s, { key: keyOf('a'), fromOrdinal: 8, exceptSource: rewinding.id, beforeRecord: NOWHERE });
    assert.deepEqual(await marked(s), [2, 6]);
  });
  check('takes back by ordinal nothing that came behind the record that says so', async (s) => {
    const numbered = (record: string, ordinal: number) => say('a', record, record, { ordinal });
    const [first, second, third] = [new Feed('f', 'a'), new Feed('g', 'a'), new Feed('h', 'a')];
    await s.append(first.read([numbered('r1', 1), numbered('r2', 2)]));
    await s.append(second.read([numbered('rewind', 2), numbered('r2b', 3)]), third.read([numbered('r3c', 3)]));
    const beforeRecord = recordOf('a', 'rewind');
    await mark(s, { key: keyOf('a'), fromOrdinal: 2, exceptSource: second.id, beforeRecord });
    assert.deepEqual(await marked(s), [2]);
  });
  check('takes back by ordinal when the excepted source is not known', async (s) => {
    await s.append(new Feed('f', 'a').read([say('a', 'r1', 'A', { ordinal: 4 })]));
    await mark(s, { key: keyOf('a'), fromOrdinal: 1, exceptSource: 'ffffffffffffffff', beforeRecord: NOWHERE });
    assert.deepEqual(await marked(s), [1]);
  });
}

async function byPlace(s: Scene): Promise<void> {
  const [feed, other] = [new Feed('f', 'a'), new Feed('g', 'a')];
  for (const record of ['r1', 'r2', 'r3', 'r4']) await s.append(feed.read([say('a', record, record)]));
  await s.append(other.read([say('a', 'x1', 'x1'), say('a', 'x2', 'x2'), say('a', 'x3', 'x3')]));
  const offsets = (await s.events()).map(({ event }) => event.source.offset ?? 0);
  const place = { key: keyOf('a'), source: feed.id, fromOffset: offsets[1] ?? 0, untilOffset: offsets[3] ?? 0 };
  await s.append({ ...emptyBatch, superseded: [place] });
  const events = told(await s.events());
  assert.deepEqual(events.slice(0, 4), ['1 r1', '2 r2 (superseded)', '3 r3 (superseded)', '4 r4']);
  assert.deepEqual(events.slice(4), ['5 x1', '6 x2', '7 x3']);
}

/** A new generation leaves a block in the middle of the file behind those that were read before and still hold. */
async function byPlaceAcrossGenerations(s: Scene): Promise<void> {
  const feed = new Feed('f', 'a');
  const first = ['r1', 'r2', 'r3', 'r4'].map((record) => say('a', record, record));
  await s.append(feed.read(first));
  const offsets = (await s.events()).map(({ event }) => event.source.offset ?? 0);
  const rewritten = first.map((one): Said => (one.record === 'r2' ? { ...one, text: 'R2' } : one));
  await s.append(feed.restart().read(rewritten, { sweep: true }));
  await s.append(feed.read([say('a', 'r5', 'r5')]));
  const superseded = [{ key: keyOf('a'), source: feed.id, fromOffset: offsets[2] ?? 0, untilOffset: feed.endBytes }];
  await s.append({ ...emptyBatch, superseded });
  assert.deepEqual(told(await s.events()), [
    '1 r1',
    '2 r2',
    '3 r3 (superseded)',
    '4 r4 (superseded)',
    '5 R2 (revises 2)',
    '6 r5 (superseded)',
  ]);
}

async function byOrdinal(s: Scene): Promise<void> {
  const [old, rewinding] = [new Feed('f', 'a'), new Feed('g', 'a')];
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => say('a', `r${from + n}`, `${from + n}`, { ordinal: from + n }));
  await s.append(old.read(numbered(1, 3)), old.read(numbered(4, 5)), loose([say('b', 'r9', '9', { ordinal: 9 })]));
  const superseded = [{ key: keyOf('a'), fromOrdinal: 3, exceptSource: rewinding.id, beforeRecord: NOWHERE }];
  await s.append(rewinding.read([say('a', 'r3b', '3b', { ordinal: 3 })], { superseded }));
  const expected = ['1 1', '2 2', '3 3 (superseded)', '4 4 (superseded)', '5 5 (superseded)', '1 9', '6 3b'];
  assert.deepEqual(told(await s.events()), expected);
}

export function sweepContract(check: Check): void {
  const said = (...records: string[]) => records.map((record) => say('a', record, record));

  check('marks what a new generation does not hold when it has been read to its end', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read(said('r1', 'r2', 'r3')));
    await s.append(feed.restart().read(said('r1')));
    assert.deepEqual(told(await s.events()), ['1 r1', '2 r2', '3 r3']);
    await s.append(feed.read(said('r4'), { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1', '2 r2 (superseded)', '3 r3 (superseded)', '4 r4']);
  });
  check('unmarks what is back in a later generation', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read(said('r1', 'r2')));
    await s.append(feed.restart().read(said('r1'), { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1', '2 r2 (superseded)']);
    await s.append(feed.restart().read(said('r1', 'r2'), { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1', '2 r2']);
  });
  check('marks everything when a file is emptied', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read(said('r1', 'r2')));
    await s.append(feed.restart().read([], { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1 (superseded)', '2 r2 (superseded)']);
  });
  check('marks every revision of what is gone', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'A'), say('a', 'r1', 'B')]));
    await s.append(feed.restart().read(said('r2'), { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 A (superseded)', '2 B (revises 1) (superseded)', '3 r2']);
  });
  check('leaves alone what came from elsewhere', async (s) => {
    const [feed, other] = [new Feed('f', 'a'), new Feed('g', 'a')];
    await s.append(feed.read(said('r1')), other.read(said('r2')), loose(said('r3')));
    await s.append(feed.restart().read([], { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1 (superseded)', '2 r2', '3 r3']);
  });
  check('leaves alone what another source of the session holds as well, whichever met it last', async (s) => {
    const [feed, other] = [new Feed('f', 'a'), new Feed('g', 'a')];
    await s.append(feed.read(said('r1', 'r2')), other.read(said('r1', 'r2')));
    await s.append(feed.restart().read([], { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1', '2 r2']);
    await s.append(feed.restart().read(said('r1', 'r2'), { sweep: true }));
    await s.append(feed.restart().read(said('r1'), { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1', '2 r2']);
  });
  check('marks what all sources have lost, and unmarks what one of them holds again', async (s) => {
    const [feed, other] = [new Feed('f', 'a'), new Feed('g', 'a')];
    await s.append(feed.read(said('r1')), other.read(said('r1')));
    for (const one of [feed, other]) await s.append(one.restart().read([], { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1 (superseded)']);
    await s.append(other.restart().read(said('r1')));
    assert.deepEqual(told(await s.events()), ['1 r1']);
    await s.append(feed.restart().read([], { sweep: true }), other.restart().read([], { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1 (superseded)']);
  });
  check('reaches all sessions whose parts a source holds', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'one'), say('b', 'r2', 'two')]));
    await s.append(feed.restart().read(said('r9'), { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 one (superseded)', '1 two (superseded)', '2 r9']);
  });
  check('keeps apart what the agent took back and what its source lost', async (s) => {
    const feed = new Feed('f', 'a');
    const superseded = [{ key: keyOf('a'), records: [recordOf('a', 'r1')], inForce: false }];
    await s.append(feed.read(said('r1', 'r2'), { superseded }));
    await s.append(feed.restart().read([], { sweep: true }));
    await s.append(feed.restart().read(said('r1', 'r2'), { sweep: true }));
    assert.deepEqual(told(await s.events()), ['1 r1 (superseded)', '2 r2']);
  });
}
