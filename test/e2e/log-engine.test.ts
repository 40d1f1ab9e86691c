/** The log engine under the real daemon and the real command line: a chat from its first line to the day it is forgotten. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { filesBelow } from '../support/derive.ts';
import { type AgentName, LiveAgent } from '../support/live-agent.ts';
import { assertWhole, recordings, text } from '../support/recorded.ts';

const SECRET = 'xylophone-4711';

function logHome(t: TestContext, keep = 'all'): DaemonHome {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes', '--keep', keep]);
  home.ok(['config', 'set', 'store.engine', 'log']);
  return home;
}

/** The files of kato's home that hold the secret. */
function filesWithSecret(home: DaemonHome): string[] {
  return filesBelow(home.kato).filter((file) => readFileSync(home.path('.kato', file)).includes(SECRET));
}

for (const keep of ['all', 'recorded'])
  for (const agent of ['claude-code', 'codex', 'gemini-cli'] satisfies AgentName[])
    it(`a chat with ${agent} is recorded across kills, where ${keep} is kept`, async (t) => {
      const home = logHome(t, keep);
      let pid = home.start();
      const chat = new LiveAgent(home, { agent });
      const file = `${chat.cwd}/story.md`;
      chat.type('once upon a time\n::capture story.md');
      for (const words of ['there was a kettle', 'that sang', 'until it was empty']) {
        chat.answer(words);
        await until(() => text(file).includes(words), words);
        kill(pid, 'SIGKILL');
        await until(() => !isAlive(pid), 'its end');
        chat.type(`and then, after: ${words}`);
        pid = home.start();
      }
      chat.type('the end\n::stop');
      await until(() => recordings(home).every(({ on }) => !on), 'the stop');
      assertWhole(home, file);
      home.ok(['stop']);
      assertWhole(home, file);
      assert.equal(home.ok(['verify']), 'the store is sound\n');
      assert.ok(!readdirSync(home.kato).includes('kato.db'));
    });

describe('the command line over the log engine', () => {
  it('imports, lists, shows and exports what SQLite does, to the byte', (t) => {
    const [log, sqlite] = [logHome(t), new DaemonHome(t)];
    sqlite.ok(['init', '--yes', '--keep', 'all']);
    const answers = [log, sqlite].map((home) => {
      home.addCase('claude-code', 'plain');
      home.addCase('codex', 'exec-without-events');
      home.ok(['import']);
      home.ok(['import']);
      const sessions = home.json<{ id: string; title: string; events: number }[]>(['sessions']);
      const said = sessions.map(({ id }) => [
        home.ok(['show', id, '--preset', 'audit']),
        home.ok(['export', id, '-f', 'jsonl', '-o', '-']),
      ]);
      return { sessions, said };
    });
    const alike = JSON.stringify(answers)
      .replaceAll(log.folder, sqlite.folder)
      .replaceAll(/\\"file\\":\\"[0-9a-f]{16}\\"/g, ''); // The id of a source is made at its first sight.
    const [ofLog, ofSqlite] = JSON.parse(alike);
    assert.ok(ofSqlite.sessions.length >= 2);
    assert.deepEqual(ofLog, ofSqlite);
    assert.equal(log.ok(['verify']), 'the store is sound\n');
  });

  it('forgets every byte of a session', async (t) => {
    const home = logHome(t);
    home.start();
    const [chat, other] = [
      new LiveAgent(home),
      new LiveAgent(home, { agent: 'codex', id: '019f0ac0-0000-7000-8000-000000000002' }),
    ];
    chat.type(`what is ${SECRET}?`);
    other.type('hello');
    await until(() => home.json<object[]>(['sessions']).length === 2, 'both');
    assert.notDeepEqual(filesWithSecret(home), []);
    home.ok(['forget', chat.id, '--yes']);
    assert.deepEqual(filesWithSecret(home), []);
    assert.equal(home.json<object[]>(['sessions']).length, 1);
    home.ok(['stop']);
    home.ok(['import']);
    assert.deepEqual(filesWithSecret(home), []);
    assert.equal(home.ok(['verify']), 'the store is sound\n');
  });

  it('says which log is damaged, and reads the others', async (t) => {
    const home = logHome(t);
    home.addCase('claude-code', 'plain');
    home.addCase('codex', 'exec-without-events');
    home.ok(['import']);
    const [one] = home.json<{ id: string }[]>(['sessions']);
    const meta = home.path('.kato/transcripts', `${one?.id}.meta.json`);
    writeFileSync(meta, readFileSync(meta, 'utf8').replace('"', "'"));
    const { stdout } = home.run(['doctor']);
    assert.match(stdout, /^fail {2}store {8}of its logs, 1 cannot be opened, and 0 have lost something$/m);
    const verified = home.run(['verify']);
    assert.equal(verified.status, 1);
    assert.match(verified.stdout, /^meta-damaged {2}/);
    assert.ok(home.json<{ id: string }[]>(['sessions']).every(({ id }) => id !== one?.id));
  });
});
