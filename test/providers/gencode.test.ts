import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gencode } from '../../src/providers/gencode/index.ts';
import { EVER } from '../../src/providers/provider.ts';
import { describeProvider } from '../conformance/describe-provider.ts';
import {
  append,
  decode,
  fork,
  OTHER,
  pathOf,
  type Said,
  SESSION,
  save,
  spoken,
  start,
  watched,
} from './gencode-records.ts';

describeProvider(gencode);

const TALK: readonly Said[] = [
  ['user', 'Name a tea.'],
  ['assistant', 'Assam.'],
  ['user', 'go on'],
  ['assistant', 'Ceylon.'],
  ['user', 'go on'],
  ['assistant', 'Done.'],
];

const result = (text: string) => [{ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text }] }];

describe('a file that every save writes anew', () => {
  it('gives each message once, though its ids are new', async (t) => {
    const { write } = watched(t);
    const first = await write(save(TALK.slice(0, 4)));
    const second = await write(save(TALK));
    assert.deepEqual(second.slice(0, first.length), first);
    assert.deepEqual(
      second.flatMap(({ kind, payload, isGone }) => (kind === 'user.message' ? [[payload.text, isGone]] : [])),
      [
        ['Name a tea.', false],
        ['go on', false],
        ['go on', false],
      ],
    );
    assert.deepEqual(await write(save(TALK)), second);
  });

  it('gives a revision where a result comes back whole, and where the title changes', async (t) => {
    const { write } = watched(t);
    const talk = (text: string): readonly Said[] => [...TALK.slice(0, 2), ['user', result(text)]];
    await write(save(talk('preview')));
    const events = await write(save(talk('preview, and all the rest'), { title: 'More tea' }));
    const revised = events.filter(({ revises }) => revises !== undefined).map(({ kind }) => kind);
    assert.deepEqual(revised, ['assistant.tool.result', 'session.info']);
  });

  it('gives a revision of an answer that goes on, as one that was interrupted does', async (t) => {
    const { write } = watched(t);
    const answered = (text: string): readonly Said[] => [...TALK.slice(0, 3), ['assistant', text]];
    await write(save(answered('Cey')));
    const events = await write(save([...answered('Cey [Interrupted]'), ['user', 'go on']]));
    assert.deepEqual(
      events.flatMap(({ kind, payload, revises }) => (kind === 'assistant.message' ? [[payload.text, !!revises]] : [])),
      [
        ['Assam.', false],
        ['Cey', false],
        ['Cey [Interrupted]', true],
      ],
    );
    assert.equal(events.filter(({ isGone }) => isGone).length, 0);
  });

  it('has another answer to another prompt in the same place beside the first one', async (t) => {
    const { write } = watched(t);
    await write(save(TALK.slice(0, 2)));
    const events = await write(
      save([
        ['user', 'Name a cup.'],
        ['assistant', 'Mug.'],
      ]),
    );
    assert.deepEqual(
      events.flatMap(({ kind, payload, isGone }) => (kind === 'assistant.message' ? [[payload.text, isGone]] : [])),
      [
        ['Assam.', true],
        ['Mug.', false],
      ],
    );
  });

  it('has what was said before a compaction and after it, though the words and the place are the same', async (t) => {
    const { write } = watched(t);
    await write(save(TALK));
    const summary = (words: string): Said => ['user', `Previous context:\n${words}`];
    const compacted: readonly Said[] = [summary('Teas.'), ['assistant', 'Yes.'], ['user', 'go on']];
    await write(save(compacted));
    const events = await write(save([summary('More teas.'), ...compacted.slice(1)]));
    const prompts = events.filter(({ kind, payload }) => kind === 'user.message' && payload.text === 'go on');
    assert.deepEqual(
      prompts.map(({ isGone }) => isGone),
      [true, true, true, false],
    );
  });

  it('gives what no version is known to write once, too', async (t) => {
    const { write } = watched(t);
    const odd = (id: string, more: object) => ({ id: `${SESSION}:${id}`, transcriptId: SESSION, ...more });
    const saved = (round: number) => [
      ...save(TALK),
      odd(`c${round}`, { type: 'transcript.compacted', system: {} }),
      odd(`w${round}`, { type: 'weather', sun: true }),
      odd(`x${round}`, { type: 'weather', sun: true }),
      odd(`m${round}`, { type: 'message.appended', message: 'none' }),
      odd(`l${round}`, { type: 'message.appended' }),
      odd(`n${round}`, { type: 'message.appended', message: { role: 'bard', content: 'song' } }),
    ];
    const first = await write(saved(1));
    assert.equal((await write(saved(2))).length, first.length);
    assert.equal(first.filter(({ kind }) => kind === 'provider.raw').length, 5);
  });

  it('has times of its own for nothing but its start', () => {
    const dated = decode(save(TALK)).drafts.filter(({ at }) => at !== undefined);
    assert.ok(dated.every(({ type }) => type === 'transcript.started'));
  });

  it('has messages no older than itself, unless it is a fork and has lost its marks', () => {
    const bounds = (records: readonly unknown[]) => [
      ...new Set(decode(records).drafts.flatMap(({ kind, notBefore }) => (kind === 'user.message' ? [notBefore] : []))),
    ];
    assert.deepEqual(bounds(save(TALK)), ['2026-06-01T07:00:00.000Z']);
    assert.deepEqual(bounds(save(TALK, { parentId: OTHER })), [EVER]);
    assert.deepEqual(bounds(save(TALK).slice(1)), [EVER], 'nothing says when it began');
    assert.deepEqual(bounds([start(), append('a1', ['user', 'Name a tea.'])]), [undefined], 'it has a time');
  });

  it('is told apart from another one that begins in the same words', async (t) => {
    const { write, store } = watched(t);
    await write(save(TALK));
    await write(save(TALK, { session: OTHER }), pathOf(OTHER));
    assert.deepEqual(await store.links(), []);
  });
});

