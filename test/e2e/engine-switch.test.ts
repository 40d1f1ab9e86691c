/** SQLite becomes possible under a recording: the recording goes on in its file as if nothing had happened. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import type { KatoStatus } from '../../src/app/kato.ts';
import { DaemonHome, kill, until } from '../support/daemon.ts';
import { type AgentName, LiveAgent } from '../support/live-agent.ts';
import { assertWhole, text } from '../support/recorded.ts';

const NO_SQLITE = '--no-experimental-sqlite';

/** A home that watches the agents of another person's home as well as that one does. */
function homeBeside(t: TestContext, keep: string, watched?: DaemonHome): DaemonHome {
  const home = new DaemonHome(t);
  mkdirSync(home.path('notes'));
  if (watched) {
    const folders = { CLAUDE_CONFIG_DIR: '.claude', CODEX_HOME: '.codex', GEMINI_CLI_HOME: '' };
    for (const [name, folder] of Object.entries(folders)) home.env[name] = watched.path(folder);
  }
  home.ok(['init', '--yes', '--keep', keep, '--write-root', home.path('notes')]);
  return home;
}

function engineOf(home: DaemonHome): KatoStatus['store'] {
  return JSON.parse(home.ok(['status', '--json'])).data.store;
}

/** The recording's id is made of its path: the only thing that may differ. */
const alike = (path: string) => text(path).replace(/^recordingIds: .*$/m, '');

for (const agent of ['claude-code', 'codex', 'gemini-cli'] satisfies AgentName[])
  for (const keep of ['all', 'recorded'])
    it(`a recording of ${agent} goes on when SQLite can serve again, where ${keep} is kept`, async (t) => {
      const switched = homeBeside(t, keep);
      const steady = homeBeside(t, keep, switched);
      switched.env.NODE_OPTIONS = NO_SQLITE;
      const chat = new LiveAgent(switched, { agent });
      let pid = switched.start();
      steady.start();
      chat.type('once upon a time');
      const files = [switched, steady].map((home) => home.path('notes/story.md'));
      for (const home of [switched, steady]) {
        await until(() => home.run(['capture', chat.id, home.path('notes/story.md')]).status === 0, 'the capture');
      }
      chat.answer('there was a kettle');
      for (const file of files) await until(() => text(file).includes('kettle'), 'the kettle');
      assert.equal(engineOf(switched).engine, 'log');

      kill(pid, 'SIGKILL');
      chat.type('that sang');
      delete switched.env.NODE_OPTIONS;
      pid = switched.start();
      const { engine, other } = engineOf(switched);
      assert.deepEqual([engine, other], ['sqlite', undefined]);
      assert.ok(!readdirSync(switched.path('.kato/transcripts')).some((name) => name.endsWith('.twin.jsonl')));
      chat.answer('until it was empty');
      chat.type('the end');
      for (const file of files) await until(() => text(file).includes('the end'), 'the end');

      assert.equal(alike(files[0] ?? ''), alike(files[1] ?? ''));
      assertWhole(switched, files[0] ?? '');
      for (const home of [switched, steady]) home.ok(['stop']);
      assert.equal(switched.ok(['verify']), 'the store is sound\n');
    });
