/** The write verb: all or nothing, in order, and once. */
import assert from 'node:assert/strict';
import { eventFlaw } from '../../../src/core/event.ts';
import { sessionId } from '../../../src/core/session.ts';
import { emptyBatch } from '../../../src/store/store.ts';
import { Feed, keyOf, loose, say } from '../../support/batches.ts';
import { type Check, type Scene, told } from './scene.ts';

export function appendContract(check: Check): void {
  check('gives events dense seqs in their session and rising positions over all', givesPlaces);
  check('stores the batches of one append in order', async (s) => {
    await s.append(loose([say('a', 'r1', 'one')]), loose([say('b', 'r1', 'two')]), loose([say('a', 'r2', 'three')]));
    assert.deepEqual(told(await s.events()), ['1 one', '1 two', '2 three']);
  });
  check('gives back an event with everything that was said about it', keepsEnvelope);
  check('keeps text of every kind as it was written', keepsText);
  check('says which source and which generation an event came from', namesSources);
  check('skips what it has already when a batch is sent again', async (s) => {
    const batch = loose([say('a', 'r1', 'one'), say('a', 'r2', 'two')], { links: [linkOf('a')] });
    const [first] = await s.append(batch);
    assert.deepEqual([first?.events, first?.revisions], [2, 0]);
    assert.deepEqual(await s.append(batch), [{ events: 0, revisions: 0, rows: 0 }]);
    assert.deepEqual(told(await s.events()), ['1 one', '2 two']);
  });
  check('writes nothing for a batch that brings nothing', async (s) => {
    assert.deepEqual(await s.append(emptyBatch), [{ events: 0, revisions: 0, rows: 0 }]);
    assert.deepEqual(await s.append(), []);
    assert.equal(await s.store.head(), 0);
  });
  check('keeps two equal messages in a row as two', async (s) => {
    await s.append(loose([say('a', 'r1', 'go on'), say('a', 'r2', 'go on')]));
    assert.deepEqual(told(await s.events()), ['1 go on', '2 go on']);
  });
  check('takes the same record in two sessions for two events', async (s) => {
    await s.append(loose([say('a', 'r1', 'one')]), loose([say('b', 'r1', 'one')]));
    const [first, second] = await s.events();
    assert.notEqual(first?.event.id, second?.event.id);
  });
  check('stores many events in several pages, packed or plain', async (s) => {
    const said = Array.from({ length: 1500 }, (_, index) => say('a', `r${index}`, `line ${index}`));
    await s.append(loose(said.slice(0, 900), { extras: { perPage: 100, packed: true } }));
    await s.append(loose(said.slice(900), { extras: { perPage: 7 } }));
    assert.deepEqual(
      told(await s.events()),
      said.map(({ text }, index) => `${index + 1} ${text}`),
    );
  });
}

export function checkpointContract(check: Check): void {
  check('refuses a batch whose source has moved on, and stores nothing of it', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'one')]));
    const before = await everything(s, feed);
    await s.refuse('checkpoint-moved', feed.stale([say('a', 'r2', 'two')]));
    assert.deepEqual(await everything(s, feed), before);
    await s.append(feed.read([say('a', 'r2', 'two')]));
    assert.deepEqual(told(await s.events()), ['1 one', '2 two']);
  });
  check('refuses a first batch for a source that is known, and a later one for a source that is not', async (s) => {
    await s.append(new Feed('f', 'a').read([say('a', 'r1', 'one')]));
    await s.refuse('checkpoint-moved', new Feed('f', 'a').read([say('a', 'r1', 'one')]));
    const unknown = new Feed('g', 'b');
    unknown.read([]);
    await s.refuse('checkpoint-moved', unknown.read([say('b', 'r1', 'one')]));
    assert.equal((await s.store.sources()).length, 1);
  });
  check('stores none of the batches of an append when one is refused, wherever it stands', refusesWhole);
  check('lets batches of one source follow one another in one append', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'one')]), feed.read([say('a', 'r2', 'two')]));
    const source = await s.store.source(feed.id);
    assert.equal(source?.version, 2);
    assert.deepEqual(source?.checkpoint.cursor, { offset: feed.endBytes });
  });
  check('gives back a source as it was stored', async (s) => {
    const feed = new Feed('f', 'a');
    const batch = feed.read([say('a', 'r1', 'one')]);
    await s.append(batch);
    assert.deepEqual(await s.store.source(feed.id), { ...batch.source?.record, version: 1 });
    await s.append(feed.note({ path: '/elsewhere/x.jsonl', gone: true, probe: undefined }));
    const noted = await s.store.source(feed.id);
    assert.deepEqual(
      [noted?.path, noted?.gone, noted?.probe, noted?.version],
      ['/elsewhere/x.jsonl', true, undefined, 2],
    );
    assert.deepEqual(await s.store.sources(), [noted]);
    assert.equal(await s.store.source('ffffffffffffffff'), undefined);
  });
  check('counts a row for news about a source alone', async (s) => {
    const [appended] = await s.append(new Feed('f').note({ gone: true }));
    assert.deepEqual(appended && [appended.events, appended.rows > 0], [0, true]);
  });
}

