/** Commands that record nothing leave nothing of a session that is not kept. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { DaemonHome, until } from '../support/daemon.ts';
import { filesBelow } from '../support/derive.ts';
import { type AgentName, agentNames, LiveAgent } from '../support/live-agent.ts';
import { body, commands, text } from '../support/recorded.ts';

function begin(t: TestContext, agent: AgentName = 'claude-code') {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes', '--keep', 'recorded', '--write-root', home.path('notes')]);
  mkdirSync(home.path('notes'));
  home.start();
  const chat = new LiveAgent(home, { agent });
  chat.type('how do bees sleep?');
  chat.answer('in the hive');
  return { home, chat };
}

const eventsIn = (home: DaemonHome) => home.json<{ store: { events: number } }>(['status']).store.events;

/** Types this, and waits for what comes of it and for the words behind it to be read. */
async function say(home: DaemonHome, chat: LiveAgent, line: string) {
  const before = commands(home).length;
  chat.type(line);
  await until(() => commands(home).length > before, `what comes of ${line}`);
  chat.type('and then?');
  chat.answer('they wake up');
  await until(() => home.json<{ lag: object[] }>(['status']).lag.length === 0, 'the end of what is to be read');
  return commands(home).find((one) => one.line === line);
}

for (const agent of agentNames) {
  it(`${agent}: an export has the conversation up to its line, and no word of it is kept`, async (t) => {
    const { home, chat } = begin(t, agent);
    const file = home.path('notes/bees.md');
    await say(home, chat, `Now.\n::export ${file}\nno more`);
    await until(() => text(file) !== '', 'the file');
    assert.match(body(file), /how do bees sleep\?\n.*in the hive\n.*Now\.\n::export [^\n]*\n$/s);
    assert.equal(eventsIn(home), 0);
  });
}

describe('of a session that is not kept, nothing is kept', () => {
  for (const [line, outcome] of [
    ['::export ../notes/bees.md last:1', 'done'],
    ['::export /etc/bees.md', 'denied'],
    ['::export bees.txt last:1', 'denied'],
    ['::init ../notes/bees.md', 'done'],
    ['::init /etc/bees.md', 'denied'],
    ['::record ~', 'redirected'],
  ] as const) {
    it(`by ${line}${outcome === 'redirected' ? ', but for what it records' : ''}`, async (t) => {
      const { home, chat } = begin(t);
      assert.equal((await say(home, chat, line))?.outcome, outcome);
      assert.equal(eventsIn(home) > 0, outcome === 'redirected');
      const files = outcome === 'done' ? 1 : 0;
      await until(() => filesBelow(home.path('notes')).length === files, 'the file');
    });
  }

  it('by an export of what was said since its recording was stopped', async (t) => {
    const { home, chat } = begin(t);
    await say(home, chat, '::record ../notes/a.md');
    await say(home, chat, '::stop');
    const before = eventsIn(home);
    chat.type('what of wasps?');
    await say(home, chat, '::export ../notes/all.md');
    await until(() => text(home.path('notes/all.md')) !== '', 'the file');
    for (const said of ['how do bees sleep?', 'they wake up', 'what of wasps?', '::export'])
      assert.ok(text(home.path('notes/all.md')).includes(said), said);
    assert.equal(eventsIn(home), before);
  });
});
