/** Sessions that only their records name, and whole documents that are rewritten in place: Gemini CLI's. */
import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { geminiCli } from '../../src/providers/gemini-cli/index.ts';
import { until } from '../support/until.ts';
import { LiveStage, onLive } from './support/live-stage.ts';
import type { Stage } from './support/stage.ts';

const SESSION = '0aa00000-0000-4000-8000-000000000001';
const key = { provider: 'gemini-cli', nativeId: SESSION };

const message = (n: number, text = `sheep number ${n}`) => ({
  id: `m${n}`,
  timestamp: new Date(Date.UTC(2026, 10, 20, 8, 0, n)).toISOString(),
  type: 'user',
  content: text,
});

function write(stage: Stage, ...messages: ReturnType<typeof message>[]): string {
  const head = {
    sessionId: SESSION,
    projectHash: 'p',
    startTime: '2026-11-20T08:00:00.000Z',
    lastUpdated: '2026-11-20T08:00:00.000Z',
  };
  const path = `${stage.root}/p/chats/session-2026-11-20T08-00-0aa00000.json`;
  stage.write(path, JSON.stringify({ ...head, messages }));
  return path;
}

function geminiStage(stage: Stage, keep: boolean): LiveStage {
  return new LiveStage(stage, { roots: [{ provider: geminiCli, path: stage.root, keep }] });
}

onLive('a document that grows is taken in as it grows', {}, async (_, stage) => {
  const live = geminiStage(stage, true);
  write(stage, message(1));
  await live.live.start();
  await live.untilSaid('sheep number 1');
  write(stage, message(1), message(2));
  await live.untilSaid('sheep number 1', 'sheep number 2');
  const seen = (await stage.events())
    .filter(({ event }) => event.kind === 'user.message')
    .map(({ event }) => event.observedAt !== undefined);
  assert.deepEqual(seen, [false, true]);
  await live.live.stop();
});

onLive('what a document held before it was first read has no time at which it was seen', {}, async (_, stage) => {
  const live = geminiStage(stage, true);
  const file = write(stage, message(1), message(2));
  utimesSync(file, 1_795_000_000, 1_795_000_000); // Older than the first start: nothing of it is read.
  await live.live.start();
  await live.live.sweep();
  assert.deepEqual(await stage.said(), []);
  await live.restart();
  await live.live.sweep();
  write(stage, message(1), message(2), message(3));
  await live.live.sweep();
  await live.untilSaid('sheep number 1', 'sheep number 2', 'sheep number 3');
  write(stage, message(1), message(2), message(3), message(4));
  await live.live.sweep();
  await live.untilSaid('sheep number 1', 'sheep number 2', 'sheep number 3', 'sheep number 4');
  const seen = (await stage.events())
    .filter(({ event }) => event.kind === 'user.message')
    .map(({ event }) => event.observedAt !== undefined);
  assert.deepEqual(seen, [false, false, false, true]);
  await live.live.stop();
});

onLive('a document that is not kept is heard, and kept from its start when it is asked for', {}, async (_, stage) => {
  const live = geminiStage(stage, false);
  await live.live.start();
  write(stage, message(1), message(2, 'Count.\n::record a.md'));
  await until(async () => (await live.heard()).length === 1, 'the command was not heard');
  assert.deepEqual([(await stage.events()).length, (await stage.store.stats()).rawBytes], [0, 0]);
  assert.equal((await stage.source()).nativeId, SESSION);
  live.recorded.add(SESSION);
  await live.live.keep(key);
  assert.deepEqual(await stage.said(), ['sheep number 1', 'Count.\n::record a.md']);
  write(stage, message(1), message(2, 'Count.\n::record a.md'), message(3));
  await until(async () => (await stage.said()).length === 3, 'it did not go on');
  live.recorded.delete(SESSION);
  write(stage, message(1), message(2, 'Count.\n::record a.md'), message(3), message(4));
  await live.live.sweep();
  assert.equal((await stage.said()).length, 3);
  write(stage, message(1), message(4), message(5));
  await live.live.sweep();
  await live.live.keep(key);
  assert.deepEqual(await stage.said(), [
    'sheep number 1',
    'Count.\n::record a.md †',
    'sheep number 3 †',
    'sheep number 4',
    'sheep number 5',
  ]);
  assert.equal((await live.heard()).length, 1);
  await live.live.stop();
});

onLive('a recorded session that goes on in a file of an unknown name is kept there too', {}, async (_, stage) => {
  const live = geminiStage(stage, false);
  live.recorded.add(SESSION);
  await live.live.start();
  write(stage, message(1));
  await live.untilSaid('sheep number 1');
  assert.equal((await stage.source()).checkpoint.generation, 1);
  await live.live.stop();
});
