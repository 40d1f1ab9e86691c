/** Damaged files: a torn tail is cut, damage further up is passed over and named, and one session's is not another's. */
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { KatoError } from '../../../src/core/errors.ts';
import { sessionId } from '../../../src/core/session.ts';
import { openLogStore } from '../../../src/store/log.ts';
import { emptyBatch, type TranscriptStore } from '../../../src/store/store.ts';
import { blobOf, Feed, keyOf, loose, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, readAll, told } from '../contract/scene.ts';
import { impatientDisk } from './impatient-disk.ts';

const open = (folder: string) => openLogStore(folder, impatientDisk);
const twinOf = (folder: string, session: string) => `${folder}/${sessionId(keyOf(session))}.twin.jsonl`;
const metaOf = (folder: string, session: string) => `${folder}/${sessionId(keyOf(session))}.meta.json`;

/** A store with two sessions, and in one of them: a commit of one event, one of three, and one of one. */
async function make(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  const store = open(folder);
  await store.append([loose([say('a', 'r1', 'one')])]);
  await store.append([
    loose([say('b', 'r1', 'elsewhere')], { extras: { facts: { cwd: '/b' }, blobs: [blobOf('x')] } }),
  ]);
  await store.append([loose([say('a', 'r2', 'two'), say('a', 'r3', 'three'), say('a', 'r4', 'four')])]);
  await store.append([new Feed('f', 'a').read([say('a', 'r5', 'five')])]);
  return folder;
}

async function withStore<T>(folder: string, act: (store: TranscriptStore) => Promise<T>): Promise<T> {
  const store = open(folder);
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}

const textsOf = async (store: TranscriptStore, session = 'a') =>
  told(await readAll(store, { key: keyOf(session) })).map((text) => text.replace(/^\d+ /, ''));
const flawsOf = async (store: TranscriptStore) => (await collect(store.verify())).map(({ code }) => code);
const failsWith = (code: string) => (error: unknown) =>
  error instanceof KatoError && error.code === code && error.hint !== undefined;
const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

