import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { geminiCli } from '../../src/providers/gemini-cli/index.ts';
import { describeProvider } from '../conformance/describe-provider.ts';
import { answer, at, CONTEXT, DOCUMENT, decode, HEAD, LINES, SESSION, texts, user, watched } from './gemini-records.ts';

describeProvider(geminiCli);

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
      value: '/proj/tea\n',
    } as const;
    assert.deepEqual(decoder.decode(decoder.initial, companion).drafts, []);
    const [draft] = decoder.decode(decode([HEAD]).state, companion).drafts;
    assert.deepEqual(draft?.payload, { cwd: '/proj/tea' });
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
