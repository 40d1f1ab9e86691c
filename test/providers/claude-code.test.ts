import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { claudeCode } from '../../src/providers/claude-code/index.ts';
import type { Frame } from '../../src/providers/provider.ts';
import { describeProvider } from '../conformance/describe-provider.ts';
import { foldPieces } from '../support/fold.ts';

describeProvider(claudeCode);

const SESSION = '11111111-1111-4111-8111-111111111111';

describe('where Claude Code keeps its sessions', () => {
  it('is below the home folder, or where the variable says', () => {
    const roots = (variables: Record<string, string>) => claudeCode.roots({ home: '/home/ann', variables });
    assert.deepEqual(roots({}), ['/home/ann/.claude/projects', '/home/ann/.config/claude/projects']);
    assert.deepEqual(roots({ XDG_CONFIG_HOME: '' })[1], '/home/ann/.config/claude/projects');
    assert.deepEqual(roots({ XDG_CONFIG_HOME: '/x' })[1], '/x/claude/projects');
    assert.deepEqual(roots({ CLAUDE_CONFIG_DIR: '/a, /b ,' }), ['/a/projects', '/b/projects']);
  });

  it('has a session for each layout of files', () => {
    const session = (path: string) => claudeCode.match(path)?.nativeId;
    assert.equal(session(`-w-toy/${SESSION}.jsonl`), SESSION);
    assert.equal(session('-w-toy/alpha/chat.jsonl'), 'alpha');
    assert.equal(session(`-w-toy/${SESSION}/subagents/agent-a1.jsonl`), `agent-a1@${SESSION}`);
    assert.equal(session(`-w-toy/${SESSION}/subagents/workflows/wf_1/agent-a2.jsonl`), `agent-a2@${SESSION}`);
    assert.equal(session('-w-toy/agent-a3.jsonl'), undefined, 'its records name the parent');
    assert.deepEqual(claudeCode.match('-w-toy/agent-a3.jsonl')?.hints, { agentId: 'a3' });
  });

  it('keeps other files beside them', () => {
    for (const path of [
      `-w-toy/${SESSION}/subagents/workflows/wf_1/journal.jsonl`,
      `-w-toy/${SESSION}/subagents/agent-a1.meta.json`,
      `-w-toy/${SESSION}/tool-results/b1.txt`,
      '-w-toy/sessions-index.json',
    ]) {
      assert.equal(claudeCode.match(path), undefined, path);
    }
    assert.equal(claudeCode.mayContain(`-w-toy/${SESSION}/tool-results`), false);
    assert.equal(claudeCode.mayContain(`-w-toy/${SESSION}/subagents/workflows`), true);
  });
});

describe('a file of Claude Code outside its layout', () => {
  const record = { type: 'user', uuid: 'u1', parentUuid: null, sessionId: 'from-the-record' };

  it('is known by its first record, and named by its file or by the record', () => {
    assert.equal(claudeCode.recognise(record, `${SESSION}.jsonl`)?.nativeId, SESSION);
    assert.equal(claudeCode.recognise(record, 'a copy.jsonl')?.nativeId, 'from-the-record');
    assert.equal(claudeCode.recognise({ type: 'summary', leafUuid: 'x' }, 'a copy.jsonl')?.nativeId, 'a copy');
    assert.deepEqual(claudeCode.recognise(record, 'agent-a1.jsonl')?.hints, { agentId: 'a1' });
  });

  it('is not taken for one when it only looks a little like it', () => {
    for (const first of [{ type: 'user', text: 'hello' }, { type: 'mode' }, { uuid: 'u1' }, [], null, 'user', 7]) {
      assert.equal(claudeCode.recognise(first, 'some.jsonl'), undefined);
    }
  });
});