export function offsetContract(check: Check): void {
  check('keeps the offset of each consumer with its state', async (s) => {
    const offsetOf = (consumer: string, position: number) => ({ consumer, position, state: { on: [position, null] } });
    await s.append({ ...emptyBatch, offsets: [offsetOf('search', 3), offsetOf('recorder', 1)] });
    await s.append({ ...emptyBatch, offsets: [offsetOf('search', 7)] });
    assert.deepEqual(await s.store.offset('search'), offsetOf('search', 7));
    assert.deepEqual(await s.store.offset('recorder'), offsetOf('recorder', 1));
    assert.equal(await s.store.offset('nobody'), undefined);
  });
  check('lists the offsets of consumers by the beginning of their names', async (s) => {
    const offsets = ['b/2', 'a', 'b/1', 'bc'].map((consumer, position) => ({ consumer, position, state: [consumer] }));
    await s.append({ ...emptyBatch, offsets });
    const names = async (prefix: string) => (await s.store.offsets(prefix)).map(({ consumer }) => consumer);
    assert.deepEqual(await names('b/'), ['b/1', 'b/2']);
    assert.deepEqual(await names(''), ['a', 'b/1', 'b/2', 'bc']);
    assert.deepEqual(await names('c'), []);
    assert.deepEqual((await s.store.offsets('a'))[0], { consumer: 'a', position: 1, state: ['a'] });
  });
  check('takes a batch that rides like any other', async (s) => {
    const offsets = [{ consumer: 'search', position: 1, state: null }];
    await s.append({ ...emptyBatch, offsets, rides: true }, loose([say('a', 'r1', 'one')], { rides: true }));
    assert.equal((await s.store.offset('search'))?.position, 1);
    assert.deepEqual(told(await s.events()), ['1 one']);
  });
  check('stores an offset with the events of its batch or not at all', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'one')]));
    const offsets = [{ consumer: 'search', position: 1, state: null }];
    await s.refuse('checkpoint-moved', { ...feed.stale([]), offsets });
    assert.equal(await s.store.offset('search'), undefined);
  });
}

const linkOf = (session: string) => ({ key: keyOf(session), parent: { nativeId: 'p', relation: 'fork' } as const });

async function givesPlaces(s: Scene): Promise<void> {
  await s.append(loose([say('a', 'r1', 'one'), say('b', 'r1', 'two'), say('a', 'r2', 'three')]));
  await s.append(loose([say('b', 'r2', 'four')]));
  const places = (await s.events()).map(({ position, event }) => [position, event.session.nativeId, event.seq]);
  assert.deepEqual(places, [
    [1, 'a', 1],
    [2, 'a', 2],
    [3, 'b', 1],
    [4, 'b', 2],
  ]);
  assert.equal(await s.store.head(), 4);
  const records = (await s.store.sessions()).map(({ key, lastSeq, lastPosition }) => [key, lastSeq, lastPosition]);
  assert.deepEqual(records, [
    [keyOf('a'), 2, 2],
    [keyOf('b'), 2, 4],
  ]);
}

