/** A recording played on from anywhere is byte for byte the one that is played at once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { identify } from '../../src/core/identity.ts';
import { formats } from '../../src/record/formats/registry.ts';
import { type Cursor, type Play, play, startOf } from '../../src/record/playback.ts';
import type { Mark, Period } from '../../src/record/recording.ts';
import { formatOptions } from '../../src/record/view.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { keyOf, loose, type Said, say } from '../support/batches.ts';

const session = keyOf('a');
const idOf = (record: string, part = 'text:0') => identify(session, { id: record }, part);
const mark = (record: string, line?: number): Mark => ({ event: idOf(record), ...(line !== undefined && { line }) });
const chat = { preset: 'chat', switches: {} } as const;
const full = { preset: 'full', switches: {} } as const;
const settings = { headingTime: 'local', timeZone: 'UTC', toolResultLines: 0, anchors: false } as const;

function recordingOf(
  store: TranscriptStore,
  periods: readonly Period[],
  format: Play['format'] = formats.markdown,
): Play {
  return { store, session, format, periods, optionsOf: (view) => formatOptions(view, settings) };
}

async function playAll(recording: Play, from: Cursor = startOf(recording)): Promise<{ text: string; cursor: Cursor }> {
  let text = '';
  let cursor = from;
  for await (const piece of play(recording, from)) {
    text += piece.text;
    cursor = piece.cursor;
  }
  return { text, cursor };
}

async function textOf(periods: readonly Period[], ...said: readonly Said[]): Promise<string> {
  const store = createMemoryStore();
  for (const one of said) await store.append([loose([one])]);
  return (await playAll(recordingOf(store, periods))).text;
}

const answer = (record: string, text: string) => say('a', record, text, { kind: 'assistant.message', origin: 'agent' });

describe('the body of a recording', () => {
  const talk = [
    say('a', 'u1', 'one'),
    answer('a1', 'ONE'),
    say('a', 'u2', 'before\n::record a.md\nafter'),
    answer('a2', 'TWO'),
  ];

  it('is everything for a period from the beginning', async () => {
    assert.equal(await textOf([{ view: chat }], ...talk.slice(0, 2)), '# User\n\none\n\n# Assistant\n\nONE\n');
  });

  it('begins with the line of its command', async () => {
    const text = await textOf([{ from: mark('u2', 1), view: chat }], ...talk);
    assert.equal(text, '# User\n\n::record a.md\nafter\n\n# Assistant\n\nTWO\n');
  });

  it('ends before the line that stops it, and has a heading for each period', async () => {
    const stop = say('a', 'u3', 'last words\n\n::stop\nnot this');
    const again = say('a', 'u4', '::record');
    const periods = [
      { from: mark('u2', 1), until: mark('u3', 2), view: chat },
      { from: mark('u4', 0), view: chat },
    ];
    const text = await textOf(periods, ...talk, stop, answer('a3', 'unheard'), again, answer('a4', 'FOUR'));
    assert.equal(
      text,
      '# User\n\n::record a.md\nafter\n\n# Assistant\n\nTWO\n\n# User\n\nlast words\n\n# User\n\n::record\n\n# Assistant\n\nFOUR\n',
    );
  });

  it('may begin and end in one message', async () => {
    const periods = [
      { from: mark('u2', 0), until: mark('u2', 1), view: chat },
      { from: mark('u2', 2), view: chat },
    ];
    assert.equal(await textOf(periods, ...talk), '# User\n\nbefore\n\n# User\n\nafter\n\n# Assistant\n\nTWO\n');
  });

  it('leaves out a message of which nothing belongs to it', async () => {
    const periods = [{ from: mark('u1', 0), until: mark('u2', 0), view: chat }];
    assert.equal(await textOf(periods, ...talk), '# User\n\none\n\n# Assistant\n\nONE\n');
  });

  it('begins behind an event, or ends behind one, when no line is named', async () => {
    assert.equal(await textOf([{ from: mark('u2'), view: chat }], ...talk), '# Assistant\n\nTWO\n');
    assert.equal(await textOf([{ until: mark('u1'), view: chat }], ...talk), '# User\n\none\n');
  });

  it('says of calls at the end of a period that they have no result', async () => {
    const call = say('a', 'c1', '', {
      kind: 'assistant.tool.call',
      origin: 'agent',
      payload: { toolCallId: 't', name: 'Bash', input: { command: 'ls' } },
    });
    const text = await textOf([{ until: mark('u2', 0), view: full }], say('a', 'u1', 'one'), call, talk[2] as Said);
    assert.match(text, /Bash[\s\S]*\*No result\.\*\n$/);
  });

  it('has what other sessions have of the conversation first, as it was known then', async () => {
    const store = createMemoryStore();
    await store.append([loose([say('p', 'p1', 'parent'), say('p', 'p2', 'not any more')]), loose([...talk])]);
    const until = identify(keyOf('p'), { id: 'p1' }, 'text:0');
    const period = { inherited: [{ session: keyOf('p'), until }], until: mark('u1'), view: chat };
    assert.equal((await playAll(recordingOf(store, [period]))).text, '# User\n\nparent\n\n# User\n\none\n');
    const missing = (await playAll(recordingOf(store, [{ missing: 'gone', until: mark('u1'), view: chat }]))).text;
    assert.match(missing, /^\*Continues session [0-9a-f]{8}, which is not in the store\.\*\n\n# User\n\none\n$/);
  });

  it('does not see what a reprocess makes of the transcript', async () => {
    const store = createMemoryStore();
    await store.append([loose([...talk])]);
    const recording = recordingOf(store, [{ view: chat }]);
    const { text, cursor } = await playAll(recording);
    await store.rederive([loose([say('a', 'u1', 'other words')])]);
    assert.equal((await playAll(recording)).text, text);
    assert.equal((await playAll(recording, cursor)).text, '');
    await store.append([loose([answer('a9', 'later')])]);
    assert.equal(text + (await playAll(recording, cursor)).text, (await playAll(recording)).text);
  });
});

describe('playing on', () => {
  const line = fc.constantFrom('a', '', '::record', '  b', '```', 'c');
  const one = fc.record({
    kind: fc.constantFrom('typed', 'answer', 'call', 'result', 'revision'),
    lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  });
  type One = { readonly kind: string; readonly lines: readonly string[] };
  const toSaid = ({ kind, lines }: One, n: number): Said => {
    const text = lines.join('\n');
    const toolCallId = `t${n % 3}`;
    if (kind === 'answer') return answer(`e${n}`, text);
    if (kind === 'revision') return answer(`e${n % 4}`, text);
    const agent = { origin: 'agent' } as const;
    if (kind === 'call') {
      const payload = { toolCallId, name: 'Bash', input: { command: text } };
      return say('a', `e${n}`, '', { ...agent, kind: 'assistant.tool.call', payload });
    }
    if (kind === 'result')
      return say('a', `e${n}`, '', { ...agent, kind: 'assistant.tool.result', payload: { toolCallId, text } });
    return say('a', `e${n}`, text);
  };
  const places = fc.array(fc.record({ event: fc.nat(11), line: fc.option(fc.nat(4), { nil: undefined }) }), {
    maxLength: 5,
  });

  /** Periods from ordered places: each begins and ends at one, the last one may stay open. */
  function periodsOf(points: readonly { event: number; line: number | undefined }[]): Period[] {
    const rank = ({ event, line = 99 }: (typeof points)[number]) => event * 100 + line;
    const marks = [...points].sort((a, b) => rank(a) - rank(b)).map(({ event, line }) => mark(`e${event}`, line));
    return marks.flatMap((from, index) => {
      if (index % 2 === 1) return [];
      const until = marks[index + 1];
      return [{ from, ...(until && { until }), view: index % 4 === 0 ? full : chat }];
    });
  }

  for (const format of [formats.markdown, formats.jsonl]) {
    it(`gives what playing at once gives, wherever it was cut (${format.id})`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(one, { minLength: 12, maxLength: 16 }),
          places,
          fc.boolean(),
          async (all, points, whole) => {
            const said = all.map((each, n) =>
              toSaid(n < 12 && each.kind === 'revision' ? { ...each, kind: 'typed' } : each, n),
            );
            const store = createMemoryStore();
            const periods = whole ? [{ view: full }] : periodsOf(points);
            const recording = recordingOf(store, periods, format);
            let cursor = startOf(recording);
            let text = '';
            for (const each of said) {
              await store.append([loose([each])]);
              const played = await playAll(recording, JSON.parse(JSON.stringify(cursor)));
              text += played.text;
              cursor = played.cursor;
            }
            assert.equal(text, (await playAll(recording)).text);
          },
        ),
        { numRuns: 300 },
      );
    });
  }
});
