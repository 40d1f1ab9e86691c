/** Bytes as they were read, and everything that is kept beside the events. */
import assert from 'node:assert/strict';
import type { Blob, SideFile } from '../../../src/store/store.ts';
import { emptyBatch } from '../../../src/store/store.ts';
import { blobOf, Feed, keyOf, loose, partOf, say } from '../../support/batches.ts';
import { type Check, type Scene, told } from './scene.ts';

export function rawContract(check: Check): void {
  check('gives back the bytes of a source in order, unpacked', async (s) => {
    const feed = new Feed('f', 'a');
    const noise = ['first\n', `${'long '.repeat(500)}\n`, 'third\n'];
    for (const [index, text] of noise.entries()) await s.append(feed.read([], { noise: text, packed: index === 1 }));
    assert.equal(s.raw(feed.id), noise.join(''));
    assert.equal(s.raw('ffffffffffffffff'), '');
  });
  check('gives back the bytes of the present generation only', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([], { noise: 'old bytes\n' }));
    await s.append(feed.restart().read([], { noise: 'new\n' }), feed.read([], { noise: 'more\n', sweep: true }));
    assert.equal(s.raw(feed.id), 'new\nmore\n');
    await s.append(feed.restart().read([], { sweep: true }));
    assert.equal(s.raw(feed.id), '');
  });
  check('joins small pieces without changing a byte', joinsPieces);
  check('keeps where frames end in bytes that are not a run', async (s) => {
    const feed = new Feed('f', 'a');
    const first = feed.read([], { noise: 'abcdef' });
    const second = feed.read([], { noise: 'ghi' });
    const ends = [[2, 6], [3]];
    for (const [index, batch] of [first, second].entries()) {
      await s.append({ ...batch, raw: batch.raw.map((chunk) => ({ ...chunk, ends: ends[index] })) });
    }
    const kept = [...s.store.raw(feed.id)].map((chunk) => [
      chunk.offset,
      Buffer.from(chunk.data).toString(),
      chunk.ends,
    ]);
    assert.deepEqual(kept, [
      [0, 'abcdef', [2, 6]],
      [6, 'ghi', [3]],
    ]);
  });
  check('keeps what was quarantined, by generation', async (s) => {
    const feed = new Feed('f', 'a');
    const [late, early] = [
      { offset: 5, bytes: 4, reason: 'nul' },
      { offset: 1, bytes: 2, reason: 'not-json' },
    ];
    await s.append(feed.read([], { noise: 'x'.repeat(20), quarantined: [late, early] }));
    assert.deepEqual(await s.store.quarantined(feed.id), [early, late]);
    await s.append(feed.restart().read([], { noise: 'y', sweep: true }));
    assert.deepEqual(await s.store.quarantined(feed.id), []);
    assert.deepEqual(await s.store.quarantined('ffffffffffffffff'), []);
  });
  check('keeps the latest word on quarantined bytes, also when the session was not known before', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([], { quarantined: [{ offset: 0, bytes: 4, reason: 'nul' }] }));
    await s.append(loose([say('a', 'r1', 'one')]));
    const told = { offset: 0, bytes: 2, reason: 'not-json' };
    await s.append(feed.read([], { quarantined: [told] }));
    assert.deepEqual(await s.store.quarantined(feed.id), [told]);
  });
  check('counts diagnostics of the present generation of each source', countsDiagnostics);
}

/** Enough live pieces to fill several blocks, of sizes that end before, at and behind the edge of a block. */
async function joinsPieces(s: Scene): Promise<void> {
  const feed = new Feed('f', 'a');
  const sizes = [1, 100_000, 100_000, 62_143, 1, 65_536, 200_000, 3, 300_000, 7, 262_144, 130_000, 130_000, 9];
  let whole = '';
  for (const [index, size] of sizes.entries()) {
    const noise = `${String.fromCharCode(97 + index)}${'0123456789abcdef'.repeat(size / 16 + 1)}`.slice(0, size);
    whole += noise;
    await s.append(feed.read([], { noise, packed: size > 150_000 }));
    assert.equal(s.raw(feed.id) === whole, true, `the bytes differ after piece ${index}`);
  }
  await s.append(feed.restart().read([], { noise: 'short', sweep: true }));
  assert.equal(s.raw(feed.id), 'short');
}

