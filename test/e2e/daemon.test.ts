/** The life of the real daemon, as built. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { errorCode } from '../../src/core/errors.ts';
import { connectControl } from '../../src/surfaces/control/client.ts';
import { controlSocketPath } from '../../src/surfaces/control/socket-path.ts';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { raceStarts } from '../torture/race-starts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RACES = 20;
/** Far below the ten seconds after which `start` gives up. */
const SOON_MS = 5000;

interface Status {
  readonly daemon: {
    readonly running: boolean;
    readonly pid?: number;
    readonly components?: { name: string; state: string }[];
  };
  readonly memory?: { readonly residentBytes: number };
}

/** How long it took, in milliseconds. */
async function timed(action: () => unknown): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

describe('the daemon', () => {
  it('starts, says so in status, and stops', (t) => {
    const home = new DaemonHome(t);
    home.start();
    assert.ok(existsSync(home.path('.kato/config.yaml')), 'no config was written');
    const { daemon, memory } = home.json<Status>(['status']);
    assert.ok(daemon.running && daemon.pid !== undefined && isAlive(daemon.pid));
    assert.ok((memory?.residentBytes ?? 0) > 1e6);
    assert.deepEqual(
      daemon.components?.map(({ name, state }) => `${name} ${state}`),
      ['recorder running', 'ingest running', 'control running'],
    );
    assert.match(home.ok(['status']), new RegExp(`^daemon {6}running \\(pid ${daemon.pid}, version `));
    assert.equal(home.ok(['stop']), `the daemon has ended (pid ${daemon.pid})\n`);
    assert.ok(!isAlive(daemon.pid), 'stop came back before the daemon had ended');
    assert.deepEqual(home.json<Status>(['status']).daemon, { running: false });
    assert.ok(!existsSync(controlSocketPath(home.kato)) && !existsSync(join(home.runFolder, 'daemon.json')));
    assert.equal(home.ok(['stop']), 'the daemon does not run\n');
  });

  it('is in a session of its own, and its files are for the user alone', (t) => {
    const home = new DaemonHome(t);
    const pid = home.start();
    const mode = (path: string) => statSync(path).mode & 0o777;
    assert.equal(mode(home.runFolder), 0o700);
    for (const name of ['control.sock', 'lock.db', 'daemon.json'])
      assert.equal(mode(join(home.runFolder, name)), 0o600, name);
    if (process.platform !== 'linux') return;
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    assert.equal(Number(fields.split(' ')[3]), pid, 'session');
  });

  it('that runs already is left alone by start; in the foreground that is an error', (t) => {
    const home = new DaemonHome(t);
    const pid = home.start();
    assert.equal(home.ok(['start']), `the daemon runs already (pid ${pid})\n`);
    const { status, stderr } = home.run(['start', '--foreground']);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`pid ${pid}\\b.*\\nhint: `));
    assert.equal(home.json<Status>(['status']).daemon.pid, pid);
  });

  it('is another process after restart, which also starts it', (t) => {
    const home = new DaemonHome(t);
    const first = home.json<{ pid: number; started: boolean }>(['restart']);
    assert.equal(first.started, true);
    const second = home.json<{ pid: number; started: boolean }>(['restart']);
    assert.ok(second.started && second.pid !== first.pid && !isAlive(first.pid) && isAlive(second.pid));
  });

  it('goes on when restart finds a mistake in the settings', (t) => {
    const home = new DaemonHome(t);
    const pid = home.start();
    writeFileSync(home.path('.kato/config.yaml'), 'version: 1\nrecordings: {}\n');
    assert.equal(home.run(['restart']).status, 1);
    assert.ok(isAlive(pid));
  });

  it(`is one, when two are started at once, ${RACES} times`, async (t) => {
    const home = new DaemonHome(t); // The first two race for the config, too.
    assert.deepEqual(await raceStarts(home, RACES), { races: RACES, failures: [] });
  });

  it('starts at once after SIGKILL, over the socket that was left', async (t) => {
    const home = new DaemonHome(t);
    const pid = home.start();
    kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid));
    assert.ok(existsSync(controlSocketPath(home.kato)) && existsSync(join(home.runFolder, 'daemon.json')));
    assert.deepEqual(home.json<Status>(['status']).daemon, { running: false });
    assert.equal(home.ok(['stop']), 'the daemon does not run\n');
    const took = await timed(() => assert.notEqual(home.start(), pid));
    assert.ok(took < SOON_MS, `took ${took} ms`);
    assert.equal(home.json<Status>(['status']).daemon.running, true);
  });

  it('works in a home that is too deep for a socket', (t) => {
    const home = new DaemonHome(t, `${'deep/'.repeat(20)}${'d'.repeat(60)}`);
    const pid = home.start();
    assert.match(controlSocketPath(home.kato), /^\/tmp\/kato-/);
    assert.equal(home.json<Status>(['status']).daemon.pid, pid);
    home.ok(['stop']);
    assert.ok(!isAlive(pid) && !existsSync(controlSocketPath(home.kato)));
  });

  it('of another version is replaced by start', async (t) => {
    const home = new DaemonHome(t);
    const older = home.path('older');
    mkdirSync(older);
    for (const part of ['bin', 'dist']) cpSync(join(ROOT, part), join(older, part), { recursive: true });
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    writeFileSync(join(older, 'package.json'), JSON.stringify({ ...manifest, version: '0.0.1' }));
    home.ok(['init', '--yes']);
    await home.beginWith(join(older, 'bin/kato'), ['start']).ended;
    const { pid = 0 } = home.json<Status>(['status']).daemon;
    const started = home.json<{ replaced?: string; started: boolean }>(['start']);
    assert.deepEqual([started.replaced, started.started, isAlive(pid)], ['0.0.1', true, false]);
  });
});

