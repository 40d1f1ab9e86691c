/** A chat with Hermes, which keeps its sessions in a database, is recorded while it goes on. The real daemon, as built. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { HermesDatabase } from '../support/hermes-database.ts';
import { assertWhole, body, commands, recordings, text, times } from '../support/recorded.ts';

const SESSION = '20260501_101500_ab12cd34';
const OTHER = '20260501_101500_00000000';
const CHILD = '20260501_111500_cd34ab12';

/** Hermes, and a person who types to it. What it writes has the time of now. */
class Chat {
  readonly database: HermesDatabase;
  readonly cwd: string;
  readonly home: DaemonHome;

  constructor(home: DaemonHome, t: { after(fn: () => void): void }) {
    this.home = home;
    this.cwd = home.path('toy');
    mkdirSync(this.cwd, { recursive: true });
    this.database = new HermesDatabase(home.path('.hermes/state.db'));
    t.after(() => this.database.sql.isOpen && this.database.sql.close());
    this.begin(SESSION);
    this.begin(OTHER);
  }

  begin(id: string, more: Readonly<Record<string, string>> = {}): void {
    const started_at = Date.now() / 1000;
    this.database.add({
      sessions: [{ id, source: 'telegram', model: 'hermes-4', cwd: this.cwd, started_at, ...more }],
    });
  }

  type(content: string, session = SESSION): void {
    this.#say(session, 'user', content);
  }

  answer(content: string, session = SESSION): void {
    this.#say(session, 'assistant', content);
  }

  run(sql: string): void {
    this.database.sql.exec(sql);
  }

  #say(session_id: string, role: string, content: string): void {
    this.database.add({ messages: [{ session_id, role, content, timestamp: Date.now() / 1000 }] });
  }
}

function opened(t: { after(fn: () => void): void }, keep: string) {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes', '--keep', keep]);
  return { home, chat: new Chat(home, t) };
}

