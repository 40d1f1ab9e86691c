/** A recording's file on a real disk: killed at every step, edited by its user, gone, and back again. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { DestinationFiles, GrowingFile } from '../../src/core/ports.ts';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import { formats } from '../../src/record/formats/registry.ts';
import { type Play, play, startOf } from '../../src/record/playback.ts';
import { type Advanced, advance, beginFile, type FileProgress } from '../../src/record/recording-file.ts';
import { formatOptions } from '../../src/record/view.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { keyOf, loose, say } from '../support/batches.ts';
import { temporaryFolder } from '../support/derive.ts';

const HEAD = '---\ntitle: x\n---\n\n';
const settings = { headingTime: 'local', timeZone: 'UTC', toolResultLines: 0, anchors: false } as const;

/** A session that is recorded to `a.md`, with what a daemon remembers of it. */
class Desk {
  readonly root: string;
  readonly path: string;
  readonly store = createMemoryStore();
  readonly recording: Play;
  stored: FileProgress | undefined;
  files: DestinationFiles = nodeDestinations;
  #said = 0;

  constructor(t: TestContext) {
    this.root = temporaryFolder(t);
    this.path = join(this.root, 'a.md');
    const periods = [{ view: { preset: 'chat', switches: {} } } as const];
    const optionsOf = (view: Parameters<Play['optionsOf']>[0]) => formatOptions(view, settings);
    this.recording = { store: this.store, session: keyOf('a'), format: formats.markdown, periods, optionsOf };
  }

  get file(): string {
    return readFileSync(this.path, 'utf8');
  }

  async say(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.store.append([loose([say('a', `r${++this.#said}`, text)])]);
  }

  /** One round of the recorder, from what is stored; up to a place in the log. */
  async run(upTo?: number): Promise<Advanced> {
    const place = { root: this.root, components: ['a.md'] };
    const { files } = this;
    const recording = { ...this.recording, ...(upTo !== undefined && { upTo }) };
    this.stored ??= beginFile({ files, place, recording }, HEAD);
    const store = async (progress: FileProgress) => {
      this.stored = JSON.parse(JSON.stringify(progress));
    };
    return advance({ files, place, recording, store, settle: async () => {} }, this.stored);
  }

  /** What the file would hold if nothing had ever happened to it. */
  async export(): Promise<string> {
    let text = '';
    for await (const piece of play(this.recording, startOf(this.recording))) text += piece.text;
    return HEAD + text;
  }

  /** The disk fails, or the process is killed, when this many bytes of an append have been written. */
  failAfter(bytes: number, isSynced = true): void {
    this.files = {
      ...nodeDestinations,
      grow: (...args) => {
        const file = nodeDestinations.grow(...args);
        return file && failing(file, bytes, isSynced);
      },
    };
  }
}

class Killed extends Error {}

function failing(file: GrowingFile, bytes: number, isSynced: boolean): GrowingFile {
  return {
    identity: file.identity,
    sizeBytes: () => file.sizeBytes(),
    read: (from, to) => file.read(from, to),
    cut: (length) => file.cut(length),
    close: () => file.close(),
    append(text) {
      file.append(text.subarray(0, bytes));
      if (bytes < text.length) throw new Killed();
    },
    async sync() {
      if (!isSynced) throw new Killed();
      await file.sync();
    },
  };
}

