/** Sessions that are not kept: they leave no text but the title and command lines, until a recording asks for them. */
import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { sessionId } from '../../src/core/session.ts';
import type { StoredEvent } from '../../src/store/store.ts';
import { until } from '../support/until.ts';
import { claudeKey, onLive } from './support/live-stage.ts';
import { OTHER, prompt, prompts, SESSION } from './support/session-lines.ts';
import type { Stage } from './support/stage.ts';

const unkept = { keep: false };
const sheep = (...numbers: number[]) => numbers.map((n) => `sheep number ${n}`);
const steering = (n: number, line: string) => `${prompt(n, { text: `Count.\n${line}` })}\n`;
const key = { provider: 'claude-code', nativeId: SESSION };

async function assertSilent(stage: Stage): Promise<void> {
  const { events, rawBytes, blobBytes } = await stage.store.stats();
  assert.deepEqual([events, rawBytes, blobBytes, await stage.events()], [0, 0, 0, []]);
}

onLive('a session that is not kept leaves its facts and its checkpoint, and no text', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 3));
  await until(() => live.taken.includes(SESSION), 'it was not announced');
  stage.append(stage.path(), prompts(4, 4));
  await until(async () => (await stage.source()).checkpoint.endBytes === prompts(1, 4).length, 'it was not read on');
  await assertSilent(stage);
  const session = await stage.store.session(key);
  assert.deepEqual([session?.facts.title?.text, session?.lastSeq], ['sheep number 1', 0]);
  assert.equal((await stage.source()).nativeId, SESSION);
});

onLive('reading goes on where it was after a restart', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 500));
  await live.live.sweep();
  await live.restart();
  stage.counting.taken();
  stage.append(stage.path(), steering(501, '::record a.md'));
  await live.live.sweep();
  assert.ok(stage.counting.taken().bytes < 20_000);
  assert.equal((await live.heard()).length, 1);
  await assertSilent(stage);
});

onLive('each command is heard once, in the words of its event', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 1) + steering(2, '::record notes/a.md\n::recrod'));
  await until(async () => (await live.heard()).length === 2, 'the commands were not heard');
  const [first, second] = (await live.heard()).sort((a, b) => a.event.payload.number - b.event.payload.number);
  assert.ok(first && second);
  assert.deepEqual(
    [first.session, first.path, first.event.session],
    [key, stage.path(), { ...key, id: sessionId(key) }],
  );
  assert.deepEqual(
    [first.event.kind, first.event.origin, first.event.at],
    ['user.kato-command', 'typed', '2026-07-01T10:00:02.000Z'],
  );
  assert.equal(first.event.observedAt, live.time.now());
  assert.deepEqual([first.event.payload.verb, first.event.payload.arguments], ['record', 'notes/a.md']);
  assert.match(second.event.payload.error ?? '', /record/);
  assert.ok(!Object.hasOwn(first.event, 'seq'));
  const before = await stage.store.offsets('heard/');
  live.time.pass(1);
  stage.write(stage.path(), steering(2, '::record notes/a.md\n::recrod'));
  await live.live.sweep();
  assert.deepEqual(await stage.store.offsets('heard/'), before);
  await assertSilent(stage);
});

onLive('a heard command is the event that an import would give', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), steering(1, '::record a.md'));
  await until(async () => (await live.heard()).length === 1, 'the command was not heard');
  const [heard] = await live.heard();
  await live.live.keep(key);
  const kept = (await stage.events()).find(({ event }) => event.kind === 'user.kato-command')?.event;
  const {
    seq: _,
    source: { generation: __, ...source } = {},
    observedAt: ___,
    ...event
  } = kept as StoredEvent['event'];
  const { observedAt: ____, ...told } = heard?.event ?? {};
  assert.deepEqual({ ...event, source }, told);
});

