import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { KatoEvent } from '../../src/core/event.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { geminiCli } from '../../src/providers/gemini-cli/index.ts';
import type { Draft } from '../../src/providers/provider.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { describeProvider } from '../conformance/describe-provider.ts';
import { ingest, storedEvents, temporaryFolder } from '../support/derive.ts';

describeProvider(geminiCli);

const SESSION = '0000beef-1111-4111-8111-111111111111';
const DOCUMENT = 'tea/chats/session-2026-11-02T09-00-0000beef.json';
const LINES = `${DOCUMENT}l`;
const HEAD = { sessionId: SESSION, projectHash: '9f', startTime: at(0), lastUpdated: at(0) };
const CONTEXT =
  '<session_context>\nThis is the Gemini CLI. We are setting up the context for our chat.\n</session_context>';

function at(second: number): string {
  return new Date(Date.UTC(2026, 10, 2, 9, 0, second)).toISOString();
}

function user(id: string, text: string | readonly string[], second = 1) {
  const content = [text].flat().map((one) => ({ text: one }));
  return { id, timestamp: at(second), type: 'user', content };
}

function answer(id: string, text: string, more: object = {}) {
  return {
    id,
    timestamp: at(2),
    type: 'gemini',
    content: text,
    thoughts: [],
    tokens: null,
    model: 'gemini-3-pro',
    ...more,
  };
}

function copyOf(id: string, type: string, ...texts: readonly string[]) {
  return { id, timestamp: at(90), type, content: texts.map((text) => ({ text })) };
}

/** Writes a session file, and takes in whatever is new below the folder. */
function watched(t: TestContext) {
  const root = temporaryFolder(t);
  const store = createMemoryStore();
  const take = async (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    await ingest(store, geminiCli, root);
    return (await storedEvents(store)).map(({ event, superseded }) => ({ ...event, isGone: superseded === true }));
  };
  return {
    document: (messages: readonly object[], more: object = {}) =>
      take(DOCUMENT, JSON.stringify({ ...HEAD, messages, ...more }, null, 2)),
    lines: (records: readonly object[]) => take(LINES, records.map((record) => `${JSON.stringify(record)}\n`).join('')),
    raw: (content: string) => take(DOCUMENT, content),
  };
}

function texts(events: readonly KatoEvent[], kind: string): string[] {
  return events.flatMap((event) =>
    event.kind === kind && event.origin !== 'replayed' && 'text' in event.payload ? [event.payload.text ?? ''] : [],
  );
}

/** The drafts of these records, one after the other. */
function decode(records: readonly unknown[], path = LINES): { drafts: Draft[]; state: JsonValue } {
  const match = geminiCli.match(path);
  assert.ok(match);
  const decoder = geminiCli.createDecoder(match);
  const drafts: Draft[] = [];
  let state = decoder.initial;
  for (const value of records) {
    const decoded = decoder.decode(state, { role: 'record', offset: 0, bytes: 0, value });
    drafts.push(...decoded.drafts);
    state = decoded.state;
  }
  return { drafts, state };
}

