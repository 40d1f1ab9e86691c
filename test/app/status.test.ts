import assert from 'node:assert/strict';
import { appendFileSync, renameSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { TestKato } from '../support/kato.ts';
import { claudeSession, codexSession, geminiSession, type Said } from '../support/session-files.ts';

const SAID: readonly Said[] = [
  { by: 'user', text: 'Peel the pears', at: '2026-07-01T10:00:00.000Z' },
  { by: 'model', text: 'Peeled.', at: '2026-07-01T10:00:05.000Z' },
];
const nativeId = 'c1a0de00-0000-4000-8000-000000000001';
const CLAUDE = claudeSession({ id: nativeId, said: SAID });
const CODEX = codexSession({ id: '019c0de0-0000-7000-8000-000000000002', said: SAID });
const GEMINI = geminiSession({ id: '6e310000-0000-4000-8000-000000000003', said: SAID });

describe('status, what is not read yet', () => {
  it('is everything before the first import', async (t) => {
    const opened = await TestKato.open(t);
    const path = opened.write(CLAUDE.path, CLAUDE.text);
    const { lag, store } = await opened.kato.status();
    assert.deepEqual(lag, [{ path, provider: 'claude-code', lagBytes: CLAUDE.text.length }]);
    assert.equal(store.events, 0);
  });

  it('is nothing after it', async (t) => {
    const opened = await TestKato.open(t);
    await opened.import(CLAUDE, CODEX, GEMINI);
    const { lag, gone, store } = await opened.kato.status();
    assert.deepEqual([lag, gone], [[], 0]);
    assert.equal(store.sessions, 3);
    assert.equal(store.rawBytes, CLAUDE.text.length + CODEX.text.length + GEMINI.text.length);
  });

  it('is the new bytes of a file that has grown', async (t) => {
    const opened = await TestKato.open(t);
    await opened.import(CLAUDE);
    const path = opened.home.path(CLAUDE.path);
    const more = `{"type":"mode","mode":"plan","sessionId":"${nativeId}"}\n`;
    appendFileSync(path, more);
    assert.deepEqual((await opened.kato.status()).lag, [
      { path, provider: 'claude-code', nativeId, lagBytes: more.length },
    ]);
    await opened.import();
    assert.deepEqual((await opened.kato.status()).lag, []);
  });

  it('is looked for without a change to the store', async (t) => {
    const opened = await TestKato.open(t);
    await opened.import(CLAUDE);
    appendFileSync(opened.home.path(CLAUDE.path), '{"type":"mode"}\n');
    const before = await opened.kato.status();
    assert.deepEqual(await opened.kato.status(), before);
  });
});

describe('status, what the agents have deleted', () => {
  it('is counted, and is still there', async (t) => {
    const opened = await TestKato.open(t);
    await opened.import(CLAUDE, CODEX);
    rmSync(opened.home.path(CLAUDE.path));
    const before = await opened.kato.status();
    assert.deepEqual([before.gone, before.store.sessions], [1, 2]);
    await opened.import();
    const after = await opened.kato.status();
    assert.deepEqual([after.gone, after.store.sessions], [1, 2]);
    assert.match(await opened.show('c1a0de00'), /Peel the pears/);
  });

  it('is not what was only renamed', async (t) => {
    const opened = await TestKato.open(t);
    await opened.import(CLAUDE);
    renameSync(opened.home.path('.claude/projects/-w-toy'), opened.home.path('.claude/projects/-w-other'));
    for (const pass of ['before', 'after the next import']) {
      const { store, gone, lag } = await opened.kato.status();
      assert.deepEqual([store.sessions, gone, lag], [1, 0, []], pass);
      await opened.import();
    }
  });
});

describe('status, what was not understood', () => {
  it('is counted by kind, the most frequent first, and holds nothing of what was said', async (t) => {
    const opened = await TestKato.open(t);
    const odd = '{"type":"pear-tree","word":"marzipan"}\n'.repeat(3);
    await opened.import({ ...CLAUDE, text: `${CLAUDE.text}${odd}{"marzipan": \n` });
    const { flaws } = await opened.kato.status();
    assert.ok(flaws.length >= 2, JSON.stringify(flaws));
    assert.ok(
      flaws.some(({ about, count }) => about?.includes('pear-tree') === true && count === 3),
      JSON.stringify(flaws),
    );
    assert.deepEqual(
      flaws.map(({ count }) => count),
      flaws.map(({ count }) => count).toSorted((a, b) => b - a),
    );
    assert.doesNotMatch(JSON.stringify(flaws), /marzipan/);
  });
});

describe('status, the agents', () => {
  it('have their folders, whether they exist, how many files, and when they were last at work', async (t) => {
    const opened = await TestKato.open(t);
    await opened.import(CLAUDE, CODEX);
    const { providers } = await opened.kato.status();
    assert.deepEqual(
      providers.map(({ id, sources, lastAt, roots }) => [id, sources, lastAt, roots[0]?.exists]),
      [
        ['claude-code', 1, '2026-07-01T10:00:05.000Z', true],
        ['codex', 1, '2026-07-02T10:00:00.000Z', true],
        ['gemini-cli', 0, undefined, false],
        ['gencode', 0, undefined, false],
        ['hermes', 0, undefined, false],
      ],
    );
  });

  it('that are switched off have no folders, and are not looked at', async (t) => {
    const opened = await TestKato.open(t, 'providers: { codex: { roots: [] } }\n');
    await opened.import(CLAUDE, CODEX);
    const { providers, lag } = await opened.kato.status();
    assert.deepEqual(providers.find(({ id }) => id === 'codex')?.roots, []);
    assert.deepEqual(lag, []);
    assert.equal((await opened.kato.status()).store.sessions, 1);
  });
});

describe('status, the recent sessions', () => {
  it('are the newest five in which somebody spoke', async (t) => {
    const opened = await TestKato.open(t);
    const files = Array.from({ length: 7 }, (_, index) =>
      claudeSession({
        id: `c1a0de0${index}-0000-4000-8000-000000000001`,
        said: [{ by: 'user', text: `number ${index}`, at: `2026-07-0${index + 1}T10:00:00.000Z` }],
      }),
    );
    await opened.import(...files);
    const { recent } = await opened.kato.status();
    assert.deepEqual(
      recent.map(({ facts }) => facts.title?.text),
      [6, 5, 4, 3, 2].map((index) => `number ${index}`),
    );
  });
});

describe('status, what is kept', () => {
  const folder = (keep: boolean) => `claude-code: { roots: [{ path: ~/c, autoGenerateSnapshots: ${keep} }] }`;
  for (const [settings, keeps] of [
    ['', 'recorded'],
    ['autoGenerateSnapshots: true', 'all'],
    [`providers: { ${folder(true)} }`, 'mixed'],
    [`autoGenerateSnapshots: true\nproviders: { ${folder(true)} }`, 'all'],
  ] as const) {
    it(`is ${keeps} with ${settings === '' ? 'the defaults' : settings.replace('\n', ', ')}`, async (t) => {
      assert.equal((await (await TestKato.open(t, `${settings}\n`)).kato.status()).keeps, keeps);
    });
  }
});
