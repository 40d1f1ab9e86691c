/** What a person is told when something is wrong: one line with what and where, a hint, an exit status, nothing lost. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { KATO, type Run, TestHome } from '../support/cli.ts';
import { needsUser, runWithoutRights } from '../support/run-without-rights.ts';
import { addSession, geminiSession } from '../support/session-files.ts';

type Context = { after(fn: () => void): void };

/** A home with a config and one session in its store. */
function homeWithSession(t: Context): TestHome {
  const home = new TestHome(t);
  home.addCase('claude-code', 'plain');
  home.ok(['init', '--yes']);
  home.ok(['import']);
  return home;
}

const SESSION = '11111111';

/** One line what, a second with a hint, nothing on stdout, and no path of the user's home in full. */
function assertFailure(run: Run, home: TestHome, status: number, what: RegExp, hint: RegExp): void {
  assert.equal(run.status, status, run.stderr);
  assert.equal(run.stdout, '');
  const lines = run.stderr.trimEnd().split('\n');
  assert.match(lines[0] ?? '', what);
  assert.match(lines.at(-1) ?? '', hint);
  assert.ok(!run.stderr.includes(home.folder), 'the home folder is shown as ~');
  assert.ok(!/\n\s+at /.test(run.stderr), 'no stack trace');
}

describe('a wrong config or store', () => {
  it('no config', (t) => {
    const home = new TestHome(t);
    assertFailure(
      home.run(['sessions']),
      home,
      1,
      /^kato: there is no config at ~\/\.kato\/config\.yaml$/,
      /^hint: run `kato init`$/,
    );
    assert.ok(!existsSync(home.kato), 'and nothing was made');
  });

  it('a folder of kato that may not be looked into', { skip: needsUser }, (t) => {
    const home = homeWithSession(t);
    chmodSync(home.kato, 0);
    const run = runWithoutRights(home, ['sessions']);
    chmodSync(home.kato, 0o700);
    assertFailure(
      run,
      home,
      1,
      /^kato: cannot open ~\/\.kato\/config\.yaml: permission denied$/,
      /^hint: check the perm/,
    );
  });

  it('an unknown key, with its line and what was meant', (t) => {
    const home = new TestHome(t);
    home.ok(['init', '--yes']);
    writeFileSync(home.path('.kato/config.yaml'), 'version: 1\nrecording:\n  presett: full\n');
    assertFailure(
      home.run(['sessions']),
      home,
      1,
      /config\.yaml: line 3: unknown key `recording\.presett`$/,
      /^hint: did you mean `preset`\?$/,
    );
  });

  it('a value of the wrong type', (t) => {
    const home = new TestHome(t);
    home.ok(['init', '--yes']);
    writeFileSync(home.path('.kato/config.yaml'), 'version: 1\nautoGenerateSnapshots: often\n');
    assertFailure(
      home.run(['import']),
      home,
      1,
      /line 2: `autoGenerateSnapshots` is "often"$/,
      /^hint: `autoGenerateSnapshots` takes true or false$/,
    );
  });

  it('a change that would make the config wrong, which then stays as it was', (t) => {
    const home = new TestHome(t);
    home.ok(['init', '--yes']);
    const before = readFileSync(home.path('.kato/config.yaml'), 'utf8');
    assertFailure(
      home.run(['config', 'set', 'recording.preset', 'fulll']),
      home,
      2,
      /^kato: `recording\.preset`: no preset `fulll`$/,
      /^hint: presets: prompts, chat, full, audit$/,
    );
    assert.equal(readFileSync(home.path('.kato/config.yaml'), 'utf8'), before);
  });

  it('a store of a later kato, which is not touched', (t) => {
    const home = homeWithSession(t);
    const path = home.path('.kato/kato.db');
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const before = readFileSync(path);
    assertFailure(
      home.run(['sessions']),
      home,
      1,
      /its schema is 99, this kato knows schemas up to \d+$/,
      /^hint: upgrade kato/,
    );
    assert.deepEqual(readFileSync(path), before);
  });

  it('a store that is none', (t) => {
    const home = new TestHome(t);
    home.ok(['init', '--yes']);
    writeFileSync(
      home.path('.kato/kato.db'),
      'this is not a database, but it is long enough to look like one\n'.repeat(40),
    );
    assertFailure(home.run(['sessions']), home, 1, /damaged or is not a store$/, /^hint: .*keep the file$/);
  });
});

