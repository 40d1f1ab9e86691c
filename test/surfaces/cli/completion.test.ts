/** Completion as a shell asks for it: a real bash, with the script that kato prints. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KATO, TestHome } from '../../support/cli.ts';
import { addSession, claudeSession } from '../../support/session-files.ts';
import { sharedHome } from '../../support/shared-home.ts';

type Context = { after(fn: () => void): void };

const SESSION = 'c1a0de00-0000-4000-8000-000000000001';
const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;
const needs = (shell: string) => (has(shell) ? false : `needs ${shell}`);

/** A home in which a shell finds `kato`. */
function emptyHome(t: Context): TestHome {
  const home = new TestHome(t);
  mkdirSync(home.path('bin'));
  const wrapper = `#!/bin/sh\nexec "${process.execPath}" "${KATO}" "$@"\n`;
  writeFileSync(home.path('bin/kato'), wrapper, { mode: 0o755 });
  return home;
}

function homeWithKato(t: Context): TestHome {
  const home = emptyHome(t);
  const title = 'Pears; `touch pwned` $(touch pwned) "quoted"';
  addSession(home, claudeSession({ id: SESSION, said: [{ by: 'user', text: 'hello' }], title }));
  home.ok(['init', '--yes']);
  home.ok(['import']);
  return home;
}

/** What bash would offer after these words; the last one is being typed. */
function offered(home: TestHome, ...words: readonly string[]): string[] {
  const script = `eval "$(kato completion bash)"
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
$(complete -p kato | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { PATH } = home.env;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', script, 'bash', ...words], {
    env: { ...home.env, PATH: `${home.path('bin')}:${PATH}` },
    cwd: home.folder,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('completion in bash', { skip: needs('bash') }, () => {
  const shared = sharedHome(homeWithKato);

  it('offers the commands, and those that begin with what is typed', () => {
    const home = shared();
    const all = offered(home, 'kato', '');
    for (const name of ['init', 'import', 'sessions', 'export', 'config', 'completion'])
      assert.ok(all.includes(name), name);
    assert.deepEqual(offered(home, 'kato', 'ex'), ['export']);
  });

  it('offers the options of a command, and those of all', () => {
    const home = shared();
    assert.deepEqual(offered(home, 'kato', 'export', '--ov'), ['--overwrite']);
    assert.ok(offered(home, 'kato', 'sessions', '--').includes('--json'));
  });

  it('offers sessions where a command takes one, and the words that stand for one', () => {
    const home = shared();
    const { shortId = '' } = home.json<{ shortId: string }[]>(['sessions'])[0] ?? {};
    for (const command of ['show', 'export', 'forget', 'reprocess'])
      assert.deepEqual(offered(home, 'kato', command, ''), [shortId, 'latest', '@here'], command);
    assert.deepEqual(offered(home, 'kato', 'show', shortId.slice(0, 3)), [shortId]);
    assert.deepEqual(offered(home, 'kato', '--home', home.kato, 'show', 'lat'), ['latest']);
  });

  it('runs nothing that a title says', () => {
    const home = shared();
    offered(home, 'kato', 'show', '');
    assert.equal(spawnSync('ls', [home.folder], { encoding: 'utf8' }).stdout.includes('pwned'), false);
  });

  it('offers what an option can be, and leaves paths to the shell', () => {
    const home = shared();
    assert.deepEqual(offered(home, 'kato', 'sessions', '--provider', 'c'), ['claude-code', 'codex']);
    assert.deepEqual(offered(home, 'kato', 'show', 'latest', '--preset', 'f'), ['full']);
    assert.deepEqual(offered(home, 'kato', 'export', 'latest', '-o', ''), []);
  });

  it('offers the parts of a command that has some, once', () => {
    const home = shared();
    assert.deepEqual(offered(home, 'kato', 'config', ''), ['path', 'show', 'get', 'set', 'validate']);
    assert.deepEqual(offered(home, 'kato', 'config', 'set', 's'), []);
  });

  it('offers commands where there is no config yet, and quietly no sessions', (t) => {
    const home = emptyHome(t);
    assert.deepEqual(offered(home, 'kato', 'in'), ['init']);
    assert.deepEqual(offered(home, 'kato', 'show', ''), []);
    assert.ok(!existsSync(home.kato), 'and makes nothing');
  });
});

for (const shell of ['zsh', 'fish'] as const) {
  describe(`completion in ${shell}`, { skip: needs(shell) }, () => {
    it('is a script that the shell can read', (t) => {
      const home = homeWithKato(t);
      writeFileSync(home.path('script'), home.ok(['completion', shell]));
      const { status, stderr } = spawnSync(shell, ['-n', home.path('script')], { env: home.env, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    });
  });
}

describe('kato completion', () => {
  it('knows its shells', (t) => {
    const home = new TestHome(t);
    for (const shell of ['bash', 'zsh', 'fish']) assert.match(home.ok(['completion', shell]), /kato completion words/);
    const run = home.run(['completion', 'tcsh']);
    assert.deepEqual([run.status, run.stdout], [2, '']);
    assert.equal(run.stderr, 'kato: no completion for `tcsh`\nhint: bash, zsh or fish\n');
  });
});