describe('a document that is rewritten in place', () => {
  it('is read when it is complete, and only then', async (t) => {
    const { document, raw } = watched(t);
    const whole = JSON.stringify({ ...HEAD, messages: [user('u1', 'Hello')] }, null, 2);
    assert.deepEqual(await raw(whole.slice(0, -9)), []);
    assert.equal((await document([user('u1', 'Hello')])).length, 1);
  });

  it('gives a revision where a text grows, and events where calls are added', async (t) => {
    const { document } = watched(t);
    await document([user('u1', 'Hello'), answer('g1', 'I wi')]);
    const call = { id: 'c1', name: 'glob', args: { pattern: '*' }, status: 'executing', timestamp: at(3) };
    await document([user('u1', 'Hello'), answer('g1', 'I will look.', { toolCalls: [call] })]);
    const done = {
      ...call,
      status: 'success',
      result: [{ functionResponse: { id: 'c1', response: { output: 'a' } } }],
    };
    const events = await document([user('u1', 'Hello'), answer('g1', 'I will look.', { toolCalls: [done] })]);
    assert.deepEqual(
      events.map(({ kind, revises }) => [kind, revises]),
      [
        ['user.message', undefined],
        ['assistant.message', undefined],
        ['assistant.message', 2],
        ['assistant.tool.call', undefined],
        ['assistant.tool.result', undefined],
      ],
    );
  });

  it('takes back what a rewind removes, and keeps it', async (t) => {
    const { document } = watched(t);
    await document([user('u1', 'One'), answer('g1', 'Yes.'), user('u2', 'Two')]);
    const events = await document([user('u1', 'One'), answer('g1', 'Yes.'), user('u3', 'Three')]);
    assert.deepEqual(
      events.flatMap(({ kind, payload, isGone }) => (kind === 'user.message' ? [[payload.text, isGone]] : [])),
      [
        ['One', false],
        ['Two', true],
        ['Three', false],
      ],
    );
  });

  it('keeps a result when the agent hides it from the model', async (t) => {
    const { document } = watched(t);
    const result = (output: string) => ({
      toolCalls: [
        {
          id: 'c1',
          name: 'read_file',
          args: {},
          status: 'success',
          result: [{ functionResponse: { response: { output } } }],
        },
      ],
    });
    await document([answer('g1', '', result('all of it'))]);
    const events = await document([answer('g1', '', result('<tool_output_masked>\ngone\n</tool_output_masked>'))]);
    assert.deepEqual(texts(events, 'assistant.tool.result'), ['all of it']);
    assert.equal(texts(events, 'system.message').length, 1);
  });

  it('tells its summary once, however often the head is written', async (t) => {
    const { document } = watched(t);
    await document([user('u1', 'One')], { summary: 'Numbers', lastUpdated: at(1) });
    const events = await document([user('u1', 'One')], { summary: 'Numbers', lastUpdated: at(2) });
    assert.equal(events.filter(({ kind }) => kind === 'session.info').length, 1);
  });
});

