/** From an agent's write to a durable event, while it happens: watched files, lost notifications, late folders. */
import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { it } from 'node:test';
import { KatoError } from '../../src/core/errors.ts';
import { createReaderPool } from '../../src/ingest/worker.ts';
import { temporaryFolder } from '../support/derive.ts';
import { giveAway, withoutPrivileges } from '../support/unprivileged.ts';
import { until } from '../support/until.ts';
import { claudeKey, LiveStage, MuteWatcher, onLive, settle } from './support/live-stage.ts';
import { OTHER, prompt, prompts, SESSION } from './support/session-lines.ts';
import { engines, openStage, sizeOf } from './support/stage.ts';

const sheep = (...numbers: number[]) => numbers.map((n) => `sheep number ${n}`);
const mute = () => ({ watcher: new MuteWatcher() });

onLive('a line is taken in as soon as it is written, and announced when it is durable', {}, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 1));
  await live.untilSaid(...sheep(1));
  stage.append(stage.path(), prompts(2, 3));
  await live.untilSaid(...sheep(1, 2, 3));
  await until(() => live.taken.length >= 2, 'it was not announced');
  assert.deepEqual(new Set(live.taken), new Set([SESSION]));
  assert.ok((await stage.events()).every(({ cause }) => cause === 'live'));
});

onLive('a torn line waits until its end is there, and counts as lag meanwhile', {}, async (live, stage) => {
  await live.live.start();
  const line = prompt(2);
  stage.write(stage.path(), prompts(1, 1) + line.slice(0, 40));
  await live.untilSaid(...sheep(1));
  await live.live.sweep();
  assert.deepEqual(live.live.lag(), [{ provider: 'claude-code', path: stage.path(), nativeId: SESSION, bytes: 40 }]);
  stage.append(stage.path(), `${line.slice(40)}\n`);
  await live.untilSaid(...sheep(1, 2));
  assert.deepEqual(live.live.lag(), []);
});

onLive(
  'what was there before is taken in without a time of seeing, what comes later with one',
  {},
  async (live, stage) => {
    stage.write(stage.path(), prompts(1, 1));
    await live.live.start();
    stage.append(stage.path(), prompts(2, 2));
    stage.write(stage.path(OTHER), prompts(1, 1, { session: OTHER }));
    await until(async () => (await stage.said()).length === 3, 'not all was taken in');
    await live.restart();
    stage.append(stage.path(), prompts(3, 3));
    await until(async () => (await stage.said()).length === 4, 'not all was taken in');
    const seen = (await stage.events()).map(({ event: { session, source, observedAt } }) => [
      session.nativeId === SESSION ? source.nativeId?.slice(-2) : 'other',
      observedAt,
    ]);
    const now = live.time.now();
    const messages = seen.filter(
      ([, at], index) => seen.findIndex(([id, one]) => id === seen[index]?.[0] && one === at) === index,
    );
    assert.deepEqual(Object.fromEntries(messages), { u1: undefined, u2: now, other: now, u3: now });
  },
);

onLive(
  'a lost notification is made up within a second for an active file, within thirty for others',
  mute(),
  async (live, stage) => {
    stage.write(stage.path(), prompts(1, 1));
    stage.write(stage.path(OTHER), prompts(1, 1, { session: OTHER }));
    utimesSync(stage.path(OTHER), 1000, 1_795_100_000);
    await live.live.start();
    await live.live.sweep();
    stage.append(stage.path(), prompts(2, 2));
    await live.seconds(1);
    await until(async () => (await stage.said()).includes('sheep number 2'), 'the active file was not read');
    await live.seconds(600);
    assert.equal((await stage.said()).length, 2, 'an old file was read');
    stage.append(stage.path(OTHER), prompts(5, 5, { session: OTHER }));
    await live.seconds(30);
    await until(async () => (await stage.said()).includes('sheep number 5'), 'the other file was not read');
  },
);

onLive(
  'a new file beside an active one is found within five seconds though nobody tells',
  mute(),
  async (live, stage) => {
    stage.write(stage.path(), prompts(1, 1));
    await live.live.start();
    await live.live.sweep();
    stage.write(stage.path(OTHER), prompts(9, 9, { session: OTHER }));
    await live.seconds(5);
    await live.untilSaid(...sheep(1, 9));
  },
);

