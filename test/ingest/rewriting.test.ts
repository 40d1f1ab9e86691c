/** Files that do not only grow: cut off, replaced, rewritten, renamed, deleted. Nothing that was taken in is lost. */
import assert from 'node:assert/strict';
import {
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { OTHER, prompt, prompts, SESSION } from './support/session-lines.ts';
import { onEngines, type Stage } from './support/stage.ts';

const sheep = (...numbers: number[]) => numbers.map((n) => `sheep number ${n}`);
const gone = (...numbers: number[]) => sheep(...numbers).map((text) => `${text} †`);

async function taken(stage: Stage, lines: number): Promise<void> {
  stage.write(stage.path(), prompts(1, lines));
  await stage.pass();
}

onEngines('a file that is emptied loses its events, which stay, marked', async (stage) => {
  await taken(stage, 2);
  stage.write(stage.path(), '');
  await stage.pass();
  assert.deepEqual(await stage.said(), gone(1, 2));
  stage.append(stage.path(), prompts(7, 7));
  await stage.pass();
  assert.deepEqual(await stage.said(), [...gone(1, 2), ...sheep(7)]);
  assert.equal((await stage.pass()).rowsWritten, 0);
});

onEngines('a file that is cut to the end of a line loses what came after', async (stage) => {
  await taken(stage, 4);
  truncateSync(stage.path(), prompts(1, 2).length);
  stage.touch(stage.path());
  const report = await stage.pass();
  assert.deepEqual([report.events, await stage.said()], [0, [...sheep(1, 2), ...gone(3, 4)]]);
  stage.append(stage.path(), prompts(4, 5));
  await stage.pass();
  assert.deepEqual(await stage.said(), [...sheep(1, 2), ...gone(3), ...sheep(4, 5)]);
});

onEngines('a file that is cut off and grows past its old end between two passes is read anew', async (stage) => {
  await taken(stage, 4);
  stage.write(stage.path(), prompts(1, 2) + prompts(11, 19));
  await stage.pass();
  assert.deepEqual(await stage.said(), [...sheep(1, 2), ...gone(3, 4), ...sheep(11, 12, 13, 14, 15, 16, 17, 18, 19)]);
  assert.equal((await stage.source()).checkpoint.generation, 2);
});

onEngines('a file that is replaced by a renamed one goes on where its content goes on', async (stage) => {
  await taken(stage, 2);
  const before = await stage.source();
  stage.write(`${stage.path()}.tmp`, prompts(1, 3));
  renameSync(`${stage.path()}.tmp`, stage.path());
  const report = await stage.pass();
  const after = await stage.source();
  assert.deepEqual([report.framesDecoded, after.id, after.checkpoint.generation], [1, before.id, 1]);
  assert.deepEqual(await stage.said(), sheep(1, 2, 3));
});

onEngines('a file that is replaced by another one is read anew', async (stage) => {
  await taken(stage, 2);
  stage.write(`${stage.path()}.tmp`, prompts(2, 3));
  renameSync(`${stage.path()}.tmp`, stage.path());
  await stage.pass();
  assert.deepEqual(await stage.said(), [...gone(1), ...sheep(2, 3)]);
  assert.equal((await stage.source()).checkpoint.generation, 2);
});

onEngines('a rewrite in the middle is noticed, though the size is the same', async (stage) => {
  await taken(stage, 2000);
  const file = openSync(stage.path(), 'r+');
  writeSync(file, prompt(1000).replace('sheep number 1000', 'SHEEP NUMBER 1000'), prompts(1, 999).length);
  stage.touch(stage.path());
  const report = await stage.pass();
  assert.deepEqual([report.events, report.revisions], [1, 1]);
  assert.equal((await stage.said()).at(-1), 'SHEEP NUMBER 1000');
  assert.equal(stage.raw((await stage.source()).id) === readFileSync(stage.path(), 'latin1'), true);
});

onEngines('a file that is only touched gives nothing new, and then costs nothing again', async (stage) => {
  await taken(stage, 3);
  const before = await stage.events();
  stage.touch(stage.path());
  const report = await stage.pass();
  assert.deepEqual([report.filesRead, report.events, report.framesDecoded], [0, 0, 0]);
  assert.deepEqual(await stage.events(), before);
  assert.equal((await stage.source()).checkpoint.generation, 1);
  stage.counting.taken();
  assert.equal((await stage.pass()).rowsWritten, 0);
  assert.equal(stage.counting.taken().bytes, 0);
});

onEngines('a file whose clock goes backward is read on', async (stage) => {
  await taken(stage, 1);
  stage.append(stage.path(), prompts(2, 2));
  utimesSync(stage.path(), 1_000_000, 1_000_000);
  await stage.pass();
  assert.deepEqual(await stage.said(), sheep(1, 2));
});

onEngines('a renamed file is the same source', async (stage) => {
  await taken(stage, 2);
  const before = await stage.source();
  renameSync(stage.path(), `${stage.root}/-w-farm/renamed.jsonl`);
  stage.append(`${stage.root}/-w-farm/renamed.jsonl`, prompts(3, 3));
  const report = await stage.pass();
  const after = await stage.source();
  assert.deepEqual([report.framesDecoded, after.id, after.nativeId], [1, before.id, SESSION]);
  assert.ok(after.path.endsWith('renamed.jsonl'));
  assert.deepEqual(await stage.said(), sheep(1, 2, 3));
  assert.equal((await stage.store.sessions()).length, 1);
});

onEngines('a file that is rotated is followed under its new name, and the new one is read beside it', async (stage) => {
  await taken(stage, 2);
  const before = await stage.source();
  const rotated = `${stage.root}/-w-farm/rotated.jsonl`;
  renameSync(stage.path(), rotated);
  stage.append(rotated, prompts(3, 3));
  stage.write(stage.path(), prompts(4, 5));
  await stage.pass();
  const paths = new Map((await stage.store.sources()).map(({ id, path }) => [id, path]));
  assert.deepEqual([paths.size, paths.get(before.id)], [2, rotated]);
  assert.deepEqual((await stage.said()).sort(), sheep(1, 2, 3, 4, 5));
});

onEngines('a new file in the place of a deleted one is not taken for it, though it has its inode', async (stage, t) => {
  await taken(stage, 3);
  const before = await stage.source();
  const { ino } = statSync(stage.path());
  rmSync(stage.path());
  const path = stage.path(OTHER);
  stage.write(path, prompts(1, 4, { session: OTHER }));
  if (statSync(path).ino !== ino) return t.skip('this file system does not use an inode again at once');
  await stage.pass();
  const sources = new Map((await stage.store.sources()).map((source) => [source.id, source]));
  assert.deepEqual([sources.size, sources.get(before.id)?.gone], [2, true]);
  assert.deepEqual(
    [...sources.values()].map(({ nativeId }) => nativeId),
    [SESSION, OTHER],
  );
  assert.deepEqual(await stage.said(), [...sheep(1, 2, 3), ...sheep(1, 2, 3, 4)]);
});

onEngines('a deleted file leaves its events, and gives none when it comes back', async (stage) => {
  await taken(stage, 2);
  const before = await stage.events();
  rmSync(stage.path());
  await stage.pass();
  assert.deepEqual([(await stage.source()).gone, await stage.events()], [true, before]);
  assert.equal((await stage.pass()).rowsWritten, 0);
  stage.write(stage.path(), prompts(1, 2));
  const report = await stage.pass();
  assert.deepEqual([report.events, (await stage.source()).gone, await stage.events()], [0, false, before]);
  stage.append(stage.path(), prompts(3, 3));
  await stage.pass();
  assert.deepEqual(await stage.said(), sheep(1, 2, 3));
});

onEngines('a copy in another root is the same session, stored once', async (stage) => {
  await taken(stage, 2);
  const root = `${stage.root}-copy`;
  stage.write(`${root}/-w-farm/${SESSION}.jsonl`, prompts(1, 3));
  try {
    const report = await stage.pass({ roots: [root] });
    assert.deepEqual([report.events, (await stage.store.sessions()).length], [1, 1]);
    stage.append(stage.path(), prompts(3, 4));
    await stage.pass({ roots: [root] });
    assert.deepEqual(await stage.said(), sheep(1, 2, 3, 4));
    stage.write(`${root}/-w-farm/${SESSION}.jsonl`, '');
    await stage.pass({ roots: [root] });
    assert.deepEqual(await stage.said(), sheep(1, 2, 3, 4), 'what the other root holds is in force');
  } finally {
    rmSync(root, { recursive: true });
  }
});

onEngines('a session in one root is found though the other is not there', async (stage) => {
  await taken(stage, 1);
  const report = await stage.pass({ roots: [`${stage.root}/nowhere`] });
  assert.deepEqual([report.unreadable, await stage.said()], [[], sheep(1)]);
});

onEngines('equal records without ids stay as many as they are, however the file is rewritten', async (stage) => {
  const mode = `${JSON.stringify({ type: 'permission-mode', permissionMode: 'plan', sessionId: SESSION })}\n`;
  const count = async () => (await stage.events()).filter(({ superseded }) => !superseded).length;
  stage.write(stage.path(), mode + mode);
  await stage.pass();
  const two = await count();
  stage.append(stage.path(), mode);
  await stage.pass();
  assert.equal(await count(), two + 1);
  stage.write(stage.path(), mode + mode + mode + mode);
  await stage.pass();
  assert.equal(await count(), two + 2);
  stage.write(stage.path(), mode);
  await stage.pass();
  assert.equal(await count(), two - 1);
});

onEngines('a file that shrinks while it is waited for is read anew from its start', async (stage) => {
  stage.write(stage.path(), prompts(1, 3) + prompt(4).slice(0, 50));
  await stage.pass();
  writeFileSync(stage.path(), prompt(1).slice(0, 30));
  stage.touch(stage.path());
  await stage.pass();
  assert.deepEqual(await stage.said(), gone(1, 2, 3));
  stage.write(stage.path(), prompts(1, 3));
  await stage.pass();
  assert.deepEqual(await stage.said(), sheep(1, 2, 3));
});

onEngines('a file that is rewritten with other times gives no revisions, and keeps the first', async (stage) => {
  await taken(stage, 2);
  const times = async () => (await stage.events()).map(({ event }) => event.at);
  const before = await times();
  stage.write(stage.path(), prompts(1, 2).replaceAll('2026-07-01T10', '2026-07-02T11'));
  const report = await stage.pass();
  assert.deepEqual([report.events, report.revisions], [0, 0]);
  assert.deepEqual([await stage.said(), await times()], [sheep(1, 2), before]);
});