describe('a recording', () => {
  it('makes its file with a head, and writes what comes at the end of it', async (t) => {
    const desk = new Desk(t);
    await desk.say('one');
    assert.equal((await desk.run()).events, 1);
    assert.equal(desk.file, `${HEAD}# User\n\none\n`);
    await desk.say('two', 'three');
    await desk.run();
    assert.equal(desk.file, await desk.export());
  });

  it('touches nothing when there is nothing to write', async (t) => {
    const desk = new Desk(t);
    await desk.run();
    assert.equal(existsSync(desk.path), false);
    await desk.say('one');
    await desk.run();
    const before = JSON.stringify(desk.stored);
    assert.deepEqual([(await desk.run()).events, JSON.stringify(desk.stored)], [0, before]);
  });

  it('is whole after it was killed at any byte of any write', async (t) => {
    const whole = new Desk(t);
    await whole.say('one');
    await whole.run();
    const most = whole.file.length;
    for (let bytes = 0; bytes <= most; bytes += 3) {
      const desk = new Desk(t);
      await desk.say('one');
      desk.failAfter(bytes);
      if (bytes < most) await assert.rejects(desk.run(), Killed);
      desk.files = nodeDestinations;
      await desk.say('two');
      await desk.run();
      assert.equal(desk.file, await desk.export(), `killed after ${bytes} bytes`);
    }
  });

  it('writes nothing twice when it was killed before it could note what it wrote', async (t) => {
    const desk = new Desk(t);
    await desk.say('one');
    await desk.run();
    await desk.say('two');
    desk.failAfter(1e6, false);
    await assert.rejects(desk.run(), Killed);
    desk.files = nodeDestinations;
    await desk.say('three');
    await desk.run();
    assert.equal(desk.file, await desk.export());
  });

  it('writes nothing twice when it was killed while it wrote below what its user wrote', async (t) => {
    for (let bytes = 0; bytes <= 24; bytes++) {
      const desk = new Desk(t);
      await desk.say('one');
      await desk.run();
      appendFileSync(desk.path, 'mine');
      await desk.say('two');
      desk.failAfter(bytes, false);
      await assert.rejects(desk.run(), Killed);
      desk.files = nodeDestinations;
      await desk.say('three');
      await desk.run();
      assert.equal(desk.file, `${HEAD}# User\n\none\nmine\n\ntwo\n\nthree\n`, `killed after ${bytes} bytes`);
    }
  });

  it('writes nothing twice when its user wrote below what it had not noted when it was killed', async (t) => {
    const desk = new Desk(t);
    await desk.say('one');
    await desk.run();
    await desk.say('two');
    desk.failAfter(1e6, false);
    await assert.rejects(desk.run(), Killed);
    appendFileSync(desk.path, 'mine\n');
    await desk.say('three');
    await assert.rejects(desk.run(), Killed);
    desk.files = nodeDestinations;
    await desk.say('four');
    await desk.run();
    assert.equal(desk.file, `${HEAD}# User\n\none\n\ntwo\nmine\n\nthree\n\nfour\n`);
    assert.equal(desk.stored?.manifest.bodyBytes, Buffer.byteLength((await desk.export()).slice(HEAD.length)));
  });

  it('writes nothing twice when its user wrote into what it had not noted when it was killed', async (t) => {
    const desk = new Desk(t);
    await desk.say('one');
    await desk.run();
    await desk.say('two', 'three', 'four');
    desk.failAfter(1e6, false);
    await assert.rejects(desk.run(), Killed);
    desk.files = nodeDestinations;
    const edited = desk.file.replace('one\n', 'one\nfirst\n').replace('three\n', 'mine\n\nthree\nand mine\n');
    writeFileSync(desk.path, edited);
    await desk.say('five');
    await desk.run();
    const words = desk.file.slice(HEAD.length).split(/\n+/);
    assert.deepEqual(words, ['# User', 'one', 'first', 'two', 'mine', 'three', 'and mine', 'four', 'five', '']);
  });

  it('writes no head below what its user wrote into the empty file', async (t) => {
    const desk = new Desk(t);
    writeFileSync(desk.path, '');
    await desk.run();
    writeFileSync(desk.path, 'mine\n');
    await desk.say('one');
    await desk.run();
    assert.equal(desk.file, 'mine\n\n# User\n\none\n');
  });

  it('goes on below what a user wrote into it before, and while it was on', async (t) => {
    const desk = new Desk(t);
    writeFileSync(desk.path, '# My notes\n\nmine');
    await desk.say('one');
    await desk.run();
    assert.equal(desk.file, '# My notes\n\nmine\n\n# User\n\none\n');
    appendFileSync(desk.path, 'also mine\n');
    await desk.say('two');
    await desk.run();
    assert.deepEqual(desk.stored?.edits, { missing: 0 });
    assert.equal(desk.file, '# My notes\n\nmine\n\n# User\n\none\nalso mine\n\ntwo\n');
  });

  it('takes a note with nothing but front matter for a new file, and keeps it', async (t) => {
    const desk = new Desk(t);
    writeFileSync(desk.path, '---\ntitle: mine\n---\n');
    await desk.say('one');
    await desk.run();
    assert.equal(desk.file, '---\ntitle: mine\n---\n\n# User\n\none\n');
  });

  it('pauses when its file is gone, and goes on when it is back', async (t) => {
    const desk = new Desk(t);
    await desk.say('one');
    await desk.run();
    const kept = desk.file;
    rmSync(desk.path);
    await desk.say('two');
    const { isGone, events } = await desk.run();
    assert.deepEqual([isGone, events, existsSync(desk.path)], [true, 0, false]);
    writeFileSync(desk.path, kept);
    assert.equal((await desk.run()).isGone, false);
    assert.equal(desk.file, await desk.export());
  });

  it('writes again what an older copy of its file has lost', async (t) => {
    const desk = new Desk(t);
    await desk.say('one');
    await desk.run();
    const old = desk.file;
    await desk.say('two');
    await desk.run();
    writeFileSync(desk.path, old);
    await desk.say('three');
    await desk.run();
    assert.equal(desk.file, await desk.export());
    assert.deepEqual(desk.stored?.edits, { missing: 0 });
  });

  it('knows how many events may be missing, however often its user cuts the file, until it is begun anew', async (t) => {
    const desk = new Desk(t);
    await desk.say('one', 'two', 'three', 'four', 'five');
    await desk.run();
    truncateSync(desk.path, desk.file.indexOf('four') + 2);
    await desk.say('six');
    await desk.run();
    assert.deepEqual(desk.stored?.edits, { missing: 2 });
    writeFileSync(desk.path, desk.file.replace('two\n\n', ''));
    await desk.say('seven');
    await desk.run();
    assert.deepEqual(desk.stored?.edits, { missing: 3 });
    await desk.say('eight');
    await desk.run();
    assert.deepEqual(desk.stored?.edits, { missing: 3 });
    desk.stored = undefined;
    await desk.run();
    assert.equal(Object(desk.stored).edits, undefined);
  });

  it('leaves a file that its user has shortened as it is, and says so', async (t) => {
    const desk = new Desk(t);
    await desk.say('one and more');
    await desk.run();
    truncateSync(desk.path, HEAD.length + 12);
    const before = desk.file;
    await desk.say('two');
    await desk.run();
    assert.deepEqual(desk.stored?.edits, { missing: 1 });
    assert.ok(desk.file.startsWith(before));
    assert.ok(desk.file.endsWith('two\n'));
  });
});

