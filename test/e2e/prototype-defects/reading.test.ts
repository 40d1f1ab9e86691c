/** Defects of the prototype, by their numbers: what it misread, forgot or never saw of the agents' files. */
import assert from 'node:assert/strict';
import { appendFileSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { DaemonHome, isAlive, kill, until } from '../../support/daemon.ts';
import { agentNames, LiveAgent } from '../../support/live-agent.ts';
import { assertWhole, body, text, times } from '../../support/recorded.ts';
import type { Said } from '../../support/session-files.ts';

const LONG_AGO = Date.parse('2026-07-01T10:00:00.000Z');

/** So many messages, a minute apart, long ago. */
function past(count: number, textOf: (index: number) => string): readonly Said[] {
  return Array.from({ length: count }, (_, index) => ({
    by: index % 2 === 0 ? 'user' : 'model',
    text: textOf(index),
    at: new Date(LONG_AGO + index * 60_000).toISOString(),
  }));
}

it('defect 2: a session stood still at 10,000 events, and its exports were parts of it', async (t) => {
  const count = 10_500;
  const home = new DaemonHome(t);
  const chat = new LiveAgent(home, { past: past(count, (index) => `message ${index}.`) });
  home.start();
  const file = `${chat.cwd}/all.md`;
  chat.type('::capture all.md');
  chat.answer('after all of it');
  await until(() => text(file).includes('after all of it'), 'the answer');
  chat.answer('and more');
  await until(() => text(file).includes('and more'), 'the next answer');
  const written = new Set(body(file).match(/message \d+\./g));
  assert.equal(written.size, count);
  assertWhole(home, file);
  const exported = home.ok(['export', chat.id, '-f', 'jsonl', '-o', '-']).trimEnd().split('\n');
  const messages = exported.map((line) => JSON.parse(line)).filter(({ kind }) => kind.endsWith('.message'));
  assert.equal(messages.length, count + 3);
});

describe('defect 7: true times were thrown away, and others invented', () => {
  for (const agent of agentNames) {
    it(`with ${agent}`, async (t) => {
      const home = new DaemonHome(t);
      const timeless = { by: 'user', text: 'without a time' } as const;
      const chat = new LiveAgent(home, { agent, past: [...past(3, (index) => `old ${index}`), timeless] });
      home.start();
      const file = `${chat.cwd}/all.md`;
      chat.type('::capture all.md');
      await until(() => text(file).includes('::capture'), 'the file');
      const headings = body(file).match(/^# .*$/gm) ?? [];
      const model = headings[1]?.slice(2).split('_')[0];
      assert.deepEqual(headings.slice(0, 4), [
        '# User_2026-07-01_1000_00',
        `# ${model}_2026-07-01_1001_00`,
        '# User_2026-07-01_1002_00',
        '# User',
      ]);
      assert.match(headings[4] ?? '', new RegExp(`^# User_${new Date().getUTCFullYear()}`));
    });
  }
});

it('defect 8: records in shapes that were not foreseen were dropped without a word', (t) => {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes']);
  const at = { timestamp: new Date(LONG_AGO).toISOString() };
  const claude = new LiveAgent(home, { past: past(1, () => 'to Claude') });
  const head = {
    ...at,
    isSidechain: false,
    cwd: claude.cwd,
    sessionId: claude.id,
    version: '2.1.329',
    parentUuid: null,
  };
  claude.append(
    { ...head, uuid: 'u1', type: 'system', subtype: 'informational', content: 'words at the top level', level: 'info' },
    { ...head, uuid: 'u2', type: 'weather', report: 'a kind that nobody knows' },
  );
  const codex = new LiveAgent(home, {
    agent: 'codex',
    id: 'c0dec000-0000-7000-8000-000000000002',
    past: past(1, () => 'to Codex'),
  });
  const item = (ordinal: number, payload: object) => ({ ...at, ordinal, type: 'response_item', payload });
  const answer = [{ type: 'output_text', text: 'an answer as output_text' }];
  codex.append(
    item(3, { type: 'message', id: 'm1', role: 'assistant', content: answer, phase: 'final_answer' }),
    item(4, {
      type: 'custom_tool_call',
      id: 'c1',
      call_id: 'call_1',
      name: 'apply_patch',
      input: '*** a patch',
      status: 'completed',
    }),
    item(5, { type: 'custom_tool_call_output', call_id: 'call_1', output: 'the patch was applied' }),
  );
  home.ok(['import']);
  const events = (id: string) => home.ok(['export', id, '-f', 'jsonl', '-o', '-']);
  for (const words of ['words at the top level', 'weather']) assert.ok(events(claude.id).includes(words), words);
  for (const words of ['an answer as output_text', 'a patch', 'the patch was applied'])
    assert.ok(events(codex.id).includes(words), words);
  assert.ok(home.ok(['status', '--json']).includes('weather'), 'status names the kind');
});

describe('defect 11: a message of Gemini CLI that grew where it stood was read once', () => {
  const at = new Date().toISOString();
  const model = (content: string) => ({ id: 'm1', timestamp: at, type: 'gemini', content, model: 'toy' });
  const STEPS = ['The bees', ' sleep', ' in the hive'];

  /** Each step comes to the file, in order and once; what is there stays. */
  async function assertGrows(file: string, write: (words: string) => void): Promise<void> {
    for (const [index, step] of STEPS.entries()) {
      write(STEPS.slice(0, index + 1).join(''));
      await until(() => body(file).trimEnd().endsWith(step), step);
    }
    for (const step of STEPS) assert.equal(times(file, step), 1, step);
  }

  it('in a file of lines', async (t) => {
    const home = new DaemonHome(t);
    home.start();
    const chat = new LiveAgent(home, { agent: 'gemini-cli' });
    const file = `${chat.cwd}/today.md`;
    chat.type('::record today.md');
    await assertGrows(file, (words) => chat.append(model(words)));
    assertWhole(home, file);
  });

  it('in a document that is written anew', async (t) => {
    const home = new DaemonHome(t);
    home.start();
    const path = home.path('.gemini/tmp/toy/chats/session-2026-07-03T10-00-9e311100.json');
    for (const folder of [dirname(path), home.path('toy')]) mkdirSync(folder, { recursive: true });
    writeFileSync(home.path('.gemini/tmp/toy/.project_root'), home.path('toy'));
    const typed = { id: 'u1', timestamp: new Date().toISOString(), type: 'user', content: '::record today.md' };
    const head = { sessionId: '9e311100-0000-4000-8000-000000000003', startTime: at };
    const file = home.path('toy/today.md');
    await assertGrows(file, (words) =>
      writeFileSync(path, JSON.stringify({ ...head, messages: [typed, model(words)] })),
    );
    assertWhole(home, file);
  });
});

it('defect 15: a large session ended the daemon, and every one after it', async (t) => {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes', '--keep', 'all']);
  const chat = new LiveAgent(home, { past: past(400, (index) => `${index} ${'lorem ipsum '.repeat(12_000)}`) });
  home.env.NODE_OPTIONS = '--max-old-space-size=64'; // The session has 57 MB.
  let pid = home.start();
  const file = `${chat.cwd}/all.md`;
  chat.type('::capture all.md');
  chat.answer('the answer');
  await until(() => text(file).includes('the answer'), 'the answer');
  kill(pid, 'SIGTERM');
  await until(() => !isAlive(pid), 'its end');
  pid = home.start();
  chat.answer('the next answer');
  await until(() => text(file).includes('the next answer'), 'the next answer');
  assert.ok(isAlive(pid));
  assert.equal(text(file).match(/^\d+ lorem/gm)?.length, 400);
});

describe('defect 16: only what the watcher told was read', () => {
  it('a folder of an agent that comes after the daemon', async (t) => {
    const home = new DaemonHome(t);
    home.start();
    const chat = new LiveAgent(home, { agent: 'codex' });
    chat.type('::record today.md');
    await until(() => text(`${chat.cwd}/today.md`) !== '', 'the file');
  });

  it('writes of which the system tells nothing', async (t) => {
    const home = new DaemonHome(t);
    home.start();
    const chat = new LiveAgent(home);
    const file = `${chat.cwd}/today.md`;
    chat.type('::record today.md');
    await until(() => text(file) !== '', 'the file');
    // What is written through a second name in another folder is told to nobody who watches this one.
    linkSync(chat.path, home.path('elsewhere.jsonl'));
    const before = readFileSync(chat.path);
    chat.answer('in the hive');
    const added = readFileSync(chat.path).subarray(before.length);
    await until(() => text(file).includes('in the hive'), 'the answer');
    const again = added.toString().replace('in the hive', 'and in flowers').replaceAll('000000000002', '000000000009');
    appendFileSync(home.path('elsewhere.jsonl'), again);
    await until(() => text(file).includes('and in flowers'), 'what nobody was told of');
  });
});

it('defect 17: every new line cost as much as the whole session', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async (t) => {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes', '--keep', 'all']);
  const chat = new LiveAgent(home, { past: past(100, (index) => `${index} ${'lorem ipsum '.repeat(8_000)}`) });
  const pid = home.start();
  const file = `${chat.cwd}/today.md`;
  chat.type('::record today.md');
  await until(() => text(file) !== '', 'the file');
  const bytesRead = () => Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
  const before = bytesRead();
  for (let line = 0; line < 30; line++) {
    chat.answer(`answer ${line}.`);
    await until(() => text(file).includes(`answer ${line}.`), 'the answer');
  }
  const took = bytesRead() - before;
  assert.ok(took < 3e6, `${took} bytes were read for thirty short lines of a session of ten million`);
});