onLive('a command that a copy repeats is heard as replayed', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), steering(1, '::record a.md') + prompts(2, 2));
  await until(async () => (await live.heard()).length === 1, 'the command was not heard');
  stage.write(stage.path(OTHER), steering(1, '::record a.md') + prompts(2, 2) + steering(3, '::stop'));
  await until(async () => (await live.heard()).length === 3, 'the commands were not heard');
  const told = (await live.heard()).map(({ session, event }) => [
    session.nativeId === SESSION,
    event.payload.verb,
    event.origin,
  ]);
  assert.deepEqual(told.sort(), [
    [false, 'record', 'replayed'],
    [false, 'stop', 'typed'],
    [true, 'record', 'typed'],
  ]);
});

onLive('a session that begins to be kept is built from its start and goes on live', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 3));
  await until(() => live.taken.includes(SESSION), 'it was not announced');
  stage.append(stage.path(), prompts(4, 4));
  live.recorded.add(SESSION);
  await live.live.keep(key);
  assert.deepEqual(await stage.said(), sheep(1, 2, 3, 4));
  assert.equal(stage.raw((await stage.source()).id), prompts(1, 4));
  stage.append(stage.path(), prompts(5, 5));
  await live.untilSaid(...sheep(1, 2, 3, 4, 5));
  const observed = (await stage.events()).map(({ event }) => event.observedAt !== undefined);
  assert.deepEqual([observed[0], observed.at(-1)], [false, true], 'history has no time of seeing');
});

onLive('keeping a session while it is written to loses and doubles nothing', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 1));
  for (let n = 2; n <= 40; n++) {
    stage.append(stage.path(), prompts(n, n));
    if (n === 20) live.recorded.add(SESSION);
    if (n % 10 === 0) await live.live.keep(key);
  }
  await live.untilSaid(...sheep(...Array.from({ length: 40 }, (_, n) => n + 1)));
});

onLive(
  'a recording that stops leaves the transcript as it is, and the next one fills the gap',
  unkept,
  async (live, stage) => {
    await live.live.start();
    live.recorded.add(SESSION);
    stage.write(stage.path(), prompts(1, 2));
    await live.untilSaid(...sheep(1, 2));
    live.recorded.delete(SESSION);
    stage.append(stage.path(), prompts(3, 4) + steering(5, '::record a.md'));
    await until(async () => (await live.heard()).length === 1, 'the command was not heard');
    assert.deepEqual(await stage.said(), sheep(1, 2));
    await live.restart();
    live.recorded.add(SESSION);
    await live.live.keep(key);
    assert.deepEqual((await stage.said()).slice(0, 4), sheep(1, 2, 3, 4));
    assert.equal((await stage.said()).length, 5);
    const { checkpoint, id } = await stage.source();
    assert.deepEqual([checkpoint.generation, stage.raw(id).length], [2, checkpoint.endBytes]);
    assert.ok((await stage.events()).every(({ superseded }) => !superseded));
  },
);

onLive('what an import of a session that is not kept brings is whole', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 3));
  await until(() => live.taken.includes(SESSION), 'it was not announced');
  assert.equal((await stage.pass()).filesRead, 1);
  assert.deepEqual(await stage.said(), sheep(1, 2, 3));
  assert.equal((await stage.pass()).bytesRead, 0);
  stage.append(stage.path(), prompts(4, 4));
  await until(async () => (await stage.source()).checkpoint.generation === -1, 'it was not read on');
  assert.deepEqual(await stage.said(), sheep(1, 2, 3));
  await stage.pass();
  assert.deepEqual(await stage.said(), sheep(1, 2, 3, 4));
});

