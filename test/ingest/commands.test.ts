/** Lines that steer kato become events of their own, right behind the message in which they stand. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { commandPayloads } from '../../src/record/commands.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { prompt } from './support/session-lines.ts';
import { onEngines, openStage, type Stage } from './support/stage.ts';

const commandsIn = (text: string) => commandPayloads(text, { prefix: '' });
const pass = (stage: Stage) => stage.pass({ commandsIn });

onEngines('a command follows the message in which it stands, and names it', async (stage) => {
  stage.write(
    stage.path(),
    `${prompt(1, { text: 'Begin.\n::record notes/a.md +tools\nGo on.\n::recrod' })}\n${prompt(2)}\n`,
  );
  await pass(stage);
  const events = (await stage.events()).map(({ event }) => event).filter(({ kind }) => kind.startsWith('user.'));
  const [message, first, second, next] = events;
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['user.message', 'user.kato-command', 'user.kato-command', 'user.message'],
  );
  assert.deepEqual(
    [first?.payload, second?.payload],
    [
      {
        line: '::record notes/a.md +tools',
        number: 1,
        verb: 'record',
        arguments: 'notes/a.md +tools',
        message: message?.id,
      },
      { line: '::recrod', number: 3, error: 'unknown command ::recrod; did you mean ::record?', message: message?.id },
    ],
  );
  assert.deepEqual([first?.at, first?.origin], [message?.at, 'typed']);
  assert.equal(next?.seq, (message?.seq ?? 0) + 3);
  assert.equal((await pass(stage)).rowsWritten, 0);
});

onEngines('what the agent, its tools or its program say holds no command', async (stage) => {
  const lines = [
    { type: 'assistant', message: { id: 'm1', role: 'assistant', content: [{ type: 'text', text: '::record a.md' }] } },
    { type: 'user', isMeta: true, message: { role: 'user', content: '::record a.md' } },
    { type: 'user', isCompactSummary: true, message: { role: 'user', content: '::record a.md' } },
    {
      type: 'user',
      message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: '::record a.md' }] },
    },
    { type: 'user', message: { role: 'user', content: '<local-command-stdout>::record a.md</local-command-stdout>' } },
  ].map((line, n) => {
    const { type: _, message: __, ...rest } = JSON.parse(prompt(n + 1));
    return `${JSON.stringify({ ...rest, ...line })}\n`;
  });
  stage.write(stage.path(), lines.join(''));
  await pass(stage);
  const kinds = (await stage.events()).map(({ event }) => event.kind);
  assert.ok(kinds.length >= lines.length);
  assert.ok(!kinds.includes('user.kato-command'));
});

it('nothing is looked for when nobody asks', async (t) => {
  const stage = openStage(t, createMemoryStore);
  stage.write(stage.path(), `${prompt(1, { text: '::record a.md' })}\n`);
  await stage.pass();
  assert.ok(!(await stage.events()).some(({ event }) => event.kind === 'user.kato-command'));
});
