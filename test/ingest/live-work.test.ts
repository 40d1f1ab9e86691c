/** How often live ingest waits for the disk: counted, because counts are exact and times are not. */
import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import type { TranscriptStore } from '../../src/store/store.ts';
import { until } from '../support/until.ts';
import { onLive } from './support/live-stage.ts';
import { prompt, prompts, SESSION } from './support/session-lines.ts';

/** Notes of each append from now on whether it rides. */
function noteAppends(store: TranscriptStore): boolean[] {
  const noted: boolean[] = [];
  const append = store.append.bind(store);
  store.append = (batches) => {
    noted.push(batches.every(({ rides }) => rides === true));
    return append(batches);
  };
  return noted;
}

const sheep = (...numbers: number[]) => numbers.map((n) => `sheep number ${n}`);

onLive('lines that are written together wait for the disk once', {}, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 1));
  await live.untilSaid(...sheep(1));
  const rides = noteAppends(stage.store);
  stage.append(stage.path(), prompts(2, 2));
  await live.untilSaid(...sheep(1, 2));
  await live.live.sweep();
  assert.deepEqual(rides, [false]);
  stage.append(stage.path(), prompts(3, 20));
  await until(async () => (await stage.said()).length === 20, 'not all was taken in');
  await live.live.sweep();
  assert.deepEqual(rides, [false, false]);
});

onLive('a beginning of a line, and a file that was only touched, do not wait for it', {}, async (live, stage) => {
  await live.live.start();
  stage.write(stage.path(), prompts(1, 1));
  await live.untilSaid(...sheep(1));
  const rides = noteAppends(stage.store);
  stage.append(stage.path(), prompt(2).slice(0, 40));
  await live.live.sweep();
  await until(() => rides.length > 0, 'it was not looked at');
  utimesSync(stage.path(), 1_900_000_000, 1_900_000_000);
  const before = rides.length;
  await live.live.sweep();
  await until(() => rides.length > before, 'it was not looked at');
  await live.live.stop();
  assert.ok(rides.every((one) => one));
});

const title = (text: string) => `${JSON.stringify({ type: 'ai-title', sessionId: SESSION, aiTitle: text })}\n`;

onLive(
  'what says how a session stands does not wait for the disk, and comes with what was said',
  {},
  async (live, stage) => {
    await live.live.start();
    stage.write(stage.path(), prompts(1, 1));
    await live.untilSaid(...sheep(1));
    const titled = async (text: string) => {
      const [session] = await stage.store.sessions();
      return session?.facts.title?.text === text;
    };
    const rides = noteAppends(stage.store);
    stage.append(stage.path(), title('Sheep'));
    await until(() => titled('Sheep'), 'no title');
    await live.live.sweep();
    assert.deepEqual(rides, [true]);
    const turn = [...'abcdefg'].map((letter) => title(`Sheep ${letter}`)).join('') + prompts(2, 2);
    stage.append(stage.path(), turn);
    await live.untilSaid(...sheep(1, 2));
    await live.live.sweep();
    assert.deepEqual(rides, [true, false]);
  },
);

onLive('the start of a session waits for it whatever it begins with, and however slowly', {}, async (live, stage) => {
  await live.live.start();
  const rides = noteAppends(stage.store);
  stage.write(stage.path(), title('Sheep').slice(0, 30));
  await live.live.sweep();
  await until(() => rides.length > 0, 'it was not looked at');
  const before = rides.length;
  stage.append(stage.path(), title('Sheep').slice(30));
  await until(async () => (await stage.store.sessions()).length === 1, 'no session');
  await live.live.sweep();
  assert.deepEqual(rides.slice(before), [false]);
});
