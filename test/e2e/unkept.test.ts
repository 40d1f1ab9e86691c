/** A session that was never imported is read from its agent's file, and nothing of it is kept. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KATO, runMeasured, TestHome } from '../support/cli.ts';
import { filesBelow } from '../support/derive.ts';
import { agentNames } from '../support/live-agent.ts';
import {
  addSession,
  claudeSession,
  codexSession,
  geminiSession,
  gencodeSession,
  type Said,
} from '../support/session-files.ts';

const WORD = 'marzipan-0815';
const SAID: readonly Said[] = [
  { by: 'user', text: `Where is the ${WORD}?`, at: '2026-07-01T10:00:00.000Z' },
  { by: 'model', text: 'In the tin.', at: '2026-07-01T10:00:05.000Z' },
];
const BODY = {
  'claude-code': `# User_2026-07-01_1000_00\n\nWhere is the ${WORD}?\n\n# claude-toy-1_2026-07-01_1000_05\n\nIn the tin.\n`,
  codex: `# User_2026-07-01_1000_00\n\nWhere is the ${WORD}?\n\n# gpt-toy-1_2026-07-01_1000_05\n\nIn the tin.\n`,
  'gemini-cli': `# User_2026-07-01_1000_00\n\nWhere is the ${WORD}?\n\n# gemini-toy-1_2026-07-01_1000_05\n\nIn the tin.\n`,
  gencode: `# User_2026-07-01_1000_00\n\nWhere is the ${WORD}?\n\n# san-toy-1_2026-07-01_1000_05\n\nIn the tin.\n`,
};
const IDS = {
  'claude-code': 'c1a0de00-0000-4000-8000-000000000001',
  codex: '019c0de0-0000-7000-8000-000000000002',
  'gemini-cli': '6e310000-0000-4000-8000-000000000003',
  gencode: '5a110000-0000-4000-8000-000000000004',
};

/** A home with sessions that were not imported. */
function homeWithUnkept(t: { after(fn: () => void): void }): TestHome {
  const home = new TestHome(t);
  addSession(home, claudeSession({ id: IDS['claude-code'], said: SAID }));
  addSession(home, codexSession({ id: IDS.codex, said: SAID }));
  addSession(home, geminiSession({ id: IDS['gemini-cli'], said: SAID }));
  addSession(home, gencodeSession({ id: IDS.gencode, said: SAID }));
  home.ok(['init', '--yes']);
  return home;
}

function assertNothingIsKept(home: TestHome): void {
  assert.deepEqual(home.json(['sessions', '--subagents']), []);
  const kept = filesBelow(home.kato).filter((file) => !file.startsWith('recordings/'));
  for (const file of kept) assert.ok(!readFileSync(home.path('.kato', file)).includes(WORD), file);
}

