/** Defects of the prototype, by their numbers: what its command line promised and did not do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestHome } from '../../support/cli.ts';
import { DaemonHome, isAlive, kill, until } from '../../support/daemon.ts';
import { LiveAgent } from '../../support/live-agent.ts';
import { text } from '../../support/recorded.ts';
import { addSession, claudeSession } from '../../support/session-files.ts';
import { runOnTerminal, withoutTerminal } from '../../support/terminal.ts';

const SESSION = 'a11ce000-0000-4000-8000-000000000001';

interface StatusJson {
  readonly daemon: { readonly running: boolean; readonly pid?: number };
}

describe('defect 12: exports did nothing, and said that all was well', () => {
  const said = [{ by: 'user', text: 'how do bees sleep?', at: '2026-07-01T10:00:00.000Z' }] as const;

  for (const isUp of [true, false]) {
    it(`with the daemon ${isUp ? 'up' : 'down'}: a file of its own choice, and JSON lines`, (t) => {
      const home = new DaemonHome(t);
      addSession(home, claudeSession({ id: SESSION, said }));
      home.ok(['init', '--yes']);
      home.ok(['import']);
      if (isUp) home.start();
      const markdown = home.ok(['export', SESSION]).trim();
      assert.ok(markdown.startsWith(home.path('.kato/recordings/')), markdown);
      assert.ok(text(markdown).includes('how do bees sleep?'));
      const lines = text(home.ok(['export', SESSION, '-f', 'jsonl']).trim())
        .trimEnd()
        .split('\n');
      const events: { kind: string; payload: { text?: string } }[] = lines.map((line) => JSON.parse(line));
      assert.ok(events.some(({ kind, payload }) => kind === 'user.message' && payload.text === 'how do bees sleep?'));
    });

    it(`with the daemon ${isUp ? 'up' : 'down'}: what cannot be exported is an error`, (t) => {
      const home = new DaemonHome(t);
      addSession(home, claudeSession({ id: SESSION, said }));
      home.ok(['init', '--yes']);
      home.ok(['import']);
      if (isUp) home.start();
      const status = (...args: string[]) => home.run(['export', ...args]).status;
      assert.deepEqual([status('ffffffff'), status(SESSION, '-o', '/elsewhere/x.md')], [3, 4]);
      assert.notEqual(status(SESSION, '--preset', 'prompts', '--without', 'user'), 0);
    });
  }
});

describe('defect 13: what the daemon was, only a file said', () => {
  it('a stop that nobody heard ended the next daemon', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['stop']);
    kill(home.start(), 'SIGKILL');
    await until(() => !home.isHeld, 'its end');
    home.ok(['stop']);
    home.ok(['stop']);
    const pid = home.start();
    const chat = new LiveAgent(home);
    chat.type('::record today.md');
    await until(() => text(`${chat.cwd}/today.md`) !== '', 'the file');
    chat.answer('in the hive');
    await until(() => text(`${chat.cwd}/today.md`).includes('in the hive'), 'the answer');
    assert.deepEqual([home.json<StatusJson>(['status']).daemon.pid, isAlive(pid)], [pid, true]);
  });

  it('one that was killed was said to run, and one that was ended by a signal', async (t) => {
    const home = new DaemonHome(t);
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
      const pid = home.start();
      kill(pid, signal);
      await until(() => !isAlive(pid), 'its end');
      assert.deepEqual(home.json<StatusJson>(['status']).daemon, { running: false }, signal);
    }
  });

  it('two that were started at once both ran', async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes']);
    const starts = await Promise.all([home.begin(['start']), home.begin(['start'])].map(({ ended }) => ended));
    const pids = starts.map(({ stdout }) => /pid (\d+)/.exec(stdout)?.[1]);
    assert.deepEqual([starts.map(({ status }) => status), new Set(pids).size], [[0, 0], 1]);
    assert.equal(String(home.json<StatusJson>(['status']).daemon.pid), pids[0]);
  });
});

describe('defect 14: status died in a narrow terminal, and before there was anything to tell', () => {
  it('at any width, with nothing there', { skip: withoutTerminal }, (t) => {
    const home = new TestHome(t);
    home.ok(['init', '--yes']);
    for (const columns of [20, 47, 48, 80, 95, 96, 200]) assertFits(home, columns);
  });

  it('at any width, with a daemon that records', { skip: withoutTerminal }, async (t) => {
    const home = new DaemonHome(t);
    home.start();
    const chat = new LiveAgent(home);
    chat.type(`::record today.md\n${'how do bees sleep? '.repeat(20)}`, '::record /elsewhere/x.md');
    await until(() => text(`${chat.cwd}/today.md`).includes('bees'), 'the file');
    for (const columns of [20, 47, 48, 80, 95, 96, 200]) assertFits(home, columns);
  });

  /** Nothing runs over the edge but a word that is too long, such as a path. */
  function assertFits(home: TestHome, columns: number): void {
    const { status, screen, lines } = runOnTerminal(home, 'status --all', { columns });
    assert.equal(status, 0, screen);
    const tooLong = lines.filter((line) => line.length > columns && line.trim().includes(' '));
    assert.deepEqual(tooLong, [], `${columns} columns`);
  }
});
