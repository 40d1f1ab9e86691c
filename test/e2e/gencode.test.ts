/** `::record` in a chat with gencode, whose oldest files are written anew with every save. The real daemon, as built. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { OTHER, type Said, SESSION, save } from '../providers/gencode-records.ts';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { body, commands, recordings, text } from '../support/recorded.ts';

/** A chat in the folder `toy`, as one of the generations writes it. */
class Chat {
  readonly cwd: string;
  readonly #path: string;
  readonly #isAppended: boolean;
  readonly #first: Parameters<typeof save>[1];
  readonly #talk: Said[] = [];

  /** `first` is what the first record says of a file that is written anew; if it says no time, it is that of the save. */
  constructor(home: DaemonHome, isAppended: boolean, first: Parameters<typeof save>[1] = {}) {
    this.cwd = home.path('toy');
    this.#isAppended = isAppended;
    this.#first = first;
    this.#path = home.path(isAppended ? '.san' : '.gen', 'projects/-toy/transcripts', `${SESSION}.jsonl`);
    for (const folder of [dirname(this.#path), this.cwd]) mkdirSync(folder, { recursive: true });
    if (isAppended) this.#append('start', { type: 'session.started', cwd: this.cwd, session: { model: 'toy' } });
  }

  says(...talk: readonly Said[]): void {
    for (const [role, said] of talk) {
      this.#talk.push([role, said]);
      const message = { messageId: `m${this.#talk.length}`, role, content: [{ type: 'text', text: said }] };
      if (this.#isAppended) this.#append(message.messageId, { type: 'message.appended', message });
    }
    if (!this.#isAppended) this.#save();
  }

  /** The next save has other words, as when a result comes back whole. */
  rewords(before: string, after: string): void {
    const place = this.#talk.findIndex(([, said]) => said === before);
    this.#talk[place] = ['user', after];
    this.#save();
  }

  #append(id: string, record: object): void {
    const head = { id: `${SESSION}:${id}`, sessionId: SESSION, time: new Date().toISOString() };
    appendFileSync(this.#path, `${JSON.stringify({ ...head, ...record })}\n`);
  }

  #save(): void {
    const [start, ...rest] = save(this.#talk, { begin: new Date(), ...this.#first });
    const lines = [{ ...start, cwd: this.cwd }, ...rest].map((record) => `${JSON.stringify(record)}\n`);
    writeFileSync(`${this.#path}.tmp`, lines.join(''));
    renameSync(`${this.#path}.tmp`, this.#path);
  }
}

for (const keep of ['all', 'recorded']) {
  for (const isAppended of [true, false]) {
    const how = isAppended ? 'appends to its file' : 'writes its file anew with every save';
    describe(`a chat with gencode that ${how}, where ${keep === 'all' ? 'everything' : 'what is recorded'} is kept`, () => {
      it('is in the file once, from ::record to ::stop, also after a kill', async (t) => {
        const home = new DaemonHome(t);
        home.ok(['init', '--yes', '--keep', keep]);
        const pid = home.start();
        const chat = new Chat(home, isAppended);
        const file = `${chat.cwd}/story.md`;
        chat.says(['user', 'nothing of this'], ['assistant', 'as you like']);
        chat.says(['user', '::record story.md\nonce upon a time'], ['assistant', 'there was a kettle']);
        await until(() => text(file).includes('there was a kettle'), 'the beginning');
        kill(pid, 'SIGKILL');
        await until(() => !isAlive(pid), 'its end');
        chat.says(['user', 'go on'], ['assistant', 'it sang']);
        home.start();
        await until(() => text(file).includes('it sang'), 'what was said meanwhile');
        chat.says(['user', 'go on'], ['assistant', 'until it was empty']);
        await until(() => text(file).includes('until it was empty'), 'the end of the story');
        chat.says(['user', 'thank you\n::stop\nfor nobody'], ['assistant', 'nor is this']);
        await until(() => recordings(home).every(({ on }) => !on), 'the stop');
        await until(() => text(file).includes('thank you'), 'the last words');
        assert.doesNotMatch(body(file), /nothing of this|as you like|for nobody|nor is this/);
        for (const said of ['once upon a time', 'there was a kettle', 'it sang', 'until it was empty', 'thank you'])
          assert.equal(body(file).split(said).length - 1, 1, `${said} is there once`);
        assert.equal(body(file).split('go on').length - 1, 2, 'what was said twice is there twice');
        const [recording] = recordings(home);
        assert.equal(text(file), home.ok(['export', '--recording', recording?.id ?? '', '-o', '-']));
      });
    });
  }
}

const LONG_AGO = new Date('2026-06-01T07:00:00.000Z');

for (const keep of ['all', 'recorded']) {
  const kept = keep === 'all' ? 'everything' : 'what is recorded';
  describe(`a file that is written anew with every save, and says of no prompt when it was typed; ${kept} is kept`, () => {
    const opened = (t: TestContext) => {
      const home = new DaemonHome(t);
      home.ok(['init', '--yes', '--keep', keep]);
      return home;
    };
    const outcomes = (home: DaemonHome) => commands(home).map(({ line, outcome }) => `${outcome}: ${line}`);

    for (const [what, first] of [
      ['its first save', { begin: LONG_AGO }],
      ['its latest save', {}],
    ] as const) {
      it(`a command from before the first start is not run when a session with the time of ${what} is saved again`, async (t) => {
        const home = opened(t);
        const chat = new Chat(home, false, first);
        chat.says(['user', '::record old.md'], ['assistant', 'as you like']);
        home.start();
        chat.says(['user', 'go on'], ['assistant', 'it sang']);
        await until(() => outcomes(home).length > 0, 'the outcome');
        assert.deepEqual(outcomes(home), ['ignored: ::record old.md']);
        assert.match(commands(home)[0]?.reason ?? '', /^nothing says that it was typed after kato's first start here/);
        assert.deepEqual([existsSync(`${chat.cwd}/old.md`), recordings(home)], [false, []]);
      });
    }

    const isKept = { skip: keep === 'all' ? false : 'nothing is kept' };
    it('what was said before has no time, though a save makes it stand where nothing stood', isKept, async (t) => {
      const home = opened(t);
      const chat = new Chat(home, false);
      chat.says(['user', 'a word'], ['assistant', 'as you like'], ['user', 'the last one'], ['assistant', 'yes']);
      home.start();
      chat.rewords('a word', `a word ${'and a word '.repeat(200)}`);
      await until(() => home.json<object[]>(['sessions']).length > 0, 'the session');
      home.ok(['import']);
      const lines = home.ok(['export', SESSION, '-f', 'jsonl', '-o', '-']).trimEnd().split('\n');
      const spoken = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind.endsWith('.message'));
      assert.deepEqual(
        spoken.map(({ observedAt }) => observedAt),
        [undefined, undefined, undefined, undefined],
      );
    });

    it('one that an earlier save did not have runs, though the session is older than the first start', async (t) => {
      const home = opened(t);
      const chat = new Chat(home, false);
      chat.says(['user', '::record old.md'], ['assistant', 'as you like']);
      const pid = home.start();
      chat.says(['user', '::record unclear.md'], ['assistant', 'it sang']);
      await until(() => outcomes(home).length === 2, 'both outcomes');
      kill(pid, 'SIGKILL');
      await until(() => !isAlive(pid), 'its end');
      chat.says(['user', '::record new.md\nonce more'], ['assistant', 'until it was empty']);
      home.start();
      await until(() => text(`${chat.cwd}/new.md`).includes('until it was empty'), 'the recording');
      const told = ['done: ::record new.md', 'ignored: ::record old.md', 'ignored: ::record unclear.md'];
      assert.deepEqual(outcomes(home).toSorted(), told);
      assert.deepEqual(
        ['old.md', 'unclear.md'].filter((name) => existsSync(`${chat.cwd}/${name}`)),
        [],
      );
    });

    for (const [what, first] of [
      ['names its parent', { parentId: OTHER }],
      ['names nobody', {}],
    ] as const) {
      it(`a fork that was saved while kato did not watch, and ${what}, does not run what may be a copy`, async (t) => {
        const home = opened(t);
        home.start();
        home.ok(['stop']);
        const chat = new Chat(home, false, first);
        chat.says(
          ['user', '::record copied.md'],
          ['assistant', 'as you like'],
          ['user', 'go on'],
          ['assistant', 'yes'],
        );
        home.start();
        await until(() => outcomes(home).length > 0, 'the outcome');
        assert.deepEqual(outcomes(home), ['ignored: ::record copied.md']);
        chat.says(['user', '::record own.md\nonce more'], ['assistant', 'until it was empty']);
        await until(() => text(`${chat.cwd}/own.md`).includes('until it was empty'), 'the recording');
        assert.equal(existsSync(`${chat.cwd}/copied.md`), false);
      });
    }
  });
}
