/** What kato is for: `::record` in a chat, and from then on the conversation is in that file. The real daemon, as built. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { agentNames, LiveAgent } from '../support/live-agent.ts';
import { body, recordings, text } from '../support/recorded.ts';

/** The file is what the recording should hold, byte for byte. */
function assertWhole(home: DaemonHome, path: string): void {
  const all = recordings(home);
  const recording = all.find((one) => one.path === path);
  assert.ok(recording, `no recording of ${path} among ${all.map((one) => one.path)}`);
  assert.equal(text(path), home.ok(['export', '--recording', recording.id, '-o', '-']));
}

for (const keep of ['all', 'recorded']) {
  for (const agent of agentNames) {
    describe(`a chat with ${agent}, where ${keep === 'all' ? 'everything' : 'what is recorded'} is kept`, () => {
      it('is in the file from ::record on, and ends with ::stop', async (t) => {
        const home = new DaemonHome(t);
        home.ok(['init', '--yes', '--keep', keep]);
        home.start();
        const chat = new LiveAgent(home, { agent });
        const file = `${chat.cwd}/notes/today.md`;
        chat.type('nothing of this is recorded');
        chat.answer('as you like');
        chat.type('::record notes/today.md\nhow do bees sleep?');
        chat.answer('in the hive');
        await until(() => text(file).includes('in the hive'), 'the answer');
        chat.type('and wasps?');
        await until(() => text(file).includes('and wasps?'), 'the next question');
        chat.type('thank you\n::stop\nthis is for nobody');
        chat.answer('nor is this');
        await until(() => home.json<{ line: string }[]>(['commands']).some(({ line }) => line === '::stop'), 'the end');
        await until(() => text(file).includes('thank you'), 'the last words');
        assert.doesNotMatch(body(file), /nothing of this|as you like|for nobody|nor is this/);
        assertWhole(home, file);
      });

      it('goes on where it was when the daemon is killed and comes back', async (t) => {
        const home = new DaemonHome(t);
        home.ok(['init', '--yes', '--keep', keep]);
        const pid = home.start();
        const chat = new LiveAgent(home, { agent });
        const file = `${chat.cwd}/story.md`;
        chat.type('once upon a time\n::capture story.md');
        chat.answer('there was a kettle');
        await until(() => text(file).includes('there was a kettle'), 'the beginning');
        kill(pid, 'SIGKILL');
        await until(() => !isAlive(pid), 'its end');
        chat.type('what did it do?');
        chat.answer('it sang');
        chat.typeTorn('until ');
        home.start();
        await until(() => text(file).includes('it sang'), 'what was said meanwhile');
        chat.flush();
        chat.type('the end\n::stop');
        await until(() => text(file).includes('the end'), 'the end');
        await until(() => recordings(home).every(({ on }) => !on), 'the stop');
        for (const said of [
          'once upon a time',
          'there was a kettle',
          'what did it do?',
          'it sang',
          'until ',
          'the end',
        ])
          assert.equal(body(file).split(said).length - 1, 1, `${said} is there once`);
        assertWhole(home, file);
      });
    });
  }
}

it('a head has `updated` where the settings say so, in a recording as in an export of it', async (t) => {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes']);
  home.ok(['config', 'set', 'recording.frontmatter.updated', 'true']);
  home.start();
  const chat = new LiveAgent(home);
  const file = `${chat.cwd}/story.md`;
  chat.type('once upon a time');
  chat.answer('there was a kettle');
  chat.type('::capture story.md');
  chat.answer('it sang');
  await until(() => text(file).includes('it sang'), 'the answer');
  assert.match(text(file), /^created: (\d+)\nupdated: \1$/m);
  assertWhole(home, file);
});