describe('a session that was never imported', () => {
  it('is shown by the id that its agent gave it, or the first part of that, and not kept', (t) => {
    const home = homeWithUnkept(t);
    for (const agent of agentNames) assert.equal(home.ok(['show', IDS[agent]]), BODY[agent]);
    for (const agent of agentNames) assert.equal(home.ok(['show', IDS[agent].slice(0, 8)]), BODY[agent]);
    assertNothingIsKept(home);
  });

  it('is exported as if it were kept, and not kept', (t) => {
    const home = homeWithUnkept(t);
    const exportAll = () =>
      agentNames.map((agent) => {
        const markdown = home.ok(['export', `${agent}/${IDS[agent]}`, '-o', '-']);
        assert.ok(markdown.endsWith(`---\n\n${BODY[agent]}`));
        return [markdown, home.ok(['export', IDS[agent], '-f', 'jsonl', '-o', '-']).split('\n').length];
      });
    const before = exportAll();
    assertNothingIsKept(home);
    home.ok(['import']);
    assert.deepEqual(exportAll(), before);
  });

  it('is found by the id that kato would give it', (t) => {
    const home = homeWithUnkept(t);
    const report = home.json<{ session: string }[]>(['export', IDS['claude-code']]);
    assert.equal(home.ok(['show', report[0]?.session ?? '']), BODY['claude-code']);
  });

  it("leaves the agent's file as it was", (t) => {
    const home = homeWithUnkept(t);
    const file = home.path(`.claude/projects/-w-toy/${IDS['claude-code']}.jsonl`);
    const before = [readFileSync(file, 'utf8'), statSync(file).mtimeMs];
    home.ok(['show', IDS['claude-code']]);
    assert.deepEqual([readFileSync(file, 'utf8'), statSync(file).mtimeMs], before);
  });

  it('that several could be is ambiguous, with the candidates', (t) => {
    const home = homeWithUnkept(t);
    const twin = 'c1a0de00-0000-4000-8000-00000000000a';
    addSession(home, claudeSession({ id: twin, said: SAID }));
    const run = home.run(['show', 'c1a0de00']);
    assert.equal(run.status, 3);
    assert.match(run.stderr, /^kato: `c1a0de00` fits 2 sessions$/m);
    assert.equal(run.stderr.match(/claude-code\/c1a0de00-/g)?.length, 2);
  });

  it('stands back behind a kept one with the same first part, and is found by more of its id', (t) => {
    const home = homeWithUnkept(t);
    home.ok(['import', '--provider', 'claude-code']);
    const twin = 'c1a0de00-0000-4000-8000-00000000000a';
    addSession(home, claudeSession({ id: twin, said: [{ by: 'user', text: 'another' }] }));
    assert.equal(home.ok(['show', 'c1a0de00']), BODY['claude-code']);
    assert.equal(home.ok(['show', twin]), '# User\n\nanother\n');
  });

  it('is not what `latest` means, for only what is kept is listed', (t) => {
    const home = homeWithUnkept(t);
    const run = home.run(['show', 'latest']);
    assert.equal(run.status, 3);
    assert.match(run.stderr, /^kato: no session `latest`\nhint: .*kato import/);
  });

  it('grows: what is shown is what the file holds now', (t) => {
    const home = homeWithUnkept(t);
    home.ok(['show', IDS.codex]);
    const more = [...SAID, { by: 'user', text: 'Thanks', at: '2026-07-01T10:00:09.000Z' }] as const;
    addSession(home, codexSession({ id: IDS.codex, said: more }));
    assert.ok(home.ok(['show', IDS.codex]).endsWith('# User_2026-07-01_1000_09\n\nThanks\n'));
  });

  it('that is kept but has grown is shown as it is kept', (t) => {
    const home = homeWithUnkept(t);
    home.ok(['import']);
    const more = [...SAID, { by: 'user', text: 'Thanks', at: '2026-07-01T10:00:09.000Z' }] as const;
    addSession(home, codexSession({ id: IDS.codex, said: more }));
    assert.equal(home.ok(['show', IDS.codex]), BODY.codex);
    assert.match(home.ok(['status']), /^behind +\d+ B in 1 file not read yet$/m);
  });
});

const LARGE = 'c1a0de00-0000-4000-8000-0000000000ff';
const LARGE_BYTES = 60_000_000;
/** What reading may take at any size. */
const MOST_KB = 350_000;

/** A home with one session of 60 MB that was not imported. */
function homeWithLarge(t: { after(fn: () => void): void }): TestHome {
  const home = new TestHome(t);
  const text = (index: number) => `message ${index} ${`${index * 7919} lorem ipsum `.repeat(100)}`;
  const said = Array.from(
    { length: 32_000 },
    (_, index): Said => ({
      by: index % 2 === 0 ? 'user' : 'model',
      text: text(index),
    }),
  );
  const file = addSession(home, claudeSession({ id: LARGE, said }));
  assert.ok(statSync(file).size > LARGE_BYTES, `${statSync(file).size} bytes`);
  home.ok(['init', '--yes']);
  return home;
}

function scratchIn(home: TestHome): string[] {
  return readdirSync(home.kato).filter((name) => name.startsWith('scratch-'));
}

describe('a large session that was never imported', { timeout: 120_000 }, () => {
  it('is exported whole in bounded memory, and nothing of it stays below kato', (t) => {
    const home = homeWithLarge(t);
    const { status, stdout, stderr, memoryKb } = runMeasured(home, ['export', LARGE]);
    assert.equal(status, 0, stderr);
    const exported = readFileSync(stdout.trimEnd(), 'utf8');
    assert.equal(exported.match(/^message \d+ /gm)?.length, 32_000);
    assert.ok(memoryKb < MOST_KB, `export took ${memoryKb} kB`);
    assert.deepEqual(scratchIn(home), []);
  });

  it('leaves nothing below kato when it cannot be exported, or nobody reads on', (t) => {
    const home = homeWithLarge(t);
    assert.equal(home.run(['export', LARGE, '-o', '/proc/nowhere.md']).status, 4);
    assert.equal(home.run(['show', LARGE, 'no such']).status, 2);
    const shown = spawnSync('sh', ['-c', `'${process.execPath}' '${KATO}' show ${LARGE} | head -1`], { env: home.env });
    assert.match(String(shown.stdout), /^# User/);
    assert.deepEqual(scratchIn(home), []);
  });
});
