/** `kato demo`: the story works from beginning to end, and touches nothing of its user's. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { TestHome } from '../support/cli.ts';

/** The demo, with a temporary folder of its own. */
function runDemo(home: TestHome, args: readonly string[] = []) {
  mkdirSync(home.path('tmp'), { recursive: true });
  return home.run(['demo', ...args], { env: { TMPDIR: home.path('tmp') } });
}

describe('kato demo', { timeout: 60_000 }, () => {
  it('imports the samples of three agents, lists them, exports one, and records one that is being written', (t) => {
    const home = new TestHome(t);
    const run = runDemo(home);
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stderr, /\d+ events in 3 sessions/);
    for (const agent of ['claude-code', 'codex', 'gemini-cli'])
      assert.match(run.stderr, new RegExp(`^ .*${agent}`, 'm'));
    assert.match(run.stderr, /^ +once more: 0 new events, 0 B read$/m);
    const [exported = '', recorded = ''] = [...run.stderr.matchAll(/^ +(\/\S+\.md)$/gm)].map(([, path = '']) => path);
    assert.match(readFileSync(exported, 'utf8'), /^\*\*Tool: Edit\*\*$/m);
    const text = readFileSync(recorded, 'utf8');
    assert.equal(run.stdout.trim(), text.trim(), 'stdout is the recorded Markdown');
    assert.deepEqual(
      text.match(/^# (User|claude-sonnet-5)_/gm),
      Array(3).fill(['# User_', '# claude-sonnet-5_']).flat(),
    );
    const sizes = [...run.stderr.matchAll(/ms later: notes\/tea\.md, (\d+) B$/gm)].map(([, size]) => Number(size));
    assert.equal(sizes.length, 4, 'looked at after the command and after each line behind it');
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => a - b),
    );
    assert.equal(sizes.at(-1), Buffer.byteLength(text));
  });

  it('ends its daemon', (t) => {
    const home = new TestHome(t);
    runDemo(home);
    const folder = readdirSync(home.path('tmp')).find((name) => name.startsWith('kato-demo-')) ?? '';
    assert.match(home.ok(['status', '--home', home.path('tmp', folder, 'kato')]), /^daemon +not running/m);
  });

  it('names commands that do what the demo did', (t) => {
    const home = new TestHome(t);
    const { stderr } = runDemo(home);
    const [, id] = /kato export ([0-9a-f]{8}) --preset full/.exec(stderr) ?? [];
    assert.match(stderr, new RegExp(`^ +${id} `, 'm'), 'the session is one of the list');
  });

  it('leaves the home of its user alone, and the sessions that agents have there', (t) => {
    const home = new TestHome(t);
    home.addCase('claude-code', 'plain');
    const { stderr, stdout } = runDemo(home);
    assert.deepEqual(readdirSync(home.folder).sort(), ['.claude', 'tmp']);
    assert.doesNotMatch(stderr + stdout, /rename foo to bar/);
    assert.ok(!existsSync(home.kato));
  });

  it('does not read the settings of its user, nor their variables', (t) => {
    const home = new TestHome(t);
    home.ok(['init', '--yes']);
    home.ok(['config', 'set', 'providers', '{claude-code: {roots: []}}']);
    mkdirSync(home.path('tmp'));
    const env = { TMPDIR: home.path('tmp'), CLAUDE_CONFIG_DIR: home.path('nowhere'), KATO_HOME: home.path('.kato') };
    assert.match(home.run(['demo'], { env }).stderr, /in 3 sessions/);
    assert.ok(!existsSync(home.path('.kato/kato.db')));
  });

  it('works in a folder that only its user can read, another one each time', (t) => {
    const home = new TestHome(t);
    runDemo(home);
    runDemo(home);
    const folders = readdirSync(home.path('tmp')).filter((name) => name.startsWith('kato-demo-'));
    assert.equal(folders.length, 2);
    for (const name of folders) assert.equal(statSync(home.path('tmp', name)).mode & 0o077, 0);
  });

  it('leaves its folder to be looked at, and says how to remove it', (t) => {
    const home = new TestHome(t);
    const { stderr } = runDemo(home);
    const [name = ''] = readdirSync(home.path('tmp')).filter((one) => one.startsWith('kato-demo-'));
    assert.ok(stderr.trimEnd().endsWith(`rm -r ${home.path('tmp', name)}`), stderr);
  });

  it('with -q prints the Markdown and nothing else', (t) => {
    const run = runDemo(new TestHome(t), ['-q']);
    assert.equal(run.stderr, '');
    assert.match(run.stdout, /^# User_/m);
  });
});