/** Changes one bit of the text of an event, so that its line is not what was written. */
function damage(path: string, text: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(`"text":"${text}"`) + 8;
  assert.ok(at > 8);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** The store goes on: what is told again is there once, and every line of the log can be read. */
async function assertGoesOn(folder: string): Promise<void> {
  await withStore(folder, async (store) => {
    await store.append([loose(['one', 'two', 'three', 'four', 'five'].map((text, n) => say('a', `r${n + 1}`, text)))]);
    assert.deepEqual((await textsOf(store)).sort(), ['five', 'four', 'one', 'three', 'two']);
  });
  await withStore(folder, async (store) => {
    assert.deepEqual((await textsOf(store)).sort(), ['five', 'four', 'one', 'three', 'two']);
    assert.deepEqual(await textsOf(store, 'b'), ['elsewhere']);
  });
}

describe('a log', () => {
  it('is read with less and jq: one JSON object a line', async (t) => {
    const folder = await make(t);
    const lines = linesOf(twinOf(folder, 'a')).map((line) => JSON.parse(line));
    assert.deepEqual(lines[0].session, keyOf('a'));
    assert.deepEqual(
      lines.flatMap(({ event }) => event?.payload.text ?? []),
      ['one', 'two', 'three', 'four', 'five'],
    );
    assert.ok(lines.every(({ sum }) => /^[0-9a-f]{8}$/.test(sum)));
  });

  it('is only ever appended to', async (t) => {
    const folder = await make(t);
    const before = readFileSync(twinOf(folder, 'a'), 'utf8');
    await withStore(folder, (store) => store.append([loose([say('a', 'r2', 'TWO'), say('a', 'r6', 'six')])]));
    assert.ok(readFileSync(twinOf(folder, 'a'), 'utf8').startsWith(before));
  });
});

describe('a torn tail', () => {
  it('is cut before anything is appended, wherever it is torn', async (t) => {
    const whole = await make(t);
    const bytes = readFileSync(twinOf(whole, 'a'));
    const last = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    for (let length = last; length < bytes.length; length += 7) {
      const folder = await make(t);
      truncateSync(twinOf(folder, 'a'), length);
      await withStore(folder, async (store) => {
        assert.deepEqual((await textsOf(store)).slice(0, 4), ['one', 'two', 'three', 'four']);
        await store.append([loose([say('a', 'r9', 'behind')])]);
        assert.equal((await textsOf(store)).at(-1), 'behind');
        assert.deepEqual(await flawsOf(store), []);
      });
      await withStore(folder, async (store) => assert.equal((await textsOf(store)).at(-1), 'behind'));
      for (const line of linesOf(twinOf(folder, 'a'))) JSON.parse(line);
    }
  });

  for (const [what, tail] of [
    ['zeros', Buffer.alloc(5000)],
    ['half a line', Buffer.from('{"seq":6,"posit')],
    ['lines without their end', Buffer.from('{"seq":6}\n{"seq":7}\n')],
  ] as const) {
    it(`of ${what} is cut, and synced, before anything is appended`, async (t) => {
      const folder = await make(t);
      const path = twinOf(folder, 'a');
      const length = readFileSync(path).length;
      appendFileSync(path, tail);
      const steps: string[] = [];
      const note = (step: string, name: string) => name === path && steps.push(step);
      const store = openLogStore(folder, {
        ...impatientDisk,
        sync: (name) => note('sync', name),
        append: (name, bytes) => {
          note('append', name);
          impatientDisk.append(name, bytes);
        },
        cut: (name, bytes) => {
          note(`cut to ${bytes}`, name);
          impatientDisk.cut(name, bytes);
        },
      });
      await store.append([loose([say('a', 'r9', 'behind')])]);
      assert.deepEqual(steps, [`cut to ${length}`, 'sync', 'append', 'sync']);
      await store.close();
      await withStore(folder, async (again) => {
        assert.deepEqual(await textsOf(again), ['one', 'two', 'three', 'four', 'five', 'behind']);
        assert.deepEqual(await flawsOf(again), []);
      });
    });
  }
});

describe('damage in the middle of a log', () => {
  for (const text of ['one', 'two', 'three', 'four']) {
    it(`is passed over and named, and the rest stays readable: at ${text}`, async (t) => {
      const folder = await make(t);
      damage(twinOf(folder, 'a'), text);
      const damaged = readFileSync(twinOf(folder, 'a'));
      await withStore(folder, async (store) => {
        const rest = ['one', 'two', 'three', 'four', 'five'].filter((one) => one !== text);
        assert.deepEqual(await textsOf(store), rest);
        assert.ok((await flawsOf(store)).includes('line-damaged'));
        assert.deepEqual(await textsOf(store, 'b'), ['elsewhere']);
      });
      await assertGoesOn(folder);
      const after = readFileSync(twinOf(folder, 'a'));
      assert.ok(after.subarray(0, damaged.length).equals(damaged), 'nothing of the log was thrown away');
      await withStore(folder, async (store) => assert.ok((await flawsOf(store)).includes('line-damaged')));
    });
  }

  it('is found in what a store has open, too', async (t) => {
    const folder = await make(t);
    await withStore(folder, async (store) => {
      assert.equal((await textsOf(store)).length, 5);
      damage(twinOf(folder, 'a'), 'two');
      assert.deepEqual(await textsOf(store), ['one', 'three', 'four', 'five']);
      assert.ok((await flawsOf(store)).includes('line-damaged'));
    });
  });

  it('never gives a seq or a position again, even where the last event is damaged', async (t) => {
    const folder = await make(t);
    await withStore(folder, async () => {});
    damage(twinOf(folder, 'a'), 'five');
    await withStore(folder, async (store) => {
      await store.append([loose([say('a', 'r6', 'six')])]);
      const events = await readAll(store, { key: keyOf('a') });
      assert.deepEqual(events.map(({ event, position }) => [event.seq, position]).at(-1), [6, 7]);
    });
  });

  it('in the last commit is a torn tail, but what is cut is kept beside the log', async (t) => {
    const folder = temporaryFolder(t);
    const store = open(folder);
    await store.append([loose([say('a', 'r1', 'one')])]);
    await store.append([loose([say('a', 'r2', 'two'), say('a', 'r3', 'three'), say('a', 'r4', 'four')])]);
    damage(twinOf(folder, 'a'), 'three');
    await withStore(folder, async (again) => {
      await again.append([loose([say('b', 'r1', 'elsewhere')])]);
      assert.deepEqual(await textsOf(again), ['one']);
      assert.deepEqual(await flawsOf(again), ['tail-kept']);
    });
    const aside = readdirSync(folder).find((name) => name.includes('.torn-'));
    assert.match(readFileSync(`${folder}/${aside}`, 'utf8'), /four/);
  });
});

it('a log that was cut shorter than it was is read for what it has, named, and gone on with', async (t) => {
  const folder = await make(t);
  await withStore(folder, async () => {});
  const path = twinOf(folder, 'a');
  truncateSync(path, readFileSync(path, 'utf8').indexOf('\n', 400) + 1);
  await withStore(folder, async (store) => {
    assert.deepEqual(await textsOf(store), ['one']);
    assert.ok((await flawsOf(store)).includes('log-short'));
    await store.append([loose([say('a', 'r6', 'six')])]);
    assert.deepEqual((await readAll(store)).at(-1)?.event.seq, 6);
  });
  await withStore(folder, async (store) => assert.ok((await flawsOf(store)).includes('log-short')));
});

describe('a meta file', () => {
  for (const [what, code, change] of [
    ['that is damaged', 'store-corrupt', (text: string) => text.replace('"lastSeq":5', '"lastSeq":4')],
    ['that is empty', 'store-corrupt', () => ''],
    ['of a later version', 'store-newer', (text: string) => text.replace('"v":1', '"v":2')],
  ] as const) {
    it(`${what} closes its session with an error that says so, and no other`, async (t) => {
      const folder = await make(t);
      await withStore(folder, async () => {});
      const path = metaOf(folder, 'a');
      const bad = change(readFileSync(path, 'utf8'));
      writeFileSync(path, bad);
      const twin = readFileSync(twinOf(folder, 'a'));
      await withStore(folder, async (store) => {
        await assert.rejects(readAll(store, { key: keyOf('a') }), failsWith(code));
        await assert.rejects(store.session(keyOf('a')), failsWith(code));
        await assert.rejects(store.append([loose([say('a', 'r9', 'x')])]), failsWith(code));
        assert.deepEqual(told(await readAll(store)), ['1 elsewhere']);
        await store.append([loose([say('b', 'r2', 'goes on')])]);
        assert.deepEqual(await textsOf(store, 'b'), ['elsewhere', 'goes on']);
        assert.equal((await readAll(store)).at(-1)?.position, 7, 'what the closed session has is not given again');
        assert.deepEqual(await flawsOf(store), [code === 'store-newer' ? 'meta-newer' : 'meta-damaged']);
      });
      assert.equal(readFileSync(path, 'utf8'), bad);
      assert.ok(readFileSync(twinOf(folder, 'a')).equals(twin));
      renameSync(path, `${path}.bad`);
      await withStore(folder, async (store) => {
        assert.deepEqual(await textsOf(store), ['one', 'two', 'three', 'four', 'five']);
        assert.deepEqual(await flawsOf(store), []);
      });
    });
  }

  it('that is missing is made again', async (t) => {
    const folder = await make(t);
    const answers = async (store: TranscriptStore) => [
      await readAll(store),
      await store.sessions(),
      await store.sources(),
      await store.stats(),
    ];
    const before = await withStore(folder, answers);
    const names = readdirSync(folder).filter((name) => name.endsWith('.meta.json'));
    assert.equal(names.length, 2);
    for (const name of names) rmSync(`${folder}/${name}`);
    assert.deepEqual(await withStore(folder, answers), before);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.meta.json')),
      names,
    );
  });
});

