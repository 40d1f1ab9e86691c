/** What goes wrong with one file or one folder while kato records, and that nothing else suffers. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { LiveAgent } from '../support/live-agent.ts';

interface RecordingJson {
  readonly id: string;
  readonly path: string;
  readonly on: boolean;
  readonly failure?: string;
  readonly edited: boolean;
  readonly missing: number;
}

function text(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** A running daemon, and a session that is recorded to two files in two folders. */
async function begin(t: TestContext) {
  const home = new DaemonHome(t);
  const [a, b] = [home.path('notes/a.md'), home.path('other/b.jsonl')];
  home.ok(['init', '--yes', '--keep', 'all', '--write-root', home.path('notes'), '--write-root', home.path('other')]);
  for (const folder of ['notes', 'other']) mkdirSync(home.path(folder));
  const pid = home.start();
  const chat = new LiveAgent(home);
  chat.type(`::record ${a}\n::record ${b}`, 'first words');
  await until(() => text(a).includes('first words') && text(b).includes('first words'), 'the first words');
  const recording = (path: string) => home.json<RecordingJson[]>(['recordings']).find((one) => one.path === path);
  const exported = (path: string) => home.ok(['export', '--recording', recording(path)?.id ?? '', '-o', '-']);
  return { home, chat, a, b, pid, recording, exported };
}

describe('while it is recorded', () => {
  it('a folder that goes away pauses its recording, which goes on when it is back, whole', async (t) => {
    const { home, chat, a, b, recording, exported } = await begin(t);
    renameSync(home.path('notes'), home.path('away'));
    chat.type('while it was away');
    await until(() => text(b).includes('while it was away'), 'the other file');
    await until(() => recording(a)?.failure !== undefined, 'the failure');
    assert.match(home.ok(['status']), /paused: /);
    renameSync(home.path('away'), home.path('notes'));
    await until(() => text(a).includes('while it was away'), 'what was missed');
    await until(() => recording(a)?.failure === undefined, 'the recovery');
    assert.equal(text(a), exported(a));
    assert.equal(text(b), exported(b));
  });

  it('a file that its user deletes stays deleted; status says so, and it goes on elsewhere when told', async (t) => {
    const { home, chat, a, b, recording } = await begin(t);
    rmSync(a);
    chat.type('after it was deleted');
    await until(() => text(b).includes('after it was deleted'), 'the other file');
    await until(() => recording(a)?.failure === 'gone', 'the failure');
    assert.equal(existsSync(a), false);
    assert.match(home.ok(['status']), /paused: its file is gone/);
    home.ok(['capture', chat.id, 'notes/again.md']);
    assert.ok(text(home.path('notes/again.md')).includes('after it was deleted'));
  });

  it('status tells of a file that is gone though nothing was said since, with the daemon up and down', async (t) => {
    const { home, a, b, recording } = await begin(t);
    rmSync(a);
    for (const state of ['up', 'down']) {
      assert.match(home.ok(['status']), /paused: its file is gone/, state);
      assert.deepEqual([recording(a)?.failure, recording(b)?.failure], ['gone', undefined], state);
      home.ok(['stop']);
    }
  });

  it('what its user took out of a file is told, and how much may be missing, also after a restart', async (t) => {
    const { home, chat, a, b, recording } = await begin(t);
    chat.type('what goes');
    await until(() => text(a).includes('what goes'), 'what goes');
    truncateSync(a, text(a).indexOf('goes'));
    chat.type('what comes');
    await until(() => text(a).includes('what comes'), 'what comes');
    for (const when of ['before', 'after']) {
      assert.match(home.ok(['status']), /taken out: 1 event may be missing/, when);
      assert.deepEqual([recording(a)?.missing, recording(a)?.edited, recording(b)?.edited], [1, true, false], when);
      const [, hint = ''] = /hint: all of it: `kato (export --recording \w{8})`/.exec(home.ok(['status'])) ?? [];
      assert.match(home.ok([...hint.split(' '), '-o', '-']), /what goes\n.*what comes\n/s, when);
      home.ok(['restart']);
    }
  });

  it('a deleted file is made again, whole, in its place or at another path, when that is asked', async (t) => {
    const { home, chat, a, b, recording, exported } = await begin(t);
    rmSync(a);
    chat.type('after it was deleted');
    await until(() => text(b).includes('after it was deleted'), 'the other file');
    chat.type(`::record ${a}\nmore words`);
    await until(() => text(a).includes('more words'), 'the file');
    assert.ok(text(a).includes('first words') && text(a).includes('after it was deleted'));
    assert.equal(text(a), exported(a));
    rmSync(a);
    const other = home.path('notes/again.md');
    home.ok(['record', chat.id, other]);
    chat.type('last words');
    await until(() => text(other).includes('last words'), 'the words at the other path');
    assert.equal(text(other), exported(other));
    assert.ok(text(other).includes('first words'));
    assert.deepEqual([recording(a)?.on, recording(other)?.on], [false, true]);
  });

  it('a daemon that is killed while a folder is away writes what was missed after its next start', async (t) => {
    const { home, chat, a, pid, exported } = await begin(t);
    renameSync(home.path('notes'), home.path('away'));
    chat.type('said while it was away');
    kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), 'its end');
    home.start();
    chat.type('said after the start');
    renameSync(home.path('away'), home.path('notes'));
    await until(() => text(a).includes('said after the start'), 'what was missed');
    assert.equal(text(a), exported(a));
  });

  it('a session file that cannot be read is named, and others are recorded', async (t) => {
    const { home, chat, a } = await begin(t);
    mkdirSync(chat.path.replace(chat.id, 'b0b00000-0000-4000-8000-000000000002'));
    chat.type('and on it goes');
    await until(() => text(a).includes('and on it goes'), 'the next words');
    assert.deepEqual(home.json<{ lag: object[] }>(['status']).lag, []);
  });
});