it('a folder in which nothing came or went is not listed again before the next sweep', async (t) => {
  const stage = openStage(t, engines.memory);
  const listed: string[] = [];
  const list = (folder: string) => {
    listed.push(folder);
    return stage.counting.files.list(folder);
  };
  const live = new LiveStage(stage, { watcher: new MuteWatcher(), files: { ...stage.counting.files, list } });
  t.after(() => live.live.stop());
  const folder = dirname(stage.path());
  stage.write(stage.path(), prompts(1, 1));
  utimesSync(folder, 1_795_100_000, 1_795_100_000);
  await live.live.start();
  await live.live.sweep();
  await live.seconds(5);
  assert.equal(listed.at(-1), folder);
  listed.length = 0;
  await live.seconds(15);
  assert.deepEqual(listed, []);
  stage.write(stage.path(OTHER), prompts(9, 9, { session: OTHER }));
  await live.seconds(5);
  assert.deepEqual(listed, [folder]);
  await live.untilSaid(...sheep(1, 9));
});

onLive('unchanged files are not read again, however often they are looked at', mute(), async (live, stage) => {
  for (const session of [SESSION, OTHER]) stage.write(stage.path(session), prompts(1, 50, { session }));
  await live.live.start();
  await live.live.sweep();
  await live.restart();
  stage.counting.taken();
  const { bytesRead } = live.live.state().counters;
  await live.seconds(65);
  await live.live.sweep();
  assert.deepEqual(stage.counting.taken(), { bytes: 0, opened: 0 });
  assert.equal(live.live.state().counters.bytesRead, bytesRead);
});

onLive('one more line costs its own bytes and a look at both ends of what was read', {}, async (live, stage) => {
  stage.write(stage.path(), prompts(1, 2000));
  await live.live.start();
  await live.live.sweep();
  stage.counting.taken();
  const line = `${prompt(2001)}\n`;
  stage.append(stage.path(), line);
  await until(async () => (await stage.said()).length === 2001, 'the line was not taken in');
  await live.live.sweep();
  assert.ok(stage.counting.taken().bytes <= 2 * (line.length + 8192));
});

onLive('a root that is made later is watched from then on', {}, async (live, stage) => {
  rmSync(stage.root, { recursive: true });
  await live.live.start();
  assert.deepEqual(live.live.mode(), { mode: 'watching', reason: undefined });
  stage.write(stage.path(), prompts(1, 1));
  await live.seconds(1);
  await live.untilSaid(...sheep(1));
  stage.append(stage.path(), prompts(2, 2));
  await live.untilSaid(...sheep(1, 2));
});

onLive('a root that is removed and made again is watched again', {}, async (live, stage) => {
  stage.write(stage.path(), prompts(1, 1));
  await live.live.start();
  await live.untilSaid(...sheep(1));
  rmSync(stage.root, { recursive: true });
  await until(async () => (await stage.source()).gone, 'it is not known that the file is gone');
  stage.write(stage.path(), prompts(1, 2));
  await live.seconds(1);
  await live.untilSaid(...sheep(1, 2));
  stage.append(stage.path(), prompts(3, 3));
  await live.untilSaid(...sheep(1, 2, 3));
});

onLive(
  'a system without watches left is polled, which is said once, and watched when it can be',
  mute(),
  async (_, stage) => {
    const { watcher } = mute();
    watcher.refuses = 'ENOSPC';
    const polled = new LiveStage(stage, { watcher });
    stage.write(stage.path(), prompts(1, 1));
    await polled.live.start();
    assert.deepEqual(polled.live.mode(), { mode: 'polling', reason: 'ENOSPC' });
    await polled.untilSaid(...sheep(1));
    stage.append(stage.path(), prompts(2, 2));
    await polled.seconds(1);
    await polled.untilSaid(...sheep(1, 2));
    await polled.seconds(900);
    assert.deepEqual(polled.logged, ['warn polling-instead-of-watching ENOSPC']);
    watcher.refuses = undefined;
    await polled.seconds(300);
    assert.deepEqual(polled.live.mode(), { mode: 'watching', reason: undefined });
    watcher.tell({ kind: 'lost', code: 'EMFILE' });
    assert.deepEqual(polled.live.mode(), { mode: 'polling', reason: 'EMFILE' });
    assert.equal(polled.logged.at(-1), 'warn polling-instead-of-watching EMFILE');
    await polled.live.stop();
  },
);

