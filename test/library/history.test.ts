/** What stands before a session's own words: compactions, forks, copies that were delivered. */
import assert from 'node:assert/strict';
import { KatoError } from '../../src/core/errors.ts';
import { linkSessions, openLinker } from '../../src/ingest/link.ts';
import { readAll } from '../store/contract/scene.ts';
import { chat, describeLaws, keyOf, type Stage, talk, told } from './laws.ts';

describeLaws('compaction', (law) => {
  law('its summary stands for the messages before it', async (s) => {
    await s.append(chat, ...talk('one', 'two', 'three'));
    assert.equal(await s.does((t) => t.compact(chat, { id: 'k1', summary: 'they counted' })), true);
    await s.append(chat, { id: 'm4', role: 'assistant', content: 'four' });
    const loaded = await s.load(chat);
    assert.deepEqual([loaded.summary, told(loaded)], ['they counted', ['m4 assistant: four']]);
    const before = await s.load(chat, { atSeq: 3 });
    assert.deepEqual([before.summary, before.messages.length], [undefined, 3]);
    const whole = await s.load(chat, { whole: true });
    assert.deepEqual([whole.summary, whole.messages.length], ['they counted', 4]);
  });

  law('messages from one on are kept, if it says so', async (s) => {
    await s.append(chat, ...talk('one', 'two', 'three', 'four'));
    await s.does((t) => t.compact(chat, { id: 'k1', summary: 'one and two', keepFrom: 'm3' }));
    assert.deepEqual(told(await s.load(chat)), ['m3 user: three', 'm4 assistant: four']);
    await s.does((t) => t.compact(chat, { id: 'k2', summary: 'up to three', keepFrom: 'm4' }));
    const { summary, messages } = await s.load(chat);
    assert.deepEqual([summary, messages.map(({ id }) => id)], ['up to three', ['m4']]);
    await s.does((t) => t.compact(chat, { id: 'k3', summary: 'nothing is lost', keepFrom: 'unknown' }));
    assert.deepEqual(told(await s.load(chat)), ['m4 assistant: four']);
  });

  law('it is done once, and a better summary replaces the first', async (s) => {
    await s.append(chat, ...talk('one'));
    await s.does((t) => t.compact(chat, { id: 'k1', summary: 'draft' }));
    await s.append(chat, { id: 'm2', role: 'user', content: 'two' });
    assert.equal(await s.does((t) => t.compact(chat, { id: 'k1', summary: 'draft' })), false);
    assert.equal(await s.does((t) => t.compact(chat, { id: 'k1', summary: 'final' })), true);
    const loaded = await s.load(chat);
    assert.deepEqual([loaded.summary, told(loaded)], ['final', ['m2 user: two']]);
  });

  law('a later word about an older one changes nothing that is in force', async (s) => {
    await s.append(chat, ...talk('one', 'two'));
    await s.does((t) => t.compact(chat, { id: 'k1', summary: 'first', keepFrom: 'm2' }));
    await s.append(chat, { id: 'm3', role: 'user', content: 'three' });
    await s.does((t) => t.compact(chat, { id: 'k1', summary: 'first', keepFrom: 'm3' }));
    assert.deepEqual(told(await s.load(chat)), ['m2 assistant: two', 'm3 user: three']);
    await s.does((t) => t.compact(chat, { id: 'k2', summary: 'second' }));
    await s.append(chat, { id: 'm4', role: 'assistant', content: 'four' });
    await s.does((t) => t.compact(chat, { id: 'k1', summary: 'first again', keepFrom: 'm4' }));
    const loaded = await s.load(chat);
    assert.deepEqual([loaded.summary, told(loaded)], ['second', ['m4 assistant: four']]);
  });
});