describe('a file that is appended to', () => {
  it('has a message once, though two writers wrote it', async (t) => {
    const { write } = watched(t);
    const prompt = append('a1', ['user', 'Name a tea.']);
    const events = await write([
      start(),
      prompt,
      append('a2', ['assistant', 'Assam.']),
      { ...prompt, time: undefined },
    ]);
    assert.equal(events.filter(({ kind }) => kind === 'user.message').length, 1);
  });

  it('keeps its state small, however long it gets', () => {
    const turns = Array.from({ length: 3000 }, (_, turn) => [
      append(`u${turn}`, ['user', `Prompt ${turn}`]),
      append(`g${turn}`, ['assistant', [{ type: 'tool_use', id: `c${turn}`, name: 'Agent', input: {} }]]),
    ]);
    assert.ok(JSON.stringify(decode([start(), ...turns.flat()]).state).length < 4096);
  });
});

describe('a fork', () => {
  const later = (session: string) => append(`n-${session}`, ['user', 'A green one.'], 600, session);
  const appended = [start(), append('a1', ['user', '::record tea.md'], 1), append('a2', ['assistant', 'Assam.'], 2)];
  const rewritten = save([
    ['user', '::record tea.md'],
    ['assistant', 'Assam.'],
  ]);

  for (const [name, records, key, type, renames] of [
    ['of San', appended, 'sessionId', 'session.forked', true],
    ['whose ids still name the parent', appended, 'sessionId', 'session.forked', false],
    ['of 1.15', rewritten, 'transcriptId', 'transcript.forked', false],
  ] as const) {
    it(`${name} has replayed what is its parent's, and typed what is its own`, () => {
      const { drafts } = decode([...fork(records, key, type, renames), later(OTHER)], pathOf(OTHER));
      assert.deepEqual(spoken(drafts), [
        ['replayed', '::record tea.md'],
        ['typed', 'A green one.'],
      ]);
      assert.ok(drafts.every(({ origin, at }) => origin !== 'replayed' || at === undefined));
    });

    it(`${name} parts from its parent behind the last message that they have in common`, async (t) => {
      const { write, store } = watched(t);
      const before = await write([...records, ...(key === 'sessionId' ? [later(SESSION)] : [])]);
      await write([...fork(records, key, type, renames), later(OTHER)], pathOf(OTHER));
      const [link] = await store.links();
      const last = before.findLast(({ kind }) => kind === 'assistant.message');
      assert.deepEqual([link?.parent.relation, link?.parent.nativeId], ['fork', SESSION]);
      assert.equal(link?.resolved?.parentSeq, last?.seq);
    });
  }

  it('of 1.15 that was saved again is a fork still, and no sub-agent', () => {
    const { drafts } = decode(save(TALK, { parentId: OTHER }));
    assert.deepEqual(drafts.find(({ part }) => part === 'parent')?.payload, {
      parent: { nativeId: OTHER, relation: 'fork' },
    });
    assert.deepEqual(spoken(drafts)[0], ['typed', 'Name a tea.']);
  });

  it('is not seen in a first prompt that comes within the millisecond in which the session began', () => {
    const time = '2026-06-01T07:00:00.000Z';
    const { drafts } = decode([
      { ...start(), time },
      { ...append('a1', ['user', 'Name a tea.']), time },
    ]);
    assert.deepEqual(spoken(drafts), [['typed', 'Name a tea.']]);
  });

  it("of a sub-agent's session belongs to a person from there on", () => {
    const child = [start({ parentId: 'p' }), append('a1', ['user', 'Count the tins.'])];
    const { drafts } = decode([...fork(child, 'sessionId', 'session.forked', true), later(OTHER)], pathOf(OTHER));
    assert.deepEqual(spoken(drafts).at(-1), ['typed', 'A green one.']);
  });
});