describe('something wrong to read', () => {
  it('a file that cannot be read is named, and the others are read', {
    skip: needsUser,
  }, (t) => {
    const home = new TestHome(t);
    home.addCase('claude-code', 'plain');
    home.addCase('claude-code', 'damaged');
    const secret = home.path('.claude/projects/-w-toy/22222222-2222-4222-8222-222222222222.jsonl');
    chmodSync(secret, 0);
    home.ok(['init', '--yes']);
    const run = runWithoutRights(home, ['import']);
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      /^warning: cannot read ~\/\.claude\/projects\/-w-toy\/2222\S+\.jsonl: permission denied$/m,
    );
    assert.match(run.stdout, /^\d+ events in 1 session, from 1 file /);
    const named = runWithoutRights(home, ['import', secret]);
    assert.equal(named.status, 1);
    assert.equal(named.stderr.match(/^warning: /gm)?.length, 1, named.stderr);
  });

  it('a folder of an agent is named by status, and the rest is told as ever', { skip: needsUser }, (t) => {
    const home = homeWithSession(t);
    addSession(home, geminiSession({ id: '6e310000-0000-4000-8000-000000000003', said: [{ by: 'user', text: 'hi' }] }));
    home.ok(['import']);
    for (const folder of ['.gemini', '.gemini/tmp']) {
      chmodSync(home.path(folder), 0);
      const run = runWithoutRights(home, ['status']);
      const json = runWithoutRights(home, ['status', '--json']);
      chmodSync(home.path(folder), 0o700);
      assert.deepEqual([run.status, run.stderr], [0, ''], folder);
      assert.match(run.stdout, /^Gemini CLI +cannot read ~\/\.gemini\/tmp: permission denied$/m);
      assert.match(run.stdout, /^Claude Code +1 file, last activity/m);
      assert.doesNotMatch(run.stdout, /deleted by the agents/);
      const { providers, gone } = JSON.parse(json.stdout).data;
      const roots = [{ path: home.path('.gemini/tmp'), exists: true, unreadable: 'EACCES' }];
      assert.deepEqual([providers.find(({ id }: { id: string }) => id === 'gemini-cli').roots, gone], [roots, 0]);
    }
  });

  it('a path that is not there', (t) => {
    const home = homeWithSession(t);
    assertFailure(
      home.run(['import', 'nowhere/x.jsonl']),
      home,
      3,
      /there is nothing at ~\/nowhere\/x\.jsonl$/,
      /^hint: check the path; `kato import` alone takes in all that the agents have$/,
    );
  });

  it('a file that no agent wrote', (t) => {
    const home = homeWithSession(t);
    writeFileSync(home.path('x.jsonl'), '{"hello":"world"}\n');
    const run = home.run(['import', 'x.jsonl']);
    assert.equal(run.status, 3);
    assert.match(run.stderr, /^warning: no session of a known agent in ~\/x\.jsonl$/m);
  });

  it('an unknown session', (t) => {
    const home = homeWithSession(t);
    assertFailure(
      home.run(['show', 'deadbeef']),
      home,
      3,
      /^kato: no session `deadbeef`$/,
      /^hint: `kato sessions` lists/,
    );
  });

  it('a prefix that is too short', (t) => {
    const home = homeWithSession(t);
    assertFailure(
      home.run(['show', '111']),
      home,
      2,
      /^kato: `111` is too short to name a session$/,
      /^hint: give 4 or more characters/,
    );
  });

  it('an ambiguous prefix, with the candidates', (t) => {
    const home = homeWithSession(t);
    const text = readFileSync(
      home.path(`.claude/projects/-w-toy/${SESSION}-1111-4111-8111-111111111111.jsonl`),
      'utf8',
    );
    const twin = `${SESSION}-1111-4111-8111-aaaaaaaaaaaa`;
    writeFileSync(
      home.path(`.claude/projects/-w-toy/${twin}.jsonl`),
      text.replaceAll('"u-1"', '"v-1"').replaceAll(`${SESSION}-1111-4111-8111-111111111111`, twin),
    );
    home.ok(['import']);
    const run = home.run(['show', SESSION]);
    assertFailure(run, home, 3, /^kato: `11111111` fits 2 sessions$/, /^hint: give more characters/);
    assert.equal(run.stderr.match(/claude-code\/11111111-/g)?.length, 2);
  });
});