describeLaws('forks', (law) => {
  law('a fork shares the history up to a seq, and copies nothing', async (s) => {
    await s.does((t) => t.start(chat, { cwd: '/w/toy' }));
    await s.append(chat, ...talk('one', 'two', 'three'));
    await s.does((t) => t.patch(chat, [{ kind: 'tag', value: 'before' }]));
    const [, second] = (await s.load(chat)).messages;
    const fork = await s.does((t) => t.fork(chat, second?.seq ?? 0, { nativeId: 'fork-1' }));
    assert.deepEqual(fork, keyOf('fork-1'));
    await s.append(fork, { id: 'm3', role: 'user', content: 'another three' });
    await s.append(chat, { id: 'm4', role: 'assistant', content: 'four' });
    assert.deepEqual(told(await s.load(fork)), ['m1 user: one', 'm2 assistant: two', 'm3 user: another three']);
    assert.deepEqual((await s.load(fork)).state, { tags: [] });
    assert.equal(told(await s.load(chat)).at(-1), 'm4 assistant: four');
    assert.deepEqual(
      (await s.load(fork)).messages.map(({ inherited }) => inherited?.nativeId),
      ['chat-1', 'chat-1', undefined],
    );
    const own = await readAll(s.transcripts.store, { key: fork });
    assert.deepEqual(
      own.map(({ event }) => event.kind),
      ['session.info', 'user.message'],
    );
    assert.equal((await s.transcripts.store.session(fork))?.facts.cwd, '/w/toy');
  });

  law('a fork of a fork has all of its history; a compaction in it is its own', async (s) => {
    await s.append(chat, ...talk('one', 'two'));
    const first = await s.does((t) => t.fork(chat, 1, { nativeId: 'fork-1' }));
    await s.append(first, { id: 'b', role: 'assistant', content: 'b' });
    const second = await s.does((t) => t.fork(first, 2, { nativeId: 'fork-2' }));
    await s.does((t) => t.compact(second, { id: 'k', summary: 'short', keepFrom: 'b' }));
    await s.append(second, { id: 'c', role: 'user', content: 'c' });
    assert.deepEqual(told(await s.load(second)), ['b assistant: b', 'c user: c']);
    assert.deepEqual(told(await s.load(second, { atSeq: 1 })), ['m1 user: one', 'b assistant: b']);
    assert.equal((await s.load(first)).summary, undefined);
  });

  law('forking again is the same fork; another one of that name is refused', async (s) => {
    await s.append(chat, ...talk('one', 'two'));
    const fork = (atSeq: number, nativeId = 'fork-1') => s.does((t) => t.fork(chat, atSeq, { nativeId }));
    await fork(1);
    await fork(1);
    assert.equal((await readAll(s.transcripts.store, { key: keyOf('fork-1') })).length, 1);
    await s.does((t) => t.start(keyOf('other')));
    for (const [seq, id] of [
      [2, 'fork-1'],
      [1, 'other'],
      [1, 'chat-1'],
      [3, 'fork-2'],
      [-1, 'fork-2'],
      [0.5, 'fork-2'],
    ] as const)
      await s.refuses('usage', (t) => t.fork(chat, seq, { nativeId: id }));
    await s.refuses('session-not-found', (t) => t.fork(keyOf('nobody'), 0, { nativeId: 'fork-2' }));
    assert.equal(await s.transcripts.store.session(keyOf('fork-2')), undefined);
  });

  law('a fork stays one when kato links sessions, though both go on with the same ids', linkingKeepsForks);
  law('a fork whose parent was forgotten says so', async (s) => {
    await s.append(chat, ...talk('one', 'two'));
    const fork = await s.does((t) => t.fork(chat, 2, { nativeId: 'fork-1' }));
    await s.append(fork, { id: 'm3', role: 'user', content: 'three' });
    assert.equal((await s.load(fork)).missing, undefined);
    await s.does((t) => t.store.forget(chat));
    const loaded = await s.load(fork);
    assert.deepEqual([loaded.missing, told(loaded)], ['chat-1', ['m3 user: three']]);
  });
  law('a session that is not there is not loaded', async (s) => {
    const isExpected = (error: unknown) => error instanceof KatoError && error.code === 'session-not-found';
    await assert.rejects(s.load(chat), isExpected);
  });
});

async function linkingKeepsForks(s: Stage): Promise<void> {
  await s.append(chat, ...talk('one', 'two'));
  const fork = await s.does((t) => t.fork(chat, 1, { nativeId: 'fork-1' }));
  await s.does((t) => linkSessions(t.store));
  const linker = await openLinker(s.transcripts.store);
  for (const session of [fork, chat]) {
    await s.transcripts.append(session, { id: 'm3', role: 'user', content: `three of ${session.nativeId}` });
    await linker.link([session]);
  }
  await linker.close();
  await s.does((t) => linkSessions(t.store));
  assert.deepEqual(told(await s.load(fork)), ['m1 user: one', 'm3 user: three of fork-1']);
  const events = await readAll(s.transcripts.store, { key: fork });
  assert.ok(events.every(({ event }) => event.origin !== 'replayed'));
}

describeLaws('delivered copies', (law) => {
  const agent = keyOf('agent');
  const gateway = { provider: 'toy-gateway', nativeId: 'room-7' };
  const answer = { id: 'm2', role: 'assistant', content: 'tea is ready', model: 'm-1', usage: { output: 3 } } as const;

  law('a copy is a message of the session that it was delivered to, and says whose', async (s) => {
    await s.append(agent, ...talk('tea?'), answer);
    assert.equal(await s.does((t) => t.mirror(agent, gateway, answer)), true);
    assert.equal(await s.does((t) => t.mirror(agent, gateway, answer)), false);
    await s.append(gateway, { id: 'm2', role: 'user', content: 'thanks' });
    const [copy, own] = (await s.load(gateway)).messages;
    const { id: sessionId } = (await s.transcripts.store.session(agent)) ?? {};
    assert.deepEqual(copy?.mirrorOf, { sessionId, id: 'm2' });
    assert.deepEqual(
      [copy?.role, copy?.text, copy?.model, copy?.usage],
      ['assistant', 'tea is ready', 'm-1', undefined],
    );
    assert.deepEqual([own?.text, own?.mirrorOf], ['thanks', undefined]);
    const [, original] = await readAll(s.transcripts.store, { key: agent });
    const [delivered] = await readAll(s.transcripts.store, { key: gateway });
    assert.equal(delivered?.event.copyOf, original?.event.id);
    assert.equal(delivered?.event.origin, 'agent');
  });

  law('messages of two sessions that have the same id are two copies', async (s) => {
    for (const from of [agent, chat]) await s.does((t) => t.mirror(from, gateway, answer));
    assert.equal((await s.load(gateway)).messages.length, 2);
  });

  law('what may be said may be delivered', async (s) => {
    const long = { ...answer, id: 'm'.repeat(512) };
    await s.append(agent, long);
    await s.does((t) => t.mirror(agent, gateway, long));
    assert.equal((await s.load(gateway)).messages[0]?.mirrorOf?.id, long.id);
    const odd = [
      { ...answer, id: '' },
      { ...answer, id: `${long.id}m` },
    ];
    for (const message of odd) await s.refuses('usage', (t) => t.mirror(agent, gateway, message));
  });

  law('nobody typed what was delivered', async (s) => {
    await s.does((t) => t.mirror(agent, gateway, { id: 'm1', role: 'user', content: 'from another room' }));
    assert.deepEqual((await s.load(gateway)).messages[0]?.origin, 'automated');
  });
});
