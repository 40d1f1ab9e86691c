import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answer, at, CONTEXT, copyOf, decode, HEAD, SESSION, texts, user, watched } from './gemini-records.ts';

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