for (const keep of ['all', 'recorded']) {
  describe(`a chat with Hermes, where ${keep === 'all' ? 'everything' : 'what is recorded'} is kept`, () => {
    it('is in the file from ::record on, and ends with ::stop', async (t) => {
      const { home, chat } = opened(t, keep);
      home.start();
      const file = `${chat.cwd}/notes/today.md`;
      chat.type('nothing of this is recorded');
      chat.answer('as you like');
      chat.type('a word in another session', OTHER);
      chat.type('::record notes/today.md\nhow do bees sleep?');
      chat.answer('in the hive');
      await until(() => text(file).includes('in the hive'), 'the answer');
      chat.run('PRAGMA wal_checkpoint(TRUNCATE)');
      chat.type('and wasps?');
      await until(() => text(file).includes('and wasps?'), 'the next question');
      chat.type('thank you\n::stop\nthis is for nobody');
      chat.answer('nor is this');
      await until(() => commands(home).some(({ line }) => line === '::stop'), 'the end');
      await until(() => text(file).includes('thank you'), 'the last words');
      assert.doesNotMatch(body(file), /nothing of this|as you like|another session|for nobody|nor is this/);
      assertWhole(home, file);
      const { store } = home.json<{ store: { keptSessions: number } }>(['status']);
      assert.equal(
        store.keptSessions,
        keep === 'all' ? 2 : 1,
        'the other session is kept with everything, or not at all',
      );
    });

    it('goes on where it was when the daemon is killed and comes back', async (t) => {
      const { home, chat } = opened(t, keep);
      const pid = home.start();
      const file = `${chat.cwd}/story.md`;
      chat.type('once upon a time\n::capture story.md');
      chat.answer('there was a kettle');
      await until(() => text(file).includes('there was a kettle'), 'the beginning');
      kill(pid, 'SIGKILL');
      await until(() => !isAlive(pid), 'its end');
      chat.type('what did it do?');
      chat.answer('it sang');
      chat.run(`UPDATE messages SET content = 'there was a KETTLE' WHERE content = 'there was a kettle'`);
      home.start();
      await until(() => text(file).includes('there was a KETTLE'), 'what was changed meanwhile');
      chat.run(`DELETE FROM messages WHERE content = 'it sang'`);
      chat.type('the end\n::stop');
      await until(() => text(file).includes('the end'), 'the end');
      await until(() => recordings(home).every(({ on }) => !on), 'the stop');
      for (const said of ['once upon a time', 'there was a kettle', 'what did it do?', 'it sang', 'KETTLE', 'the end'])
        assert.equal(times(file, said), 1, `${said} is there once`);
      assertWhole(home, file);
    });

    it('goes on in the session that a compression begins', async (t) => {
      const { home, chat } = opened(t, keep);
      home.start();
      const file = `${chat.cwd}/long.md`;
      chat.type('a long talk\n::record long.md');
      chat.answer('about everything');
      await until(() => text(file).includes('about everything'), 'the answer');
      chat.run('BEGIN');
      chat.run(
        `UPDATE sessions SET end_reason = 'compression', ended_at = ${Date.now() / 1000} WHERE id = '${SESSION}'`,
      );
      chat.run('COMMIT');
      chat.begin(CHILD, { parent_session_id: SESSION });
      chat.type('[CONTEXT COMPACTION - REFERENCE ONLY] Everything was talked about.', CHILD);
      chat.type('where were we?', CHILD);
      chat.answer('at the end', CHILD);
      await until(() => text(file).includes('at the end'), 'what was said in the child');
      assert.equal(times(file, 'about everything'), 1);
      chat.type('::stop', CHILD);
      await until(() => recordings(home).every(({ on }) => !on), 'the stop');
    });

    it('does not do again what its agent writes anew with other numbers and times', async (t) => {
      const { home, chat } = opened(t, keep);
      home.start();
      const file = `${chat.cwd}/once.md`;
      chat.type('about bees\n::record once.md');
      chat.answer('they sleep');
      await until(() => text(file).includes('they sleep'), 'the answer');
      chat.type('::stop');
      await until(() => recordings(home).every(({ on }) => !on), 'the stop');
      chat.run(`BEGIN; DELETE FROM messages WHERE session_id = '${SESSION}'`);
      const again = chat.database.sql.prepare(
        'INSERT INTO messages (session_id, role, content, timestamp) VALUES (?, ?, ?, ?)',
      );
      for (const [role, words] of [
        ['user', 'about bees\n::record once.md'],
        ['assistant', 'they sleep'],
        ['user', '::export all.md'],
      ])
        again.run(SESSION, role ?? '', words ?? '', Date.now() / 1000);
      chat.run('COMMIT');
      await until(() => text(`${chat.cwd}/all.md`).includes('they sleep'), 'what is new');
      const done = commands(home).filter(({ outcome }) => outcome !== 'ignored');
      assert.deepEqual(done.map(({ line }) => line).sort(), ['::export all.md', '::record once.md', '::stop']);
      assert.equal(times(file, 'they sleep'), 1);
      assert.equal(times(`${chat.cwd}/all.md`, 'they sleep'), 1);
    });

    for (const end of ['branched', 'compression']) {
      it(`does not do again what a session copies from one that ended by ${end}`, async (t) => {
        const { home, chat } = opened(t, keep);
        home.start();
        const file = `${chat.cwd}/first.md`;
        chat.type('a talk about bees\n::record first.md');
        chat.answer('they sleep in the hive');
        chat.type('::capture second.md');
        chat.answer('as you like');
        await until(() => text(`${chat.cwd}/second.md`).includes('as you like'), 'both recordings');
        chat.run(`UPDATE sessions SET end_reason = '${end}' WHERE id = '${SESSION}'`);
        chat.begin(CHILD, { parent_session_id: SESSION });
        if (end === 'compression') chat.type('[CONTEXT COMPACTION - REFERENCE ONLY] Bees.', CHILD);
        chat.type('a talk about bees\n::record first.md', CHILD);
        chat.answer('they sleep in the hive', CHILD);
        chat.type('::capture second.md', CHILD);
        chat.answer('as you like', CHILD);
        chat.type('and now wasps\n::export third.md', CHILD);
        await until(() => text(`${chat.cwd}/third.md`).includes('and now wasps'), 'what is new in the child');
        const done = commands(home).filter(({ outcome }) => outcome !== 'ignored');
        assert.deepEqual(done.map(({ line }) => line).sort(), [
          '::capture second.md',
          '::export third.md',
          '::record first.md',
        ]);
        assert.equal(times(file, 'they sleep in the hive'), 1);
        assert.equal(times(`${chat.cwd}/second.md`, 'they sleep in the hive'), 1);
        assert.equal(text(file).includes('and now wasps'), end === 'compression');
      });
    }
  });
}

it('an agent that has ended finds its folder as it left it, while the daemon goes on looking', async (t) => {
  const { home, chat } = opened(t, 'all');
  chat.type('one');
  chat.database.sql.close();
  const folder = home.path('.hermes');
  const everything = () =>
    readdirSync(folder).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(`${folder}/${name}`))
        .digest('hex'),
    ]);
  const before = everything();
  assert.deepEqual(
    before.map(([name]) => name),
    ['state.db'],
  );
  home.start();
  home.ok(['import']);
  assert.equal(home.json<unknown[]>(['sessions']).length, 1);
  home.ok(['import', `${folder}/state.db`]);
  home.ok(['status']);
  assert.deepEqual(everything(), before);
});