describe('something wrong to write', () => {
  it('nothing to export makes no file', (t) => {
    const home = homeWithSession(t);
    mkdirSync(home.path('notes'));
    home.ok(['config', 'set', 'write.roots', '[~/notes]']);
    const without = ['--without', 'user', '--without', 'assistant', '--without', 'decisions'];
    assertFailure(
      home.run(['export', SESSION, '-o', 'notes/x.md', ...without]),
      home,
      3,
      /has nothing to show/,
      /^hint: try --preset audit/,
    );
    assert.deepEqual(readdirSync(home.path('notes')), []);
  });

  it('a destination outside the roots', (t) => {
    const home = homeWithSession(t);
    assertFailure(
      home.run(['export', SESSION, '-o', 'x.md']),
      home,
      4,
      /^kato: may not write ~\/x\.md: it is outside the folders where kato may write$/,
      /^hint: `kato config set write\.roots '\["~"\]'` allows the folder; or print with -o - and redirect$/,
    );
    assert.ok(!existsSync(home.path('x.md')));
    assert.match(
      readFileSync(home.path('.kato/logs/audit.jsonl'), 'utf8'),
      /"event":"write\.denied","path":"~\/x\.md"/,
    );
  });

  it('a destination with another ending', (t) => {
    const home = homeWithSession(t);
    mkdirSync(home.path('notes'));
    home.ok(['config', 'set', 'write.roots', '[~/notes]']);
    const run = home.run(['export', SESSION, '-o', 'notes/x.txt']);
    assertFailure(run, home, 4, /its name must end in/, /^hint: use \.md, \.markdown or \.jsonl$/);
  });

  it('a destination that steers agents', (t) => {
    const home = homeWithSession(t);
    mkdirSync(home.path('notes'));
    home.ok(['config', 'set', 'write.roots', '[~/notes]']);
    for (const name of ['AGENTS.md', 'readme.md', '.hidden.md', 'x.sh', '.git/x.md']) {
      assert.equal(home.run(['export', SESSION, '-o', `notes/${name}`]).status, 4, name);
    }
    assert.deepEqual(readdirSync(home.path('notes')), []);
  });

  it('a destination that exists already keeps what it has', (t) => {
    const home = homeWithSession(t);
    mkdirSync(home.path('notes'));
    writeFileSync(home.path('notes/mine.md'), 'my own words\n');
    home.ok(['config', 'set', 'write.roots', '[~/notes]']);
    assertFailure(
      home.run(['export', SESSION, '-o', 'notes/mine.md']),
      home,
      1,
      /~\/notes\/mine\.md exists already$/,
      /^hint: .*--overwrite/,
    );
    assert.equal(readFileSync(home.path('notes/mine.md'), 'utf8'), 'my own words\n');
    home.ok(['export', SESSION, '-o', 'notes/mine.md', '--overwrite']);
    const backup = readdirSync(home.path('notes')).find((name) => name.startsWith('mine.md.bak-'));
    assert.equal(readFileSync(home.path('notes', backup ?? ''), 'utf8'), 'my own words\n');
  });

  it('a read-only destination', {
    skip: needsUser,
  }, (t) => {
    const home = homeWithSession(t);
    mkdirSync(home.path('notes'));
    home.ok(['config', 'set', 'write.roots', '[~/notes]']);
    chmodSync(home.path('notes'), 0o555);
    const run = runWithoutRights(home, ['export', SESSION, '-o', 'notes/x.md']);
    chmodSync(home.path('notes'), 0o755);
    assertFailure(
      run,
      home,
      1,
      /^kato: cannot write ~\/notes\/x\.md: permission denied$/,
      /^hint: check the permissions/,
    );
  });

  it('a full disk, with what was stored before safe', {
    skip: canMount() ? false : 'needs the right to mount a small tmpfs',
  }, (t) => {
    const home = new TestHome(t);
    for (const name of ['plain', 'damaged']) home.addCase('claude-code', name);
    mkdirSync(home.kato, { mode: 0o700 });
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k,mode=0700', 'tmpfs', home.kato]);
    try {
      assertFullDiskIsSafe(home);
    } finally {
      spawnSync('umount', [home.kato]);
    }
  });
});

