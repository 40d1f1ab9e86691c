/**
 * Destinations to which a chat must not lead kato. Each is tried with every verb that writes. Whatever is asked: nothing
 * changes outside kato's own recordings, the outcome says why and what to do, the audit log has a line for each refusal
 * and each grant, and no word of the conversation is in it.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { PLANTED, Vault } from './vault.ts';

interface Case {
  /** The destination; what must stand there is put there. */
  readonly to: (vault: Vault) => string;
  readonly because: RegExp;
  readonly hint?: RegExp;
  /** Something stands there: an export fails by itself, without anybody's rule. */
  readonly isTaken?: boolean;
}

const at = (name: string) => (vault: Vault) => join(vault.notes, name);
const inProject = (name: string) => (vault: Vault) => join(vault.project, name);
const HIDDEN = /hidden/;
const OUTSIDE = { because: /outside the folders where kato may write/, hint: /kato config set write\.roots/ };
const SUFFIX = { because: /must end in/, hint: /use \.md, \.markdown or \.jsonl/ };
const STEERING = /guide agents or people/;
const REAL = { hint: /give the real path/ };
const AGENT = /agents keep their sessions/;
const SPECIAL = { because: /no regular file/, isTaken: true };

/** Makes what is needed before the path is named. */
const after = (path: string, make: (vault: Vault, path: string) => void) => (vault: Vault) => {
  make(vault, join(vault.notes, path));
  return join(vault.notes, path);
};

const CASES: Readonly<Record<string, Case>> = {
  'a folder that nobody allowed': { to: ({ outside }) => `${outside}/x.md`, ...OUTSIDE },
  "the system's folders": { to: () => '/etc/x.md', ...OUTSIDE },
  'the home folder itself': { to: ({ home }) => `${home}/x.md`, ...OUTSIDE },
  'a way out by dots': { to: ({ notes }) => `${notes}/a/../../outside/x.md`, ...OUTSIDE },
  'a folder whose name begins alike': { to: ({ notes }) => `${notes}-too/x.md`, ...OUTSIDE },
  'an allowed folder in other letters': { to: ({ notes }) => `${notes.replace(/notes$/, 'NOTES')}/x.md`, ...OUTSIDE },
  'a suffix of a script': { to: at('x.sh'), ...SUFFIX },
  'a suffix behind another': { to: at('x.md.sh'), ...SUFFIX },
  'no suffix': { to: at('x'), ...SUFFIX },
  'a text file': { to: at('x.txt'), ...SUFFIX },
  'a suffix alone': { to: at('a/.md'), because: HIDDEN },
  'a hidden file': { to: at('.x.md'), because: HIDDEN },
  'a repository': { to: at('.git/x.md'), because: HIDDEN },
  'a repository in capitals': { to: at('.GIT/x.md'), because: HIDDEN },
  'settings of an agent': { to: inProject('.claude/commands/x.md'), because: HIDDEN },
  'AGENTS.md': { to: at('AGENTS.md'), because: STEERING },
  'CLAUDE.md in other letters': { to: inProject('docs/Claude.MD'), because: STEERING },
  'README of a project': { to: inProject('README.md'), because: STEERING },
  'a prompt of an editor': { to: at('ask.prompt.md'), because: STEERING },
  'the skills of a project': { to: inProject('skills/tea/x.md'), because: /instructions from this folder/ },
  'its commands in capitals': { to: inProject('Commands/x.md'), because: /instructions from this folder/ },
  'a device of another system': { to: at('con.md'), because: /device/ },
  'a name that reads backwards': { to: at('x\u202edm.md'), because: /not safe/ },
  'a name with a control character': { to: at('x\u0007.md'), because: /not safe/ },
  'a name that is too long': { to: at(`${'x'.repeat(300)}.md`), because: /too long/ },
  "kato's own folder": {
    to: (vault) => vault.allow('configured', '', '.kato/x.md'),
    because: /kato's own folder/,
  },
  "kato's logs, in capitals": {
    to: (vault) => vault.allow('configured', '', '.KATO/logs/audit.jsonl'),
    because: /kato's own folder/,
  },
  "kato's own folder under another name": {
    to(vault) {
      vault.link('alias', join(vault.home, '.kato'));
      return vault.allow('configured', 'alias', 'logs/audit.jsonl');
    },
    because: /kato's own folder/,
  },
  "an agent's sessions": {
    to: (vault) => vault.allow('configured', '', 'agent/-w-farm/33333333-3333-4333-8333-333333333333.jsonl'),
    because: AGENT,
  },
  "an agent's sessions in capitals": {
    to: (vault) => vault.allow('configured', '', 'AGENT/x.jsonl'),
    because: AGENT,
  },
  "an agent's sessions under another name": {
    to(vault) {
      vault.link('work', vault.stage.root);
      return vault.allow('project', 'work', 'x.jsonl');
    },
    because: AGENT,
  },
  'a project that is a link to the home folder': {
    to(vault) {
      vault.link('work', vault.home);
      return vault.allow('project', 'work', 'x.md');
    },
    ...OUTSIDE,
  },
  "a project that is a repository's inside": {
    to(vault) {
      mkdirSync(join(vault.home, 'tea/.git/hooks'), { recursive: true });
      return vault.allow('project', 'tea/.git/hooks', 'x.md');
    },
    ...OUTSIDE,
  },
  'an allowed folder that is not there': {
    to: (vault) => vault.allow('configured', 'later', 'x.md'),
    because: /the folder does not exist/,
    hint: /make the folder first/,
  },
  'a folder that is a link': {
    to(vault) {
      vault.link('notes/away', vault.outside);
      return join(vault.notes, 'away/x.md');
    },
    because: /link/,
    ...REAL,
  },
  'a link to a file elsewhere': {
    to: after('x.md', ({ outside }, path) => symlinkSync(join(outside, 'diary.md'), path)),
    because: /link/,
    ...REAL,
    isTaken: true,
  },
  'a link to nothing': {
    to: after('x.md', ({ outside }, path) => symlinkSync(join(outside, 'new.md'), path)),
    because: /link/,
    ...REAL,
    isTaken: true,
  },
  'a second name of a file elsewhere': {
    to: after('x.md', ({ outside }, path) => linkSync(join(outside, 'diary.md'), path)),
    because: /hard link/,
    isTaken: true,
  },
  'a pipe': { to: after('x.md', (_, path) => void execFileSync('mkfifo', [path])), ...SPECIAL },
  'a socket': { to: after('x.md', (_, path) => void createServer().listen(path).unref()), ...SPECIAL },
};