describe('the index', () => {
  const answers = async (store: TranscriptStore) => [
    await readAll(store),
    await store.sessions(),
    await store.sources(),
  ];
  for (const [what, change] of [
    ['missing', (path: string) => rmSync(path)],
    ['damaged', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('"/b"', '"/c"'))],
    ['no JSON', (path: string) => writeFileSync(path, 'nothing')],
  ] as const) {
    it(`is made again when it is ${what}`, async (t) => {
      const folder = await make(t);
      const path = `${folder}/daemon-control.json`;
      const before = await withStore(folder, answers);
      const index = readFileSync(path, 'utf8');
      change(path);
      assert.deepEqual(await withStore(folder, answers), before);
      assert.equal(readFileSync(path, 'utf8'), index);
    });
  }

  it('is not believed when it is stale', async (t) => {
    const folder = await make(t);
    const path = `${folder}/daemon-control.json`;
    await withStore(folder, async () => {});
    const stale = readFileSync(path, 'utf8');
    await withStore(folder, (store) => store.append([loose([say('a', 'r6', 'six'), say('c', 'r1', 'new')])]));
    const before = await withStore(folder, answers);
    const fresh = readFileSync(path, 'utf8');
    writeFileSync(path, stale);
    assert.deepEqual(await withStore(folder, answers), before);
    assert.equal(readFileSync(path, 'utf8'), fresh);
  });
});

