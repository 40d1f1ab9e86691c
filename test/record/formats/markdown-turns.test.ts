/** Who speaks, and where a turn of the agent ends. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventMaker } from '../../support/events.ts';
import { optionsFor, renderEvents } from '../../support/render.ts';

it('what a sub-agent thinks and does stands under its own name, not under that of who asked it', () => {
  const make = eventMaker();
  const text = renderEvents(
    [
      make('user.message', { text: 'List the files' }, { origin: 'subagent' }),
      make('assistant.thinking', { text: 'Where are they?' }, { model: 'm' }),
      make('assistant.message', { text: 'Here.' }, { model: 'm' }),
    ],
    optionsFor('full'),
  );
  assert.equal(text, '# Parent agent\n\nList the files\n\n# m\n\n> *Thinking*\n>\n> Where are they?\n\nHere.\n');
});

it('an answer of blank lines alone is no answer', () => {
  const make = eventMaker();
  const events = [
    make('user.message', { text: 'q' }),
    make('assistant.message', { text: '\n\n' }, { model: 'm' }),
    make('assistant.message', { text: 'a' }, { model: 'm' }),
  ];
  assert.equal(renderEvents(events), '# User\n\nq\n\n# m\n\na\n');
});

it('a call that a compaction cut off is shown before it', () => {
  const make = eventMaker();
  const call = { toolCallId: 'c', name: 'Bash', input: { command: 'ls' } };
  const text = renderEvents(
    [
      make('user.message', { text: 'go' }, { turnId: '1' }),
      make('assistant.tool.call', call, { turnId: '1' }),
      make('system.message', { text: 'Compacted.', subtype: 'compaction' }, { turnId: '1', origin: 'summary' }),
      make('assistant.message', { text: 'On we go.' }, { turnId: '1' }),
    ],
    optionsFor('full', { system: true }),
  );
  assert.ok(text.indexOf('*No result.*') > 0);
  assert.ok(text.indexOf('*No result.*') < text.indexOf('Compacted.'));
  assert.equal(text.match(/Bash/g)?.length, 1);
});
