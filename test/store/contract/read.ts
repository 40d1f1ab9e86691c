/** Reading the log: by session or all, from a position on, forward and backward, in both views. */
import assert from 'node:assert/strict';
import { keyOf, loose, say } from '../../support/batches.ts';
import { type Check, collect, readAll, type Scene, told } from './scene.ts';

export function readContract(check: Check): void {
  check('reads nothing from an empty store or an unknown session', async (s) => {
    assert.deepEqual(await s.events(), []);
    assert.deepEqual(await s.events({ key: keyOf('nobody'), backward: true }), []);
    assert.deepEqual(await s.store.pick(keyOf('nobody'), [1]), []);
    assert.deepEqual([await s.store.sessions(), await s.store.session(keyOf('nobody'))], [[], undefined]);
    assert.equal(await s.store.head(), 0);
  });
  check('reads one session, or all of them in the order of their positions', async (s) => {
    await fill(s);
    assert.deepEqual(told(await s.events({ key: keyOf('a') })), ['1 a1', '2 a2', '3 a3', '4 a4', '5 a5']);
    assert.deepEqual(told(await s.events({ key: keyOf('b') })), ['1 b1', '2 b2', '3 b3']);
    assert.deepEqual(told(await s.events()), ['1 a1', '2 a2', '3 a3', '1 b1', '4 a4', '2 b2', '3 b3', '5 a5']);
  });
  check('reads from any position on, also from the middle of what was stored together', async (s) => {
    await fill(s);
    for (const key of [undefined, keyOf('a'), keyOf('b')]) {
      const all = await s.events({ ...(key && { key }) });
      for (let after = 0; after <= 9; after++) {
        const later = await s.events({ after, ...(key && { key }) });
        assert.deepEqual(
          later,
          all.filter(({ position }) => position > after),
        );
      }
    }
  });
  check('reads backward what it reads forward', async (s) => {
    await fill(s);
    for (const key of [undefined, keyOf('a'), keyOf('b')]) {
      for (let after = 0; after <= 9; after++) {
        const query = { after, ...(key && { key }) };
        assert.deepEqual(await s.events({ ...query, backward: true }), (await s.events(query)).reverse());
      }
    }
  });
  check('gives the newest first to who stops early', async (s) => {
    await fill(s);
    for await (const page of s.store.read({ view: 'current', backward: true })) {
      assert.deepEqual(told(page.slice(0, 1)), ['5 a5']);
      break;
    }
    assert.deepEqual((await s.append(loose([say('a', 'r9', 'on')])))[0]?.events, 1);
  });
  check('picks single events by seq, each once and in order, and leaves out unknown ones', async (s) => {
    await fill(s);
    const events = await s.events({ key: keyOf('a') });
    assert.deepEqual(await s.store.pick(keyOf('a'), [4, 2, 4, 99, 0, -1]), [events[1], events[3]]);
    assert.deepEqual(await s.store.pick(keyOf('a'), []), []);
  });
  check('goes on reading in order while others append', readsWhileOthersAppend);
  check('sees marks that are made while it reads on the pages still to come', seesMarksWhileReading);
  check('takes several readers at once', async (s) => {
    await fill(s);
    const [first, second] = await Promise.all([readAll(s.store), readAll(s.store, { key: keyOf('a') }), fillMore(s)]);
    assert.deepEqual(told(first.slice(0, 3)), ['1 a1', '2 a2', '3 a3']);
    assert.deepEqual(told(second.slice(0, 3)), ['1 a1', '2 a2', '3 a3']);
  });
}

/** Two sessions whose events stand in several blocks, in turns. */
async function fill(s: Scene): Promise<void> {
  await s.append(loose([say('a', 'r1', 'a1'), say('a', 'r2', 'a2'), say('a', 'r3', 'a3'), say('b', 'r1', 'b1')]));
  await s.append(loose([say('a', 'r4', 'a4')]));
  await s.append(loose([say('b', 'r2', 'b2'), say('b', 'r3', 'b3'), say('a', 'r5', 'a5')]));
}

async function fillMore({ store }: Scene): Promise<void> {
  for (let n = 0; n < 20; n++) await store.append([loose([say('a', `more${n}`, `m${n}`)])]);
}

/** Whatever a page holds: together they are a run of the log without a gap, and miss nothing that stood there before. */
async function readsWhileOthersAppend(s: Scene): Promise<void> {
  for (let n = 1; n <= 30; n++) await s.append(loose([say('a', `r${n}`, `a${n}`)]));
  const positions: number[] = [];
  let appended = 0;
  for await (const page of s.store.read({ view: 'current' })) {
    positions.push(...page.map(({ position }) => position));
    if (appended++ < 20) await s.store.append([loose([say('b', `r${appended}`, `b${appended}`)])]);
  }
  assert.ok(positions.length >= 30);
  assert.deepEqual(
    positions,
    Array.from({ length: positions.length }, (_, index) => index + 1),
  );
}

/** An engine may give everything on one page; where it gives several, the later ones say how things are by then. */
async function seesMarksWhileReading(s: Scene): Promise<void> {
  for (let n = 1; n <= 4; n++) await s.append(loose([say('a', `r${n}`, `a${n}`)]));
  const pages = s.store.read({ view: 'current' })[Symbol.asyncIterator]();
  const first = await pages.next();
  const records = first.done ? [] : [`${(await s.events()).at(-1)?.event.id.slice(0, 16)}`];
  await s.store.append([{ ...loose([]), superseded: [{ key: keyOf('a'), records, inForce: false }] }]);
  const rest = (await collect({ [Symbol.asyncIterator]: () => pages })).flat();
  if (rest.length > 0) assert.deepEqual(told(rest).at(-1), '4 a4 (superseded)');
}
