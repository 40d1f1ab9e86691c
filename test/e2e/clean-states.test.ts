/** `cleanSessionStatesOnShutdown`: transcripts go when the daemon ends; recordings go on as if nothing had been. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { filesBelow } from '../support/derive.ts';
import { type AgentName, agentNames, LiveAgent } from '../support/live-agent.ts';
import { commands, recordings, text } from '../support/recorded.ts';

interface Story {
  readonly home: DaemonHome;
  readonly chat: LiveAgent;
  readonly file: string;
  readonly pid: number;
}

function kept(home: DaemonHome): number {
  return home.json<{ store: { sessions: number } }>(['status']).store.sessions;
}

/** A chat that is being recorded. */
async function begin(t: TestContext, agent: AgentName): Promise<Story> {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes']);
  home.ok(['config', 'set', 'cleanSessionStatesOnShutdown', 'true']);
  const pid = home.start();
  const chat = new LiveAgent(home, { agent });
  const file = `${chat.cwd}/story.md`;
  chat.type('once upon a time\n::capture story.md');
  chat.answer('there was a kettle');
  await until(() => text(file).includes('there was a kettle'), 'the beginning');
  return { home, chat, file, pid };
}

/** Says the rest, and looks at the file as a whole. */
async function goOn({ home, chat, file }: Story): Promise<void> {
  const before = text(file);
  chat.type('what did it do?');
  home.start();
  chat.answer('it sang');
  await until(() => text(file).includes('it sang'), 'what was said since');
  assert.equal(text(file).slice(0, before.length), before, 'what was written is not written again');
  for (const said of ['once upon a time', 'there was a kettle', 'what did it do?', 'it sang'])
    assert.equal(text(file).split(`\n${said}\n`).length, 2, `“${said}” once`);
  const [recording] = recordings(home);
  assert.equal(home.ok(['export', '--recording', recording?.id ?? '', '-o', '-']), text(file));
  assert.deepEqual(
    commands(home).map(({ line, outcome }) => [line, outcome]),
    [['::capture story.md', 'done']],
  );
}

for (const agent of agentNames) {
  describe(`a daemon that keeps no transcripts, and a chat with ${agent}`, () => {
    it('deletes them when it is told to end, and the recording goes on', async (t) => {
      const story = await begin(t, agent);
      assert.equal(kept(story.home), 1);
      story.home.ok(['stop']);
      assert.equal(kept(story.home), 0);
      await goOn(story);
    });

    it('deletes them on SIGTERM', async (t) => {
      const story = await begin(t, agent);
      kill(story.pid, 'SIGTERM');
      await until(() => !isAlive(story.pid), 'its end');
      assert.equal(kept(story.home), 0);
      await goOn(story);
    });

    it('deletes them at the next start when it was killed', async (t) => {
      const story = await begin(t, agent);
      const other = new LiveAgent(story.home, { agent, id: 'b0b00000-0000-4000-8000-000000000002' });
      other.type('a chat that nobody records');
      await until(() => kept(story.home) === 2, 'both');
      kill(story.pid, 'SIGKILL');
      await until(() => !isAlive(story.pid), 'its end');
      assert.equal(kept(story.home), 2);
      await goOn(story);
      assert.equal(kept(story.home), 1, 'only what is recorded has come back');
    });
  });
}

const WORD = 'marmalade-4711';

/** The files of kato's home, but for the recordings themselves, that hold the word, however it is written. */
function filesWithWord(home: DaemonHome): string[] {
  const forms = [Buffer.from(WORD, 'utf8'), Buffer.from(WORD, 'utf16le')];
  return filesBelow(home.kato).filter((file) => {
    const bytes = readFileSync(home.path('.kato', file));
    return !file.startsWith('recordings/') && forms.some((form) => bytes.includes(form));
  });
}

describe('a daemon that keeps no transcripts leaves no byte of what was said', () => {
  const ENDS: Readonly<Record<string, (home: DaemonHome, pid: number) => Promise<void>>> = {
    'when it is told to end': async (home) => void home.ok(['stop']),
    'on SIGTERM': async (_, pid) => {
      kill(pid, 'SIGTERM');
      await until(() => !isAlive(pid), 'its end');
    },
    'when it was killed, after its next run': async (home, pid) => {
      kill(pid, 'SIGKILL');
      await until(() => !isAlive(pid), 'its end');
      home.start();
      home.ok(['stop']);
    },
  };
  for (const [when, end] of Object.entries(ENDS)) {
    it(when, async (t) => {
      const home = new DaemonHome(t);
      home.ok(['init', '--yes', '--keep', 'all']);
      home.ok(['config', 'set', 'cleanSessionStatesOnShutdown', 'true']);
      const pid = home.start();
      for (const agent of agentNames) {
        const chat = new LiveAgent(home, { agent, folder: agent });
        chat.type(`how does one make ${WORD}?\n::record a.md\nwith ${WORD} in it`);
        chat.answer(`here is ${WORD}: ${'x'.repeat(20_000)}`);
        await until(() => text(`${chat.cwd}/a.md`).includes(`here is ${WORD}`), `the answer of ${agent}`);
      }
      assert.ok(filesWithWord(home).length > 0, 'it is there before');
      await end(home, pid);
      assert.deepEqual(filesWithWord(home), []);
    });
  }
});

it('what was taken in without a daemon is left to it', async (t) => {
  const { home } = await begin(t, 'claude-code');
  home.ok(['stop']);
  home.addCase('claude-code', 'plain');
  home.ok(['import']);
  const before = kept(home);
  assert.ok(before > 0);
  home.start();
  assert.ok(kept(home) >= before, 'the start deletes nothing after an orderly end');
});
