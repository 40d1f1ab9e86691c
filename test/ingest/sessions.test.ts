/** What several files say together: sub-agents, copies, files beside a session; and sessions that were forgotten. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { it } from 'node:test';
import { createReaderPool } from '../../src/ingest/worker.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { OTHER, prompt, prompts, SESSION } from './support/session-lines.ts';
import { onEngines, openStage, type Stage } from './support/stage.ts';

const keyOf = (nativeId: string) => ({ provider: 'claude-code', nativeId });

onEngines('a sub-agent is linked to the call that started it, as its companion file says', async (stage) => {
  const folder = `${stage.root}/-w-farm/${SESSION}/subagents`;
  stage.write(stage.path(), prompts(1, 1));
  stage.write(
    `${folder}/agent-a1.meta.json`,
    JSON.stringify({ agentType: 'shepherd', description: 'Count', toolUseId: 'toolu_1' }),
  );
  stage.write(
    `${folder}/agent-a1.jsonl`,
    `${prompt(1).replace('"isSidechain":false', '"isSidechain":true,"agentId":"a1"')}\n`,
  );
  await stage.pass();
  const parent = { nativeId: SESSION, relation: 'subagent', toolCallId: 'toolu_1' };
  assert.deepEqual(await stage.store.links(), [{ key: keyOf(`agent-a1@${SESSION}`), parent }]);
});

onEngines('a copy of a session under another name is linked to it, and its copies are marked', async (stage) => {
  stage.write(stage.path(), prompts(1, 3));
  await stage.pass();
  copyFileSync(stage.path(), stage.path(OTHER));
  stage.append(stage.path(OTHER), prompts(9, 9));
  await stage.pass();
  const [link] = await stage.store.links();
  assert.deepEqual([link?.key, link?.parent.nativeId], [keyOf(OTHER), SESSION]);
  const origins = (await stage.events())
    .filter(({ event }) => event.kind === 'user.message')
    .map(({ event }) => [event.session.nativeId, event.origin]);
  assert.deepEqual(origins.filter(([, origin]) => origin === 'replayed').length, 3);
  assert.deepEqual(origins.at(-1), [OTHER, 'typed']);
});

onEngines('a forgotten session is not taken in again, whatever becomes of its file', async (stage) => {
  stage.write(stage.path(), prompts(1, 2));
  stage.write(stage.path(OTHER), prompts(1, 1, { session: OTHER }));
  await stage.pass();
  await stage.store.forget(keyOf(SESSION));
  const assertForgotten = async () => {
    await stage.pass();
    assert.deepEqual(
      (await stage.store.sessions()).map(({ key }) => key),
      [keyOf(OTHER)],
    );
    assert.deepEqual((await stage.store.sources()).map(({ id }) => stage.raw(id).length).sort((a, b) => a - b)[0], 0);
  };
  await assertForgotten();
  stage.touch(stage.path());
  await assertForgotten();
  stage.append(stage.path(), prompts(3, 3));
  await assertForgotten();
  stage.write(stage.path(), prompts(5, 6));
  await assertForgotten();
  assert.equal((await stage.pass()).rowsWritten, 0);
});

it('a pass that reads on other cores stores what one that reads here does', async (t) => {
  const [here, there] = [openStage(t, createMemoryStore), openStage(t, createMemoryStore)];
  const fill = (stage: Stage) => {
    for (let n = 10; n < 30; n++) {
      const session = SESSION.replace(/^11/, String(n));
      stage.write(stage.path(session), prompts(1, 20 * n, { session, paddingBytes: 300 }));
    }
  };
  for (const stage of [here, there]) fill(stage);
  const pool = createReaderPool(new URL('../../src/ingest-worker.ts', import.meta.url), 2);
  const [first, second] = [await here.pass(), await there.pass({ readElsewhere: pool.read })];
  await pool.close();
  assert.deepEqual(
    [second.events, second.bytesRead, second.framesDecoded],
    [first.events, first.bytesRead, first.framesDecoded],
  );
  const told = async (stage: Stage) =>
    (await stage.events()).map(({ event: { source, ...event } }) => JSON.stringify({ ...event, seq: 0 })).sort();
  assert.deepEqual(await told(there), await told(here));
});
