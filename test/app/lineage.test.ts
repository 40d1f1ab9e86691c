import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { segmentsOf } from '../../src/app/lineage.ts';
import { openTranscripts } from '../../src/library/transcripts.ts';
import { claudeCode } from '../../src/providers/claude-code/index.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { emptyBatch, type SessionLink, type TranscriptStore } from '../../src/store/store.ts';
import { FIXTURES } from '../support/cli.ts';
import { ingest, temporaryFolder } from '../support/derive.ts';

const key = (nativeId: string) => ({ provider: 'test', nativeId });
const END = Number.MAX_SAFE_INTEGER;

/** A store that has one event of each of these sessions, and knows who comes from whom. */
async function storeOf(...links: readonly SessionLink[]): Promise<TranscriptStore> {
  const store = createMemoryStore();
  const transcripts = openTranscripts(store);
  const parents = links.map(({ parent }) => key(parent.nativeId));
  for (const session of [...parents, ...links.map((one) => one.key)]) await transcripts.start(session);
  await store.append([{ ...emptyBatch, links }]);
  return store;
}

function link(child: string, parent: string, parentSeq?: number): SessionLink {
  const resolved = parentSeq === undefined ? {} : { resolved: { parentSeq, copied: [] } };
  return { key: key(child), parent: { nativeId: parent, relation: 'fork' }, ...resolved };
}

describe('the lineage of a session', () => {
  it('is the session itself where it continues none', async () => {
    const store = await storeOf();
    assert.deepEqual(await segmentsOf(store, key('a'), true), { segments: [{ key: key('a'), untilSeq: END }] });
  });

  it('begins with the oldest, each up to where the next one left it', async () => {
    const store = await storeOf(link('c', 'b', 7), link('b', 'a', 3));
    assert.deepEqual(await segmentsOf(store, key('c'), true), {
      segments: [
        { key: key('a'), untilSeq: 3 },
        { key: key('b'), untilSeq: 7 },
        { key: key('c'), untilSeq: END },
      ],
    });
  });

  it('is the session alone where only its own part is wanted', async () => {
    const store = await storeOf(link('b', 'a', 3));
    assert.deepEqual((await segmentsOf(store, key('b'), false)).segments, [{ key: key('b'), untilSeq: END }]);
  });

  it('names the first parent that is missing, and keeps what comes after it', async () => {
    const store = await storeOf(link('c', 'b', 7), link('b', 'a'));
    const { segments, missing } = await segmentsOf(store, key('c'), true);
    assert.equal(missing, 'a');
    assert.deepEqual(
      segments.map((segment) => segment.key.nativeId),
      ['b', 'c'],
    );
  });

  it('names a parent that was forgotten since, and keeps what comes after it', async () => {
    const store = await storeOf(link('d', 'c', 5), link('c', 'b', 7), link('b', 'a', 3));
    await store.forget(key('b'));
    const { segments, missing } = await segmentsOf(store, key('d'), true);
    assert.equal(missing, 'b');
    assert.deepEqual(
      segments.map((segment) => segment.key.nativeId),
      ['c', 'd'],
    );
  });

  it('ends where it would begin again', async () => {
    const store = await storeOf(link('b', 'a', 3), link('a', 'b', 2));
    const { segments } = await segmentsOf(store, key('b'), true);
    assert.deepEqual(
      segments.map((segment) => segment.key.nativeId),
      ['a', 'b'],
    );
  });

  it('does not make a sub-agent continue the session that started it', async () => {
    const subagent = { key: key('s'), parent: { nativeId: 'a', relation: 'subagent' } as const };
    const { segments, missing } = await segmentsOf(await storeOf(subagent), key('s'), true);
    assert.deepEqual([segments.length, missing], [1, undefined]);
  });

  it('is found when the parent comes later than its fork', async (t) => {
    const root = join(temporaryFolder(t), 'projects');
    cpSync(join(FIXTURES, 'claude-code', 'fork-session', 'input'), root, { recursive: true });
    const parent = join(root, '-w-toy', '00000014-0000-4000-8000-000000000014.jsonl');
    const store = createMemoryStore();
    const fork = { provider: 'claude-code', nativeId: '00000015-0000-4000-8000-000000000015' };
    cpSync(parent, `${parent}.later`);
    rmSync(parent);
    await ingest(store, claudeCode, root);
    assert.equal((await segmentsOf(store, fork, true)).missing, '00000014-0000-4000-8000-000000000014');
    cpSync(`${parent}.later`, parent);
    await ingest(store, claudeCode, root);
    const { segments, missing } = await segmentsOf(store, fork, true);
    assert.deepEqual([segments.length, missing], [2, undefined]);
  });
});