it('a file that is ahead of what is stored by more than is played at once stays as it is', async (t) => {
  const desk = new Desk(t);
  await desk.say('one');
  await desk.run();
  const stored = desk.stored;
  await desk.say('two');
  const upTo = await desk.store.head();
  await desk.say('three');
  await desk.run();
  desk.stored = stored; // A power cut: the file was synced, and what was stored was not.
  const whole = desk.file;
  await desk.run(upTo);
  await desk.run();
  assert.equal(desk.file, whole);
  await desk.say('four');
  await desk.run();
  assert.equal(desk.file, await desk.export());
});

it('what rides is waited for also where what is behind it is read and not written', async (t) => {
  const desk = new Desk(t);
  await desk.store.append([loose([say('a', 'r1', 'one', { kind: 'session.info' })])]);
  await desk.store.append([loose([say('a', 'r2', 'two')])]);
  const store = {
    ...desk.store,
    async *read(query: Parameters<typeof desk.store.read>[0]) {
      for await (const page of desk.store.read(query)) for (const one of page) yield [one];
    },
  };
  const place = { root: desk.root, components: ['a.md'] };
  const periods = [{ view: { preset: 'audit', switches: {} } } as const];
  const recording: Play = { ...desk.recording, store, format: formats.jsonl, periods, upTo: 1 };
  const files = nodeDestinations;
  let settled = 0;
  const settle = async () => void settled++;
  await advance({ files, place, recording, store: async () => {}, settle }, beginFile({ files, place, recording }, ''));
  assert.match(desk.file, /session\.info/);
  assert.doesNotMatch(desk.file, /two/);
  assert.equal(settled, 1);
});
