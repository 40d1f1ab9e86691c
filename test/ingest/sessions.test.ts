/** What several files say together: sub-agents, copies, files beside a session; and sessions that were forgotten. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { it } from 'node:test';
import { discover } from '../../src/ingest/discovery.ts';
import { createReaderPool } from '../../src/ingest/worker.ts';
import { nodeFiles } from '../../src/platform/node-files.ts';
import { codex } from '../../src/providers/codex/index.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { emptyBatch } from '../../src/store/store.ts';
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

onEngines('a companion file that is empty is being written: it says nothing yet', async (stage) => {
  const helper = `${stage.root}/-w-farm/${SESSION}/subagents/agent-a1`;
  const line = (number: number) =>
    `${prompt(number).replace('"isSidechain":false', '"isSidechain":true,"agentId":"a1"')}\n`;
  stage.write(stage.path(), prompts(1, 1));
  stage.write(`${helper}.meta.json`, '');
  stage.write(`${helper}.jsonl`, line(1));
  assert.deepEqual((await stage.pass()).diagnostics, []);
  stage.write(`${helper}.meta.json`, JSON.stringify({ agentType: 'shepherd', toolUseId: 'toolu_1' }));
  stage.append(`${helper}.jsonl`, line(2));
  assert.deepEqual((await stage.pass()).diagnostics, []);
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
  const [first, second] = [await here.pass(), await there.pass({ openReaders: () => pool })];
  assert.deepEqual(
    [second.events, second.bytesRead, second.framesDecoded],
    [first.events, first.bytesRead, first.framesDecoded],
  );
  const told = async (stage: Stage) =>
    (await stage.events()).map(({ event: { source, ...event } }) => JSON.stringify({ ...event, seq: 0 })).sort();
  assert.deepEqual(await told(there), await told(here));
});

onEngines('a rewound thread whose middle file is read anew keeps what was written after it', async (stage) => {
  const thread = '019a0000-0000-7000-8000-000000000008';
  const part = (name: string, from: number, base: number | undefined, text: string) => {
    const history_base = base === undefined ? undefined : { thread_id: thread, end_ordinal_exclusive: base };
    const timestamp = `2026-11-20T08:00:${10 + from}.000Z`;
    const item = { type: 'UserMessage', id: `i-${text}`, content: [{ type: 'text', text, text_elements: [] }] };
    const records = [
      { type: 'session_meta', payload: { id: thread, timestamp, source: 'cli', cli_version: '0.169.0', history_base } },
      { type: 'event_msg', payload: { type: 'item_completed', thread_id: thread, turn_id: `t-${text}`, item } },
    ];
    const lines = records.map((record, n) => `${JSON.stringify({ timestamp, ordinal: from + n, ...record })}\n`);
    stage.write(`${stage.root}/sessions/2026/11/20/rollout-${name}.jsonl`, lines.join(''));
  };
  const pass = () => {
    const discovery = discover(nodeFiles, [{ provider: codex, path: stage.root }]);
    return stage.pass({ discovery });
  };
  part(`2026-11-20T10-00-00-${thread}`, 0, undefined, 'one');
  part(`2026-11-20T10-05-00-${thread}_019a0009-0000-7000-8000-000000000091`, 1, 1, 'two');
  part(`2026-11-20T10-06-00-${thread}_019a0009-0000-7000-8000-000000000092`, 2, 2, 'three');
  await pass();
  assert.deepEqual(await stage.said(), ['one †', 'two †', 'three']);
  part(`2026-11-20T10-05-00-${thread}_019a0009-0000-7000-8000-000000000091`, 1, 1, 'two');
  const source = (await stage.store.sources()).find(({ path }) => path.includes('10-05'));
  assert.ok(source);
  const probe = source.probe && { ...source.probe, head: '0'.repeat(16) };
  await stage.store.append([{ ...emptyBatch, source: { record: { ...source, probe }, expected: source.version } }]);
  await pass();
  assert.deepEqual(await stage.said(), ['one †', 'two †', 'three']);
});

it('a worker that dies of a file costs that file, and the next one gets another worker', async (t) => {
  const stage = openStage(t, createMemoryStore);
  for (const n of [1, 2, 3]) stage.write(stage.path(SESSION.replace(/^11/, String(n))), prompts(1, 2));
  const death = `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', () => { throw Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }); });`;
  const pool = createReaderPool(new URL(`data:text/javascript,${encodeURIComponent(death)}`), 1);
  const report = await stage.pass({ openReaders: () => pool });
  assert.deepEqual(
    report.unreadable.map(({ code }) => code),
    ['EFBIG', 'EFBIG', 'EFBIG'],
  );
  assert.equal((await stage.pass()).unreadable.length, 0);
});

it('a source that waits behind one of which the worker dies is read all the same', async (t) => {
  const stage = openStage(t, createMemoryStore);
  for (const n of [1, 2, 3]) stage.write(stage.path(SESSION.replace(/^11/, String(n))), prompts(1, 2));
  const real = new URL('../../src/ingest-worker.ts', import.meta.url);
  const entry = `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ order }) => {
      if (order?.relative.includes('/1')) throw Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
    });
    await import('${real.href}');`;
  const pool = createReaderPool(new URL(`data:text/javascript,${encodeURIComponent(entry)}`), 1);
  const report = await stage.pass({ openReaders: () => pool });
  assert.deepEqual(
    [report.unreadable.map(({ code }) => code), report.filesRead, (await stage.said()).length],
    [['EFBIG'], 2, 4],
  );
});
