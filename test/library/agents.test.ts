/** Sessions that kato took in from agents, loaded as a program loads its own. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openTranscripts } from '../../src/library/transcripts.ts';
import { claudeCode } from '../../src/providers/claude-code/index.ts';
import { codex } from '../../src/providers/codex/index.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { FIXTURES } from '../support/cli.ts';
import { ingest } from '../support/derive.ts';

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