describe('a wrong command line', () => {
  it('an unknown command, option or preset', (t) => {
    const home = homeWithSession(t);
    assertFailure(home.run(['exprt']), home, 2, /^kato: unknown command `exprt`$/, /^hint: did you mean `export`\?$/);
    assertFailure(home.run(['sessions', '--sinse', '7d']), home, 2, /unknown option '--sinse'/, /^hint: /);
    assertFailure(
      home.run(['show', SESSION, '--preset', 'loud']),
      home,
      2,
      /no preset `loud`$/,
      /^hint: presets: prompts, chat, full, audit$/,
    );
    assertFailure(
      home.run(['sessions', '--since', 'soon']),
      home,
      2,
      /`soon` is no point in time$/,
      /^hint: such as 7d/,
    );
  });

  it('a Node that is too old, in one line', (t) => {
    const home = new TestHome(t);
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '20.1.0' }); Object.defineProperty(process, 'version', { value: 'v20.1.0' });`;
    writeFileSync(home.path('old.cjs'), pretend);
    const { status, stderr, stdout } = spawnSync(process.execPath, ['-r', home.path('old.cjs'), KATO, 'sessions'], {
      encoding: 'utf8',
      env: home.env,
    });
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^kato needs Node\.js 24 or newer, this is v20\.1\.0: .*\n$/);
  });
});

function assertFullDiskIsSafe(home: TestHome): void {
  home.ok(['init', '--yes']);
  home.ok(['import']);
  const before = home.ok(['sessions', '--json']);
  const [line = ''] = readFileSync(
    home.path(`.claude/projects/-w-toy/${SESSION}-1111-4111-8111-111111111111.jsonl`),
    'utf8',
  ).split('\n');
  const big = Array.from({ length: 4000 }, (_, index) =>
    line.replace('"u-1"', `"b-${index}"`).replace('rename foo to bar', randomText(index)),
  ).join('\n');
  writeFileSync(home.path('.claude/projects/-w-toy/33333333-3333-4333-8333-333333333333.jsonl'), `${big}\n`);
  assertFailure(home.run(['import']), home, 1, /the disk is full$/, /^hint: free some space/);
  assert.equal(home.ok(['sessions', '--json']), before);
  assert.equal(home.ok(['verify']), 'the store is sound\n');
}

function randomText(seed: number): string {
  let text = '';
  for (let index = 0; index < 60; index++) text += Math.imul(seed * 61 + index, 0x9e3779b1).toString(36);
  return text.replaceAll('-', 'm');
}

function canMount(): boolean {
  return process.getuid?.() === 0 && process.platform === 'linux' && spawnSync('mount', ['--version']).status === 0;
}
