/** Commands with the daemon up and down: the same answers, byte for byte. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateTree } from '../bench/generate.ts';
import { DaemonHome, kill, until } from '../support/daemon.ts';

const COMMANDS = [
  'sessions',
  'sessions --json --subagents',
  'sessions --provider codex --since 2020-01-01',
  'show latest',
  'show latest --preset full --last 1',
  'show @here --preset audit',
  'export latest -o -',
  'export latest -o - -f jsonl',
  'export latest -o - --preset audit --with subagents',
  'import',
  'import --json',
  'import --dry-run',
  'import .claude/projects',
  'verify',
  'verify --json',
  'reprocess',
  'completion words -- show ""',
  // And what goes wrong.
  'show nothing-like-this',
  'show',
  'show latest --preset loud',
  'show a',
  'import not-there',
  'import --provider nobody',
  'export latest -o /etc/passwd.md',
  'export latest -o notes.txt',
  'sessions --since never',
];

/** Sessions of each provider, taken in; and one that only its agent's file has. */
function fill(home: DaemonHome): void {
  home.addCase('claude-code', 'questions');
  home.addCase('codex', 'two-streams');
  home.addCase('gemini-cli', 'subagent');
  home.addCase('gencode', 'rewritten');
  home.ok(['init', '--yes']);
  home.ok(['import']);
}

const words = (line: string) => line.split(' ').map((word) => (word === '""' ? '' : word));

describe('a command', () => {
  it('answers the same with the daemon up and down', (t) => {
    const home = new DaemonHome(t);
    fill(home);
    home.ok(['config', 'set', 'logging.operational', 'debug']);
    const all = () => COMMANDS.map((line) => ({ line, ...home.run(words(line)) }));
    const down = all();
    home.start();
    assert.deepEqual(all(), down);
    assert.ok(down.some(({ stdout }) => stdout.length > 1000));
    const calls = new Set(home.ok(['logs', '-n', '1000']).match(/(?<=call="POST \/v1\/)\w+/g));
    assert.deepEqual([...calls].sort(), [
      'export',
      'exportText',
      'find',
      'import',
      'render',
      'reprocess',
      'sessions',
      'verify',
    ]);
  });

  it('status differs in the daemon, its memory and what it listens to alone', (t) => {
    const home = new DaemonHome(t);
    fill(home);
    const rest = () => {
      const { daemon, memory, ingest, store, ...others } = home.json<Record<string, object>>(['status']);
      return { ...others, store: { ...store, diskBytes: 0 } };
    };
    const down = rest();
    home.start();
    assert.deepEqual(rest(), down);
  });

  it('exports the same file', (t) => {
    const home = new DaemonHome(t);
    fill(home);
    const exported = () => {
      const [{ path } = { path: '' }] = home.json<{ path: string }[]>(['export', 'latest']);
      const mode = statSync(path).mode;
      const text = readFileSync(path, 'utf8');
      rmSync(path);
      return { path, mode, text };
    };
    const down = exported();
    const audited = home.ok(['logs', '--audit', '-n', '2']).replace(/^\S+/gm, 'TIME');
    home.start();
    assert.deepEqual(exported(), down);
    assert.equal(home.ok(['logs', '--audit', '-n', '2']).replace(/^\S+/gm, 'TIME'), audited);
  });

  it('shows a session that is not kept, and what comes to it later, and keeps nothing of it', (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    home.start();
    home.addCase('codex', 'two-streams');
    const [file = ''] = readdirSync(home.path('.codex'), { recursive: true }).filter((name) =>
      `${name}`.endsWith('.jsonl'),
    );
    const id = /([0-9a-f]{8}-[0-9a-f-]{27})\.jsonl$/.exec(String(file))?.[1] ?? '';
    const shown = home.ok(['show', id]);
    assert.match(shown, /^# User/m);
    assert.deepEqual(home.json(['sessions']), []);
    home.ok(['import']);
    assert.equal(home.ok(['show', id]), shown);
    assert.equal(home.json<unknown[]>(['sessions']).length, 1);
    home.ok(['forget', id, '--yes']);
    assert.deepEqual(home.json(['sessions']), []);
  });

  it('shows one of which the daemon has noticed the title', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    home.start();
    home.addCase('codex', 'two-streams');
    const noticed = () => home.json<{ sessions: readonly { id: string }[] }>(['status']).sessions;
    await until(() => noticed().length === 1, 'the session');
    const [session] = noticed();
    assert.match(home.ok(['show', session?.id ?? '']), /^# User/m);
    assert.deepEqual(home.json(['sessions']), [], 'it is not kept');
  });

  it('goes on without a daemon that does not answer', (t) => {
    const home = new DaemonHome(t);
    fill(home);
    const down = home.ok(['sessions']);
    const pid = home.start();
    kill(pid, 'SIGSTOP');
    assert.equal(home.ok(['sessions']), down);
    kill(pid, 'SIGCONT');
    assert.equal(home.json<{ daemon: { pid: number } }>(['status']).daemon.pid, pid);
  });
});

describe('an import in the daemon', () => {
  const tree = mkdtempSync(join(tmpdir(), 'kato-test-'));
  after(() => rmSync(tree, { recursive: true }));
  before(() => {
    generateTree({ folder: join(tree, 'agents'), sessions: 60, bytes: 24e6, seed: 7 });
  });

  const agents = () => ['claude', 'codex', 'gemini'].map((name) => join(tree, 'agents', name));
  const takenIn = (home: DaemonHome) => home.json<{ store: { events: number } }>(['status']).store.events;

  /** An import that is under way: the daemon has written some of it. */
  async function beginImport(home: DaemonHome) {
    const size = () => statSync(home.path('.kato/kato.db-wal')).size;
    const before = size();
    const begun = home.begin(['import', ...agents()]);
    await until(() => size() > before + 100_000, 'the first events');
    return begun;
  }

  it('stops at Ctrl-C, and goes on from there; the daemon stays', async (t) => {
    const home = new DaemonHome(t);
    const pid = home.start();
    const first = await beginImport(home);
    first.child.kill('SIGINT');
    const { status, stderr } = await first.ended;
    assert.deepEqual([status, /goes on where it was/.test(stderr)], [130, true]);
    const some = takenIn(home);
    home.ok(['import', ...agents()]);
    assert.ok(takenIn(home) > some);
    assert.match(home.ok(['import', ...agents()]), /^nothing new/);
    assert.equal(home.json<{ daemon: { pid: number } }>(['status']).daemon.pid, pid);
  });

  it('says so when the daemon is killed under it, and is made good by the next one', async (t) => {
    const home = new DaemonHome(t);
    const pid = home.start();
    const first = await beginImport(home);
    kill(pid, 'SIGKILL');
    const { status, stderr } = await first.ended;
    assert.equal(status, 1);
    assert.match(stderr, /^kato: the daemon went away before it had answered `import`\nhint: /);
    home.start();
    home.ok(['import', ...agents()]);
    assert.equal(home.ok(['verify']), 'the store is sound\n');
  });

  it('is ended with the daemon within two seconds', async (t) => {
    const home = new DaemonHome(t);
    home.start();
    const first = await beginImport(home);
    const began = performance.now();
    home.ok(['stop']);
    assert.ok(performance.now() - began < 2500, `took ${performance.now() - began} ms`);
    assert.notEqual((await first.ended).status, 0);
    assert.doesNotMatch(home.ok(['logs']), /crashed|cut-off|left=/);
    assert.equal(home.ok(['verify']), 'the store is sound\n');
  });
});
