/** Several processes that write one session at once. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { openTranscripts } from '../../src/library/transcripts.ts';
import { collect } from '../store/contract/scene.ts';
import { temporaryFolder } from '../support/derive.ts';
import { lastingEngines, openEngine } from './engines.ts';
import { keyOf } from './laws.ts';

const SCRIPT = new URL('./say-at-once.ts', import.meta.url).pathname;
const MESSAGES = 1000;
const NAMES = ['a', 'b'] as const;

async function sayAtOnce(engine: string, folder: string): Promise<void> {
  const children = NAMES.map((name): ChildProcess => {
    const args = [SCRIPT, engine, folder, name, String(MESSAGES)];
    return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  });
  await Promise.all(children.map(({ stdout }) => stdout && once(stdout, 'data')));
  for (const { stdin } of children) stdin?.end();
  const ends = await Promise.all(children.map((child) => once(child, 'close')));
  assert.deepEqual(
    ends.map(([code]) => code),
    NAMES.map(() => 0),
  );
}

for (const engine of lastingEngines) {
  it(`two processes that append the same ${MESSAGES} messages store each once, in the order of each, in ${engine}`, async (t) => {
    const folder = temporaryFolder(t);
    await sayAtOnce(engine, folder);
    const transcripts = openTranscripts(openEngine(engine, folder));
    const ids = (await transcripts.load(keyOf('shared'))).messages.map(({ id }) => id);
    const common = Array.from({ length: MESSAGES }, (_, index) => `m${index}`);
    assert.deepEqual(
      ids.filter((id) => id.startsWith('m')),
      common,
    );
    for (const name of NAMES) {
      const own = ids.filter((id) => id.startsWith(name));
      assert.deepEqual(
        own,
        Array.from({ length: MESSAGES / 10 }, (_, index) => `${name}${index * 10 + 9}`),
      );
      // What a process said after a message stands behind it.
      for (const id of own) assert.ok(ids.indexOf(`m${id.slice(1)}`) < ids.indexOf(id), id);
    }
    assert.equal(ids.length, MESSAGES + NAMES.length * (MESSAGES / 10));
    assert.deepEqual(await collect(transcripts.store.verify()), []);
    await transcripts.close();
  });
}