describe('a daemon that cannot start', () => {
  it('says what is wrong with the settings', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    writeFileSync(home.path('.kato/config.yaml'), 'version: 1\nlogging: { operational: loud }\n');
    const took = await timed(() => {
      for (const args of [['start'], ['start', '--foreground']]) {
        const { status, stderr } = home.run(args);
        assert.equal(status, 1);
        assert.match(stderr, /^kato: ~\/\.kato\/config\.yaml: line 2: .*loud|^kato: .*line 2: `logging\.operational`/);
      }
    });
    assert.ok(took < SOON_MS, `took ${took} ms`);
  });

  it('says so in its own words, when only the daemon itself can know', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    writeFileSync(
      home.path('.kato/kato.db'),
      'this is no database, and it is long enough to be taken for one'.repeat(20),
    );
    const took = await timed(() => {
      const { status, stderr } = home.run(['start']);
      assert.equal(status, 1);
      assert.match(
        stderr,
        /^kato: the daemon did not start: it ended with 1\n {2}kato: .*store.*\n(?: {2}.*\n)*hint: /,
      );
    });
    assert.ok(took < SOON_MS, `took ${took} ms`);
    assert.equal(home.isHeld, false);
  });

  it('leaves alone what is in the way of its socket', (t) => {
    const home = new DaemonHome(t);
    mkdirSync(join(home.runFolder, 'control.sock'), { recursive: true });
    const { status, stderr } = home.run(['start']);
    assert.equal(status, 1);
    assert.match(stderr, /in the way of the control socket/);
    assert.ok(existsSync(join(home.runFolder, 'control.sock')));
  });
});

describe('a signal', () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`${signal} ends the daemon in the foreground in good order, within two seconds`, async (t) => {
      const home = new DaemonHome(t);
      const daemon = home.begin(['start', '--foreground']);
      await until(() => daemon.stderr.includes('the daemon runs'), 'the daemon');
      const took = await timed(() => {
        daemon.child.kill(signal);
        return daemon.ended;
      });
      assert.equal((await daemon.ended).status, 0);
      assert.ok(took < 2000, `took ${took} ms`);
      assert.match(home.ok(['logs', '-n', '1']), new RegExp(`daemon\\.stopped +reason=${signal}`));
      assert.ok(!existsSync(join(home.runFolder, 'daemon.json')));
    });
  }

  it('SIGHUP is nothing to a detached daemon', async (t) => {
    const home = new DaemonHome(t);
    const pid = home.start();
    kill(pid, 'SIGHUP');
    assert.equal(home.json<Status>(['status']).daemon.pid, pid);
    kill(pid, 'SIGTERM');
    await until(() => !isAlive(pid), 'its end');
  });

  it('SIGTERM ends it within two seconds while a client is connected', async (t) => {
    const home = new DaemonHome(t);
    const pid = home.start();
    const client = await connectControl(controlSocketPath(home.kato), SOON_MS);
    assert.ok(client, 'nobody answers');
    assert.equal((await client.status()).daemon.running, true);
    const took = await timed(() => {
      kill(pid, 'SIGTERM');
      return until(() => !isAlive(pid), 'its end');
    });
    assert.ok(took < 2000, `took ${took} ms`);
    await assert.rejects(client.status(), (error: unknown) => errorCode(error) === 'daemon-lost');
    await client.close();
  });
});

describe('logs', () => {
  it('show what the daemon did, the last lines, and as data', (t) => {
    const home = new DaemonHome(t);
    assert.equal(home.ok(['logs']), '');
    const pid = home.start();
    home.ok(['stop']);
    const lines = home.ok(['logs']).trim().split('\n');
    assert.match(lines.join('\n'), new RegExp(`daemon\\.started .*pid=${pid}\\n.*daemon\\.stopped  reason=asked`));
    assert.equal(home.ok(['logs', '-n', '1']), `${lines.at(-1)}\n`);
    const events = home.json<{ event: string }[]>(['logs', '-n', '2']).map(({ event }) => event);
    assert.deepEqual(events, ['daemon.started', 'daemon.stopped']);
    assert.equal(home.ok(['logs', '-n', '0']), '');
    assert.equal(home.run(['logs', '-n', 'few']).status, 2);
    for (const level of ['debug', 'info']) assert.equal(home.ok(['logs', '--level', level]), `${lines.join('\n')}\n`);
    assert.equal(home.ok(['logs', '--level', 'warn']), '');
    assert.equal(home.ok(['logs', '--level', 'info', '-n', '1']), `${lines.at(-1)}\n`);
    assert.equal(home.run(['logs', '--level', 'loud']).status, 2);
    assert.doesNotMatch(home.ok(['logs']), new RegExp(home.folder));
  });

  it('of the audit are another file, followed until the reader goes', async (t) => {
    const home = new DaemonHome(t);
    home.addCase('codex', 'two-streams');
    home.start();
    home.ok(['import']);
    const follower = home.begin(['logs', '--audit', '--follow', '--json']);
    home.ok(['export', 'latest', '-o', '-']);
    await until(() => follower.stdout.includes('"export.done"'), 'the export');
    assert.equal(JSON.parse(follower.stdout.trim().split('\n').at(-1) ?? '').event, 'export.done');
    assert.match(home.ok(['logs', '--audit']), /export\.done {2}path=- session=/);
    follower.child.stdout?.destroy();
    home.ok(['export', 'latest', '-o', '-']);
    assert.equal((await follower.ended).status, 0);
  });
});
