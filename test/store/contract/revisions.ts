/** Later content under the same id, and how a second reading meets it again. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Feed, loose, say } from '../../support/batches.ts';
import { type Check, type Scene, told } from './scene.ts';

export function revisionContract(check: Check): void {
  check('keeps other content of a known event as a revision of the latest', async (s) => {
    await s.append(loose([say('a', 'r1', 'A')]));
    assert.deepEqual(counts(await s.append(loose([say('a', 'r1', 'B')]))), [1, 1]);
    await s.append(loose([say('a', 'r1', 'C')]));
    assert.deepEqual(told(await s.events()), ['1 A', '2 B (revises 1)', '3 C (revises 2)']);
  });
  check('takes a return to earlier content for a revision of its own', async (s) => {
    for (const text of ['A', 'B', 'A']) await s.append(loose([say('a', 'r1', text)]));
    assert.deepEqual(told(await s.events()), ['1 A', '2 B (revises 1)', '3 A (revises 2)']);
  });
  check('meets revisions inside one page', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r2', 'x'), say('a', 'r1', 'B'), say('a', 'r1', 'A')]));
    assert.deepEqual(told(await s.events()), ['1 A', '2 x', '3 B (revises 1)', '4 A (revises 3)']);
  });
  check('gives all revisions of an event one id', async (s) => {
    await s.append(loose([say('a', 'r1', 'A'), say('a', 'r1', 'B')]));
    const ids = (await s.events()).map(({ event }) => event.id);
    assert.equal(new Set(ids).size, 1);
  });
  // Why: docs/decisions/0006-time-and-origin-are-no-revision.md.
  check('does not take another time, turn, origin or place for other content', async (s) => {
    await s.append(loose([say('a', 'r1', 'A', { at: '2026-01-01T00:00:00.000Z' })]));
    await s.append(loose([say('a', 'r1', 'A', { at: '2026-02-02T00:00:00.000Z', turnId: 't' })]));
    assert.deepEqual(counts(await s.append(loose([say('a', 'r1', 'A', { origin: 'replayed' })]))), [0, 0]);
    const [only, ...others] = await s.events();
    assert.deepEqual([only?.event.at, others], ['2026-01-01T00:00:00.000Z', []]);
    assert.deepEqual([only?.event.turnId, only?.event.origin], [undefined, 'typed']);
  });
  check('takes another model or another kind for other content', async (s) => {
    await s.append(loose([say('a', 'r1', 'A', { model: 'm-1' }), say('a', 'r1', 'A', { model: 'm-2' })]));
    await s.append(loose([say('a', 'r1', 'A', { model: 'm-2', kind: 'system.message' })]));
    assert.deepEqual(told(await s.events()), ['1 A', '2 A (revises 1)', '3 A (revises 2)']);
  });
  check('meets the revisions of a new generation in order, and stores none again', async (s) => {
    const texts = ['A', 'B', 'A', 'C', 'A'].map((text) => say('a', 'r1', text));
    const feed = new Feed('f', 'a');
    for (const one of texts) await s.append(feed.read([one]));
    feed.restart();
    for (const one of texts) assert.deepEqual(counts(await s.append(feed.read([one]))), [0, 0]);
    assert.deepEqual(counts(await s.append(feed.read([say('a', 'r1', 'B')]))), [1, 1]);
    assert.equal((await s.events()).at(-1)?.event.revises, 5);
  });
  check('goes on in the middle of a new generation that was read half-way', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'A'), say('a', 'r1', 'B'), say('a', 'r2', 'x')]));
    await s.append(feed.restart().read([say('a', 'r1', 'A')]));
    assert.deepEqual(
      counts(await s.append(feed.read([say('a', 'r1', 'B'), say('a', 'r2', 'x')], { sweep: true }))),
      [0, 0],
    );
    assert.deepEqual(told(await s.events()), ['1 A', '2 B (revises 1)', '3 x']);
  });
  check('stores what only a new generation says', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'A')]));
    await s.append(feed.restart().read([say('a', 'r1', 'A2'), say('a', 'r2', 'x')]));
    assert.deepEqual(told(await s.events()), ['1 A', '2 A2 (revises 1)', '3 x']);
  });
  check('stores once what two sources of a session both hold', twoSources);
  check('keeps a return to earlier content that one source makes while another is read', async (s) => {
    const [here, there] = [new Feed('f', 'a'), new Feed('g', 'a')];
    await s.append(here.read([say('a', 'r1', 'A'), say('a', 'r1', 'B')]));
    await s.append(there.read([say('a', 'r1', 'A')]));
    await s.append(here.read([say('a', 'r1', 'A')]));
    await s.append(there.read([say('a', 'r1', 'B'), say('a', 'r1', 'A')]));
    assert.deepEqual(told(await s.events()), ['1 A', '2 B (revises 1)', '3 A (revises 2)']);
  });
  check('stores nothing again for any run of contents that is read anew', rereads);
}

async function twoSources(s: Scene): Promise<void> {
  const [here, there] = [new Feed('f', 'a'), new Feed('g', 'a')];
  await s.append(here.read([say('a', 'r1', 'A'), say('a', 'r1', 'B'), say('a', 'r2', 'x')]));
  assert.deepEqual(counts(await s.append(there.read([say('a', 'r1', 'A'), say('a', 'r1', 'B')]))), [0, 0]);
  await s.append(there.read([say('a', 'r2', 'x'), say('a', 'r3', 'y')]));
  assert.deepEqual(counts(await s.append(here.read([say('a', 'r3', 'y')]))), [0, 0]);
  assert.deepEqual(told(await s.events()), ['1 A', '2 B (revises 1)', '3 x', '4 y']);
  const files = (await s.events()).map(({ event }) => event.source.file);
  assert.deepEqual(files, [here.id, here.id, here.id, there.id]);
}

async function rereads(s: Scene): Promise<void> {
  const word = fc.record({ record: fc.constantFrom('r1', 'r2'), text: fc.constantFrom('A', 'B', 'C') });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 8 }), fc.nat(8), async (words, cut) => {
      const session = `s${run++}`;
      const feed = new Feed(session, session);
      const said = words.map(({ record, text }) => say(session, record, text));
      await s.append(feed.read(said));
      const before = await s.events({ key: { provider: 'toy', nativeId: session } });
      const repeats = words.filter(({ record, text }, index) => {
        const earlier = words.slice(0, index).findLast((other) => other.record === record);
        return earlier?.text === text;
      });
      assert.equal(before.length, words.length - repeats.length);
      feed.restart();
      const again = await s.append(feed.read(said.slice(0, cut)), feed.read(said.slice(cut), { sweep: true }));
      assert.deepEqual(counts(again), [0, 0]);
      assert.deepEqual(await s.events({ key: { provider: 'toy', nativeId: session } }), before);
    }),
    { numRuns: 40 },
  );
}

function counts(appended: readonly { readonly events: number; readonly revisions: number }[]): number[] {
  return [
    appended.reduce((sum, { events }) => sum + events, 0),
    appended.reduce((sum, { revisions }) => sum + revisions, 0),
  ];
}
