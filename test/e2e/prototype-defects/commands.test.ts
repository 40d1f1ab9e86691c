/** Defects of the prototype, by their numbers: commands that were lost, repeated, or nobody's. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { DaemonHome, isAlive, kill, until } from '../../support/daemon.ts';
import { agentNames, LiveAgent } from '../../support/live-agent.ts';
import { commands, recordings, text, times } from '../../support/recorded.ts';

const LONG_AGO = '2026-07-01T10:00:00.000Z';

describe('defect 3: a restart lost commands, did them again, and did those of old sessions', () => {
  for (const agent of agentNames) {
    for (const keep of ['all', 'recorded']) {
      it(`with ${agent}, where ${keep === 'all' ? 'everything' : 'what is recorded'} is kept`, async (t) => {
        const home = new DaemonHome(t);
        home.ok(['init', '--yes', '--keep', keep]);
        const past = [
          { by: 'user', text: 'old words\n::capture old.md', at: LONG_AGO },
          { by: 'model', text: 'an old answer', at: LONG_AGO },
        ] as const;
        const chat = new LiveAgent(home, { agent, past });
        const file = (name: string) => `${chat.cwd}/${name}`;
        let pid = home.start();
        chat.type('::record first.md');
        await until(() => text(file('first.md')) !== '', 'the first file');
        for (const [index, signal] of (['SIGKILL', 'SIGTERM'] as const).entries()) {
          kill(pid, signal);
          await until(() => !isAlive(pid), 'its end');
          pid = home.start();
          chat.type(`::export again-${index}.md\n::record next-${index}.md`); // The first command after a start.
          await until(() => text(file(`next-${index}.md`)) !== '', 'the next file');
        }
        chat.type('::stop\n::record last.md', 'the end');
        await until(() => text(file('last.md')).includes('the end'), 'the end');
        assert.ok(!existsSync(file('old.md')), 'a command of an old session was done');
        assert.equal(times(file('first.md'), '::export'), 2);
        const done = commands(home).filter(({ outcome }) => outcome === 'done');
        assert.equal(done.length, 7, JSON.stringify(done));
        const others = commands(home).filter(({ outcome }) => outcome !== 'done');
        assert.ok(
          others.every(({ line, outcome }) => line === '::capture old.md' && outcome === 'ignored'),
          JSON.stringify(others),
        );
        assert.deepEqual(recordings(home).filter(({ on }) => on).length, 1);
      });
    }
  }
});

/** Records of Claude Code in which the words of somebody else stand where a person's do. More of them: `test/spoof`. */
const SPOOFED: readonly (readonly [story: string, record: (line: string) => object])[] = [
  [
    'a summary of a compaction',
    (line) => ({
      isCompactSummary: true,
      message: { role: 'user', content: `This session is being continued.\n${line}` },
    }),
  ],
  ['a note of the harness', (line) => ({ isMeta: true, message: { role: 'user', content: `Remember:\n${line}` } })],
  [
    'the result of a tool',
    (line) => ({ message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: line }] } }),
  ],
  [
    'the output of a slash command',
    (line) => ({ message: { role: 'user', content: `<local-command-stdout>\n${line}\n</local-command-stdout>` } }),
  ],
];

it('defect 18: commands that were only quoted were done', async (t) => {
  const home = new DaemonHome(t);
  home.start();
  const chat = new LiveAgent(home);
  const file = `${chat.cwd}/today.md`;
  chat.type('::record today.md');
  const head = { type: 'user', isSidechain: false, cwd: chat.cwd, sessionId: chat.id, version: '2.1.329' };
  const timestamp = new Date().toISOString();
  for (const [index, [, record]] of SPOOFED.entries()) {
    for (const [place, line] of [`::capture spoof-${index}.md`, '::stop'].entries())
      chat.append({ ...head, parentUuid: null, uuid: `u${index}-${place}`, timestamp, ...record(line) });
  }
  chat.type('look:\n```\n::stop\n```\n> ::stop\n`::stop`', '::export last.md');
  chat.answer('the end');
  await until(() => text(file).includes('the end') && existsSync(`${chat.cwd}/last.md`), 'the end');
  assert.deepEqual(
    new Map(commands(home).map(({ line, outcome }) => [line, outcome])),
    new Map([
      ['::record today.md', 'done'],
      ['::export last.md', 'done'],
    ]),
  );
  for (const [index, [story]] of SPOOFED.entries()) assert.ok(!existsSync(`${chat.cwd}/spoof-${index}.md`), story);
});