describe('a chat leads kato to no place that is not for it', () => {
  for (const [name, { to, because, hint = /choose|make/, isTaken = false }] of Object.entries(CASES)) {
    it(name, async (t) => {
      const vault = new Vault(t);
      const path = to(vault);
      const before = vault.tree();
      await vault.say(`how does one make ${PLANTED}?`);
      for (const verb of ['record', 'capture', 'init', 'export']) await vault.say(`::${verb} "${path}"`, PLANTED);
      assert.deepEqual(vault.tree(), before);
      const [recording = '', ...others] = readdirSync(vault.recordings);
      assert.deepEqual(others, []);
      assert.ok(readFileSync(join(vault.recordings, recording), 'utf8').includes(PLANTED), 'it is recorded elsewhere');

      const answers = await vault.answers();
      const kinds = new Map(answers.map(({ line, kind }) => [line.split(' ')[0], kind]));
      const wanted = {
        record: 'redirected',
        capture: 'redirected',
        init: 'denied',
        export: isTaken ? 'failed' : 'denied',
      };
      assert.deepEqual(kinds, new Map(Object.entries(wanted).map(([verb, kind]) => [`::${verb}`, kind])));
      for (const answer of answers.filter(({ kind }) => kind !== 'failed')) {
        assert.match(answer.reason ?? '', because);
        assert.match(answer.hint ?? '', hint);
      }
      const denied = Object.values(wanted).filter((kind) => kind !== 'failed').length;
      assert.deepEqual(
        vault.noted('write.denied'),
        Array.from({ length: denied }, () => resolve(path)),
      );
      const elsewhere = `${vault.recordings}/2026-07-01_1000-…--1c2f9a77.md`;
      const granted = vault.noted('write.granted').filter((one) => one !== path);
      assert.deepEqual(granted, [elsewhere, elsewhere]);
      assert.ok(!JSON.stringify(vault.audited).includes(PLANTED));
    });
  }
});

describe('what the user has made in a project is left alone', () => {
  const MINE = `# Mine\n\nmy ${PLANTED}\n`;
  const VERBS = ['record', 'capture', 'export', 'init'];

  for (const option of ['', ' +overwrite']) {
    it(`by every verb${option && `, with${option}`}`, async (t) => {
      const vault = new Vault(t);
      for (const verb of VERBS) writeFileSync(join(vault.project, `${verb}.md`), MINE);
      const before = vault.tree();
      for (const verb of VERBS)
        await vault.say(`::${verb} ${vault.project}/${verb}.md${verb === 'init' ? '' : option}`);
      await vault.say('more');
      assert.deepEqual(vault.tree(), before);
    });
  }

  it('but not what kato has made there', async (t) => {
    const vault = new Vault(t);
    const path = join(vault.project, 'new.md');
    await vault.say('one', `::capture ${path}`, 'two', `::export ${path} +overwrite`);
    const text = readFileSync(path, 'utf8');
    assert.ok(text.includes('one') && text.includes('two'));
  });
});