describe('history that is written again', () => {
  const turns = 400;
  const talk = Array.from({ length: turns }, (_, turn) => [
    user(`u${turn}`, 'go on'),
    answer(`g${turn}`, `Step ${turn}.`),
  ]);
  const copies = talk.flatMap(([, said], turn) => [
    copyOf(`cu${turn}`, 'user', ...(turn === 0 ? [CONTEXT] : []), 'go on'),
    copyOf(`cg${turn}`, 'gemini', said?.content as string),
  ]);
  const opening = [HEAD, { $set: { messages: [user('c', CONTEXT)] } }];
  const cancelled = [
    user('uz', 'now write'),
    answer('gz', 'Writing.'),
    { id: 'n', type: 'info', content: 'Request cancelled.' },
  ];

  it('doubles nothing in a session that is longer than the decoder remembers', async (t) => {
    const { lines } = watched(t);
    const events = await lines([...opening, ...talk.flat(), ...cancelled, ...copies, { $set: { messages: copies } }]);
    assert.equal(texts(events, 'user.message').length, turns + 1);
    assert.equal(texts(events, 'assistant.message').length, turns + 1);
    assert.equal(events.filter(({ revises }) => revises !== undefined).length, 0);
    assert.deepEqual(
      events.filter(({ isGone, kind }) => isGone && kind === 'user.message').map(({ payload }) => payload),
      [{ text: 'now write' }],
    );
    const latest = events.findLast(({ origin, kind }) => origin === 'replayed' && kind === 'assistant.message');
    const original = events.find(({ id }) => id === latest?.copyOf);
    assert.deepEqual(original?.payload, { text: `Step ${turns - 1}.` });
  });

  it('is no news when such a session is gone on with', async (t) => {
    const { lines } = watched(t);
    const before = await lines([...opening, ...talk.flat()]);
    const list = talk.flat().map(({ id, type, content }) => ({ id, type, timestamp: at(99), content }));
    const resumed = [HEAD, { $set: { messages: [user('c', CONTEXT)] } }, { $set: { sessionId: SESSION } }];
    const after = await lines([
      ...opening,
      ...talk.flat(),
      ...resumed,
      { $set: { messages: [user('c', CONTEXT), ...list] } },
    ]);
    assert.deepEqual(after, before);
  });

  it('ends with an answer that names its model, even where the list of messages never came', () => {
    const cut = [...opening, user('u1', 'One'), answer('g1', 'Yes.'), copyOf('k1', 'user', CONTEXT, 'One')];
    const { drafts } = decode([...cut, answer('g2', 'On we go.'), user('u2', 'Two')]);
    const last = drafts.findLast(({ kind }) => kind === 'user.message');
    assert.equal(last?.origin, 'typed');
  });

  const rewound = { $set: { messages: [user('u1', 'One'), answer('g1', 'Yes.')] } };

  it('begins with the first prompt where a rewind took the context off the list', () => {
    const told = [...opening, user('u1', 'One'), answer('g1', 'Yes.'), user('u2', 'Two'), { $rewindTo: 'u2' }, rewound];
    const { drafts } = decode([...told, copyOf('k1', 'user', 'One'), copyOf('k2', 'gemini', 'Yes.')]);
    assert.deepEqual(
      drafts.slice(-2).map(({ origin, copyOf: original }) => [origin, original?.record]),
      [
        ['replayed', 'u1'],
        ['replayed', 'g1'],
      ],
    );
  });

  it('begins with an answer in words that names no model, where a saved chat does', () => {
    const { drafts } = decode([
      ...opening,
      user('u1', 'One'),
      answer('g1', 'Yes.'),
      copyOf('k1', 'gemini', 'Older.'),
      copyOf('k2', 'user', 'Older, too'),
    ]);
    assert.deepEqual(
      drafts.slice(-2).map(({ origin }) => origin),
      ['replayed', 'replayed'],
    );
  });

  it('repeats no answer of a later turn, be it in the same words', () => {
    const told = ['Yes.', 'Done.', 'Done.'].flatMap((said, turn) => [
      user(`u${turn}`, `Prompt ${turn}`),
      answer(`g${turn}`, said),
    ]);
    const saved = [
      copyOf('k1', 'gemini', 'Done, at last.'),
      copyOf('k2', 'user', 'An older prompt'),
      copyOf('k3', 'gemini', 'Done.'),
      copyOf('k4', 'user', 'Prompt 1'),
      copyOf('k5', 'gemini', 'Done.'),
    ];
    const { drafts } = decode([...opening, ...told, user('u3', 'Prompt 3'), ...saved]);
    assert.deepEqual(
      drafts.slice(-saved.length).map(({ copyOf: original }) => original?.record),
      [undefined, undefined, undefined, 'u1', 'g1'],
    );
  });

  it('is not seen in a person who sends the first prompt again while the context is on the list', () => {
    const { drafts } = decode([...opening, user('u1', 'One'), answer('g1', 'Yes.'), user('u2', 'One')]);
    assert.equal(drafts.findLast(({ kind }) => kind === 'user.message')?.origin, 'typed');
  });

  it('is not seen in a result of the tool that the list begins with', () => {
    const result = (id: string) => ({
      ...user(id, ''),
      content: [{ functionResponse: { id, name: 'read_file', response: { output: id } } }],
    });
    const { drafts } = decode([...opening, { $set: { messages: [result('r1')] } }, result('r2')]);
    assert.equal(drafts.at(-1)?.origin, 'agent');
  });

  it('is not seen in a person who quotes the context', () => {
    const { drafts } = decode([...opening, user('u1', `Why does it say ${CONTEXT}`), user('u2', 'Two')]);
    assert.deepEqual(
      drafts.filter(({ kind }) => kind === 'user.message').map(({ origin }) => origin),
      ['typed', 'typed'],
    );
  });
});

describe("a call's description", () => {
  const described = (description: string) => {
    const toolCalls = [{ id: 't1', name: 'complete_task', args: { result: 'Tea.' }, status: 'success', description }];
    const call = decode([HEAD, answer('g1', '', { toolCalls })]).drafts.find(
      ({ kind }) => kind === 'assistant.tool.call',
    );
    return call?.kind === 'assistant.tool.call' ? call.payload.description : assert.fail('no call');
  };

  it("is the agent's own", () => assert.equal(described('Handing in the tea'), 'Handing in the tea'));

  for (const manual of [
    'Call this tool to submit your final answer.',
    'Makes tea.\n\nTakes a pot.',
    'Tea. '.repeat(40),
  ]) {
    it(`is not the tool's manual: ${manual.slice(0, 30).trim()}`, () => assert.equal(described(manual), undefined));
  }
});

describe('an answer that fails', () => {
  it('has its error in its own turn, though the prompt is off the list by then', () => {
    const failed = [
      HEAD,
      { $set: { messages: [user('c', CONTEXT)] } },
      user('u1', 'One'),
      answer('g1', 'Yes.'),
      user('u2', 'Two'),
      { $set: { messages: [user('c', CONTEXT), user('u1', 'One'), answer('g1', 'Yes.')] } },
      { id: 'n', type: 'error', content: '[API Error: busy]' },
    ];
    assert.equal(decode(failed).drafts.at(-1)?.turnId, 'u2');
  });
});