async function keepsEnvelope(s: Scene): Promise<void> {
  const at = '2026-01-02T03:04:05.678Z';
  const copyOf = { session: 'b', record: 'r0' };
  const draft = { at, turnId: 't1', model: 'm-1', origin: 'replayed', copyOf, ordinal: 7 } as const;
  await s.append(loose([say('a', 'r1', 'one', draft)]));
  const [stored] = await s.events();
  assert.ok(stored);
  assert.equal(eventFlaw(stored.event), undefined);
  const { id, copyOf: copied, ...rest } = stored.event;
  assert.deepEqual(Object.keys(stored.event).slice(0, 5), ['v', 'id', 'seq', 'session', 'kind']);
  assert.match(copied ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(rest, {
    v: 1,
    seq: 1,
    session: { ...keyOf('a'), id: sessionId(keyOf('a')) },
    kind: 'user.message',
    at,
    turnId: 't1',
    model: 'm-1',
    origin: 'replayed',
    source: { type: 'user', part: 'text:0', nativeId: 'r1', ordinal: 7, offset: 0, bytes: 3 },
    payload: { text: 'one' },
  });
}

async function keepsText(s: Scene): Promise<void> {
  const texts = [
    '',
    ' ',
    'ä€😀',
    '\u2028\u2029',
    'a\0b',
    '\ud800 alone',
    '\r\n',
    '"\\',
    'x'.repeat(70_000),
    '{"a":1}\n',
  ];
  await s.append(loose(texts.map((text, index) => say('a', `r${index}`, text))));
  const input = JSON.parse('{"__proto__":{"x":1},"constructor":null,"n":[1e300,-0.5,true],"":""}');
  const call = { kind: 'assistant.tool.call', payload: { toolCallId: 'c', name: 'n', input } } as const;
  await s.append(loose([say('b', 'r1', '', call)]));
  const stored = await s.events();
  assert.deepEqual(
    stored.slice(0, -1).map(({ event }) => ('text' in event.payload ? event.payload.text : undefined)),
    texts,
  );
  assert.equal(JSON.stringify(stored.at(-1)?.event.payload), JSON.stringify(call.payload));
}

async function namesSources(s: Scene): Promise<void> {
  const feed = new Feed('f', 'a');
  await s.append(feed.read([say('a', 'r1', 'one')]), loose([say('a', 'r2', 'two')]));
  await s.append(feed.restart().read([say('a', 'r3', 'three')]));
  const places = (await s.events()).map(({ event: { source } }) => [source.file, source.generation, source.offset]);
  assert.deepEqual(places, [
    [feed.id, 1, 0],
    [undefined, undefined, 0],
    [feed.id, 2, 0],
  ]);
}

async function refusesWhole(s: Scene): Promise<void> {
  const [known, fresh] = [new Feed('f', 'a'), new Feed('g', 'b')];
  await s.append(known.read([say('a', 'r1', 'one')]));
  const good = fresh.read([say('b', 'r1', 'two')], { offsets: [{ consumer: 'c', position: 1, state: null }] });
  const bad = known.stale([say('a', 'r2', 'three')]);
  for (const batches of [
    [good, bad],
    [bad, good],
    [good, bad, loose([say('c', 'r1', 'four')])],
  ]) {
    await s.refuse('checkpoint-moved', ...batches);
    assert.deepEqual(told(await s.events()), ['1 one']);
    assert.equal(await s.store.head(), 1);
    assert.deepEqual([(await s.store.sources()).length, (await s.store.sessions()).length], [1, 1]);
    assert.equal(await s.store.offset('c'), undefined);
    assert.equal(s.raw(fresh.id), '');
  }
  await s.append(good);
  assert.deepEqual(told(await s.events()), ['1 one', '1 two']);
}

/** All that a refused batch could have changed. */
async function everything(s: Scene, { id }: Feed) {
  const { store } = s;
  return [
    await s.events(),
    await store.sources(),
    await store.sessions(),
    s.raw(id),
    await store.head(),
    await store.stats(),
  ];
}
