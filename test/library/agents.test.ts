/** Sessions that kato took in from agents, loaded as a program loads its own. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { reprocess } from '../../src/app/reprocess.ts';
import { openTranscripts } from '../../src/library/transcripts.ts';
import { claudeCode } from '../../src/providers/claude-code/index.ts';
import { codex } from '../../src/providers/codex/index.ts';
import type { Decoder, Draft, Provider, SourceMatch } from '../../src/providers/provider.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { FIXTURES } from '../support/cli.ts';
import { ingest, temporaryFolder } from '../support/derive.ts';

/** What was said in each session, shortly. */
async function loadCase(provider: Provider, name: string, forgets = false) {
  const transcripts = openTranscripts(createMemoryStore());
  await ingest(transcripts.store, provider, `${FIXTURES}/${provider.id}/${name}/input`);
  const keys = (await transcripts.store.sessions()).map(({ key }) => key);
  const [first] = keys;
  if (forgets && first) await transcripts.store.forget(first);
  const loaded = await Promise.all(keys.slice(forgets ? 1 : 0).map((key) => transcripts.load(key)));
  return loaded.map(({ summary, messages, missing }) => {
    const told = messages.map(
      ({ role, text, inherited }) => `${role}: ${text.split(/[.`\n]/)[0]}${inherited ? ' (inherited)' : ''}`,
    );
    return { summary, told, isMissing: missing !== undefined };
  });
}

it('a session of an agent is its messages, with who said them', async () => {
  const [loaded] = await loadCase(claudeCode, 'plain');
  const told = [
    'user: rename foo to bar',
    'assistant: ',
    'assistant: ',
    'user: only in the tests please',
    'assistant: Then I leave ',
  ];
  assert.deepEqual(loaded?.told, told);
});

it('a fork of an agent has its history once, and by its own copies where that was forgotten', async () => {
  const own = ['user: Plant another one', 'assistant: Planted too'];
  const history = ['user: Plant a tree', 'assistant: Planted'];
  const [, fork] = await loadCase(claudeCode, 'fork-session');
  assert.deepEqual(fork?.told, [...history.map((line) => `${line} (inherited)`), ...own]);
  const [orphan] = await loadCase(claudeCode, 'fork-session', true);
  assert.deepEqual([orphan?.told, orphan?.isMissing], [[...history, ...own], true]);
});

it('a compaction of an agent leaves out what is before it', async () => {
  const summaries = (await loadCase(codex, 'compaction')).map(({ summary, told }) => [summary, told.length]);
  assert.deepEqual(summaries, [
    ['compacted', 0],
    ['Another model began. Summary: they spoke of a cat.', 0],
  ]);
});

/** A provider as a later kato may read it: what the model says in capitals. */
function louder(provider: Provider): Provider {
  const createDecoder = (match: SourceMatch): Decoder => {
    const { initial, decode } = provider.createDecoder(match);
    const loud = (draft: Draft): Draft =>
      draft.kind === 'assistant.message'
        ? { ...draft, payload: { ...draft.payload, text: draft.payload.text.toUpperCase() } }
        : draft;
    return {
      initial,
      decode(state, frame) {
        const decoded = decode(state, frame);
        return { ...decoded, drafts: decoded.drafts.map(loud) };
      },
    };
  };
  return { ...provider, decoderVersion: provider.decoderVersion + 1, createDecoder };
}

for (const [provider, name, place] of [
  [claudeCode, 'plain', '.claude/projects'],
  [codex, 'plans', '.codex'],
] as const) {
  it(`a fork of a session of ${provider.id} keeps its history when that is derived anew`, async (t) => {
    const root = join(temporaryFolder(t), place);
    cpSync(join(FIXTURES, provider.id, name, 'input'), root, { recursive: true });
    const transcripts = openTranscripts(createMemoryStore());
    const { store } = transcripts;
    await ingest(store, provider, root);
    const [parent] = (await store.sessions()).map(({ key }) => key);
    assert.ok(parent);
    const { messages } = await transcripts.load(parent);
    const { id, seq = 0 } = messages.findLast(({ role, text }) => role === 'assistant' && text !== '') ?? {};
    assert.ok(seq > 0);
    const fork = await transcripts.fork(parent, seq, { nativeId: 'fork' });
    await transcripts.append(fork, { id: 'm1', role: 'user', content: 'from here on' });
    const ids = async () => (await transcripts.load(fork)).messages.map((message) => message.id);
    const expected = [...messages.slice(0, messages.findIndex((one) => one.id === id) + 1).map((one) => one.id), 'm1'];
    assert.deepEqual(await ids(), expected);
    const report = await reprocess({ store, providers: [louder(provider)] }, undefined);
    assert.ok(report.changed > 0);
    assert.deepEqual(await ids(), expected);
    assert.deepEqual(await transcripts.fork(parent, seq, { nativeId: 'fork' }), fork);
    await transcripts.close();
  });
}
