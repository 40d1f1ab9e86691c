/** The first thing anybody does with kato. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { TestHome } from '../support/cli.ts';
import { runOnTerminal, withoutTerminal } from '../support/terminal.ts';

const configOf = (home: TestHome) => parse(readFileSync(home.path('.kato/config.yaml'), 'utf8'));
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('kato init without a terminal', () => {
  it('writes the defaults where no flag says otherwise, for the user alone to read', (t) => {
    const home = new TestHome(t);
    const run = home.run(['init']);
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.stdout, 'wrote ~/.kato/config.yaml\n');
    const { version, autoGenerateSnapshots, write } = configOf(home);
    assert.deepEqual([version, autoGenerateSnapshots, write.projectFolders, write.roots], [1, false, true, []]);
    assert.deepEqual([modeOf(home.kato), modeOf(home.path('.kato/config.yaml'))], ['700', '600']);
    assert.equal(home.ok(['config', 'validate']), '~/.kato/config.yaml is right\n');
  });

  it('takes its answers from flags', (t) => {
    const home = new TestHome(t);
    home.ok(['init', '--yes', '--keep', 'all', '--write-root', '~/notes', '--write-root', '/srv/log: book']);
    const { autoGenerateSnapshots, write } = configOf(home);
    assert.equal(autoGenerateSnapshots, true);
    assert.deepEqual(write.roots, ['~/notes', '/srv/log: book']);
    assert.deepEqual(home.json(['config', 'get', 'write.roots']), [home.path('notes'), '/srv/log: book']);
  });

  it('a relative folder is that folder, wherever kato is started later', (t) => {
    const home = new TestHome(t);
    mkdirSync(home.path('work'));
    home.ok(['init', '--yes', '--write-root', 'notes/'], { cwd: home.path('work') });
    assert.deepEqual(home.json(['config', 'get', 'write.roots']), [home.path('work/notes')]);
  });

  it('never overwrites: the second time it says that there is one', (t) => {
    const home = new TestHome(t);
    home.ok(['init', '--yes']);
    writeFileSync(home.path('.kato/config.yaml'), '# mine\nversion: 1\n');
    const again = home.run(['init', '--yes', '--keep', 'all']);
    assert.equal(again.status, 0);
    assert.match(again.stdout, /^config exists already: ~\/\.kato\/config\.yaml$/m);
    assert.match(again.stderr, /^hint: .*kato config set/m);
    assert.equal(readFileSync(home.path('.kato/config.yaml'), 'utf8'), '# mine\nversion: 1\n');
  });

  it('ends with four lines for AGENTS.md or CLAUDE.md, which -q leaves out', (t) => {
    const home = new TestHome(t);
    const { stderr } = home.run(['init', '--yes']);
    const [, block = ''] = stderr.split('You may put these lines into AGENTS.md or CLAUDE.md:\n');
    const lines = block.trimEnd().split('\n');
    assert.equal(lines.length, 4);
    assert.match(lines.join(' '), /`::`.*[Ii]gnore.*Leave them alone/);
    assert.equal(home.run(['init', '-q', '--home', home.path('other')]).stderr, '');
  });

  it('says what comes next: first the daemon', (t) => {
    for (const keep of ['all', 'recorded']) {
      const { stderr } = new TestHome(t).run(['init', '--yes', '--keep', keep]);
      assert.match(stderr, /^Next: `kato start` .*`kato import`/s);
    }
  });

  it('a choice that does not exist is an error, and nothing is written', (t) => {
    const home = new TestHome(t);
    const run = home.run(['init', '--yes', '--keep', 'some']);
    assert.equal(run.status, 2);
    assert.match(run.stderr, /^kato: `--keep some` is not a choice\nhint: all, or recorded\n$/);
    assert.ok(!existsSync(home.kato));
  });
});

describe('kato init on a terminal', { skip: withoutTerminal }, () => {
  it('says what is kept where and who can read it, asks two questions, and does as answered', (t) => {
    const home = new TestHome(t);
    const { status, screen } = runOnTerminal(home, 'init', { typed: 'all\n~/notes, /srv/log\n' });
    assert.equal(status, 0, screen);
    assert.match(screen, /What it keeps lies in ~\/\.kato, readable by you alone/);
    assert.match(screen, /Keep durable copies of all conversations, or only of those you record\?/);
    assert.match(screen, /Where else may recordings be written/);
    assert.match(screen, /wrote ~\/\.kato\/config\.yaml/);
    const { autoGenerateSnapshots, write } = configOf(home);
    assert.deepEqual([autoGenerateSnapshots, write.roots], [true, ['~/notes', '/srv/log']]);
  });

  it('takes the careful answer when there is none', (t) => {
    const home = new TestHome(t);
    const { status, screen } = runOnTerminal(home, 'init', { typed: '\n\n' });
    assert.equal(status, 0);
    assert.match(screen, /`kato import` takes in everything at any time/);
    assert.match(screen, /\[a\]ll \/ \[r\]ecorded \(Enter: recorded\):/);
    assert.match(screen, /\(Enter: none\):/);
    const { autoGenerateSnapshots, write } = configOf(home);
    assert.deepEqual([autoGenerateSnapshots, write.roots], [false, []]);
  });

  it('asks again when it does not understand', (t) => {
    const home = new TestHome(t);
    const { screen } = runOnTerminal(home, 'init', { typed: 'maybe\nr\n\n' });
    assert.equal(screen.match(/\[a\]ll \/ \[r\]ecorded/g)?.length, 2);
    assert.equal(screen.match(/a or r, please/g)?.length, 1);
    assert.equal(configOf(home).autoGenerateSnapshots, false);
  });

  it('asks only what no flag has answered, and nothing with --yes', (t) => {
    const home = new TestHome(t);
    const half = runOnTerminal(home, 'init --keep all', { typed: '\n' });
    assert.doesNotMatch(half.screen, /Keep durable copies/);
    assert.match(half.screen, /Where else/);
    const none = runOnTerminal(home, 'init --yes --home other');
    assert.doesNotMatch(none.screen, /\?/);
    assert.ok(existsSync(home.path('other/config.yaml')));
  });

  it('an end of input in the middle writes nothing, and says so', (t) => {
    const home = new TestHome(t);
    const { status, screen } = runOnTerminal(home, 'init', { typed: 'all\n\u0004' });
    assert.equal(status, 130, screen);
    assert.match(screen, /nothing was written/);
    assert.ok(!existsSync(home.path('.kato/config.yaml')));
  });
});
