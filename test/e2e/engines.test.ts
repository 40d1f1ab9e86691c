/** Which engine keeps a home's transcripts: as the settings say or, where SQLite cannot serve, with a reason that is told. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import type { KatoStatus } from '../../src/app/kato.ts';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { LiveAgent } from '../support/live-agent.ts';
import { assertWhole, text } from '../support/recorded.ts';
import { needsUser, runWithoutRights } from '../support/run-without-rights.ts';
import { needsCompiler, withoutLocks } from '../support/without-locks.ts';

/** Node as it is where it was built without SQLite. */
const NO_SQLITE = { NODE_OPTIONS: '--no-experimental-sqlite' };
const NO_MODULE = 'this Node has no SQLite';

type Store = KatoStatus['store'];

function newHome(t: TestContext, engine = 'auto'): DaemonHome {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes', '--keep', 'all']);
  home.ok(['config', 'set', 'store.engine', engine]);
  return home;
}

function storeOf(home: DaemonHome, env = {}): Store {
  return JSON.parse(home.ok(['status', '--json'], { env })).data.store;
}

function doctorOf(home: DaemonHome, env = {}): string {
  return home.run(['doctor', '--all'], { env }).stdout;
}

describe('the engine of a home', () => {
  it('is SQLite where nothing is said, and there is nothing to say of it', (t) => {
    const home = newHome(t);
    const { engine, fallback, other } = storeOf(home);
    assert.deepEqual([engine, fallback, other], ['sqlite', undefined, undefined]);
    assert.ok(!existsSync(home.path('.kato/transcripts')));
  });

  it('is the log engine where that is asked for, and no database is made', (t) => {
    const home = newHome(t, 'log');
    home.addCase('claude-code', 'plain');
    home.ok(['import']);
    const { engine, fallback, other, sessions } = storeOf(home);
    assert.deepEqual([engine, fallback, other, sessions], ['log', undefined, undefined, 1]);
    assert.ok(!existsSync(home.path('.kato/kato.db')));
    assert.match(doctorOf(home), /^ok {4}store {8}schema 1, .*its logs can be opened$/m);
  });

  it('is the log engine where Node has no SQLite, and status, doctor and the log say why', (t) => {
    const home = newHome(t);
    const { engine, fallback } = storeOf(home, NO_SQLITE);
    assert.deepEqual([engine, fallback], ['log', NO_MODULE]);
    assert.match(home.ok(['status'], { env: NO_SQLITE }), /\(log\)\n +SQLite is not used: this Node has no SQLite\n/);
    assert.match(doctorOf(home, NO_SQLITE), /^warn {2}store {8}SQLite is not used: this Node has no SQLite$/m);
    assert.ok(!existsSync(home.path('.kato/kato.db')));
  });

  it('has what agents keep in files where Node has no SQLite, and their databases are named', (t) => {
    const home = newHome(t);
    home.addCase('claude-code', 'plain');
    withDatabase(path(home, '.hermes/state.db'), (database) => database.exec('CREATE TABLE sessions (id TEXT)'));
    const { status, stdout, stderr } = home.run(['import'], { env: NO_SQLITE });
    assert.match(`${stdout}${stderr}`, /state\.db.*ENOSYS/);
    assert.equal(status, 1);
    assert.equal(storeOf(home, NO_SQLITE).sessions, 1);
  });

  it('is the log engine where something else has the name of the database', (t) => {
    const home = newHome(t);
    mkdirSync(home.path('.kato/kato.db'));
    const { engine, fallback } = storeOf(home);
    assert.deepEqual([engine, fallback], ['log', 'something that is not a file is in the place of kato.db']);
  });

  it('is not chosen anew where SQLite is asked for by name', (t) => {
    const home = newHome(t, 'sqlite');
    const { status, stderr } = home.run(['sessions'], { env: NO_SQLITE });
    assert.equal(status, 1);
    assert.match(
      stderr,
      /this Node has no SQLite\nhint: run kato with the Node that it brings, or set `store.engine: log`/,
    );
    mkdirSync(home.path('.kato/kato.db'));
    assert.equal(home.run(['sessions']).status, 1);
    assert.ok(!existsSync(home.path('.kato/transcripts')));
  });
});

it('the engine is the log engine where the file system knows no locks, for the daemon as well', {
  skip: needsCompiler,
}, (t) => {
  const home = newHome(t);
  const env = withoutLocks(t);
  const { engine, fallback } = storeOf(home, env);
  assert.deepEqual([engine, fallback], ['log', 'its file system does not let SQLite lock or share files']);
  Object.assign(home.env, env);
  const pid = home.start();
  const second = home.run(['start', '--foreground']);
  assert.equal(second.status, 1);
  assert.match(second.stderr, new RegExp(`another daemon runs for this home \\(pid ${pid}`));
  assert.equal(storeOf(home).engine, 'log');
  home.ok(['stop']);
});