describe('a sub-agent', () => {
  it('is nobody typing, whatever its prompt says, and has no times', () => {
    const { drafts } = decode([start({ model: 'm', parentId: OTHER }), append('a1', ['user', '::record x.md'])]);
    assert.deepEqual(spoken(drafts), [['subagent', '::record x.md']]);
    assert.equal(drafts.at(-1)?.at, undefined);
  });

  it('of 1.15 is told by the provider that it does not name', () => {
    assert.deepEqual(spoken(decode(save(TALK, { parentId: OTHER, provider: '' })).drafts)[0], [
      'subagent',
      'Name a tea.',
    ]);
  });
});

describe('where transcripts lie', () => {
  it('is below the home folder, under the old name and the new one', () => {
    const roots = gencode.roots({ home: '/home/ada', variables: {} });
    assert.deepEqual(roots, ['/home/ada/.gen/projects', '/home/ada/.san/projects']);
  });

  it('is a folder of each project, and nowhere else', () => {
    assert.equal(gencode.match(pathOf())?.nativeId, SESSION);
    assert.equal(gencode.match(pathOf())?.sideFolder, `-w-tea/blobs/tool-result/${SESSION}`);
    for (const path of [
      '-w-tea/transcripts-index.json',
      `-w-tea/${SESSION}.jsonl`,
      `-w-tea/transcripts/${SESSION}.jsonl.tmp`,
      `-w-tea/transcripts/old/${SESSION}.jsonl`,
      '-w-tea/transcripts/.jsonl',
      `-w-tea/blobs/tool-result/${SESSION}/c1.jsonl`,
    ])
      assert.equal(gencode.match(path), undefined, path);
    const folders = ['-w-tea', '-w-tea/transcripts', '-w-tea/blobs', '-w-tea/transcripts/old'];
    assert.deepEqual(folders.filter(gencode.mayContain), ['-w-tea', '-w-tea/transcripts']);
  });

  it('may be anywhere for a copy whose first record names the session', () => {
    const known = { framing: 'jsonl', nativeId: SESSION, family: SESSION };
    assert.deepEqual(gencode.recognise(start(), 'mine.jsonl'), known);
    assert.deepEqual(gencode.recognise(save([])[0], 'mine.jsonl'), known);
    assert.equal(gencode.recognise({ type: 'user', sessionId: SESSION }, 'x.jsonl'), undefined);
    assert.equal(gencode.recognise({ type: 'session.started' }, 'x.jsonl'), undefined);
  });
});
