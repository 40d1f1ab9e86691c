/** JSON lines: what goes in comes out, a line an event, and only what the options show. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EventKind, eventFlaw, type KatoEvent, type Payload } from '../../../src/core/event.ts';
import type { Preset } from '../../../src/record/formats/format.ts';
import { jsonlFormat } from '../../../src/record/formats/jsonl.ts';
import { formats } from '../../../src/record/formats/registry.ts';
import { eventMaker } from '../../support/events.ts';
import { optionsFor, renderEvents } from '../../support/render.ts';

const samples: { readonly [K in EventKind]: Payload<K> } = {
  'user.message': { text: 'line one\n\n\tline two \u2028 \u0000 \ud83d\ude00' },
  'user.kato-command': { name: 'record', argument: 'notes/today.md' },
  'user.decision.response': { decisionId: 'd', choice: 'yes' },
  'assistant.message': { text: '"quoted" \\ and <!-- html -->' },
  'assistant.thinking': { text: 'hm' },
  'assistant.tool.call': { toolCallId: 'c', name: 'Bash', input: { command: 'ls', nested: [1, null, { a: 'b' }] } },
  'assistant.tool.result': { toolCallId: 'c', content: 'a\r\nb' },
  'assistant.decision.prompt': { decisionId: 'd', decisionKey: 'k', question: 'sure?' },
  'system.message': { text: 'note', subtype: 'meta' },
  'session.info': { title: { text: 'a title', rank: 1 } },
  usage: { input: 1, output: 2 },
  'provider.info': { subtype: 'banner', text: 'hello' },
  'provider.raw': { rawType: 'mode' },
} as never;

function everyKind(): KatoEvent[] {
  const make = eventMaker();
  return Object.entries(samples).map(([kind, payload]) => make(kind as EventKind, payload as never));
}

function shownKinds(preset: Preset): string[] {
  return everyKind()
    .filter((event) => jsonlFormat.shows(event, optionsFor(preset)))
    .map(({ kind }) => kind);
}

describe('json lines', () => {
  it('give back every event as it was, one on each line', () => {
    const events = everyKind();
    const text = renderEvents(events, optionsFor('audit'), formats.jsonl);
    assert.ok(text.endsWith('\n'));
    const lines = text.slice(0, -1).split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      JSON.parse(JSON.stringify(events)),
    );
    assert.equal(eventFlaw(JSON.parse(lines[0] ?? '')), undefined);
  });

  it('have the keys of an event in one order, whatever its kind', () => {
    const [line = ''] = renderEvents(everyKind().slice(0, 1), optionsFor('audit'), formats.jsonl).split('\n');
    assert.deepEqual(Object.keys(JSON.parse(line)).slice(0, 4), ['v', 'id', 'seq', 'session']);
  });

  it('show of each preset what its Markdown shows', () => {
    assert.deepEqual(shownKinds('prompts'), ['user.message']);
    assert.deepEqual(shownKinds('chat'), [
      'user.message',
      'user.decision.response',
      'assistant.message',
      'assistant.decision.prompt',
    ]);
    const more = ['assistant.thinking', 'assistant.tool.call', 'assistant.tool.result'];
    assert.deepEqual(shownKinds('full').sort(), [...shownKinds('chat'), ...more].sort());
    assert.deepEqual(shownKinds('audit'), Object.keys(samples));
  });

  it('leave out what was not written to the conversation, unless it is asked for', () => {
    const make = eventMaker();
    const replayed = make('user.message', { text: 'copy' }, { origin: 'replayed' });
    const injected = make('user.message', { text: 'by the program' }, { origin: 'injected' });
    for (const event of [replayed, injected]) {
      assert.equal(jsonlFormat.shows(event, optionsFor('full')), false);
      assert.equal(jsonlFormat.shows(event, optionsFor('audit')), true);
    }
    const raw = make('provider.raw', { rawType: 'oversize' });
    assert.equal(jsonlFormat.shows(raw, optionsFor('chat')), true, 'a record too large to show is never left out');
  });
});
