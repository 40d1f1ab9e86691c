import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { render } from '../../src/app/render.ts';
import { reprocess } from '../../src/app/reprocess.ts';
import { claudeCode } from '../../src/providers/claude-code/index.ts';
import type { Decoder, Provider } from '../../src/providers/provider.ts';
import { providers } from '../../src/providers/registry.ts';
import { formats } from '../../src/record/formats/registry.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { FIXTURES, TestHome } from '../support/cli.ts';
import { ingest, storedEvents, temporaryFolder } from '../support/derive.ts';
import { dumpDatabase } from '../support/dump.ts';
import { optionsFor } from '../support/render.ts';

type Context = { after(fn: () => void): void };

/** Where below a home each agent's golden cases belong. */
const PLACES: Readonly<Record<string, string>> = {
  'claude-code': '.claude/projects',
  codex: '.codex',
  'gemini-cli': '.gemini/tmp',
  gencode: '.gen/projects',
};

/** A store with golden cases in it whose files are gone. */
async function storeOf(t: Context, provider: Provider, ...cases: readonly string[]): Promise<TranscriptStore> {
  const folder = temporaryFolder(t);
  const root = join(folder, PLACES[provider.id] ?? '');
  for (const name of cases) cpSync(join(FIXTURES, provider.id, name, 'input'), root, { recursive: true });
  const store = createMemoryStore();
  await ingest(store, provider, root);
  rmSync(folder, { recursive: true });
  return store;
}

/** Claude Code as a later kato may read it: what the model says in capitals. */
const louder: Provider = {
  ...claudeCode,
  decoderVersion: claudeCode.decoderVersion + 1,
  createDecoder(match): Decoder {
    const { initial, decode } = claudeCode.createDecoder(match);
    return {
      initial,
      decode(state, frame) {
        const decoded = decode(state, frame);
        const drafts = decoded.drafts.map((draft) =>
          draft.kind === 'assistant.message'
            ? { ...draft, payload: { ...draft.payload, text: draft.payload.text.toUpperCase() } }
            : draft,
        );
        return { ...decoded, drafts };
      },
    };
  },
};

const wordsOf = async (store: TranscriptStore) =>
  (await storedEvents(store)).flatMap(({ event }) =>
    event.kind === 'assistant.message' ? [[event.id, event.payload.text] as const] : [],
  );

async function textOf(store: TranscriptStore, nativeId: string): Promise<string> {
  let text = '';
  const key = { provider: 'claude-code', nativeId };
  for await (const piece of render(store, formats.markdown, key, { options: optionsFor('chat') })) text += piece.text;
  return text;
}

describe('reprocess with the decoder that has read the bytes before writes nothing', () => {
  for (const provider of providers) {
    for (const name of readdirSync(join(FIXTURES, provider.id))) {
      it(`${provider.id}: ${name}`, async (t) => {
        const store = await storeOf(t, provider, name);
        const before = [await store.head(), await storedEvents(store)];
        const { changed, events } = await reprocess({ store, providers: [provider] }, undefined);
        assert.deepEqual({ changed, events }, { changed: 0, events: 0 });
        assert.deepEqual([await store.head(), await storedEvents(store)], before);
      });
    }
  }
});

describe('reprocess', () => {
  it('derives anew what another decoder reads otherwise, from the kept bytes alone, under the same ids', async (t) => {
    const store = await storeOf(t, claudeCode, 'plain');
    const before = await wordsOf(store);
    const report = await reprocess({ store, providers: [louder] }, undefined);
    assert.equal(report.changed, 1);
    assert.deepEqual(
      await wordsOf(store),
      before.map(([id, text]) => [id, text.toUpperCase()]),
    );
    assert.deepEqual((await reprocess({ store, providers: [louder] }, undefined)).changed, 0, 'and once is enough');
  });

  it('derives one session alone when that is asked for', async (t) => {
    const store = await storeOf(t, claudeCode, 'plain', 'fork-session');
    const key = { provider: 'claude-code', nativeId: '11111111-1111-4111-8111-111111111111' };
    const report = await reprocess({ store, providers: [louder] }, key);
    assert.deepEqual([report.sessions, report.changed], [1, 1]);
    const texts = (await wordsOf(store)).map(([, text]) => text);
    assert.ok(texts.includes('Planted.') && texts.some((text) => text.startsWith('THEN I LEAVE')));
  });

  it('leaves forks joined to their parents', async (t) => {
    for (const [name, fork] of [
      ['fork-session', '00000015-0000-4000-8000-000000000015'],
      ['fork-branch', '00000017-0000-4000-8000-000000000017'],
    ] as const) {
      const store = await storeOf(t, claudeCode, name);
      const before = await textOf(store, fork);
      await reprocess({ store, providers: [louder] }, undefined);
      assert.equal((await textOf(store, fork)).toLowerCase(), before.toLowerCase(), name);
    }
  });

  it('leaves sessions of a provider that this kato does not know', async (t) => {
    const store = await storeOf(t, claudeCode, 'plain');
    const before = await storedEvents(store);
    assert.equal((await reprocess({ store, providers: [] }, undefined)).changed, 0);
    assert.deepEqual(await storedEvents(store), before);
  });

  it('tells how far it is', async (t) => {
    const store = await storeOf(t, claudeCode, 'plain', 'fork-session');
    const steps: [number, number][] = [];
    await reprocess({ store, providers: [claudeCode] }, undefined, (done, total) => steps.push([done, total]));
    assert.deepEqual(
      steps,
      steps.map((_, index) => [index + 1, steps.length]),
    );
    assert.equal(steps.length, 3);
  });
});

describe('kato reprocess', () => {
  it('needs none of the agents’ files, and touches neither the store nor what was exported', async (t) => {
    const home = new TestHome(t);
    home.addCase('claude-code', 'plain');
    home.addCase('codex', 'tools');
    home.addCase('gemini-cli', 'lines');
    home.ok(['init', '--yes']);
    home.ok(['import']);
    const exported = home.ok(['export', '11111111']).trimEnd();
    const before = [
      await dumpDatabase(home.path('.kato/kato.db')),
      readFileSync(exported, 'utf8'),
      statSync(exported).mtimeMs,
    ];
    for (const folder of ['.claude', '.codex', '.gemini']) rmSync(home.path(folder), { recursive: true });
    assert.match(home.ok(['reprocess']), /^\d+ sessions derived again: 0 changed\n$/);
    assert.deepEqual(
      [await dumpDatabase(home.path('.kato/kato.db')), readFileSync(exported, 'utf8'), statSync(exported).mtimeMs],
      before,
    );
  });
});
