/** The commands of the chat from the command line, with the daemon up and down. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { displayWidth } from '../../src/surfaces/cli/terminal.ts';
import { DaemonHome, until } from '../support/daemon.ts';
import { LiveAgent } from '../support/live-agent.ts';
import { runOnTerminal, withoutTerminal } from '../support/terminal.ts';

interface RecordingJson {
  readonly id: string;
  readonly session: string;
  readonly path: string;
  readonly on: boolean;
  readonly failure?: string;
}

function text(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** A home with a session that is not kept, and the daemon up or down. */
function begin(t: TestContext, isUp: boolean): { readonly home: DaemonHome; readonly chat: LiveAgent } {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes', '--keep', 'recorded', '--write-root', home.path('notes')]);
  mkdirSync(home.path('notes'));
  if (isUp) home.start();
  const chat = new LiveAgent(home);
  chat.type('how do bees sleep?');
  chat.answer('in the hive');
  return { home, chat };
}

const recordings = (home: DaemonHome) => home.json<RecordingJson[]>(['recordings']);

for (const isUp of [true, false]) {
  describe(`from outside the chat, with the daemon ${isUp ? 'up' : 'down'}`, () => {
    it('a session is captured, and recorded from then on', async (t) => {
      const { home, chat } = begin(t, isUp);
      const file = home.path('notes/bees.md');
      const { status, stdout, stderr } = home.run(['capture', chat.id, 'notes/bees.md']);
      assert.deepEqual([status, stdout], [0, `${file}\n`]);
      assert.equal(stderr.includes('goes on when the daemon runs'), !isUp);
      for (const said of ['how do bees sleep?', 'in the hive']) assert.ok(text(file).includes(said), said);
      if (!isUp) home.start();
      chat.type('and wasps?');
      await until(() => text(file).includes('and wasps?'), 'what came later');
      const [one] = recordings(home);
      assert.deepEqual([one?.path, one?.on], [file, true]);
      assert.equal(home.ok(['export', '--recording', one?.id ?? '', '-o', '-']), text(file));
    });

    it('a session is recorded from here on, and stopped by the id of its recording', async (t) => {
      const { home, chat } = begin(t, isUp);
      const file = home.path('notes/bees.md');
      home.ok(['record', chat.id, file, '--with', 'thinking']);
      const [one] = recordings(home);
      assert.ok(!text(file).includes('in the hive'));
      const stopped = home.json<{ kind: string; paths: string[] }>([
        ...['stop-recording', chat.id],
        `id:${one?.id.slice(0, 8)}`,
      ]);
      assert.deepEqual([stopped.kind, stopped.paths], ['done', [file]]);
      assert.deepEqual(
        recordings(home).map(({ on }) => on),
        [false],
      );
      assert.match(home.run(['stop-recording', chat.id]).stderr, /nothing is being recorded/);
    });

    it('a recording is stopped by its path, as it is seen from here or from the folder of the session', (t) => {
      const { home, chat } = begin(t, isUp);
      const [here, there] = [home.path('notes/here.md'), `${chat.cwd}/notes/there.md`];
      mkdirSync(`${chat.cwd}/notes`, { recursive: true });
      for (const file of [here, there]) home.ok(['record', chat.id, file]);
      const none = home.run(['stop-recording', chat.id, 'nosuchrec']);
      assert.deepEqual([none.status, none.stdout], [3, '']);
      assert.match(
        none.stderr,
        /^kato: no recording `nosuchrec` in this session\nhint: `kato recordings` lists them\n$/,
      );
      assert.match(
        home.run(['stop-recording', chat.id, 'id:ffff']).stderr,
        /^kato: no recording `ffff` in this session$/m,
      );
      assert.equal(home.ok(['stop-recording', chat.id, 'dest:notes/there.md']), `stopped ${there}\n`);
      assert.equal(home.ok(['stop-recording', chat.id, 'dest:notes/here.md']), `stopped ${here}\n`);
    });

    it('what is recorded already is told once', (t) => {
      const { home, chat } = begin(t, isUp);
      const file = home.path('notes/bees.md');
      home.ok(['record', chat.id, file]);
      const again = home.run(['record', chat.id, file]);
      assert.deepEqual([again.status, again.stdout], [0, `${file}\n`]);
      const [told, ...more] = again.stderr.trimEnd().split('\n');
      assert.match(told ?? '', /^[0-9a-f]{8} is being recorded there already$/);
      assert.deepEqual(more, isUp ? [] : ['hint: it goes on when the daemon runs: `kato start`']);
    });

    it('what may not be written, or is not there, is refused', (t) => {
      const { home, chat } = begin(t, isUp);
      const denied = home.run(['record', chat.id, '/elsewhere/bees.md']);
      assert.equal(denied.status, 4);
      assert.match(denied.stderr, /may not write .*outside the folders/);
      assert.match(denied.stderr, /^hint: `kato config set write\.roots '\[.*"\/elsewhere"\]'` allows the folder$/m);
      assert.equal(home.run(['capture', chat.id, 'notes/bees.txt']).status, 4);
      assert.equal(home.run(['capture', 'ffffffff']).status, 3);
      assert.equal(home.run(['capture', chat.id, 'notes/bees.md', '--with', 'bells']).status, 2);
      assert.equal(home.run(['export', '--recording', 'abcdef']).status, 3);
      assert.equal(home.run(['export', '--recording', 'abcdef', chat.id]).status, 2);
      assert.deepEqual(recordings(home), []);
    });

    it('a setting that was changed meanwhile is not lost by what is proposed', (t) => {
      const { home, chat } = begin(t, isUp);
      const set = home.run(['config', 'set', 'write.roots', '[~/notes, ~/fresh]']);
      assert.equal(set.stderr, isUp ? 'hint: `kato restart` makes the running daemon take it up\n' : '');
      const place = home.path('other/bees.md');
      mkdirSync(home.path('fresh'));
      for (const args of [
        ['record', chat.id, place],
        ['export', chat.id, '-o', place],
      ] as const)
        assert.match(home.run(args).stderr, /set write\.roots '\["~\/notes", "~\/fresh", "~\/other"\]'` allows/);
      const fresh = home.run(['record', chat.id, home.path('fresh/bees.md')]);
      if (isUp) assert.match(fresh.stderr, /\nhint: `kato restart`: /);
      else assert.equal(fresh.status, 0);
    });

    it('a recording is exported to a file', (t) => {
      const { home, chat } = begin(t, isUp);
      home.ok(['capture', chat.id, 'notes/bees.md']);
      const [one] = recordings(home);
      const path = home.ok(['export', '--recording', one?.id.slice(0, 6) ?? '', '-o', 'notes/copy.md']).trim();
      assert.equal(text(path), text(home.path('notes/bees.md')));
      const [report] = home.json<{ path: string; session: string }[]>(['export', '--recording', one?.id ?? '']);
      assert.equal(report?.session, one?.session);
      assert.equal(text(report?.path ?? ''), text(path));
    });
  });
}

describe('what was asked in the chats', () => {
  it('is listed with what came of it, and shown in status, whatever the width', async (t) => {
    const { home, chat } = begin(t, true);
    chat.type(`::record ${home.path('notes/bees.md')}\n::recrod\n::export /elsewhere/x.md`);
    interface CommandJson {
      readonly line: string;
      readonly outcome: string;
      readonly reason: string | null;
    }
    const commands = () => home.json<CommandJson[]>(['commands', chat.id]);
    await until(() => commands().length === 3, 'three outcomes');
    const byLine = new Map(commands().map(({ line, outcome }) => [line.split(' ')[0], outcome]));
    assert.deepEqual(Object.fromEntries(byLine), { '::record': 'done', '::recrod': 'failed', '::export': 'denied' });
    assert.match(home.ok(['commands']), /::recrod\n {2}failed: /);
    const status = home.ok(['status']);
    assert.match(status, /recording:\n/);
    assert.ok(status.includes('~/notes/bees.md'));
    assert.match(status, /asked in the chats, newest first:\n.*::(?:recrod|export)/);
    interface StatusJson {
      readonly recordings: readonly RecordingJson[];
      readonly ingest: { readonly roots: readonly { readonly mode: string }[] };
      readonly lag: readonly object[];
    }
    const json = home.json<StatusJson>(['status']);
    assert.deepEqual([json.recordings.length, json.lag], [1, []]);
    for (const columns of withoutTerminal ? [] : [20, 40, 80]) {
      for (const command of ['status', 'recordings', 'commands']) {
        for (const line of runOnTerminal(home, command, { columns }).lines) {
          const isOneWord = !line.trim().includes(' ');
          assert.ok(isOneWord || displayWidth(line) <= columns, `${command} at ${columns}: ${line}`);
        }
      }
    }
    assert.ok(json.ingest.roots.every(({ mode }) => mode === 'watching'));
  });

  it('is nothing at first, and says how to begin', (t) => {
    const { home } = begin(t, false);
    for (const command of ['commands', 'recordings']) {
      const { status, stdout, stderr } = home.run([command]);
      assert.deepEqual([status, stdout], [0, '']);
      assert.match(stderr, /::record/);
      assert.deepEqual(home.json([command]), []);
    }
  });
});