describe('a database that cannot be opened now is an error, and no second store begins beside it', () => {
  const spoil: Readonly<Record<string, (path: string) => void>> = {
    'of a later kato': (path) => withDatabase(path, (database) => database.exec('PRAGMA user_version = 99')),
    damaged: (path) => writeFileSync(path, 'this is no database, and long enough to look like one\n'.repeat(40)),
    "not kato's": (path) => {
      rmSync(path);
      withDatabase(path, (database) => database.exec('CREATE TABLE theirs (x)'));
    },
  };
  for (const [what, change] of Object.entries(spoil))
    it(what, (t) => {
      const home = newHome(t);
      home.ok(['sessions']);
      change(home.path('.kato/kato.db'));
      assert.equal(home.run(['sessions']).status, 1);
      assert.ok(!existsSync(home.path('.kato/transcripts')));
    });

  it('busy', (t) => {
    const home = newHome(t);
    home.ok(['sessions']);
    withDatabase(home.path('.kato/kato.db'), (database) => {
      database.exec('PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE');
      const { status, stderr } = home.run(['sessions']);
      assert.equal(status, 1);
      assert.match(stderr, /another process holds the store locked/);
    });
    assert.ok(!existsSync(home.path('.kato/transcripts')));
  });

  it("not this user's", { skip: needsUser }, (t) => {
    const home = newHome(t);
    home.ok(['sessions']);
    chmodSync(home.path('.kato/kato.db'), 0);
    const { status, stderr } = runWithoutRights(home, ['sessions']);
    assert.equal(status, 1);
    assert.match(stderr, /kato\.db/);
    assert.ok(!existsSync(home.path('.kato/transcripts')));
  });
});

/** A path in a home, with its folder. */
function path(home: DaemonHome, name: string): string {
  mkdirSync(dirname(home.path(name)), { recursive: true });
  return home.path(name);
}

function withDatabase(path: string, act: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(path);
  try {
    act(database);
  } finally {
    database.close();
  }
}

describe('what the other engine has', () => {
  it('is not shown, and told of, whichever engine is used', (t) => {
    const home = newHome(t);
    home.addCase('claude-code', 'plain');
    home.ok(['import']);
    assert.equal(storeOf(home).sessions, 1);
    home.ok(['config', 'set', 'store.engine', 'log']);
    const log = storeOf(home);
    assert.deepEqual([log.engine, log.sessions, log.other?.engine], ['log', 0, 'sqlite']);
    assert.match(home.ok(['status']), /\(log\)\n +[\d.]+ [kM]B of transcripts in kato\.db are not shown here\n/);
    home.ok(['import']);
    home.ok(['config', 'set', 'store.engine', 'auto']);
    const sqlite = storeOf(home);
    assert.deepEqual([sqlite.engine, sqlite.sessions, sqlite.other?.engine], ['sqlite', 1, 'log']);
    assert.match(doctorOf(home), /^warn {2}store {8}[\d.]+ [kM]B of transcripts in transcripts\/ are not shown$/m);
  });
});

describe('a daemon without SQLite', () => {
  it('records, alone in its home, and is gone at once when it is killed', async (t) => {
    const home = newHome(t);
    Object.assign(home.env, NO_SQLITE);
    const pid = home.start();
    const log = () => readFileSync(home.path('.kato/logs/operational.jsonl'), 'utf8');
    assert.match(log(), /"level":"warn","event":"store.fallback","engine":"log","reason":"this Node has no SQLite"/);
    for (const env of [NO_SQLITE, { NODE_OPTIONS: '' }]) {
      const { status, stderr } = home.run(['start', '--foreground'], { env });
      assert.equal(status, 1, JSON.stringify(env));
      assert.match(stderr, new RegExp(`another daemon runs for this home \\(pid ${pid}`));
    }
    const chat = new LiveAgent(home);
    const file = `${chat.cwd}/story.md`;
    chat.type('once upon a time\n::capture story.md');
    await until(() => text(file).includes('once upon'), 'the beginning');
    kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), 'its end');
    chat.answer('there was a kettle');
    home.start();
    await until(() => text(file).includes('a kettle'), 'what was said meanwhile');
    assertWhole(home, file);
    home.ok(['stop']);
  });

  it('does not start beside one that has it', async (t) => {
    const home = newHome(t);
    const pid = home.start();
    const { status, stderr } = home.run(['start', '--foreground'], { env: NO_SQLITE });
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`another daemon runs for this home \\(pid ${pid}`));
  });
});
