import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventMaker } from '../../support/events.ts';
import { optionsFor, renderEvents } from '../../support/render.ts';

const T1 = '2026-11-21T03:17:02.100Z';
const T2 = '2026-11-21T03:17:09.900Z';

describe('headings', () => {
  it('name the speaker and the time, and stand before each message that changes either', () => {
    const make = eventMaker();
    const events = [
      make('user.message', { text: 'Add a retry queue' }, { at: T1 }),
      make('assistant.message', { text: 'Sure.' }, { at: T2, model: 'claude-opus-4-6' }),
      make('assistant.message', { text: 'Done.' }, { at: T2, model: 'claude-opus-4-6' }),
    ];
    const expected =
      '# User_2026-11-21_0317_02\n\nAdd a retry queue\n\n# claude-opus-4-6_2026-11-21_0317_09\n\nSure.\n\nDone.\n';
    assert.equal(renderEvents(events), expected);
  });

  it('show no time where none is known, and never invent one', () => {
    const make = eventMaker();
    const text = renderEvents([make('user.message', { text: 'hi' }), make('assistant.message', { text: 'ho' })]);
    assert.equal(text, '# User\n\nhi\n\n# Assistant\n\nho\n');
  });

  it('show when kato saw a record that has no time of its own', () => {
    const make = eventMaker();
    assert.match(
      renderEvents([make('user.message', { text: 'hi' }, { observedAt: T1 })]),
      /^# User_2026-11-21_0317_02\n/,
    );
  });

  it('follow a change of model', () => {
    const make = eventMaker();
    const text = renderEvents([
      make('assistant.message', { text: 'a' }, { at: T1, model: 'm-1' }),
      make('assistant.message', { text: 'b' }, { at: T1, model: 'm-2' }),
    ]);
    assert.equal(text, '# m-1_2026-11-21_0317_02\n\na\n\n# m-2_2026-11-21_0317_02\n\nb\n');
  });

  it('can be ISO with a zone', () => {
    const make = eventMaker();
    const options = optionsFor('chat', { headingTime: 'iso', timeZone: 'Europe/Berlin' });
    assert.match(
      renderEvents([make('user.message', { text: 'hi' }, { at: T1 })], options),
      /^# User_2026-11-21T04:17:02\+01:00\n/,
    );
  });
});

describe('text', () => {
  it('is kept as written: blank lines in code, trailing spaces, no line added or taken', () => {
    const make = eventMaker();
    const text = 'Here:  \n\n```py\na = 1\n\n\n\nb = 2\n```\n\n\n\nend ';
    assert.equal(
      renderEvents([make('assistant.message', { text }, { at: T1 })]),
      `# Assistant_2026-11-21_0317_02\n\n${text}\n`,
    );
  });

  it('keeps two identical messages in a row two', () => {
    const make = eventMaker();
    const events = [
      make('user.message', { text: 'again' }, { at: T1 }),
      make('user.message', { text: 'again' }, { at: T1 }),
    ];
    assert.equal(renderEvents(events), '# User_2026-11-21_0317_02\n\nagain\n\nagain\n');
  });

  it('names attachments', () => {
    const make = eventMaker();
    const attachment = { mediaType: 'image/png', bytes: 120_000, sha256: 'a'.repeat(64), name: 'shot.png' };
    const text = renderEvents([make('user.message', { text: 'look', attachments: [attachment] })]);
    assert.equal(text, '# User\n\nlook\n\n[image: shot.png, 120 kB]\n');
  });

  it('shows an equal commentary and final answer of one turn once, and of two turns twice', () => {
    const make = eventMaker();
    const said = (phase: 'commentary' | 'final', turnId: string) =>
      make('assistant.message', { text: 'All good.', phase }, { turnId });
    const ask = (turnId: string) => make('user.message', { text: 'ok?' }, { turnId });
    const once = renderEvents([ask('1'), said('commentary', '1'), said('final', '1')]);
    assert.equal(once.match(/All good\./g)?.length, 1);
    const twice = renderEvents([ask('1'), said('commentary', '1'), ask('2'), said('final', '2')]);
    assert.equal(twice.match(/All good\./g)?.length, 2);
  });
});