describe('where sessions lie', () => {
  const match = (path: string) => geminiCli.match(path);

  it('is below the home folder, or the one that a variable names', () => {
    assert.deepEqual(geminiCli.roots({ home: '/home/ada', variables: {} }), ['/home/ada/.gemini/tmp']);
    const variables = { GEMINI_CLI_HOME: '/data' };
    assert.deepEqual(geminiCli.roots({ home: '/home/ada', variables }), ['/data/.gemini/tmp']);
  });

  it('joins the files of one session, whatever their folder and kind', () => {
    const families = [DOCUMENT, LINES, DOCUMENT.replace('tea', '9f9f')].map((path) => match(path)?.family);
    assert.deepEqual(families, ['0000beef', '0000beef', '0000beef']);
    assert.equal(match(DOCUMENT)?.framing, 'document');
    assert.equal(match(LINES)?.framing, 'jsonl');
  });

  it('knows a sub-agent by the folder of its parent', () => {
    assert.deepEqual(match(`tea/chats/${SESSION}/a1.jsonl`)?.hints, { parent: SESSION });
  });

  it('is nowhere else', () => {
    for (const path of [
      'tea/logs.json',
      'tea/checkpoint-x.json',
      'tea/chats/x.json',
      'tea/chats/a/b/c.jsonl',
      `${LINES}.unreadable-1`,
    ])
      assert.equal(match(path), undefined, path);
    const folders = [
      'tea',
      'tea/chats',
      `tea/chats/${SESSION}`,
      'tea/tool-outputs',
      'tea/checkpoints',
      `tea/${SESSION}/plans`,
    ];
    assert.deepEqual(folders.filter(geminiCli.mayContain), ['tea', 'tea/chats', `tea/chats/${SESSION}`]);
  });

  it('may be anywhere for a copy that names its session', () => {
    const document = geminiCli.recognise({ ...HEAD, messages: [] }, 'mine.json');
    assert.deepEqual(document, { framing: 'document', list: { property: 'messages', key: 'id' }, family: 'mine' });
    assert.deepEqual(geminiCli.recognise(HEAD, 'session-2026-11-02T09-00-0000beef.jsonl'), {
      framing: 'jsonl',
      family: '0000beef',
    });
    assert.equal(geminiCli.recognise({ type: 'user', uuid: 'x' }, 'other.jsonl'), undefined);
  });

  it('takes the working folder from the file beside the chats, once it knows whose it is', () => {
    const decoder = geminiCli.createDecoder({ framing: 'jsonl', family: 'x' });
    const companion = {
      role: 'companion',
      name: 'tea/.project_root',
      offset: 0,
      bytes: 9,
      value: '/work/tea\n',
    } as const;
    assert.deepEqual(decoder.decode(decoder.initial, companion).drafts, []);
    const [draft] = decoder.decode(decode([HEAD]).state, companion).drafts;
    assert.deepEqual(draft?.payload, { cwd: '/work/tea' });
  });
});

describe('ids', () => {
  it('are told apart by the session where the agent computes them from what a message is', () => {
    const [first, second] = ['a', 'b'].map((sessionId) => {
      const list = { $set: { messages: [user('d04923d38bb0f6017037e74183378ef4', CONTEXT)] } };
      return decode([{ ...HEAD, sessionId }, list]).drafts.find(({ kind }) => kind === 'system.message')?.record;
    });
    assert.notEqual(first, second);
  });

  it('of parts do not depend on the shape in which a message is written', () => {
    const args = { file_path: 'a' };
    const side = answer('g1', 'Look.', {
      thoughts: [{ subject: 'Plan', description: 'Read.' }],
      toolCalls: [{ id: 'c1', name: 'read_file', args, status: 'executing' }],
    });
    const inner = answer('g1', '', {
      content: [
        { text: '**Plan**\nRead.\n', thought: true },
        { text: 'Look.' },
        { functionCall: { id: 'c1', name: 'read_file', args } },
      ],
    });
    const told = (message: object) => decode([HEAD, message]).drafts.map(({ part, payload }) => [part, payload]);
    assert.deepEqual(told(side), told(inner));
  });
});