onLive(
  'a file that may not be read is reported once and tried again, and the others are read',
  {},
  async (live, stage) => {
    const folder = `${stage.root}/-w-farm`;
    for (const session of [SESSION, OTHER]) stage.write(stage.path(session), prompts(1, 1, { session }));
    chmodSync(stage.root, 0o755);
    giveAway(folder, stage.path(), stage.path(OTHER));
    chmodSync(stage.path(), 0);
    await withoutPrivileges(async () => {
      await live.live.start();
      await live.live.sweep();
      assert.deepEqual(
        live.live.state().failing.map(({ path, code }) => [path, code]),
        [[stage.path(), 'EACCES']],
      );
      assert.equal((await stage.said()).length, 1);
      await live.seconds(10);
      assert.deepEqual(live.logged, ['warn source-failing EACCES']);
      assert.ok((live.live.state().failing[0]?.attempts ?? 0) >= 3);
      chmodSync(stage.path(), 0o600);
      await live.seconds(20);
      await until(async () => (await stage.said()).length === 2, 'it was not tried again');
    });
    await settle();
    assert.deepEqual(live.live.state().failing, []);
  },
);

onLive(
  'a deleted file is gone, a renamed one is the same, and a rewritten one begins anew',
  {},
  async (live, stage) => {
    stage.write(stage.path(), prompts(1, 3));
    await live.live.start();
    await live.untilSaid(...sheep(1, 2, 3));
    const { id } = await stage.source();
    const moved = stage.path(SESSION, '-w-barn');
    mkdirSync(dirname(moved));
    renameSync(stage.path(), moved);
    await until(async () => (await stage.source()).path === moved, 'the new name is not known');
    assert.deepEqual([(await stage.source()).id, (await stage.source()).gone], [id, false]);
    stage.write(moved, prompts(2, 2));
    await live.untilSaid('sheep number 1 †', 'sheep number 2', 'sheep number 3 †');
    rmSync(moved);
    await until(async () => (await stage.source()).gone, 'it is not known that the file is gone');
    assert.equal((await stage.said()).length, 3);
  },
);

onLive('what another process reads meanwhile is not read twice', {}, async (live, stage) => {
  stage.write(stage.path(), prompts(1, 3));
  await live.live.start();
  await live.live.sweep();
  for (let n = 4; n < 12; n++) {
    stage.append(stage.path(), prompts(n, n));
    await Promise.all([stage.pass(), settle()]);
  }
  await live.untilSaid(...sheep(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  assert.deepEqual(live.live.state().failing, []);
});

onLive('a copy is announced when it is linked: what it copied reads as replayed', {}, async (live, stage) => {
  stage.write(stage.path(), prompts(1, 3));
  await live.live.start();
  await live.untilSaid(...sheep(1, 2, 3));
  // The file system's clock ticks slowly: the copy must be younger by its word.
  await until(() => Date.now() > statSync(stage.path()).birthtimeMs + 20, 'time stands still');
  const copy = prompts(1, 3);
  stage.write(stage.path(OTHER), copy.slice(0, 700));
  await until(() => live.taken.includes(OTHER), 'the copy was not announced');
  stage.append(stage.path(OTHER), copy.slice(700) + prompts(9, 9));
  await until(async () => (await stage.said()).at(-1) === 'sheep number 9', 'the copy was not taken in');
  await live.live.sweep();
  const origins = (await stage.events())
    .filter(({ event }) => event.kind === 'user.message' && event.session.nativeId === OTHER)
    .map(({ event }) => event.origin);
  assert.deepEqual(origins, ['replayed', 'replayed', 'replayed', 'typed']);
});

onLive('a copy that is asked for before anything was read is read behind its original', {}, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 3));
  const bornMs = statSync(stage.path()).birthtimeMs;
  while (Date.now() <= bornMs + 20); // Not waited for: nobody may hear of the files meanwhile.
  stage.write(stage.path(OTHER), prompts(1, 4));
  await live.live.keep(claudeKey(OTHER));
  assert.deepEqual([...new Set(live.taken)], [SESSION, OTHER]);
  const copied = (await stage.events()).filter(({ event }) => event.session.nativeId === OTHER);
  const origins = copied.filter(({ event }) => event.kind === 'user.message').map(({ event }) => event.origin);
  assert.deepEqual(origins, ['replayed', 'replayed', 'replayed', 'typed']);
});