describe('who is shown', () => {
  it('only words that steer the conversation, not what the harness put there', () => {
    const make = eventMaker();
    const text = renderEvents([
      make('user.message', { text: 'typed' }),
      make('user.message', { text: 'from a script' }, { origin: 'automated' }),
      make('user.message', { text: 'a copy' }, { origin: 'replayed' }),
      make('system.message', { text: 'a reminder', subtype: 'meta' }, { origin: 'injected' }),
      make('system.message', { text: 'a summary' }, { origin: 'summary' }),
    ]);
    assert.equal(text, '# User\n\ntyped\n\nfrom a script\n');
  });

  it('with the preset prompts, nothing but what the user typed', () => {
    const make = eventMaker();
    const events = [make('user.message', { text: 'q' }), make('assistant.message', { text: 'a' })];
    assert.equal(renderEvents(events, optionsFor('prompts')), '# User\n\nq\n');
  });

  it('with the preset audit, everything, with ids', () => {
    const make = eventMaker();
    const events = [
      make('user.message', { text: 'q' }),
      make('system.message', { text: 'note', subtype: 'meta' }, { origin: 'injected' }),
      make('usage', { input: 3, output: 4 }),
      make('provider.raw', { rawType: 'mode' }),
    ];
    const text = renderEvents(events, optionsFor('audit'));
    for (const { id } of events) assert.ok(text.includes(`<!-- kato:${id} -->`));
    for (const part of ['> **meta**', '*tokens: input 3, output 4*', '*raw: mode*'])
      assert.ok(text.includes(part), part);
  });
});

