import assert from 'node:assert/strict';
import type { JsonObject } from '../../src/core/json.ts';
import type { Message } from '../../src/library/message.ts';
import { readAll } from '../store/contract/scene.ts';
import { chat, describeLaws, keyOf, type Law, type Stage, talk, told } from './laws.ts';

describeLaws('appending', (law) => {
  law('a session that was started is there, with what is known of it', async (s) => {
    const at = '2026-01-02T03:04:05.678Z';
    const info = { cwd: '/w/toy', gitBranch: 'main', model: 'm-1', agentVersion: '1.2', title: 'Tea', at };
    assert.equal(await s.does((t) => t.start(chat, info)), true);
    const record = await s.transcripts.store.session(chat);
    assert.deepEqual(record?.facts, {
      firstAt: at,
      lastAt: at,
      title: { text: 'Tea', from: 'agent' },
      cwd: '/w/toy',
      gitBranch: 'main',
      agentVersion: '1.2',
    });
    assert.deepEqual(told(await s.load(chat)), []);
  });

  law('a session is started once, however often it is said', async (s) => {
    assert.equal(await s.does((t) => t.start(chat, { cwd: '/w' })), true);
    assert.equal(await s.does((t) => t.start(chat, { cwd: '/w' })), false);
    assert.equal((await readAll(s.transcripts.store)).length, 1);
  });

  law('messages come back in order, as they were said', async (s) => {
    for (const message of talk('hello', 'hi', '', 'ä€😀\0\n')) assert.equal(await s.append(chat, message), true);
    assert.deepEqual(told(await s.load(chat)), [
      'm1 user: hello',
      'm2 assistant: hi',
      'm3 user: ',
      'm4 assistant: ä€😀\0\n',
    ]);
  });

  law('a message that comes again under its id is there once', async (s) => {
    const messages = talk('hello', 'hi');
    assert.equal(await s.append(chat, ...messages), true);
    assert.equal(await s.append(chat, ...messages), false);
    for (const message of messages) assert.equal(await s.append(chat, message), false);
    assert.deepEqual(told(await s.load(chat)), ['m1 user: hello', 'm2 assistant: hi']);
    assert.equal(await s.transcripts.store.head(), 2);
  });

  law('equal messages under ids of their own are two', async (s) => {
    await s.append(chat, { id: 'a', role: 'user', content: 'go on' }, { id: 'b', role: 'user', content: 'go on' });
    assert.deepEqual(told(await s.load(chat)), ['a user: go on', 'b user: go on']);
  });

  law('ids of messages, patches and compactions never meet', async (s) => {
    await s.append(chat, { id: 'x', role: 'user', content: 'one' });
    await s.does((t) => t.meta(chat, 'two', { id: 'x' }));
    await s.does((t) => t.patch(chat, [{ kind: 'mode', value: 'three' }], { id: 'x' }));
    await s.does((t) => t.endTurn(chat, { id: 'x' }));
    assert.equal(await s.does((t) => t.compact(chat, { id: 'x', summary: 'four', keepFrom: 'x' })), true);
    const ids = (await readAll(s.transcripts.store)).map(({ event }) => event.id.slice(0, 16));
    assert.equal(new Set(ids).size, 5);
    assert.ok((await readAll(s.transcripts.store)).every(({ event }) => event.revises === undefined));
  });

  law('the same id in two sessions is two messages', async (s) => {
    await s.append(chat, ...talk('one'));
    await s.append(keyOf('chat-2'), ...talk('two'));
    assert.deepEqual(told(await s.load(chat)), ['m1 user: one']);
    assert.deepEqual(told(await s.load(keyOf('chat-2'))), ['m1 user: two']);
  });

  law('other words under a known id are a revision, in the place of the first', async (s) => {
    await s.append(chat, ...talk('hello', 'hi'));
    assert.equal(await s.append(chat, { id: 'm1', role: 'user', content: 'hello there' }), true);
    assert.deepEqual(told(await s.load(chat)), ['m1 user: hello there', 'm2 assistant: hi']);
    assert.deepEqual(told(await s.load(chat, { atSeq: 2 })), ['m1 user: hello', 'm2 assistant: hi']);
    assert.equal((await readAll(s.transcripts.store)).at(-1)?.event.revises, 1);
  });

  law('another time, or keys in another order, are no revision', async (s) => {
    await s.append(chat, {
      id: 'm1',
      role: 'assistant',
      content: [{ kind: 'tool-call', toolCallId: 'c', name: 'n', input: 1 }],
    });
    const again: Message = {
      id: 'm1',
      role: 'assistant',
      content: [{ input: 1, name: 'n', toolCallId: 'c', kind: 'tool-call' }],
      at: '2026-01-02T03:04:05.678Z',
    };
    assert.equal(await s.append(chat, again), false);
  });

  law('every part of a message comes back', partsComeBack);
  law('content that is attached is kept once', attachesOnce);
  law('messages are appended all or none', async (s) => {
    const bad: Message = { id: 'm3', role: 'tool', content: 'a tool says nothing' };
    await s.refuses('usage', (t) => t.append(chat, ...talk('hello', 'hi'), bad), /m3/);
    assert.deepEqual(await s.transcripts.store.sessions(), []);
  });
  law('what cannot be stored is refused, and nothing of it is repeated', refuses);
  law('a session that was forgotten is not written again', async (s) => {
    await s.append(chat, ...talk('hello'));
    await s.does((t) => t.store.forget(chat));
    for (const message of talk('hello', 'more'))
      await s.refuses('session-not-found', (t) => t.append(chat, message), /forgotten/);
    assert.equal(await s.does((t) => t.append(chat)), false);
  });
  callsInOrder(law);
});