onLive('files with a second name are read once', {}, async (live, stage, t) => {
  const elsewhere = temporaryFolder(t);
  stage.write(stage.path(), prompts(1, 2));
  await live.live.start();
  await live.untilSaid(...sheep(1, 2));
  linkSync(stage.path(), stage.path(OTHER));
  symlinkSync(elsewhere, `${stage.root}/outside`);
  mkdirSync(`${stage.root}/more`);
  await live.live.sweep();
  stage.append(stage.path(OTHER), prompts(3, 3));
  await live.untilSaid(...sheep(1, 2, 3));
  assert.equal((await stage.source()).path, stage.path());
});

onLive('stopping in the middle of a large file loses nothing', {}, async (live, stage) => {
  stage.write(stage.path(), prompts(1, 4000, { paddingBytes: 2000 }));
  await live.live.start();
  await until(async () => (await stage.events()).length > 0, 'nothing was taken in');
  await live.live.stop();
  assert.ok((await stage.said()).length < 4000);
  await live.restart();
  await live.live.sweep();
  assert.equal((await stage.said()).length, 4000);
  assert.equal((await stage.store.session(claudeKey(SESSION)))?.lastSeq, (await stage.events()).length);
});

onLive('a store that cannot be written is tried again, which is said once', {}, async (_, stage) => {
  const full = new KatoError('store-failed', 'the disk is full');
  let isFull = false;
  const store = new Proxy(stage.store, {
    get(target, name) {
      if (name === 'append' && isFull) return async () => Promise.reject(full);
      const found: unknown = Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
  const live = new LiveStage(stage, { store });
  await live.live.start();
  isFull = true;
  for (const session of [SESSION, OTHER]) stage.write(stage.path(session), prompts(1, 1, { session }));
  await live.live.sweep();
  await live.seconds(3);
  assert.deepEqual(live.logged, ['warn source-failing store-failed']);
  isFull = false;
  await live.seconds(10);
  await until(async () => (await stage.said()).length === 2, 'it was not tried again');
  await live.live.sweep();
  assert.deepEqual(live.live.state().failing, []);
  await live.live.stop();
});

onLive('while it is being stopped nothing can be asked for', {}, async (live, stage) => {
  stage.write(stage.path(), prompts(1, 4000, { paddingBytes: 2000 }));
  await live.live.start();
  await until(async () => (await stage.events()).length > 0, 'nothing was taken in');
  const { nativeId, provider } = claudeKey(SESSION);
  const kept = live.live.keep({ nativeId, provider });
  const stopped = live.live.stop();
  await assert.rejects(kept, { code: 'internal' });
  await stopped;
});

for (const keep of [true, false]) {
  const which = keep ? 'kept' : 'not kept';
  onLive(
    `a large file that was there is read on another core where it is ${which}, and goes on here`,
    {},
    async (_, stage) => {
      let openings = 0;
      const openReaders = () => {
        openings += 1;
        return createReaderPool(new URL('../../src/ingest-worker.ts', import.meta.url), 1, { prefix: '' });
      };
      const live = new LiveStage(stage, { openReaders, keep });
      stage.write(
        stage.path(),
        prompts(1, 4500, { paddingBytes: 2000 }) + prompts(4501, 4501, { text: '::record a.md' }),
      );
      await live.live.start();
      await live.live.sweep();
      stage.append(stage.path(), prompts(4502, 4502));
      await live.live.sweep();
      assert.equal(openings, 1);
      assert.equal((await stage.said()).length, keep ? 4502 : 0);
      assert.equal((await live.heard()).length, keep ? 0 : 1);
      assert.equal((await stage.source()).checkpoint.endBytes, sizeOf(stage.path()));
      await live.live.stop();
    },
  );
}
