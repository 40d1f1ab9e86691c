/** `kato doctor` on real homes, in good and in bad order. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { TestHome } from '../support/cli.ts';
import { DaemonHome, kill, until } from '../support/daemon.ts';
import { LiveAgent } from '../support/live-agent.ts';
import { addSession, claudeSession, geminiSession } from '../support/session-files.ts';
import { runOnTerminal, withoutTerminal } from '../support/terminal.ts';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly what: string;
  readonly remedy: string | null;
}

/** Everything but what is as it should be, by check. */
function wrong(home: TestHome, status: number): Record<string, string> {
  const run = home.run(['doctor', '--json']);
  const findings: readonly Finding[] = JSON.parse(run.stdout).data;
  assert.equal(run.status, status, run.stdout);
  assert.ok(!run.stdout.includes(home.folder), 'home paths are short');
  for (const { level, remedy } of findings) assert.equal(level === 'ok', remedy === null);
  return Object.fromEntries(findings.filter(({ level }) => level !== 'ok').map(({ check, what }) => [check, what]));
}

const SAID = [{ by: 'user', text: 'xylophone-4711', at: '2026-07-01T10:00:00.000Z' }] as const;
const DAY_S = 86_400;

describe('kato doctor', () => {
  it('says what is missing where nothing was done yet', (t) => {
    const home = new DaemonHome(t);
    const { status, stdout } = home.run(['doctor']);
    assert.equal(status, 0);
    assert.match(stdout, /^warn {2}config {7}there is no config yet\n {19}→ `kato init` writes one\n/);
    assert.match(stdout, /\n(?:1 warning|\d warnings), \d checks passed\n$/);
    assert.throws(() => readdirSync(home.kato), { code: 'ENOENT' });
  });

  it('finds nothing to mend where all is well, with the daemon up, and tells nothing of sessions', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    home.start();
    const chat = new LiveAgent(home);
    chat.type(`xylophone-4711\n::record ${home.path('toy/bees.md')}`);
    await until(() => home.json<object[]>(['recordings']).length === 1, 'a recording');
    const run = home.run(['doctor', '--all']);
    assert.equal(run.status, 0);
    assert.match(run.stdout, /^ok {4}recordings {3}1 recording on, and all of them go on$/m);
    assert.match(run.stdout, /^ok {4}daemon {7}it runs \(pid \d+\)$/m);
    assert.doesNotMatch(run.stdout, /xylophone|fail/);
  });

  it('finds what is wrong with the home, and ends with 1', (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    home.ok(['status']);
    chmodSync(home.path('.kato/logs'), 0o755);
    assert.match(wrong(home, 1).permissions ?? '', /^others may look into ~\/\.kato\/logs \(mode 0755\)$/);
    chmodSync(home.path('.kato/logs'), 0o700);
    writeFileSync(home.path('.kato/config.yaml'), 'version: 1\nrecordin: {}\n');
    assert.match(wrong(home, 1).config ?? '', /recordin/);
    home.ok(['init', '--yes', '--home', home.path('other')]);
    writeFileSync(home.path('other/kato.db'), 'not a database, and longer than a header '.repeat(100));
    const run = home.run(['doctor', '--home', home.path('other')]);
    assert.equal(run.status, 1);
    assert.match(run.stdout, /^fail {2}store {8}.*(?:not a store|damaged)/m);
  });

  it('finds a daemon that was killed, and recordings that do not go on', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    const pid = home.start();
    const chat = new LiveAgent(home);
    chat.type(`::record ${home.path('toy/bees.md')}`);
    await until(() => home.json<object[]>(['recordings']).length === 1, 'a recording');
    kill(pid, 'SIGKILL');
    await until(() => !home.isHeld, 'its end');
    const { stdout } = home.run(['doctor']);
    assert.match(stdout, /^fail {2}daemon {7}it does not run, and 1 recording should go on$/m);
    assert.match(stdout, /control\.sock was left by a daemon that is gone/);
    const holder = home.holdAs('9.9.9');
    assert.match(wrong(home, 1).daemon ?? '', /does not answer/);
    holder.release();
  });

  it('counts what agents will delete soon, by their own settings', (t) => {
    const home = new DaemonHome(t);
    const claude = claudeSession({ id: 'c1a0de00-0000-4000-8000-000000000001', said: SAID });
    const gemini = geminiSession({ id: '6e310000-0000-4000-8000-000000000003', said: SAID });
    const now = Date.now() / 1000;
    for (const session of [claude, gemini]) {
      addSession(home, session);
      utimesSync(home.path(session.path), now - 25 * DAY_S, now - 25 * DAY_S);
    }
    home.ok(['init', '--yes']);
    const retention = () => {
      const findings: readonly Finding[] = home.json(['doctor']);
      return findings.filter(({ check }) => check === 'retention').map(({ level, what }) => `${level} ${what}`);
    };
    const within = 'deletes what is not touched for 30 days: 1 file within a week';
    assert.deepEqual(retention(), [
      `warn Claude Code ${within}, of which 1 is not kept here`,
      `warn Gemini CLI ${within}, of which 1 is not kept here`,
    ]);
    home.ok(['import']);
    assert.deepEqual(retention(), [
      `ok Claude Code ${within}, and kept here`,
      `ok Gemini CLI ${within}, and kept here`,
    ]);
    writeFileSync(home.path('.claude/settings.json'), '{ "cleanupPeriodDays": 9999 }');
    const never = { general: { sessionRetention: { enabled: false } } };
    writeFileSync(home.path('.gemini/settings.json'), JSON.stringify(never));
    assert.deepEqual(retention(), ['ok Claude Code deletes what is not touched for 9999 days']);
  });

  it('fits a narrow terminal', { skip: withoutTerminal }, (t) => {
    const home = new DaemonHome(t);
    mkdirSync(home.path('.claude/projects'), { recursive: true });
    home.ok(['init', '--yes']);
    for (const columns of [80, 40]) {
      const { lines } = runOnTerminal(home, 'doctor --all', { columns });
      for (const line of lines) assert.ok(line.length <= columns || !line.trim().includes(' '), line);
    }
  });
});
