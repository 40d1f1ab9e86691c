/** `::record` in a chat with gencode, whose oldest files are written anew with every save. The real daemon, as built. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { type Said, SESSION, save } from '../providers/gencode-records.ts';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { body, recordings, text } from '../support/recorded.ts';

/** A chat in the folder `toy`, as one of the generations writes it. */
class Chat {
  readonly cwd: string;
  readonly #path: string;
  readonly #isAppended: boolean;
  readonly #talk: Said[] = [];

  constructor(home: DaemonHome, isAppended: boolean) {
    this.cwd = home.path('toy');
    this.#isAppended = isAppended;
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

  #append(id: string, record: object): void {
    const head = { id: `${SESSION}:${id}`, sessionId: SESSION, time: new Date().toISOString() };
    appendFileSync(this.#path, `${JSON.stringify({ ...head, ...record })}\n`);
  }

  #save(): void {
    const [start, ...rest] = save(this.#talk);
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
