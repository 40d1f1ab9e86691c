/** What is read of a session that is made of several: forks with what they inherit, and sub-agents. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { request, TestKato } from '../support/kato.ts';
import { claudeSession } from '../support/session-files.ts';

const PLANT = 'Plant a tree. ::record tree.md\n::record tree.md';

type Context = { after(fn: () => void | Promise<void>): void };

async function openWithCase(t: Context, provider: 'claude-code' | 'codex', name: string): Promise<TestKato> {
  const opened = await TestKato.open(t);
  opened.home.addCase(provider, name);
  await opened.import();
  return opened;
}

/** Removes the file of a fork's parent before anything is taken in. */
async function openWithoutParent(t: Context, provider: 'claude-code' | 'codex', name: string, parent: string) {
  const opened = await TestKato.open(t);
  opened.home.addCase(provider, name);
  rmSync(opened.home.path(parent));
  await opened.import();
  return opened;
}

describe('a fork', () => {
  it('shows what it inherits first, up to the point where it left, and nothing of what came after', async (t) => {
    const opened = await openWithCase(t, 'claude-code', 'fork-session');
    const expected = `# User_2026-05-01_0900_01

${PLANT}

# claude-toy-1_2026-05-01_0900_02

Planted.

# User_2026-05-01_1000_01

Plant another one.

# claude-toy-1_2026-05-01_1000_02

Planted too.
`;
    assert.equal(await opened.show('00000015'), expected);
  });

  it('leaves its parent as it was', async (t) => {
    const opened = await openWithCase(t, 'claude-code', 'fork-session');
    const parent = await opened.show('00000014');
    assert.match(parent, /And water it\./);
    assert.doesNotMatch(parent, /Plant another one/);
  });

  it('that copies what it inherits does not show it twice', async (t) => {
    for (const [name, fork] of [
      ['fork-branch', '00000017'],
      ['fork-new-ids', '00000019'],
      ['fork-session', '00000015'],
    ] as const) {
      const text = await (await openWithCase(t, 'claude-code', name)).show(fork);
      assert.equal(text.match(/^Plant(?:\.| a tree)/gm)?.length, 1, name);
    }
  });

  it('that copies nothing has the words of its parent', async (t) => {
    const opened = await openWithCase(t, 'codex', 'fork');
    const text = await opened.show('019a0002-0000');
    assert.match(text, /^# User_2026-11-20_0800_04\n\na first idea\n\n# User_2026-11-20_0801_44\n\nanother idea\n/);
  });

  it('of an unknown parent says so, and shows its own copies, if it has any', async (t) => {
    const parent = '.claude/projects/-w-toy/00000014-0000-4000-8000-000000000014.jsonl';
    const opened = await openWithoutParent(t, 'claude-code', 'fork-session', parent);
    const text = await opened.show('00000015');
    assert.match(text, /^\*Continues session [0-9a-f]{8}, which is not in the store\.\*\n\n# User_/);
    assert.equal(text.match(/Plant a tree/g)?.length, 1);
    assert.match(text, /Plant another one\.[\s\S]*Planted too\.\n$/);
  });

  it('of an unknown parent, without copies, says so and shows its own part', async (t) => {
    const parent = '.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-019a0000-0000-7000-8000-000000000009.jsonl';
    const opened = await openWithoutParent(t, 'codex', 'fork', parent);
    const text = await opened.show('019a0002-0000');
    assert.match(text, /^\*Continues session [0-9a-f]{8}, which is not in the store\.\*\n\n# User_/);
    assert.doesNotMatch(text, /a first idea/);
  });

  it('has nothing inherited among its last turns, and none when only its own part is wanted', async (t) => {
    const opened = await openWithCase(t, 'claude-code', 'fork-session');
    const own = /^# User_2026-05-01_1000_01\n\nPlant another one\.\n/;
    assert.match(await opened.show('00000015', { last: 1 }), own);
    assert.match(await opened.show('00000015', { inherited: false }), own);
  });

  it('as JSON lines has the events of its parent, up to the fork, and then its own', async (t) => {
    const opened = await openWithCase(t, 'claude-code', 'fork-session');
    const text = await opened.show('00000015', request('chat', 'jsonl'));
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ session, payload }) => [session.nativeId.slice(0, 8), payload.text]),
      [
        ['00000014', PLANT],
        ['00000014', 'Planted.'],
        ['00000015', 'Plant another one.'],
        ['00000015', 'Planted too.'],
      ],
    );
  });
});

describe('a sub-agent', () => {
  it('is one line in the session that started it', async (t) => {
    const opened = await openWithCase(t, 'claude-code', 'subagents');
    const { shortId } = await opened.find('agent-aaa1');
    const expected = `# User_2026-05-01_0900_01

Delegate it.

*Sub-agent ${shortId}: Count pears*

# claude-toy-1_2026-05-01_0900_04

It is counting.
`;
    assert.equal(await opened.show('00000010-0000'), expected);
  });

  it('stands in its place when it is asked for, with those that it started itself, and is said to end', async (t) => {
    const opened = await openWithCase(t, 'claude-code', 'subagents');
    const [outer, inner] = [await opened.find('agent-aaa1'), await opened.find('agent-bbb2')];
    const text = await opened.show('00000010-0000', { subagents: true });
    const order = [
      'Delegate it.',
      `*Sub-agent ${outer.shortId}: Count pears*`,
      'Count the pears.',
      `*Sub-agent ${inner.shortId}*`,
      'Count the plums.',
      `*End of sub-agent ${inner.shortId}*`,
      '13',
      `*End of sub-agent ${outer.shortId}*`,
      'It is counting.',
    ];
    const places = order.map((line) => text.indexOf(`\n${line}\n`));
    assert.ok(!places.includes(-1), text);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    for (const line of order) assert.equal(text.split(`\n${line}\n`).length, 2, `${line}: once`);
  });

  it('gives the word back to the session with a heading', async (t) => {
    const opened = await openWithCase(t, 'claude-code', 'subagents');
    const text = await opened.show('00000010-0000', { subagents: true });
    assert.match(text, /\*End of sub-agent [0-9a-f]{8}\*\n\n# claude-toy-1_2026-05-01_0900_04\n\nIt is counting\.\n$/);
  });

  it('can be shown by itself, its prompt by the agent that started it', async (t) => {
    const opened = await openWithCase(t, 'claude-code', 'subagents');
    assert.match(await opened.show('agent-bbb2'), /^# Parent agent_2026-05-01_0900_21\n\nCount the plums\.\n/);
  });
});

describe('the last turns', () => {
  const said = ['a', 'b', 'c'].flatMap((text) => [
    { by: 'user', text: `prompt ${text}` } as const,
    { by: 'model', text: `answer ${text}` } as const,
    { by: 'model', text: `more ${text}` } as const,
  ]);

  it('begin with a prompt, and hold all that was said to it', async (t) => {
    const opened = await TestKato.open(t);
    await opened.import(claudeSession({ id: 'c1a0de00-0000-4000-8000-000000000001', said }));
    const text = await opened.show('latest', { last: 2 });
    assert.match(text, /^# User\n\nprompt b\n\n# claude-toy-1\n\nanswer b\n\nmore b\n\n# User\n\nprompt c\n/);
    assert.equal(await opened.show('latest', { last: 3 }), await opened.show('latest'));
  });
});