it('forgetting leaves no byte of a session in any file', async (t) => {
  const folder = temporaryFolder(t);
  const secret = 'Xyzzy-and-nothing-else';
  await withStore(folder, async (store) => {
    const [early, feed] = [new Feed('f'), new Feed('g', 'a')];
    await store.append([early.read([say('b', 'r1', 'kept')], { noise: 'kept bytes\n' })]);
    const noted = { consumer: 'command/1', position: 1, state: { session: { ...keyOf('a') }, line: secret } };
    await store.append([{ ...loose([]), offsets: [noted] }, feed.read([], { noise: secret })]);
    const facts = { title: { text: secret, from: 'prompt' } } as const;
    const extras = { facts, blobs: [blobOf(secret)] };
    await store.append([feed.read([say('a', 'r1', secret)], { extras })]);
    await store.append([{ ...loose([say('b', 'r2', 'more')]), offsets: [{ ...noted, position: 2 }] }]);
  });
  const holding = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && readFileSync(`${entry.parentPath}/${entry.name}`).includes(secret))
      .map(({ name }) => name);
  assert.ok(holding().length >= 4);
  await withStore(folder, async (store) => {
    await store.forget(keyOf('a'));
    assert.deepEqual(holding(), []);
    assert.deepEqual(await flawsOf(store), []);
  });
  assert.deepEqual(holding(), []);
  await withStore(folder, async (store) => assert.deepEqual(await textsOf(store, 'b'), ['kept', 'more']));
});

it('a consumer that had come further than what a power cut has left misses nothing that comes then', async (t) => {
  const folder = `${temporaryFolder(t)}/store`;
  const store = openLogStore(folder);
  await store.append([loose([say('a', 'r1', 'one')]), noted(1)]);
  const twin = twinOf(folder, 'a');
  const synced = readFileSync(twin);
  await store.append([loose([say('a', 'r2', 'two')], { rides: true })]);
  await store.append([{ ...noted(2), rides: true }]);
  writeFileSync(twin, synced); // The system had written one of the two logs, and not the other.
  rmSync(`${folder}/changes`);
  const next = openLogStore(folder);
  await next.append([loose([say('a', 'r3', 'three')])]);
  const after = (await next.offset('all'))?.position ?? 0;
  assert.equal((await readAll(next, { after })).length, 1);
  await next.close();
});

function noted(position: number) {
  return { ...emptyBatch, offsets: [{ consumer: 'all', position, state: null }] };
}