async function partsComeBack(s: Stage): Promise<void> {
  const at = '2026-01-02T03:04:05.678Z';
  const call = { kind: 'tool-call', toolCallId: 'c1', name: 'read', input: { path: 'a', n: [1, null] } } as const;
  const result = { kind: 'tool-result', toolCallId: 'c1', text: 'no such file', isError: true, exitCode: 2 } as const;
  const said = {
    id: 'm1',
    role: 'assistant',
    content: [
      { kind: 'thinking', text: 'which file?', redacted: false },
      { kind: 'text', text: 'Let me look.', phase: 'commentary' },
      call,
      { kind: 'text', text: 'Reading.' },
    ],
    at,
    turnId: 't1',
    model: 'm-1',
    usage: { input: 10, output: 5 },
    meta: { signature: 'x', nested: [{ deep: true }] },
  } as const satisfies Message;
  await s.append(
    chat,
    said,
    { id: 'm2', role: 'tool', content: [result] },
    { id: 'm3', role: 'user', content: [result] },
  );
  await s.append(
    chat,
    { id: 'm4', role: 'system', content: 'Be short.' },
    { id: 'm5', role: 'user', content: 'x', origin: 'injected' },
  );
  const [first, second, third, fourth, fifth] = (await s.load(chat)).messages;
  const { content, ...rest } = said;
  const text = 'Let me look.\nReading.';
  assert.deepEqual(first, { ...rest, parts: content, text, origin: 'agent', seq: 6 });
  assert.deepEqual([second?.role, second?.parts, second?.origin], ['tool', [result], 'agent']);
  assert.deepEqual([third?.role, third?.parts], ['user', [result]]);
  assert.deepEqual([fourth?.role, fourth?.text, fourth?.origin], ['system', 'Be short.', 'injected']);
  assert.deepEqual([fifth?.role, fifth?.origin], ['user', 'injected']);
}

async function attachesOnce(s: Stage): Promise<void> {
  const content = new Uint8Array([1, 2, 3]);
  const part = {
    kind: 'text',
    text: 'look',
    attachments: [{ mediaType: 'image/png', content, name: 'a.png' }],
  } as const;
  await s.append(chat, { id: 'm1', role: 'user', content: [part] }, { id: 'm2', role: 'user', content: [part] });
  const [first, second] = (await s.load(chat)).messages;
  const [shown] = first?.parts ?? [];
  assert.ok(shown?.kind === 'text');
  const [attached] = shown.attachments ?? [];
  assert.deepEqual([attached?.mediaType, attached?.bytes, attached?.name], ['image/png', 3, 'a.png']);
  const blob = await s.transcripts.store.blob(attached?.sha256 ?? '');
  assert.deepEqual(blob && [...blob.content], [1, 2, 3]);
  assert.equal((await s.transcripts.store.stats()).blobBytes, 3);
  // What was read can be said again: in another session, as a reference.
  assert.equal(await s.append(chat, { id: 'm2', role: 'user', content: second?.parts ?? [] }), false);
}

async function refuses(s: Stage): Promise<void> {
  const secret = 'hush';
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  const content = (parts: unknown) => ({ id: 'm1', role: 'assistant', content: parts }) as Message;
  const twice = { kind: 'tool-call', toolCallId: 'c', name: secret, input: null };
  const odd: readonly Message[] = [
    content([]),
    content([{ kind: 'whisper', text: secret }]),
    content([{ kind: 'text', text: 7 }]),
    content([{ kind: 'text', text: secret, volume: 3 }]),
    content([{ kind: 'tool-call', toolCallId: 'c', name: secret, input: circle }]),
    content([{ kind: 'tool-call', toolCallId: 'c', name: secret, input: 1n }]),
    content([twice, twice]),
    { id: 'm1', role: 'user', content: secret, meta: circle as JsonObject },
    { id: '', role: 'user', content: secret },
    { id: '\ud800', role: 'user', content: secret },
    { id: 'm1', role: 'user', content: secret, at: 'yesterday' },
    { id: 'm1', role: 'whisperer' as 'user', content: secret },
    { id: 'm1', role: 'constructor' as 'user', content: secret },
    { id: 'm1', role: 'user', content: secret, origin: 'replayed' as 'typed' },
    content([{ kind: 'text', text: secret, attachments: [{ mediaType: 'text/plain', content: secret }] }]),
  ];
  const isQuiet = new RegExp(`^(?!.*${secret})`);
  for (const message of odd) await s.refuses('usage', (t) => t.append(chat, message), isQuiet);
  await s.refuses('usage', (t) => t.meta(chat, undefined as unknown as string), isQuiet);
  const names = [{ ...chat, provider: '' }, { ...chat, provider: 'My Agent' }, keyOf(''), keyOf('a\0b')];
  for (const name of names) await s.refuses('usage', (t) => t.start(name));
  assert.deepEqual(await s.transcripts.store.sessions(), []);
}

function callsInOrder(law: Law): void {
  law('calls that nobody waited for are done in their order', async (s) => {
    const messages = talk(...Array.from({ length: 20 }, (_, index) => `line ${index}`));
    await s.does((t) => Promise.all([t.start(chat), ...messages.map((message) => t.append(chat, message))]));
    assert.deepEqual(
      (await s.load(chat)).messages.map(({ id }) => id),
      messages.map(({ id }) => id),
    );
  });
}
