/** What all commands have in common: help, exit status, where words go, JSON, colours. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { commands } from '../../../src/surfaces/cli/program.ts';
import { KATO, TestHome } from '../../support/cli.ts';
import { addSession, claudeSession, type Said } from '../../support/session-files.ts';
import { sharedHome } from '../../support/shared-home.ts';

type Context = { after(fn: () => void): void };

const SESSION = 'c1a0de00-0000-4000-8000-000000000001';

function homeWithSession(t: Context, said: Iterable<Said> = [{ by: 'user', text: 'hello' }], title?: string): TestHome {
  const home = new TestHome(t);
  addSession(home, claudeSession({ id: SESSION, said, ...(title !== undefined && { title }) }));
  home.ok(['init', '--yes']);
  home.ok(['import']);
  return home;
}

const PARTS = [
  ...['path', 'show', 'get', 'set', 'validate'].map((part) => ['config', part]),
  ...['install', 'uninstall', 'print'].map((part) => ['service', part]),
];

describe('help', () => {
  for (const words of [...Object.keys(commands).map((name) => [name]), ...PARTS]) {
    it(`of kato ${words.join(' ')} says what it is for, on stdout, with examples`, (t) => {
      const home = new TestHome(t);
      const run = home.run([...words, '--help']);
      assert.equal(run.status, 0);
      assert.equal(run.stderr, '');
      assert.match(run.stdout, new RegExp(`^Usage: kato ${words.join(' ').replace('sessions', 'sessions\\|ls')}\\b`));
      const [, examples = ''] = run.stdout.split('\nExamples:\n');
      assert.match(examples, new RegExp(`(?:kato|eval "\\$\\(kato) ${words.join(' ')}\\b`));
    });
  }

  it('of kato lists every command, with examples', (t) => {
    const home = new TestHome(t);
    const text = home.ok(['--help']);
    for (const name of Object.keys(commands)) assert.match(text, new RegExp(`^  ${name}\\b`, 'm'));
    assert.match(text, /\nExamples:\n {2}kato /);
    assert.equal(home.ok(['help']), text);
  });

  it('is what `kato` alone prints, where a mistake is told', (t) => {
    const home = new TestHome(t);
    const { status, stdout, stderr } = home.run([]);
    assert.deepEqual([status, stdout, stderr], [2, '', home.ok(['--help'])]);
  });

  it('shows a number that is meant without one as it is typed', (t) => {
    assert.match(new TestHome(t).ok(['logs', '--help']), / \(default: 50\)\n/);
  });

  it('says what --json does not change', (t) => {
    assert.match(new TestHome(t).ok(['--help']), /--json +print data as JSON;\s+errors\s+stay\s+text\s+on\s+stderr\n/);
  });

  it('fits 80 columns on a pipe, but for examples', (t) => {
    const home = new TestHome(t);
    for (const name of ['', ...Object.keys(commands)]) {
      const lines = home.ok([name, '--help'].filter((word) => word !== '')).split('\n');
      for (const line of lines) assert.ok(line.length <= 80 || line.startsWith('  kato '), `${name}: ${line}`);
    }
  });

  it('says when clean asks', (t) => {
    const text = new TestHome(t).ok(['clean', '--help']).replace(/\s+/g, ' ');
    assert.match(
      text,
      /On a terminal it asks before transcripts or recorded files go; without one, with --yes, and for logs it does not/,
    );
  });

  it('is also what `kato help` gives, and it knows only commands', (t) => {
    const home = new TestHome(t);
    assert.equal(home.ok(['help', 'export']), home.ok(['export', '--help']));
    const run = home.run(['help', 'exprt']);
    assert.deepEqual([run.status, run.stderr], [2, 'kato: unknown command `exprt`\nhint: did you mean `export`?\n']);
  });
});

describe('a wrong command line ends with 2, one line what, and one what to do', () => {
  const wrong: readonly [line: string, what: RegExp, hint: RegExp][] = [
    ['config', /^kato: `kato config` does nothing by itself$/, /`kato config --help`/],
    ['config sett', /^kato: unknown command 'sett'$/, /did you mean `set`\? `kato config --help`/],
    ['config set a', /^kato: missing required argument 'value'$/, /`kato config --help`/],
    ['export', /^kato: missing required argument 'session'$/, /`kato export --help`/],
    ['show a b', /^kato: too many arguments for 'show'/, /`kato show --help`/],
    ['show --presett full', /^kato: unknown option '--presett'$/, /did you mean `--preset`\?/],
    ['export x -f pdf', /^kato: no format `pdf`$/, /formats: markdown, jsonl/],
    [
      'export x -f jsonl -o y.md',
      /^kato: `-f jsonl` does not fit a file that ends in \.md$/,
      /leave out -f, or .* \.jsonl/,
    ],
    [
      'export x -f md -o Y.JSONL',
      /^kato: `-f md` does not fit a file that ends in \.JSONL$/,
      /leave out -f, or .* \.md/,
    ],
    ['init --keep some', /^kato: `--keep some` is not a choice$/, /all, or recorded/],
    [
      'config set recording.preset loud',
      /^kato: `recording\.preset`: no preset `loud`$/,
      /presets: prompts, chat, full, audit/,
    ],
    ['config set recording.presett full', /^kato: unknown key `recording\.presett`$/, /did you mean `preset`\?/],
    ['show x --last 0', /^kato: `--last 0` is not a number of turns$/, /such as --last 3/],
    ['show x --with tolls', /^kato: nothing to show is called `tolls`$/, /known: user, /],
    ['sessions -n some', /^kato: `--limit some` is not a number of sessions$/, /such as --limit 20/],
    ['sessions --provider cursor', /^kato: no provider `cursor`$/, /known: claude-code, codex, gemini-cli/],
    ['sessions --since 99999999999999d', /is no point in time$/, /such as 7d/],
    ['show latest --json', /^kato: `kato show` prints no data that could be JSON$/, /export SESSION -f jsonl/],
    ['export latest latest -o x.md', /^kato: 2 sessions do not go into one file$/, /give a folder: -o archive\//],
    ['export latest -o - --json', /^kato: `--json` says what was written/, /-f jsonl/],
  ];
  const shared = sharedHome(homeWithSession);
  for (const [line, what, hint] of wrong) {
    it(`kato ${line}`, () => {
      const run = shared().run(line === '' ? [] : line.split(' '));
      const [first = '', second = '', ...more] = run.stderr.trimEnd().split('\n');
      assert.deepEqual([run.status, run.stdout, more], [2, '', []], run.stderr);
      assert.match(first, what);
      assert.match(second, /^hint: /);
      assert.match(second, hint);
    });
  }
});

describe('stdout carries the answer alone', () => {
  it('and notes and hints go to stderr, which -q leaves empty', (t) => {
    const home = homeWithSession(t);
    const loud = home.run(['export', 'latest']);
    assert.match(loud.stdout, /^\/\S+\.md\n$/);
    assert.equal(loud.stderr, '1 event\n');
    const quiet = home.run(['export', 'latest', '-q']);
    assert.deepEqual([quiet.status, quiet.stderr], [0, '']);
    assert.match(quiet.stdout, /^\/\S+\.md\n$/);
  });

  it('also where there is none', (t) => {
    const home = new TestHome(t);
    home.ok(['init', '--yes']);
    const run = home.run(['sessions']);
    assert.deepEqual([run.status, run.stdout], [0, '']);
    assert.match(run.stderr, /^hint: nothing here yet: `kato import`/);
    assert.deepEqual(home.json(['sessions']), []);
  });

  it('and nothing of what is kept being as was asked ends with 3, told from nothing at all', (t) => {
    const home = homeWithSession(t);
    for (const args of ['--since 2099-01-01', '--provider codex', '--project /nowhere']) {
      const words = ['sessions', ...args.split(' ')];
      const run = home.run(words);
      assert.deepEqual([run.status, run.stdout], [3, ''], args);
      assert.match(run.stderr, /^kato: nothing matches; 1 session is kept\nhint: /);
      const json = home.run([...words, '--json']);
      const { data, warnings } = JSON.parse(json.stdout);
      assert.deepEqual([json.status, json.stderr, data], [3, '', []]);
      assert.deepEqual(warnings, ['nothing matches; 1 session is kept']);
    }
  });

  it('and @here in a folder where nobody spoke with an agent ends with 3', (t) => {
    const home = homeWithSession(t);
    mkdirSync(home.path('elsewhere'));
    const { status, stdout, stderr } = home.run(['show', '@here'], { cwd: home.path('elsewhere') });
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, /^kato: no session was held in ~\/elsewhere\nhint: `kato sessions` lists/);
  });

  it('with --json in one envelope, warnings in it, and nothing on stderr', (t) => {
    const home = homeWithSession(t);
    writeFileSync(home.path('x.jsonl'), '{"hello":"world"}\n');
    const run = home.run(['import', 'x.jsonl', '--json']);
    assert.equal(run.stderr, '');
    const { schemaVersion, data, warnings } = JSON.parse(run.stdout);
    assert.deepEqual([schemaVersion, data.unknown], [1, [home.path('x.jsonl')]]);
    assert.deepEqual(warnings, ['no session of a known agent in ~/x.jsonl']);
  });

  it('and a reader that goes away ends it quietly, with 0', (t) => {
    const said = Array.from({ length: 3000 }, (_, index): Said => ({ by: 'user', text: `line ${index} `.repeat(40) }));
    const home = homeWithSession(t, said);
    for (const args of [
      'show latest',
      'export latest -o -',
      'export latest -o - -f jsonl',
      'export latest latest -o -',
    ]) {
      const command = `"$0" "$1" ${args} | head -1; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, KATO], {
        env: home.env,
        encoding: 'utf8',
      });
      assert.equal(stderr, '', args);
      assert.match(stdout, /^.+\n0\n$/, args);
    }
  });

  it('and so does one that was never there', (t) => {
    const home = homeWithSession(t);
    for (const args of ['sessions', 'status', 'sessions --json', '--help']) {
      const command = `("$0" "$1" ${args}; echo "$?" >&2) | true`;
      const options = { env: home.env, encoding: 'utf8' } as const;
      assert.equal(spawnSync('bash', ['-c', command, process.execPath, KATO], options).stderr, '0\n', args);
    }
  });

  it('and a disk that is full ends it in words, with 1', {
    skip: existsSync('/dev/full') ? false : 'needs /dev/full, a disk that is always full',
  }, (t) => {
    const home = homeWithSession(t);
    for (const args of ['sessions', 'sessions --json', 'show latest', 'export latest -o -', '--help']) {
      const command = `"$0" "$1" ${args} > /dev/full`;
      const options = { env: home.env, encoding: 'utf8' } as const;
      const { status, stderr } = spawnSync('bash', ['-c', command, process.execPath, KATO], options);
      assert.deepEqual([status, stderr], [1, 'kato: cannot write to standard output: the disk is full\n'], args);
    }
  });
});

describe('what transcripts say', () => {
  const BAD = '\u001b]0;pwned\u0007\u001b[2J\u009b31mtext\u202etxet';
  const harmful = ['\u001b', '\u0007', '\u009b', '\u202e'];

  it('never reaches a terminal raw, not in a title either', (t) => {
    const home = homeWithSession(t, [{ by: 'user', text: BAD }], BAD);
    for (const args of [['sessions'], ['status'], ['show', 'latest'], ['forget', 'latest', '--yes']]) {
      const { stdout, stderr } = home.run(args);
      for (const sign of harmful) assert.ok(!(stdout + stderr).includes(sign), args.join(' '));
    }
  });

  it('is what it is in a file and in JSON, where it is escaped', (t) => {
    const home = homeWithSession(t, [{ by: 'user', text: BAD }], BAD);
    assert.ok(home.ok(['export', 'latest', '-o', '-']).includes(BAD));
    const printed = home.ok(['sessions', '--json']);
    for (const sign of harmful) assert.ok(!printed.includes(sign));
    assert.equal(JSON.parse(printed).data[0].title, BAD.trim());
  });
});

describe('colours', () => {
  const shared = sharedHome(homeWithSession);
  const coloured = new RegExp(`${String.fromCharCode(27)}\\[\\d`);

  it('are for terminals, unless they are asked for', () => {
    const home = shared();
    assert.doesNotMatch(home.ok(['sessions']), coloured);
    assert.match(home.ok(['sessions'], { env: { FORCE_COLOR: '1' } }), coloured);
  });

  it('are left out with NO_COLOR, --no-color, or FORCE_COLOR=0', () => {
    const home = shared();
    assert.doesNotMatch(home.ok(['sessions'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }), coloured);
    assert.doesNotMatch(home.ok(['sessions', '--no-color'], { env: { FORCE_COLOR: '1' } }), coloured);
    assert.doesNotMatch(home.ok(['sessions'], { env: { FORCE_COLOR: '0' } }), coloured);
    assert.match(home.ok(['sessions'], { env: { FORCE_COLOR: '1', NO_COLOR: '' } }), coloured, 'empty is not set');
  });

  it('are never in JSON', () => {
    const home = shared();
    assert.doesNotMatch(home.ok(['sessions', '--json'], { env: { FORCE_COLOR: '1' } }), coloured);
  });
});

describe('a place where nothing can be', () => {
  it('is refused in words', (t) => {
    const home = new TestHome(t);
    writeFileSync(home.path('file'), '');
    const run = home.run(['init', '--yes', '--home', 'file']);
    assert.equal(run.status, 1);
    assert.match(run.stderr, /^kato: cannot make the folder ~\/file: something else is there already\nhint: .*\n$/);
    const validated = home.run(['config', 'validate', 'nothing.yaml']);
    assert.match(
      validated.stderr,
      /^kato: cannot open ~\/nothing\.yaml: there is nothing there\nhint: check the path\n$/,
    );
  });
});

describe('the home', () => {
  it('is where --home says, else KATO_HOME, else ~/.kato', (t) => {
    const home = new TestHome(t);
    for (const name of ['a', 'b']) mkdirSync(home.path(name));
    const env = { KATO_HOME: home.path('a') };
    assert.equal(home.ok(['config', 'path']), `${home.path('.kato/config.yaml')}\n`);
    assert.equal(home.ok(['config', 'path'], { env }), `${home.path('a/config.yaml')}\n`);
    assert.equal(home.ok(['config', 'path', '--home', 'b'], { env }), `${home.path('b/config.yaml')}\n`);
    assert.equal(home.ok(['--home', '~/b', 'config', 'path'], { env }), `${home.path('b/config.yaml')}\n`);
  });
});