it('an export that a chat asks for is noted once, with the agent, and not when it was refused', async (t) => {
  const vault = new Vault(t);
  const [path, taken] = ['new.md', 'taken.md'].map((name) => join(vault.project, name)) as [string, string];
  writeFileSync(taken, 'mine');
  await vault.say(`how does one make ${PLANTED}?`, `::export ${path}`, `::export ${taken}`, '::export /etc/x.md');
  assert.deepEqual(vault.noted('export.done'), [path]);
  assert.equal(vault.audited.find(({ event }) => event === 'export.done')?.provider, 'claude-code');
  assert.ok(!JSON.stringify(vault.audited).includes(PLANTED));
});

describe('what comes to be in the way of a recording pauses it, and is left alone', () => {
  const WAYS: Readonly<Record<string, (path: string, vault: Vault) => void>> = {
    'a link': (path, { outside }) => symlinkSync(join(outside, 'diary.md'), path),
    'a second name': (path, { outside }) => linkSync(join(outside, 'diary.md'), path),
    'a pipe': (path) => void execFileSync('mkfifo', [path]),
  };
  for (const [name, put] of Object.entries(WAYS)) {
    it(name, async (t) => {
      const vault = new Vault(t);
      const path = join(vault.notes, 'x.md');
      await vault.say(`::record ${path}`, 'one');
      const whole = readFileSync(path, 'utf8');
      rmSync(path);
      put(path, vault);
      const before = vault.tree();
      await vault.say('two', PLANTED);
      await vault.say('three');
      assert.deepEqual(vault.tree(), before);
      assert.deepEqual(vault.noted('write.denied'), [path], 'once');
      rmSync(path);
      writeFileSync(path, whole);
      await vault.say('four');
      assert.match(readFileSync(path, 'utf8'), /one\n.*two\n.*three\n.*four\n$/s);
    });
  }

  for (const root of ['notes', 'project'] as const) {
    it(`its folder, ${root}, as a link to another one`, async (t) => {
      const vault = new Vault(t);
      const folder = vault[root];
      await vault.say(`::record ${folder}/diary.md`, 'one');
      renameSync(folder, join(vault.home, 'old'));
      symlinkSync(vault.outside, folder);
      const before = vault.tree();
      await vault.say('two');
      await vault.say('three');
      assert.deepEqual(vault.tree(), before);
      assert.deepEqual(vault.noted('write.denied'), [join(folder, 'diary.md')]);
      assert.equal(vault.recorder.recordings()[0]?.condition?.failure, 'denied');
      rmSync(folder);
      renameSync(join(vault.home, 'old'), folder);
      await vault.say('four');
      assert.match(readFileSync(join(folder, 'diary.md'), 'utf8'), /one\n.*two\n.*three\n.*four\n$/s);
    });
  }
});

describe('what is allowed', () => {
  it('is noted for each command, from the chat and from outside', async (t) => {
    const vault = new Vault(t);
    const paths = ['record', 'capture', 'export', 'init'].map((verb) => `${vault.notes}/${verb}.md`);
    await vault.say('one');
    for (const path of paths) await vault.say(`::${path.split('/').at(-1)?.slice(0, -3)} ${path}`);
    await vault.recorder.ask(vault.key, { verb: 'record', dest: `${vault.project}/outside.md`, options: {} });
    await vault.recorder.ask(vault.key, { verb: 'record', dest: '/etc/x.md', options: {} });
    await vault.say('::stop', PLANTED);
    assert.deepEqual(vault.noted('write.granted'), [...paths, `${vault.project}/outside.md`]);
    assert.deepEqual(vault.noted('write.denied'), ['/etc/x.md']);
  });

  it('may have a folder that is a link as its root', async (t) => {
    const vault = new Vault(t);
    mkdirSync(join(vault.home, 'cloud'));
    vault.link('pages', join(vault.home, 'cloud'));
    await vault.say(`::record ${vault.allow('configured', 'pages', 'x.md')}`, 'one');
    assert.ok(readFileSync(join(vault.home, 'cloud/x.md'), 'utf8').includes('one'));
  });

  it('is a file of which kato was killed while it kept a copy', async (t) => {
    const vault = new Vault(t);
    const path = join(vault.notes, 'x.md');
    await vault.say(`::record ${path}`, 'one');
    linkSync(path, `${path}.bak-2026-07-02T00-00-00-000Z`);
    linkSync(path, join(vault.notes, '.kato-0123456789abcdef.tmp'));
    await vault.say('two');
    assert.ok(readFileSync(path, 'utf8').includes('two'));
  });
});
