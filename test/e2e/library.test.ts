/** Sessions that a program has written into kato's store, through the command line as built. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { openTranscripts } from '../../src/library/transcripts.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { TestHome } from '../support/cli.ts';
import { DaemonHome, until } from '../support/daemon.ts';
import { text } from '../support/recorded.ts';

const chat = { provider: 'tea-agent', nativeId: 'chat-1' };
const call = { kind: 'tool-call', toolCallId: 'c1', name: 'boil', input: { litres: 1 } } as const;
const result = { kind: 'tool-result', toolCallId: 'c1', text: 'it boils', exitCode: 0 } as const;

/** What a program leaves in a home: a session, a fork of it, and a room that heard of it. */
async function write(home: TestHome): Promise<void> {
  home.ok(['init', '--yes']);
  home.ok(['sessions']); // Makes the store.
  const transcripts = openTranscripts(openSqliteStore(join(home.kato, 'kato.db')));
  await transcripts.start(chat, { cwd: home.path('toy'), model: 'm-1' });
  const at = (second: number) => `2026-01-02T03:04:0${second}.000Z`;
  const answer = { id: 'm4', role: 'assistant', content: 'Tea is ready.', at: at(4), model: 'm-1' } as const;
  await transcripts.append(
    chat,
    { id: 'm1', role: 'user', content: 'make tea', at: at(1) },
    { id: 'm2', role: 'assistant', content: [{ kind: 'text', text: 'At once.' }, call], at: at(2), model: 'm-1' },
    { id: 'm3', role: 'tool', content: [result], at: at(3) },
    answer,
  );
  await transcripts.patch(chat, [
    { kind: 'title', value: 'Tea for two' },
    { kind: 'tag', value: 'kitchen' },
  ]);
  const fork = await transcripts.fork(chat, 2, { nativeId: 'chat-2' });
  await transcripts.append(fork, { id: 'm1', role: 'user', content: 'rather coffee', at: at(5) });
  await transcripts.mirror(chat, { provider: 'tea-gateway', nativeId: 'room-1' }, answer);
  await transcripts.close();
}

it('are listed, shown, exported and verified like any other', async (t) => {
  const home = new TestHome(t);
  await write(home);
  const sessions = home.json<{ provider: string; nativeId: string; title: string }[]>(['sessions']);
  assert.deepEqual(sessions.map(({ provider, nativeId, title }) => `${provider}/${nativeId} ${title}`).sort(), [
    'tea-agent/chat-1 Tea for two',
    'tea-agent/chat-2 rather coffee',
    'tea-gateway/room-1 null',
  ]);
  const shown = home.ok(['show', 'tea-agent/chat-1', '--preset', 'full']);
  for (const words of ['# User_2026-01-02_0304_01', 'make tea', '# m-1_', 'boil', 'it boils', 'Tea is ready.'])
    assert.ok(shown.includes(words), words);
  assert.ok(shown.indexOf('At once.') < shown.indexOf('it boils'));
  assert.match(home.ok(['show', 'tea-agent/chat-2']), /make tea.*rather coffee/s);
  assert.match(home.ok(['show', 'tea-gateway/room-1']), /Tea is ready\./);
  const lines = home.ok(['export', 'tea-agent/chat-1', '-f', 'jsonl', '-o', '-']).trim().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).kind),
    [
      'session.info',
      'user.message',
      'assistant.message',
      'assistant.tool.call',
      'assistant.tool.result',
      'assistant.message',
      'session.info',
      'provider.info',
    ],
  );
  home.ok(['verify']);
  const path = home.ok(['export', 'tea-agent/chat-1']).trim();
  assert.match(readFileSync(path, 'utf8'), /Tea is ready\./);
  assert.match(home.ok(['sessions', '--provider', 'tea-agent']), /Tea for two/);
  assert.equal(home.run(['sessions', '--provider', 'tea-agent', '--since', '1h']).status, 3);
  assert.equal(home.run(['sessions', '--provider', 'coffee-agent']).status, 2);
});

it('are recorded like any other, and steer nothing, while the daemon has the store open too', async (t) => {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes']);
  home.start();
  const transcripts = openTranscripts(openSqliteStore(join(home.kato, 'kato.db')));
  await transcripts.append(chat, { id: 'm1', role: 'user', content: 'make tea\n::record ~/notes/tea.md' });
  const path = home.ok(['capture', 'tea-agent/chat-1']).trim();
  await transcripts.append(chat, { id: 'm2', role: 'assistant', content: 'At once.' });
  await until(() => text(path).includes('At once.'), 'what was said since');
  await transcripts.append(chat, { id: 'm3', role: 'assistant', content: 'It boils.' });
  home.ok(['stop-recording', 'tea-agent/chat-1']);
  await transcripts.append(chat, { id: 'm4', role: 'assistant', content: 'Nobody hears this.' });
  assert.match(text(path), /make tea\n::record ~\/notes\/tea\.md\n\n# Assistant\n\nAt once\.\n\nIt boils\.\n$/);
  assert.deepEqual(
    home.json<{ path: string; on: boolean }[]>(['recordings']).map((one) => [one.path, one.on]),
    [[path, false]],
  );
  await transcripts.close();
  home.ok(['stop']);
  home.ok(['verify']);
});
