import assert from 'node:assert/strict';
import type { Operation } from '../../src/library/state.ts';
import { chat, describeLaws, talk, told } from './laws.ts';

describeLaws('state', (law) => {
  law('operations fold to a state, as of now and as of a seq', async (s) => {
    const steps: readonly Operation[] = [
      { kind: 'title', value: 'Tea' },
      { kind: 'tag', value: 'kitchen' },
      { kind: 'mode', value: 'plan' },
      { kind: 'tag', value: 'green' },
      { kind: 'tag', value: 'kitchen' },
      { kind: 'untag', value: 'kitchen' },
      { kind: 'worktree', value: '/w/tea' },
      { kind: 'mode', value: '' },
      { kind: 'title', value: 'Green tea' },
    ];
    for (const step of steps) await s.does((t) => t.patch(chat, [step]));
    assert.deepEqual((await s.load(chat)).state, { title: 'Green tea', worktree: '/w/tea', tags: ['green'] });
    assert.deepEqual((await s.load(chat, { atSeq: 5 })).state, {
      title: 'Tea',
      mode: 'plan',
      tags: ['kitchen', 'green'],
    });
    assert.deepEqual((await s.load(chat, { atSeq: 0 })).state, { tags: [] });
  });

  law('operations of one patch are done in order, all or none', async (s) => {
    const operations = [
      { kind: 'tag', value: 'a' },
      { kind: 'untag', value: 'a' },
      { kind: 'tag', value: 'a' },
    ] as const;
    await s.does((t) => t.patch(chat, operations));
    assert.deepEqual((await s.load(chat)).state, { tags: ['a'] });
    const empty = { kind: 'title', value: '' } as const;
    await s.refuses('usage', (t) => t.patch(chat, [{ kind: 'tag', value: 'b' }, empty]));
    assert.deepEqual((await s.load(chat)).state, { tags: ['a'] });
  });

  law('a patch with an id is done once', async (s) => {
    const patch = (value: string, id: string) => s.does((t) => t.patch(chat, [{ kind: 'mode', value }], { id }));
    assert.equal(await patch('plan', 'p1'), true);
    assert.equal(await patch('act', 'p2'), true);
    assert.equal(await patch('plan', 'p1'), false);
    assert.deepEqual((await s.load(chat)).state, { mode: 'act', tags: [] });
  });

  law('a title that was given stands in the list of sessions; first words are one without being asked', async (s) => {
    await s.append(chat, ...talk('how do bees sleep?'));
    const title = async () => (await s.transcripts.store.session(chat))?.facts.title;
    assert.deepEqual(await title(), { text: 'how do bees sleep?', from: 'prompt' });
    assert.equal((await s.load(chat)).state.title, undefined);
    await s.does((t) => t.patch(chat, [{ kind: 'title', value: 'Bees' }]));
    assert.deepEqual(await title(), { text: 'Bees', from: 'user' });
  });

  law('anything is kept whole beside the messages', async (s) => {
    const payload = { tools: [{ name: 'read', n: 1e300 }], platform: null, text: 'a\nb\u2028', nested: [[[]]] };
    await s.does((t) => t.meta(chat, payload, { id: 'x1' }));
    await s.does((t) => t.meta(chat, 'just words', { id: 'x2', rides: true }));
    assert.equal(await s.does((t) => t.meta(chat, payload, { id: 'x1' })), false);
    await s.does((t) => t.meta(chat, [1], { id: 'x2' }));
    assert.deepEqual((await s.load(chat)).meta, [
      { id: 'x1', payload },
      { id: 'x2', payload: [1] },
    ]);
    assert.deepEqual(told(await s.load(chat)), []);
  });

  law('notes without an id are each one of their own', async (s) => {
    await s.does((t) => t.meta(chat, 1));
    await s.does((t) => t.meta(chat, 1));
    assert.equal((await s.load(chat)).meta.length, 2);
  });

  law('the end of a turn is no message', async (s) => {
    await s.append(chat, ...talk('hello', 'hi'));
    assert.equal(await s.does((t) => t.endTurn(chat, { id: 't1' })), true);
    assert.equal(await s.does((t) => t.endTurn(chat, { id: 't1' })), false);
    assert.deepEqual(told(await s.load(chat)), ['m1 user: hello', 'm2 assistant: hi']);
  });
});
