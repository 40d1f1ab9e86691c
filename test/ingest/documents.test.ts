/** Sessions that are one JSON document: damaged, torn, and too large. What can be read is; what cannot is told. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadableFile, SourceFiles } from '../../src/core/ports.ts';
import { discover } from '../../src/ingest/discovery.ts';
import { FRAME_LIMIT_BYTES } from '../../src/ingest/framing/framer.ts';
import { runPass } from '../../src/ingest/ingestor.ts';
import { nodeFiles } from '../../src/platform/node-files.ts';
import { geminiCli } from '../../src/providers/gemini-cli/index.ts';
import { FIXTURES } from '../support/cli.ts';
import { onEngines, type Stage } from './support/stage.ts';

const NAME = 'tea/chats/session-2026-11-02T09-00-000000a1.json';
const WHOLE = readFileSync(join(FIXTURES, 'gemini-cli/document/input', NAME));

function pathOf(stage: Stage): string {
  return join(stage.root, NAME);
}

function pass(stage: Stage, files = nodeFiles) {
  const discovery = discover(files, [{ provider: geminiCli, path: stage.root }]);
  return runPass({ store: stage.store, files, discovery, searched: [stage.root], cause: 'import' });
}

async function take(stage: Stage, content: string | Uint8Array) {
  stage.write(pathOf(stage), content);
  return pass(stage);
}

for (const [name, rest, reason, code] of [
  ['NULs', '\0\0\0', 'nul', 'nul-bytes'],
  ['a brace too many', '}', 'not-json', 'invalid-line'],
  ['the end of a longer document', ' "text": "x"}]}', 'not-json', 'invalid-line'],
] as const) {
  onEngines(`a document with ${name} behind it is taken in, and the rest quarantined once`, async (stage) => {
    assert.ok((await take(stage, WHOLE)).events > 0);
    const damaged = Buffer.concat([WHOLE, Buffer.from(rest)]);
    const report = await take(stage, damaged);
    assert.deepEqual([report.events, report.incomplete], [0, []]);
    const [source] = await stage.store.sources();
    assert.ok(source);
    const gap = rest.length - rest.trimStart().length;
    const quarantined = [{ offset: WHOLE.length + gap, bytes: rest.length - gap, reason }];
    assert.deepEqual(await stage.store.quarantined(source.id), quarantined);
    assert.equal(source.checkpoint.endBytes, damaged.length, 'not every byte is accounted for');
    assert.deepEqual(report.diagnostics, [{ code, about: undefined, count: 1 }]);
    assert.ok(
      Buffer.concat([...stage.store.raw(source.id)].map(({ data }) => data))
        .toString()
        .endsWith(rest),
    );
    assert.equal((await pass(stage)).rowsWritten, 0);
    stage.touch(pathOf(stage));
    assert.deepEqual((await pass(stage)).diagnostics, []);
  });
}

onEngines('a document with something behind it at first sight gives what the whole one gives', async (stage) => {
  const report = await take(stage, Buffer.concat([WHOLE, Buffer.from('\0\0\0')]));
  const damaged = (await stage.events()).map(({ event }) => event.id);
  assert.ok(report.events > 0);
  assert.equal((await take(stage, WHOLE)).rowsWritten > 0, true);
  assert.deepEqual(
    (await stage.events()).map(({ event }) => event.id),
    damaged,
  );
});

onEngines('a document that is not complete is told of until it is', async (stage) => {
  const torn = WHOLE.subarray(0, WHOLE.length - 40);
  for (const report of [await take(stage, torn), await pass(stage)]) {
    assert.deepEqual([report.events, report.incomplete, report.unreadable], [0, [pathOf(stage)], []]);
  }
  const report = await take(stage, WHOLE);
  assert.deepEqual([report.events > 0, report.incomplete], [true, []]);
  const again = await take(stage, Buffer.alloc(WHOLE.length));
  assert.deepEqual([again.events, again.incomplete], [0, [pathOf(stage)]]);
  const back = await take(stage, WHOLE);
  assert.deepEqual([back.events, back.framesDecoded, back.incomplete], [0, 0, []]);
});

onEngines('a document whose envelope is above the frame limit keeps it raw, and gives its messages', async (stage) => {
  const report = await take(stage, JSON.stringify({ ...JSON.parse(`${WHOLE}`), big: 'x'.repeat(FRAME_LIMIT_BYTES) }));
  assert.deepEqual(report.diagnostics, [{ code: 'oversize-frame', about: undefined, count: 1 }]);
  const events = (await stage.events()).map(({ event }) => event);
  assert.ok(
    events.some(
      ({ kind, payload }) => kind === 'provider.raw' && 'rawType' in payload && payload.rawType === 'oversize',
    ),
  );
  assert.ok(events.some(({ kind }) => kind === 'user.message'));
});

/** Files of which one cannot be read: the memory for it is not there. */
function withFailure(path: string, failure: () => Error): SourceFiles {
  const failing = (file: ReadableFile): ReadableFile => ({
    stat: () => file.stat(),
    close: () => file.close(),
    read() {
      throw failure();
    },
  });
  return {
    ...nodeFiles,
    open(one) {
      const file = nodeFiles.open(one);
      return file && one === path ? failing(file) : file;
    },
  };
}

for (const failure of [
  () => new RangeError('Array buffer allocation failed'),
  () => new RangeError('Invalid string length'),
  () => Object.assign(new Error('too long'), { code: 'ERR_STRING_TOO_LONG' }),
  () => Object.assign(new RangeError('out of range'), { code: 'ERR_OUT_OF_RANGE' }),
  () => Object.assign(new RangeError('too large'), { code: 'ERR_BUFFER_TOO_LARGE' }),
]) {
  onEngines(
    `a document too large for memory (${failure().message}) is told of, and the others are read`,
    async (stage) => {
      stage.write(pathOf(stage), WHOLE);
      stage.write(
        pathOf(stage).replaceAll('000000a1', '000000a2'),
        WHOLE.toString().replaceAll('000000a1', '000000a2'),
      );
      const report = await pass(stage, withFailure(pathOf(stage), failure));
      assert.deepEqual(report.unreadable, [{ path: pathOf(stage), code: 'EFBIG' }]);
      assert.ok(report.events > 0);
      assert.deepEqual((await pass(stage)).unreadable, []);
    },
  );
}

onEngines('a store that fails for want of memory ends the pass', async (stage) => {
  stage.write(pathOf(stage), WHOLE);
  const failure = new RangeError('Array buffer allocation failed');
  const store = new Proxy(stage.store, {
    get(target, name) {
      if (name === 'append') return () => Promise.reject(failure);
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const discovery = discover(nodeFiles, [{ provider: geminiCli, path: stage.root }]);
  const failed = runPass({ store, files: nodeFiles, discovery, searched: [stage.root], cause: 'import' });
  await assert.rejects(failed, failure);
});
