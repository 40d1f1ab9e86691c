import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../../src/core/json.ts';
import { imageName } from '../../src/providers/codex/image-labels.ts';
import { codex } from '../../src/providers/codex/index.ts';
import type { Draft, SourceMatch } from '../../src/providers/provider.ts';
import { describeProvider } from '../conformance/describe-provider.ts';
import { filesBelow } from '../support/derive.ts';

describeProvider(codex);

const THREAD = '019a0000-0000-7000-8000-000000000001';
const ROLLOUT = '019a0000-0000-7000-8000-000000000002';
const NAME = `rollout-2026-06-02T10-00-00-${THREAD}`;

describe('where Codex keeps its sessions', () => {
  it('is the home that the environment names, else the usual one', () => {
    assert.deepEqual(codex.roots({ home: '/h', variables: {} }), ['/h/.codex']);
    assert.deepEqual(codex.roots({ home: '/h', variables: { CODEX_HOME: '/c' } }), ['/c']);
  });

  for (const folder of ['sessions/2026/06/02', 'sessions', 'archived_sessions', '2026/06/02', 'anywhere']) {
    it(`takes a rollout below ${folder}`, () => {
      assert.equal(codex.match(`${folder}/${NAME}.jsonl`)?.nativeId, THREAD);
    });
  }

  it('takes the first id of a name for the thread', () => {
    const match = codex.match(`sessions/2026/06/02/${NAME}_${ROLLOUT}.jsonl`);
    assert.deepEqual([match?.family, match?.hints?.rollout], [THREAD, ROLLOUT]);
  });

  it('reads a packed rollout only where the plain one is gone', () => {
    const match = codex.match(`sessions/2026/06/02/${NAME}.jsonl.zst`);
    assert.deepEqual([match?.framing, match?.twin], ['jsonl.zst', `sessions/2026/06/02/${NAME}.jsonl`]);
  });

  for (const path of [
    'history.jsonl',
    'sessions/session_index.jsonl',
    `sessions/${NAME}.jsonl.tmp`,
    'sessions/notes.jsonl',
  ]) {
    it(`leaves ${path.replace(THREAD, '…')} alone`, () => assert.equal(codex.match(path), undefined));
  }

  it('walks into the folders of sessions and of dates alone', () => {
    const entered = ['sessions', 'sessions/2026/06', 'archived_sessions', '2026', '2026/06/02'];
    const passed = ['log', 'sessions-old', 'skills', 'worktrees/sessions', 'app-server-daemon'];
    assert.deepEqual(
      [...entered, ...passed].filter((folder) => codex.mayContain(folder)),
      entered,
    );
  });
});

describe('a rollout outside the layout', () => {
  const meta = { timestamp: '2026-06-02T08:00:00.000Z', type: 'session_meta', payload: { id: THREAD } };

  it('is known by its first line', () => {
    assert.equal(codex.recognise(meta, 'copy.jsonl')?.family, THREAD);
    assert.equal(
      codex.recognise({ id: THREAD, timestamp: '2025-07-01', instructions: null }, 'old.jsonl')?.family,
      THREAD,
    );
    assert.equal(codex.recognise(meta, `${NAME}.jsonl`)?.nativeId, THREAD);
  });

  it('is not what other agents write', () => {
    for (const first of [
      null,
      [],
      {},
      { type: 'user', uuid: 'u' },
      { id: 'x', timestamp: 't' },
      { type: 'session_meta' },
    ]) {
      assert.equal(codex.recognise(first, 'x.jsonl'), undefined);
    }
  });
});

/** The drafts of each line of a rollout. */
function decodeLines(match: SourceMatch, lines: readonly unknown[]): (readonly Draft[])[] {
  const decoder = codex.createDecoder(match);
  let state: JsonValue = decoder.initial;
  return lines.map((value, index) => {
    const decoded = decoder.decode(state, { role: 'record', offset: index * 100, bytes: 99, value });
    state = decoded.state;
    return decoded.drafts;
  });
}

