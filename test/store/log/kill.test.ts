/** Processes that are killed while they append, one after the other and at once. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { openLogStore } from '../../../src/store/log.ts';
import { keyOf } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, readAll } from '../contract/scene.ts';

const module = (path: string) => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
const EVENTS = 400;

/** Appends events until it is killed, when it has been told of this many; those that it was told of. */
async function appendUntilKilled(folder: string, session: string, kills: number): Promise<readonly string[]> {
  const script = `
    import { openLogStore } from ${module('src/store/log.ts')};
    import { loose, say } from ${module('test/support/batches.ts')};
    const store = openLogStore(${JSON.stringify(folder)});
    for (let n = 0; n < ${EVENTS}; n++) {
      await store.append([loose([say('${session}', 'r' + n, 'a' + n), say('shared', 'r' + n, 's' + n)])]);
      process.stdout.write(n + '\\n');
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  child.stdout.on('data', (data) => {
    told += data;
    if (told.split('\n').length > kills) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return told.split('\n').slice(0, -1);
}

it('what killed processes were told is stored, is stored once, and nobody is held up by what they left', async (t) => {
  const folder = `${temporaryFolder(t)}/store`;
  for (const kills of [1, 3, 7]) {
    const acknowledged = await Promise.all(['a', 'b'].map((session) => appendUntilKilled(folder, session, kills)));
    const store = openLogStore(folder);
    await store.append([]);
    assert.deepEqual(await collect(store.verify()), []);
    for (const [index, session] of ['a', 'b', 'shared'].entries()) {
      const events = await readAll(store, { key: keyOf(session) });
      const texts = events.map(({ event }) => ('text' in event.payload ? event.payload.text.slice(1) : ''));
      assert.equal(new Set(texts).size, texts.length, 'an event is there twice');
      for (const text of acknowledged[index] ?? acknowledged.flat()) assert.ok(texts.includes(text), `${text} is gone`);
    }
    await store.close();
  }
});