async function countsDiagnostics(s: Scene): Promise<void> {
  const [feed, other] = [new Feed('f', 'a'), new Feed('g', 'b')];
  const unknown = (count: number) => ({ code: 'unknown-record', about: 'x', count }) as const;
  const salvaged = { code: 'salvaged-line', count: 1 } as const;
  await s.append(feed.read([], { flaws: [unknown(2), salvaged] }), other.read([], { flaws: [unknown(5)] }));
  await s.append(feed.read([], { flaws: [unknown(1)] }));
  const flaws = async () =>
    (await s.store.diagnostics()).map(({ source, code, about, count }) => [source, code, about, count]).sort();
  const expected = [
    [feed.id, 'salvaged-line', undefined, 1],
    [feed.id, 'unknown-record', 'x', 3],
    [other.id, 'unknown-record', 'x', 5],
  ];
  assert.deepEqual(await flaws(), expected.sort());
  await s.append(feed.restart().read([], { flaws: [salvaged] }));
  assert.deepEqual(
    await flaws(),
    [[feed.id, 'salvaged-line', undefined, 1], expected.find(([id]) => id === other.id)].sort(),
  );
}

export function blobContract(check: Check): void {
  const image = blobOf('\u0089PNG not really');
  const bring = (s: Scene, session: string, sideFiles: readonly SideFile[] = [], blobs = [image]) =>
    s.append({ ...emptyBatch, sessions: [partOf(session, [], { blobs, sideFiles })] });

  check('keeps a blob once, whoever brings it', async (s) => {
    await bring(s, 'a');
    await bring(s, 'b');
    await bring(s, 'a');
    assert.deepEqual(await s.store.blob(image.sha256), image);
    assert.equal((await s.store.stats()).blobBytes, image.content.length);
    assert.equal(await s.store.blob('0'.repeat(64)), undefined);
  });
  check('gives back a blob of text as it was', async (s) => {
    const long = blobOf('line\n'.repeat(5000), 'text/plain');
    const empty = blobOf('', 'text/plain');
    await bring(s, 'a', [], [long, empty]);
    for (const blob of [long, empty]) assert.deepEqual(plain(await s.store.blob(blob.sha256)), plain(blob));
  });
  check('finds a side file by its name in its session, and the latest content of it', async (s) => {
    const [first, second] = [blobOf('first', 'text/plain'), blobOf('second', 'text/plain')];
    await bring(s, 'a', [{ name: 'out.txt', sha256: first.sha256 }], [first]);
    await bring(s, 'b', [{ name: 'out.txt', sha256: image.sha256 }]);
    assert.deepEqual(await s.store.sideFile(keyOf('a'), 'out.txt'), first);
    await bring(s, 'a', [{ name: 'out.txt', sha256: second.sha256 }], [second]);
    assert.deepEqual(await s.store.sideFile(keyOf('a'), 'out.txt'), second);
    assert.deepEqual(await s.store.sideFile(keyOf('b'), 'out.txt'), image);
    assert.equal(await s.store.sideFile(keyOf('a'), 'other.txt'), undefined);
    assert.equal(await s.store.sideFile(keyOf('nobody'), 'out.txt'), undefined);
  });
  check('writes nothing when a side file is told again', async (s) => {
    await bring(s, 'a', [{ name: 'out.txt', sha256: image.sha256 }]);
    assert.equal((await bring(s, 'a', [{ name: 'out.txt', sha256: image.sha256 }]))[0]?.rows, 0);
  });
}

/** An engine may hand out its bytes as any kind of byte array. */
function plain(blob: Blob | undefined) {
  return blob && { ...blob, content: Buffer.from(blob.content).toString('latin1') };
}

export function statsContract(check: Check): void {
  check('counts sessions, events and bytes', async (s) => {
    const empty = { sessions: 0, events: 0, rawBytes: 0, rawStoredBytes: 0, eventStoredBytes: 0, blobBytes: 0 };
    assert.deepEqual(await s.store.stats(), empty);
    const feed = new Feed('f', 'a');
    await s.append(feed.read([say('a', 'r1', 'one'), say('b', 'r2', 'two')]), feed.read([say('a', 'r1', 'ONE')]));
    const { sessions, events, rawBytes, rawStoredBytes } = await s.store.stats();
    assert.deepEqual([sessions, events, rawBytes], [2, 3, feed.endBytes]);
    assert.ok(rawStoredBytes > 0 && rawStoredBytes <= rawBytes);
  });
  check('counts the bytes of earlier generations, which are kept', async (s) => {
    const feed = new Feed('f', 'a');
    await s.append(feed.read([], { noise: 'old bytes\n' }));
    await s.append(feed.restart().read([], { noise: 'new\n', sweep: true }));
    assert.equal((await s.store.stats()).rawBytes, 14);
    assert.deepEqual(told(await s.events()), []);
  });
}
