/** Who speaks, and where a turn of the agent ends. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { formats } from '../../../src/record/formats/registry.ts';
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

const call = (id: string) => ({ toolCallId: id, name: 'Bash', input: { command: 'ls' } });

it('a hidden copy of a call is no tool of its own', () => {
  const make = eventMaker();
  const events = [
    make('user.message', { text: 'go' }, { turnId: '1' }),
    make('assistant.tool.call', call('c'), { turnId: '1' }),
    make('assistant.tool.result', { toolCallId: 'c', text: 'x.ts' }, { turnId: '1' }),
    make('assistant.tool.call', call('c'), { turnId: '1', origin: 'replayed' }),
    make('user.message', { text: 'on' }, { turnId: '2' }),
  ];
  assert.equal(renderEvents(events, optionsFor('full')).match(/Bash/g)?.length, 1);
});

it('a call that a copy of history holds is shown with the result that came after it', () => {
  const make = eventMaker();
  const events = [
    make('assistant.tool.call', call('c'), { origin: 'replayed' }),
    make('assistant.tool.result', { toolCallId: 'c', text: 'x.ts' }),
  ];
  assert.match(renderEvents(events, optionsFor('full')), /Bash[\s\S]*x\.ts/);
});

it('a command is shown as one, and what belongs to it below', () => {
  const make = eventMaker();
  const input = { command: 'ls', workdir: '/w', timeout: 5 };
  const text = renderEvents(
    [
      make('assistant.tool.call', { toolCallId: 'c', name: 'shell', input }),
      make('assistant.tool.result', { toolCallId: 'c', text: 'x' }),
    ],
    optionsFor('full'),
  );
  assert.ok(text.includes('```sh\nls\n```\n\n```json\n{\n  "workdir": "/w"\n}\n```'), text);
});

it('a session that goes on behind a sub-agent still waits for what it waited for, under a new heading', () => {
  const { markdown } = formats;
  const make = eventMaker();
  const options = optionsFor('full');
  const none = new Map();
  const asked = make('assistant.tool.call', call('c'), { model: 'm' });
  const outer = markdown.fold(markdown.initial, { event: asked, related: none }, options).state;
  const inner = markdown.fold(
    markdown.resume(outer),
    { event: make('assistant.message', { text: 'x' }), related: none },
    options,
  );
  const joined = markdown.rejoin(outer, inner.state);
  const result = make('assistant.tool.result', { toolCallId: 'c', text: 'done' }, { model: 'm' });
  assert.deepEqual(markdown.needs(joined, result, options), [asked.seq]);
  const { text } = markdown.fold(joined, { event: result, related: new Map([[asked.seq, asked]]) }, options);
  assert.match(text, /^\n# m\n[\s\S]*Bash/);
});

for (const [command, shown] of [
  [['bash', '-lc', "sed -n '1,2p' go.mod"], "sed -n '1,2p' go.mod"],
  [['/bin/zsh', '-c', 'a && b'], 'a && b'],
  [['git', 'commit', '-m', "it's done"], "git commit -m 'it'\\''s done'"],
  [['ls', '-la', 'a.md'], 'ls -la a.md'],
  ['ls | wc', 'ls | wc'],
] as const) {
  it(`a command is shown as a shell takes it: ${JSON.stringify(command)}`, () => {
    const make = eventMaker();
    const events = [
      make('assistant.tool.call', { toolCallId: 'c', name: 'shell', input: { command } }),
      make('assistant.tool.result', { toolCallId: 'c', text: 'x' }),
    ];
    assert.ok(renderEvents(events, optionsFor('full')).includes(`\n${shown}\n`));
  });
}
