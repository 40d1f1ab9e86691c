/** What the store knows of sessions as a whole: their facts, their records, and where they come from. */
import assert from 'node:assert/strict';
import { sessionId } from '../../../src/core/session.ts';
import type { SessionLink } from '../../../src/store/store.ts';
import { emptyBatch } from '../../../src/store/store.ts';
import { keyOf, loose, partOf, recordOf, say } from '../../support/batches.ts';
import { type Check, type Scene, told } from './scene.ts';

export function sessionContract(check: Check): void {
  check('merges what batches say of a session', async (s) => {
    const first = {
      title: { text: 'Ask', from: 'prompt' },
      cwd: '/w',
      models: ['m-1'],
      firstAt: '2',
      lastAt: '2',
    } as const;
    const second = {
      title: { text: 'Given', from: 'agent' },
      cwd: '/x',
      models: ['m-2'],
      firstAt: '1',
      lastAt: '3',
    } as const;
    await s.append({ ...emptyBatch, sessions: [partOf('a', [say('a', 'r1', 'one')], { facts: first })] });
    await s.append({ ...emptyBatch, sessions: [partOf('a', [], { facts: second })] });
    const record = await s.store.session(keyOf('a'));
    const facts = { title: second.title, cwd: '/w', models: ['m-1', 'm-2'], firstAt: '1', lastAt: '3' };
    assert.deepEqual(record, { key: keyOf('a'), id: sessionId(keyOf('a')), facts, lastSeq: 1, lastPosition: 1 });
    assert.deepEqual(await s.store.sessions(), [record]);
  });
  check('changes nothing when the same facts are told again', async (s) => {
    const batch = { ...emptyBatch, sessions: [partOf('a', [], { facts: { cwd: '/w', spoken: true } })] };
    await s.append(batch);
    assert.deepEqual(await s.append(batch), [{ events: 0, revisions: 0, rows: 0 }]);
  });
  check('finds sessions that begin with the same record', async (s) => {
    for (const [name, head] of [
      ['a', 'h1'],
      ['b', 'h2'],
      ['c', 'h1'],
    ] as const) {
      await s.append({ ...emptyBatch, sessions: [partOf(name, [say(name, 'r1', 'x')], { facts: { head } })] });
    }
    const found = async (provider: string, head: string) =>
      (await s.store.sessionsByHead(provider, head)).map(({ key }) => key.nativeId).sort();
    assert.deepEqual(await found('toy', 'h1'), ['a', 'c']);
    assert.deepEqual([await found('toy', 'h3'), await found('other', 'h1')], [[], []]);
  });
  check('says which records a session has', async (s) => {
    await s.append(loose([say('a', 'r1', 'one', { part: 'text:1' }), say('b', 'r2', 'two')]));
    const wanted = [recordOf('a', 'r1'), recordOf('a', 'r2'), recordOf('b', 'r2')];
    assert.deepEqual(await s.store.knownRecords(keyOf('a'), wanted), new Set([recordOf('a', 'r1')]));
    assert.deepEqual(await s.store.knownRecords(keyOf('b'), wanted), new Set([recordOf('b', 'r2')]));
    assert.deepEqual(await s.store.knownRecords(keyOf('c'), wanted), new Set());
  });
  check('keeps a session of which only facts are known', async (s) => {
    await s.append({ ...emptyBatch, sessions: [partOf('a', [], { facts: { cwd: '/w' } })] });
    const record = await s.store.session(keyOf('a'));
    assert.deepEqual([record?.lastSeq, record?.lastPosition, record?.facts.cwd], [0, 0, '/w']);
  });
}

export function linkContract(check: Check): void {
  const parent = { nativeId: 'p', relation: 'continuation' } as const;
  const tell = (s: Scene, link: Omit<SessionLink, 'key'>) =>
    s.append({ ...emptyBatch, links: [{ key: keyOf('c'), ...link }] });

  check('keeps the link of a session, and what was found out about it when it is told again', async (s) => {
    const resolved = { parentSeq: 2, copied: [[1, 2]] } as const;
    await tell(s, { parent });
    assert.deepEqual(await s.store.links(), [{ key: keyOf('c'), parent }]);
    await tell(s, { parent, resolved });
    await tell(s, { parent });
    assert.deepEqual(await s.store.links(), [{ key: keyOf('c'), parent, resolved }]);
  });
  check('keeps details of a parent that are not told again', async (s) => {
    await tell(s, { parent: { ...parent, relation: 'subagent', toolCallId: 't1' } });
    await tell(s, { parent: { ...parent, relation: 'subagent', record: 'r1' } });
    const whole = { nativeId: 'p', relation: 'subagent', toolCallId: 't1', record: 'r1' };
    assert.deepEqual((await s.store.links())[0]?.parent, whole);
  });
  check('forgets what was found out about one parent when another is told', async (s) => {
    await tell(s, { parent: { ...parent, record: 'r1' }, resolved: { parentSeq: 2, copied: [] } });
    await tell(s, { parent: { nativeId: 'q', relation: 'fork' } });
    assert.deepEqual(await s.store.links(), [{ key: keyOf('c'), parent: { nativeId: 'q', relation: 'fork' } }]);
  });
  check('forgets what was found out when the two turn out to have less in common', async (s) => {
    const fork = { nativeId: 'p', relation: 'fork' } as const;
    await tell(s, { parent: { ...fork, ordinal: 8 }, resolved: { parentSeq: 8, copied: [] } });
    await tell(s, { parent: { ...fork, ordinal: 8 } });
    assert.equal((await s.store.links())[0]?.resolved?.parentSeq, 8);
    await tell(s, { parent: { ...fork, ordinal: 5 } });
    assert.deepEqual(await s.store.links(), [{ key: keyOf('c'), parent: { ...fork, ordinal: 5 } }]);
  });
  check('reads copied events as replayed, with the event that each is a copy of', async (s) => {
    const spoken = ['r1', 'r2', 'r3'];
    await s.append(loose(spoken.map((record) => say('p', record, record))));
    await s.append(loose([...spoken.slice(0, 2), 'new'].map((record) => say('c', record, record))));
    await tell(s, { parent });
    assert.deepEqual(told(await s.events({ key: keyOf('c') })), ['1 r1', '2 r2', '3 new']);
    await tell(s, { parent, resolved: { parentSeq: 2, copied: [[1, 2]] } });
    const child = await s.events({ key: keyOf('c') });
    assert.deepEqual(told(child), ['1 r1 (replayed)', '2 r2 (replayed)', '3 new']);
    const originals = (await s.events({ key: keyOf('p') })).map(({ event }) => event.id);
    assert.deepEqual(
      child.map(({ event }) => event.copyOf),
      [originals[0], originals[1], undefined],
    );
    assert.deepEqual(await s.store.pick(keyOf('c'), [1, 2, 3]), child);
  });
  check('takes a link of a session before its first event', async (s) => {
    await tell(s, { parent });
    await s.append(loose([say('c', 'r1', 'one')]));
    assert.deepEqual([(await s.store.links()).length, told(await s.events())], [1, ['1 one']]);
  });
}
