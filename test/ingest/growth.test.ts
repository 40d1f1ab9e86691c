/** Files that are read for the first time, and files that grow. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createMemoryStore } from '../../src/store/memory.ts';
import { OTHER, prompt, prompts, SESSION, snapshot } from './support/session-lines.ts';
import { onEngines, Stage, sizeOf } from './support/stage.ts';

onEngines('a first pass takes in everything, byte for byte', async (stage) => {
  stage.write(stage.path(), prompts(1, 20));
  stage.write(stage.path(OTHER), prompts(1, 3, { session: OTHER }));
  const report = await stage.pass();
  assert.deepEqual([report.filesExamined, report.filesRead, report.framesDecoded, report.sessions], [2, 2, 23, 2]);
  assert.deepEqual([report.unchanged, report.unreadable, report.diagnostics, report.stopped], [0, [], [], false]);
  assert.equal(report.bytesRead, sizeOf(stage.path()) + sizeOf(stage.path(OTHER)));
  assert.equal(report.events, (await stage.events()).length);
  assert.equal((await stage.said()).length, 23);
  for (const { id, path, nativeId } of await stage.store.sources()) {
    assert.equal(stage.raw(id) === readFileSync(path, 'latin1'), true, 'other bytes are kept');
    assert.ok(nativeId && path.endsWith(`${nativeId}.jsonl`));
  }
});

onEngines('a second pass over an unchanged tree reads nothing and writes nothing', async (stage) => {
  for (const session of [SESSION, OTHER]) stage.write(stage.path(session), prompts(1, 3, { session }));
  await stage.pass();
  stage.counting.taken();
  const report = await stage.pass();
  assert.deepEqual([report.unchanged, report.bytesRead, report.rowsWritten, report.events], [2, 0, 0, 0]);
  assert.deepEqual(stage.counting.taken(), { bytes: 0, opened: 0 });
});

onEngines('one more line costs its own bytes and a look at both ends of what was read', async (stage) => {
  stage.write(stage.path(), prompts(1, 2000));
  await stage.pass();
  stage.counting.taken();
  const line = `${prompt(2001)}\n`;
  stage.append(stage.path(), line);
  const report = await stage.pass();
  assert.deepEqual([report.framesDecoded, report.events], [1, 1]);
  const { bytes } = stage.counting.taken();
  assert.equal(report.bytesRead, bytes);
  assert.ok(bytes <= line.length + 8192);
  assert.equal((await stage.said()).length, 2001);
});

onEngines('one more line that says what others said before costs no more', async (stage) => {
  const same = `${snapshot()}\n`;
  stage.write(stage.path(), prompts(1, 1000) + same.repeat(77) + prompts(1001, 2000));
  await stage.pass();
  const before = (await stage.events()).length;
  for (let round = 1; round <= 3; round++) {
    stage.counting.taken();
    stage.append(stage.path(), same.repeat(round));
    const report = await stage.pass();
    const { bytes } = stage.counting.taken();
    assert.equal(report.bytesRead, bytes);
    assert.ok(bytes <= same.length * round + 8192, `${bytes} bytes`);
  }
  assert.equal((await stage.events()).length, before + 6);
  await assertSameAsAtOnce(stage);
});

onEngines('a file that is read after each line holds what it holds when it is read at once', async (stage) => {
  const lines = [snapshot(), prompt(1), snapshot(), prompt(2), snapshot('y'), prompt(3), prompt(3), snapshot()];
  for (const line of lines) {
    stage.append(await ready(stage), `${line}\n`);
    await stage.pass();
  }
  await assertSameAsAtOnce(stage);
});

onEngines(
  'a file that is read in the middle of its lines holds what it holds when it is read at once',
  async (stage) => {
    const text = `\ufeff${prompt(1)}\r\n\r\n${snapshot()}${prompt(2)}\n{"torn":"te${prompt(3)}\n\0\0\0${prompt(4)}\r\nnoise\n${snapshot()}\n${prompt(5)}`;
    const bytes = Buffer.from(text);
    const path = await ready(stage);
    for (let from = 0; from < bytes.length; from += 101) {
      stage.append(path, bytes.subarray(from, from + 101));
      await stage.pass();
    }
    stage.append(path, '\n');
    await stage.pass();
    assert.deepEqual(
      await stage.said(),
      [1, 2, 3, 4, 5].map((n) => `sheep number ${n}`),
    );
    await assertSameAsAtOnce(stage);
  },
);

onEngines('a file with CR LF is read like one without', async (stage) => {
  stage.write(stage.path(), prompts(1, 5).replaceAll('\n', '\r\n'));
  const report = await stage.pass();
  assert.deepEqual([(await stage.said()).length, report.diagnostics], [5, []]);
});

onEngines('a torn line waits until its end is there', async (stage) => {
  const line = prompt(2);
  stage.write(stage.path(), prompts(1, 1) + line.slice(0, 40));
  await stage.pass();
  assert.deepEqual(await stage.said(), ['sheep number 1']);
  stage.append(stage.path(), line.slice(40, 80));
  assert.equal((await stage.pass()).events, 0);
  stage.append(stage.path(), `${line.slice(80)}\n`);
  assert.deepEqual([(await stage.pass()).events, (await stage.pass()).bytesRead], [1, 0]);
  assert.deepEqual(await stage.said(), ['sheep number 1', 'sheep number 2']);
});

onEngines('a last line without its newline is taken once', async (stage) => {
  stage.write(stage.path(), prompt(1));
  assert.deepEqual([(await stage.pass()).framesDecoded, await stage.said()], [1, ['sheep number 1']]);
  stage.append(stage.path(), `\n${prompt(2)}`);
  await stage.pass();
  assert.deepEqual(await stage.said(), ['sheep number 1', 'sheep number 2']);
});

onEngines('an empty file is nothing yet', async (stage) => {
  stage.write(stage.path(), '');
  const report = await stage.pass();
  assert.deepEqual([report.events, await stage.store.sessions()], [0, []]);
  assert.equal((await stage.pass()).rowsWritten, 0);
  stage.append(stage.path(), prompts(1, 2));
  await stage.pass();
  assert.deepEqual(await stage.said(), ['sheep number 1', 'sheep number 2']);
  assert.equal((await stage.source()).checkpoint.generation, 1);
});

onEngines('a line of 40 MB is kept whole and told shortly', async (stage) => {
  const long = prompt(2, { text: 'baa '.repeat(10 * 1024 * 1024) });
  stage.write(stage.path(), `${prompt(1)}\n${long}\n${prompt(3)}\n`);
  const report = await stage.pass();
  assert.deepEqual(report.diagnostics, [{ code: 'oversize-frame', about: undefined, count: 1 }]);
  assert.deepEqual(await stage.said(), ['sheep number 1', 'sheep number 3']);
  const raw = (await stage.events()).find(({ event }) => event.kind === 'provider.raw')?.event;
  assert.deepEqual(raw?.payload, {
    rawType: 'oversize',
    bytes: long.length,
    head: long.slice(0, 4096),
    tail: long.slice(-4096),
  });
  assert.equal(stage.raw((await stage.source()).id).length, sizeOf(stage.path()));
});

onEngines('damage is counted, kept and read past', async (stage) => {
  stage.write(stage.path(), `${prompt(1)}\n{"type":"pr-link","prNu${prompt(2)}\n\0\0\0\0\nnoise\n${prompt(3)}\n`);
  const report = await stage.pass();
  const counts = report.diagnostics.map(({ code, count }) => [code, count]).sort();
  assert.deepEqual(counts, [
    ['invalid-line', 2],
    ['nul-bytes', 1],
    ['salvaged-line', 1],
  ]);
  assert.deepEqual((await stage.said()).length, 3);
  const { id } = await stage.source();
  const quarantined = await stage.store.quarantined(id);
  const lost = quarantined.map(({ offset, bytes }) => stage.raw(id).slice(offset, offset + bytes));
  assert.deepEqual(lost, ['{"type":"pr-link","prNu', '\0\0\0\0', 'noise']);
});

onEngines('a record of a hundred thousand levels is no trouble', async (stage) => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  stage.write(stage.path(), `${prompt(1)}\n{"type":"deep","uuid":"d-1","input":${deep}}\n${prompt(2)}\n`);
  await stage.pass();
  assert.deepEqual(await stage.said(), ['sheep number 1', 'sheep number 2']);
});

async function ready(stage: Stage): Promise<string> {
  const path = stage.path();
  if (!stage.counting.files.stat(path)) stage.write(path, '');
  return path;
}

/** The same file, read from its start by a store that has never seen it. */
async function assertSameAsAtOnce(stage: Stage): Promise<void> {
  const fresh = new Stage(stage.root, createMemoryStore());
  await fresh.pass();
  assert.deepEqual(await stage.events(), await fresh.events());
  assert.deepEqual(await stage.store.sessions(), await fresh.store.sessions());
  const [grown, atOnce] = [await stage.source(), await fresh.source()];
  assert.equal(stage.raw(grown.id) === fresh.raw(atOnce.id), true, 'other bytes are kept');
  assert.deepEqual(await stage.store.quarantined(grown.id), await fresh.store.quarantined(atOnce.id));
  assert.deepEqual(grown.checkpoint, atOnce.checkpoint);
}