for (const keep of [true, false]) {
  const which = keep ? 'kept' : 'not kept';
  onLive(
    `old files are only noted where sessions are ${which}, until they change or are asked for`,
    { keep },
    async (live, stage) => {
      const old = (path: string) => utimesSync(path, 1_700_000_000, 1_700_000_000);
      for (const session of [SESSION, OTHER]) {
        stage.write(stage.path(session), prompts(1, 2, { session }));
        old(stage.path(session));
      }
      await live.live.start();
      await live.live.sweep();
      assert.deepEqual(stage.counting.taken(), { bytes: 0, opened: 0 });
      assert.equal((await stage.store.sources()).length, 2);
      live.time.pass(3_600_000);
      await live.restart();
      await live.live.sweep();
      assert.deepEqual(stage.counting.taken(), { bytes: 0, opened: 0 });
      assert.deepEqual(live.live.lag(), []);
      await live.live.keep(claudeKey(OTHER));
      assert.equal((await stage.said()).length, 2);
      stage.append(stage.path(), prompts(3, 3));
      await until(() => live.taken.includes(SESSION), 'what has changed was not read');
      assert.equal((await stage.said()).length, keep ? 5 : 2);
      assert.equal((await stage.store.session(key))?.facts.title?.text, 'sheep number 1');
    },
  );
}

onLive('what was kept once is not heard again when its file is rewritten', unkept, async (live, stage) => {
  live.recorded.add(SESSION);
  await live.live.start();
  stage.write(stage.path(), prompts(1, 1) + steering(2, '::record a.md'));
  await until(async () => (await stage.said()).length === 2, 'it was not kept');
  live.recorded.delete(SESSION);
  stage.write(stage.path(), steering(2, '::record a.md') + steering(3, '::stop'));
  await live.live.sweep();
  assert.deepEqual(
    (await live.heard()).map(({ event }) => event.payload.verb),
    ['stop'],
  );
  assert.ok((await stage.events()).every(({ superseded }) => !superseded));
});

onLive('the first start is noted once and never moved', unkept, async (live, stage) => {
  await live.live.start();
  const first = await stage.store.offset('daemon/first-start');
  assert.deepEqual(first, { consumer: 'daemon/first-start', position: 0, state: { at: '2026-11-20T12:00:00.000Z' } });
  live.time.pass(5000);
  await live.restart();
  assert.deepEqual(await stage.store.offset('daemon/first-start'), first);
});

onLive('a forgotten session stays forgotten, and its commands are not heard', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 2));
  await until(() => live.taken.includes(SESSION), 'it was not announced');
  await stage.store.forget(key);
  stage.append(stage.path(), steering(3, '::record a.md'));
  await live.live.sweep();
  await live.live.keep(key);
  assert.deepEqual([await stage.store.sessions(), await live.heard(), await stage.events()], [[], [], []]);
});

for (const keep of [true, false]) {
  onLive(
    `a dropped session is read from its start when it goes on, ${keep ? '' : 'not '}kept`,
    { keep },
    async (live, stage) => {
      await live.live.start();
      stage.write(stage.path(), prompts(1, 1) + steering(2, '::record a.md'));
      await until(() => live.taken.includes(SESSION), 'it was not announced');
      await stage.store.drop(key);
      await live.live.sweep();
      assert.deepEqual([await stage.store.sessions(), live.live.lag()], [[], []], 'it does not come back by itself');
      live.time.pass(60_000);
      stage.append(stage.path(), prompts(3, 3));
      await until(async () => (await stage.store.session(key)) !== undefined, 'it was not read');
      await live.live.sweep();
      assert.equal((await stage.store.session(key))?.facts.title?.text, 'sheep number 1');
      const observed = (await stage.events()).map(({ event }) => event.observedAt);
      if (keep)
        assert.deepEqual([observed[0], observed.at(-1)], [undefined, live.time.now()], 'old words have no new time');
      else await assertSilent(stage);
    },
  );
}

onLive('a session that nobody may read cannot be kept, and says so', unkept, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 2));
  await until(() => live.taken.includes(SESSION), 'it was not announced');
  const { open } = stage.counting.files;
  const broken = Object.assign(new Error('EIO: input/output error, open'), { code: 'EIO', syscall: 'open' });
  Object.assign(stage.counting.files, {
    open: () => {
      throw broken;
    },
  });
  await assert.rejects(live.live.keep(key), { code: 'source-unreadable' });
  Object.assign(stage.counting.files, { open });
  await live.live.keep(key);
  assert.deepEqual(await stage.said(), sheep(1, 2));
});