const FIXTURES = new URL('../fixtures/codex', import.meta.url).pathname;

it('leaves at least one event for every record', () => {
  for (const path of filesBelow(FIXTURES)) {
    const match = codex.match(path.slice(path.indexOf('/input/') + '/input/'.length));
    if (!match || match.shared) continue;
    const lines = readFileSync(join(FIXTURES, path), 'utf8').split('\n').flatMap(parsed);
    for (const [index, drafts] of decodeLines(match, lines).entries()) {
      assert.ok(drafts.length > 0, `${path}: nothing is left of record ${index + 1}`);
      const parts = drafts.map(({ record, part }) => `${record} ${part}`);
      assert.equal(new Set(parts).size, parts.length, `${path}: record ${index + 1} has a part twice`);
    }
  }
});

function parsed(line: string): unknown[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return []; // Damaged on purpose; the framing's tests look at them.
  }
}

/** How the two streams may stand to each other, by version: which one tells a thing first, or alone. */
const stand = fc.constantFrom('item-event', 'event-item', 'item', 'event' as const);
const word = fc.constantFrom('go on', 'go on ', 'stop', 'a b\n\nc');
const turn = fc.record({
  prompt: word,
  answers: fc.array(word, { maxLength: 3 }),
  thoughts: fc.array(word, { maxLength: 2 }),
});

function written(order: string, item: unknown, event: unknown): unknown[] {
  const lines = { item, event };
  return order.split('-').map((side) => lines[side as keyof typeof lines]);
}

const item = (payload: object) => ({ type: 'response_item', payload });
const event = (payload: object) => ({ type: 'event_msg', payload });
const message = (role: string, text: string) =>
  item({ type: 'message', role, content: [{ type: 'input_text', text }] });

it('tells each thing once, whichever stream has it first or alone', () => {
  const property = fc.property(
    fc.array(turn, { maxLength: 5 }),
    stand,
    stand,
    stand,
    (turns, prompts, thoughts, answers) => {
      const lines = turns.flatMap(({ prompt, answers: said, thoughts: thought }) => [
        ...written(prompts, message('user', prompt), event({ type: 'user_message', message: prompt })),
        ...thought.flatMap((text) =>
          written(thoughts, item({ type: 'reasoning', summary: [{ text }] }), event({ type: 'agent_reasoning', text })),
        ),
        event({ type: 'token_count', info: null }),
        ...said.flatMap((text) =>
          written(answers, message('assistant', text), event({ type: 'agent_message', message: text })),
        ),
      ]);
      const drafts = decodeLines({ framing: 'jsonl', family: THREAD }, lines).flat();
      const told = (kind: string) =>
        drafts.flatMap((draft) => (draft.kind === kind ? [(draft.payload as { text: string }).text] : []));
      assert.deepEqual(
        told('user.message'),
        turns.map(({ prompt }) => prompt),
      );
      assert.deepEqual(
        told('assistant.message'),
        turns.flatMap((one) => one.answers),
      );
      assert.deepEqual(
        told('assistant.thinking'),
        turns.flatMap((one) => one.thoughts),
      );
    },
  );
  fc.assert(property, { numRuns: 500 });
});

describe('the name of an image in a prompt', () => {
  for (const [label, name] of [
    ['<image name=[Image #1] path="/w/toy/plan (2).png">', 'plan (2).png'],
    ['<image name=[Image #1] path="C:\\toy\\plan.png">', 'plan.png'],
    ['<image name=[Image #2]>', 'Image #2'],
    ['<image name="plan">', 'plan'],
    ['<image>', undefined],
    ['Look at path="/w/plan.png"', undefined],
  ] as const) {
    it(`is ${name ?? 'none'} after ${label}`, () => {
      const blocks = [{ type: 'input_text', text: label }, { type: 'input_image' }];
      assert.equal(imageName(blocks, 1), name);
    });
  }
});