describe('an export of the web version', () => {
  const lines = [
    { type: 'user', timestamp: '2026-05-01T09:00:01.000Z', message: { role: 'user', content: 'Count the pears.' } },
    {
      type: 'assistant',
      timestamp: '2026-05-01T09:00:02.000Z',
      message: { role: 'assistant', content: [{ type: 'text', text: 'Twelve.' }] },
    },
    { type: 'user', timestamp: '2026-05-01T09:00:03.000Z', message: { role: 'user', content: 'Count the pears.' } },
  ];
  const bytes = Buffer.from(JSON.stringify({ loglines: lines, title: 'Pears' }));
  const match = claudeCode.recognise(JSON.parse(bytes.toString()), 'pears.json');

  it('is a document that lists the records', () => {
    assert.equal(match?.framing, 'document');
    assert.deepEqual(match?.list, { property: 'loglines', key: 'uuid' });
    assert.equal(match?.nativeId, 'pears');
  });

  it('gives the same events as a session file, and what is around them stays raw', () => {
    assert.ok(match);
    const { events } = foldPieces(claudeCode, match, [bytes]);
    const told = events.map(({ json }) => {
      const { kind, origin, payload, at } = JSON.parse(json);
      return [kind, origin, payload.text ?? payload.rawType, at];
    });
    assert.deepEqual(told, [
      ['provider.raw', 'agent', 'web-export', undefined],
      ['user.message', 'typed', 'Count the pears.', '2026-05-01T09:00:01.000Z'],
      ['assistant.message', 'agent', 'Twelve.', '2026-05-01T09:00:02.000Z'],
      ['user.message', 'typed', 'Count the pears.', '2026-05-01T09:00:03.000Z'],
    ]);
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
  });
});

describe('the decoder of Claude Code', () => {
  const decoder = claudeCode.createDecoder({ framing: 'jsonl', family: SESSION, hints: { session: SESSION } });
  const frame = (value: unknown, offset = 0): Frame => ({ role: 'record', offset, bytes: 1, value });

  it('does not throw on content that is nested too deep to be written', () => {
    let content: unknown = 'deep';
    for (let depth = 0; depth < 20_000; depth++) content = [content];
    const block = { type: 'web_search_tool_result', tool_use_id: 'srv_1', content };
    const value = { type: 'assistant', uuid: 'a1', message: { id: 'm1', content: [block] } };
    const { drafts, diagnostics } = decoder.decode(decoder.initial, frame(value));
    assert.deepEqual(
      drafts.map(({ kind }) => kind),
      ['assistant.tool.result'],
    );
    assert.ok(
      diagnostics.every(({ code }) => code === 'too-deep'),
      'some versions of Node write it, some do not',
    );
  });

  it('takes a mark far behind a prompt for no rewind of that prompt', () => {
    const marks = { version: '2.1.329', promptSource: 'typed', turnOrigin: 'human', message: { content: 'Count.' } };
    const prompt = (uuid: string) => ({ type: 'user', uuid, parentUuid: 'a0', ...marks });
    const answers = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ type: 'system', uuid: `s${n}`, parentUuid: n ? `s${n - 1}` : 'u2' }));
    const takenBack = (between: number) => {
      let { initial: state } = decoder;
      const records = [prompt('u1'), prompt('u2'), ...answers(between), { type: 'last-prompt', explicit: true }];
      return records.flatMap((value, offset) => {
        const decoded = decoder.decode(state, frame(value, offset));
        state = decoded.state;
        return decoded.retractions ?? [];
      });
    };
    assert.equal(takenBack(1).length, 1);
    assert.equal(takenBack(60).length, 0);
  });

  it('keeps its state small in a session without an end', () => {
    let state = decoder.initial;
    const ask = { questions: [{ question: 'Which?', options: [{ label: 'A' }, { label: 'B' }] }] };
    for (let n = 0; n < 2000; n++) {
      const call = { type: 'tool_use', id: `toolu_${n}`, name: 'AskUserQuestion', input: ask };
      for (const value of [
        { type: 'user', uuid: `u-${n}`, parentUuid: `s-${n}`, version: '2.1.36', message: { content: `prompt ${n}` } },
        { type: 'assistant', uuid: `a-${n}`, parentUuid: `u-${n}`, message: { id: `msg_${n}`, content: [call] } },
        { type: 'user', uuid: `b-${n}`, parentUuid: null, isSidechain: true, message: { content: 'a sub-agent' } },
        { type: 'queue-operation', operation: 'enqueue', content: `later ${n}`, timestamp: `t${n}` },
      ]) {
        state = decoder.decode(state, frame(value, n)).state;
      }
    }
    assert.ok(JSON.stringify(state).length < 48 * 1024);
  });
});
