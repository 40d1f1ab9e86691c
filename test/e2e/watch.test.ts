/** `kato status --watch`, on a pipe and on a terminal. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newsIn } from '../../src/surfaces/cli/commands/status.ts';
import { DaemonHome, kill, until } from '../support/daemon.ts';
import { LiveAgent } from '../support/live-agent.ts';
import { runOnTerminal, withoutTerminal } from '../support/terminal.ts';

interface StatusLine {
  readonly data: { readonly daemon: { readonly running: boolean }; readonly store: { readonly sessions: number } };
}

const linesOf = (text: string): StatusLine[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe('kato status --watch', () => {
  it('prints a line of JSON whenever something has changed, while the daemon comes and goes', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    const watching = home.begin(['status', '--watch', '--json']);
    await until(() => watching.stdout.includes('\n'), 'a first line');
    assert.deepEqual([linesOf(watching.stdout)[0]?.data.daemon.running, watching.stderr], [false, '']);
    home.start();
    await until(() => linesOf(watching.stdout).at(-1)?.data.daemon.running === true, 'the daemon');
    home.ok(['stop']);
    await until(() => linesOf(watching.stdout).at(-1)?.data.daemon.running === false, 'its end');
    kill(watching.pid, 'SIGINT');
    assert.deepEqual((await watching.ended).status, 0);
  });

  it('prints the page under a line with the time whenever something has changed', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    const watching = home.begin(['status', '--watch']);
    await until(() => watching.stdout.includes('daemon      not running'), 'a first page');
    home.start();
    await until(() => watching.stdout.includes('daemon      running'), 'the daemon');
    kill(watching.pid, 'SIGINT');
    assert.deepEqual((await watching.ended).status, 0);
    for (const page of watching.stdout.split(/^(?=--- )/m)) {
      assert.match(page, /^--- \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\ndaemon {6}/);
    }
  });

  it('takes neither ages nor memory for a change', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    home.start();
    const status = home.json<Parameters<typeof newsIn>[0]>(['status']);
    const later = { ...status, memory: { residentBytes: 1 } };
    assert.equal(newsIn(later as typeof status), newsIn(status));
    assert.notEqual(newsIn({ ...status, gone: status.gone + 1 }), newsIn(status));
  });

  it('draws over what it has drawn, as wide and as high as the terminal, until q', { skip: withoutTerminal }, (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    for (const columns of [80, 40]) {
      const { status, screen } = runOnTerminal(home, 'status --live', { typed: 'q', columns });
      assert.equal(status, 0, screen);
      assert.ok(screen.includes('\u001b[?1049h\u001b[?25l\u001b[H'));
      assert.ok(screen.endsWith('\u001b[?25h\u001b[?1049l'), 'what was there before is back');
      const drawn = screen.slice(screen.indexOf('\u001b[H') + 3).split('\u001b[J')[0] ?? '';
      const lines = drawn.replaceAll('\u001b[K', '').split('\n');
      assert.match(drawn, /^daemon +not running/);
      assert.ok(lines.length <= 24 && lines.every((line) => line.length <= columns), drawn);
    }
  });
});

describe('kato status --json', () => {
  it('tells of each session whether it is active, what is behind, and what is recorded of it', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes', '--keep', 'all']);
    home.start();
    const chat = new LiveAgent(home);
    chat.type(`::record ${home.path('toy/bees.md')}`);
    await until(() => home.json<object[]>(['recordings']).length === 1, 'a recording');
    chat.typeTorn('half a line');
    interface Status {
      readonly sessions: readonly {
        readonly nativeId: string;
        readonly stale: boolean;
        readonly lag: number;
        readonly recordings: readonly object[];
      }[];
      readonly providers: readonly { readonly id: string; readonly stale: boolean; readonly activeSessions: number }[];
    }
    const status = () => home.json<Status>(['status']);
    await until(() => (status().sessions[0]?.lag ?? 0) > 0, 'a lag');
    const { sessions, providers } = status();
    const { stale, recordings = [] } = sessions[0] ?? {};
    assert.deepEqual([stale, recordings.length], [false, 1]);
    assert.deepEqual(Object.keys(recordings[0] ?? {}), ['id', 'path', 'on', 'lastWriteAt', 'offset', 'missing']);
    const stales = providers.map((one) => [one.id, one.stale]);
    assert.deepEqual(Object.fromEntries(stales), {
      'claude-code': false,
      codex: true,
      'gemini-cli': true,
      gencode: true,
      hermes: true,
    });
    assert.match(home.ok(['status']), /^recent .*:\n● [0-9a-f]{8}/m);
  });
});