describe('thinking and tools', () => {
  const conversation = () => {
    const make = eventMaker();
    return [
      make('user.message', { text: 'list' }, { at: T1, turnId: '1' }),
      make('assistant.thinking', { text: 'Hm.\n\nLet me see.' }, { at: T2, turnId: '1', model: 'm' }),
      make(
        'assistant.tool.call',
        { toolCallId: 'c1', name: 'Bash', description: 'list files', input: { command: 'ls' } },
        { at: T2, turnId: '1', model: 'm' },
      ),
      make('assistant.tool.result', { toolCallId: 'c1', text: 'a\n```\nb', exitCode: 1 }, { at: T2, turnId: '1' }),
      make('assistant.message', { text: 'Two.' }, { at: T2, turnId: '1', model: 'm' }),
    ];
  };

  it('are off by default', () => {
    assert.equal(renderEvents(conversation()), '# User_2026-11-21_0317_02\n\nlist\n\n# m_2026-11-21_0317_09\n\nTwo.\n');
  });

  it('stand under the answer they belong to, with a fence longer than any inside', () => {
    const expected = [
      '# User_2026-11-21_0317_02\n\nlist\n',
      '# m_2026-11-21_0317_09\n',
      '> *Thinking*\n>\n> Hm.\n>\n> Let me see.\n',
      '**Tool: Bash** list files\n\n```sh\nls\n```\n',
      'Result (exit 1):\n',
      '````\na\n```\nb\n````\n',
      'Two.\n',
    ].join('\n');
    assert.equal(renderEvents(conversation(), optionsFor('full')), expected);
  });

  it('shorten long results on request, and say by how much', () => {
    const make = eventMaker();
    const text = Array.from({ length: 12 }, (_, index) => `line ${index}`).join('\n');
    const events = [
      make('assistant.tool.call', { toolCallId: 'c', name: 'Read', input: {} }),
      make('assistant.tool.result', { toolCallId: 'c', text }),
    ];
    assert.ok(renderEvents(events, optionsFor('full')).includes('line 11'));
    const short = renderEvents(events, optionsFor('full', { toolResultLines: 10 }));
    assert.ok(short.includes('line 9') && !short.includes('line 10') && short.includes('*2 more lines left out*'));
  });

  it('show edits as diffs: what was done, or, when it failed, what was asked for', () => {
    const make = eventMaker();
    const edits = [{ path: 'a.py', change: 'update', diff: '@@\n-foo\n+bar' }] as const;
    const call = make('assistant.tool.call', { toolCallId: 'c', name: 'Edit', input: { file_path: 'a.py' }, edits });
    const done = renderEvents(
      [call, make('assistant.tool.result', { toolCallId: 'c', text: 'ok', edits })],
      optionsFor('full'),
    );
    assert.ok(done.includes('Changed `a.py`\n\n```diff\n@@\n-foo\n+bar\n```'));
    const failed = renderEvents(
      [call, make('assistant.tool.result', { toolCallId: 'c', text: 'no', isError: true })],
      optionsFor('full'),
    );
    assert.ok(failed.includes('Change `a.py`') && failed.includes('Result (failed):'));
  });

  it('say when a call has no result by the end of its turn', () => {
    const make = eventMaker();
    const call = make(
      'assistant.tool.call',
      { toolCallId: 'c', name: 'Bash', input: { command: 'sleep 9' } },
      { turnId: '1' },
    );
    const text = renderEvents(
      [
        make('user.message', { text: 'go' }, { turnId: '1' }),
        call,
        make('user.message', { text: 'next' }, { turnId: '2' }),
      ],
      optionsFor('full'),
    );
    assert.ok(text.indexOf('*No result.*') > 0 && text.indexOf('*No result.*') < text.indexOf('next'));
  });

  it('wait for a result while a message is typed into the same turn', () => {
    const make = eventMaker();
    const events = [
      make('user.message', { text: 'go' }, { turnId: '1' }),
      make('assistant.tool.call', { toolCallId: 'c', name: 'Bash', input: { command: 'x' } }, { turnId: '1' }),
      make('user.message', { text: 'and hurry' }, { turnId: '1' }),
      make('assistant.tool.result', { toolCallId: 'c', text: 'late' }, { turnId: '1' }),
    ];
    const text = renderEvents(events, optionsFor('full'));
    assert.ok(!text.includes('No result') && text.includes('late'));
  });

  it('cannot break out of their block with names, descriptions or paths', () => {
    const make = eventMaker();
    const events = [
      make('assistant.tool.call', {
        toolCallId: 'c',
        name: 'x\n# User_2026-01-01_0000_00',
        description: '<b>*bold*</b>\n# no',
        input: 'a\n````\nb',
      }),
      make('assistant.tool.result', { toolCallId: 'c', text: '`````' }),
    ];
    const text = renderEvents(events, optionsFor('full'));
    assert.equal(text.match(/^# /gm)?.length, 1, 'only the heading of kato itself');
    assert.ok(text.includes('``````\n`````\n``````'));
  });
});

describe('decisions', () => {
  it('show the question with its options, and what was chosen', () => {
    const make = eventMaker();
    const text = renderEvents([
      make(
        'assistant.decision.prompt',
        {
          decisionId: 'd',
          key: 'colour',
          header: 'Colour',
          prompt: 'Which colour?',
          options: [{ label: 'Black', description: 'like night' }, { label: 'White' }],
          multiSelect: true,
        },
        { model: 'm' },
      ),
      make('user.decision.response', {
        decisionId: 'd',
        key: 'colour',
        question: 'Which colour?',
        selections: ['White'],
        freeText: 'rather grey',
      }),
    ]);
    const expected =
      '# m\n\n**Question: Colour**\n\nWhich colour?\n\n- Black: like night\n- White\n\n*(several may be chosen)*\n\n# User\n\nWhich colour? → **White**\n\n> rather grey\n';
    assert.equal(text, expected);
  });

  it('are not shown a second time as the input of the tool that asked', () => {
    const make = eventMaker();
    const input = { questions: [{ question: 'Which colour?' }] };
    const events = [
      make('assistant.tool.call', { toolCallId: 'call_1', name: 'Ask', input }, { model: 'm' }),
      make('assistant.decision.prompt', { decisionId: 'call_1:0', key: '0', prompt: 'Which colour?', options: [] }),
      make('assistant.tool.result', { toolCallId: 'call_1', text: 'White.' }),
    ];
    const expected = '# Assistant\n\n**Question**\n\nWhich colour?\n\n**Tool: Ask**\n\nResult:\n\n```\nWhite.\n```\n';
    assert.equal(renderEvents(events, optionsFor('full')), expected);
  });
});

describe('revisions', () => {
  it('that continue a text write only the rest', () => {
    const make = eventMaker();
    const events = [
      make('assistant.message', { text: 'One, two' }, { model: 'm' }),
      make('assistant.message', { text: 'One, two, three' }, { model: 'm', revises: 1 }),
    ];
    assert.equal(renderEvents(events), '# m\n\nOne, two\n\n, three\n');
  });

  it('that change a text write it whole, once, and say so', () => {
    const make = eventMaker();
    const events = [
      make('assistant.message', { text: 'One' }, { model: 'm' }),
      make('assistant.message', { text: 'Two' }, { model: 'm', revises: 1 }),
    ];
    assert.equal(renderEvents(events), '# m\n\nOne\n\n*(revised)*\n\nTwo\n');
  });

  it('that change nothing that is shown write nothing', () => {
    const make = eventMaker();
    const events = [
      make('assistant.message', { text: 'One' }, { model: 'm' }),
      make('assistant.message', { text: 'One' }, { model: 'm-2', revises: 1 }),
    ];
    assert.equal(renderEvents(events), '# m\n\nOne\n');
  });

  it('that continue the result of a tool show only new text, new attachments and new edits', () => {
    const make = eventMaker();
    const image = (digit: string) => ({
      sha256: digit.repeat(64),
      mediaType: 'image/png',
      bytes: 3,
      name: `${digit}.png`,
    });
    const edit = (path: string) => ({ path, change: 'update', diff: '@@\n-foo\n+bar' }) as const;
    const first = { toolCallId: 'c', text: 'One', attachments: [image('1')], edits: [edit('a.py')] };
    const events = [
      make('assistant.tool.call', { toolCallId: 'c', name: 'Edit', input: {}, edits: [edit('a.py')] }),
      make('assistant.tool.result', first),
      make('assistant.tool.result', { ...first, text: 'One, two' }, { revises: 2 }),
      make(
        'assistant.tool.result',
        {
          ...first,
          text: 'One, two, three',
          attachments: [image('1'), image('2')],
          edits: [edit('a.py'), edit('b.py')],
        },
        { revises: 3 },
      ),
    ];
    const text = renderEvents(events, optionsFor('full'));
    for (const once of ['One', ', two', ', three', 'a.py', 'b.py', '1.png', '2.png'])
      assert.equal(text.split(once).length, 2, `${once} in:\n${text}`);
  });

  it('with the same text show the edits that came since', () => {
    const make = eventMaker();
    const edits = [{ path: 'a.py', change: 'update', diff: '@@\n-foo\n+bar' }] as const;
    const events = [
      make('assistant.tool.call', { toolCallId: 'c', name: 'Edit', input: { file: 'x' } }),
      make('assistant.tool.result', { toolCallId: 'c', text: 'Done' }),
      make('assistant.tool.result', { toolCallId: 'c', text: 'Done', edits }, { revises: 2 }),
    ];
    const text = renderEvents(events, optionsFor('full'));
    assert.deepEqual([text.split('Done').length, text.split('a.py').length], [2, 2], text);
  });

  it('that only add text to a message show its attachments once', () => {
    const make = eventMaker();
    const attachments = [{ sha256: '1'.repeat(64), mediaType: 'image/png', bytes: 3, name: 'shot.png' }];
    for (const kind of ['user.message', 'assistant.message'] as const) {
      const text = renderEvents([
        make(kind, { text: 'One', attachments }, { seq: 1 }),
        make(kind, { text: 'One, two', attachments }, { revises: 1 }),
      ]);
      assert.equal(text.split('shot.png').length, 2, text);
      assert.match(text, /, two\n$/);
    }
  });
});

describe('calls in flight at once', () => {
  it('get their results, each below its own call, in whatever order they come', () => {
    const make = eventMaker();
    const call = (id: string) =>
      make('assistant.tool.call', { toolCallId: id, name: `Tool-${id}`, input: { for: id } }, { turnId: 't' });
    const result = (id: string) =>
      make('assistant.tool.result', { toolCallId: id, text: `result of ${id}` }, { turnId: 't' });
    const events = [call('a'), call('b'), call('c'), result('c'), result('a'), result('b')];
    const text = renderEvents(events, optionsFor('full'));
    const order = [...text.matchAll(/Tool: Tool-(\w)|result of (\w)/g)].map(([, asked, got]) => asked ?? got);
    assert.deepEqual(order, ['c', 'c', 'a', 'a', 'b', 'b'], text);
    assert.ok(!text.includes('No result'), text);
  });
});
