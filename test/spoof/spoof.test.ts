/**
 * Only what a person has typed, and means, is done; and that is done once.
 *
 * For every agent, in each way in which it writes its files: commands where they stand in somebody else's words, or are
 * only quoted, and among them commands that are meant. What is taken in is cut at any place, killed, read again, moved.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../bench/random.ts';
import { Player } from '../fake-agent/player.ts';
import { Ear } from './ear.ts';
import { type PageName, pages, type SpoofScript, writeSpoofScript } from './script.ts';

const SPOOFED = 200;
const MEANT = 50;
const SEEDS = [1];
const START = new Date('2026-11-21T09:00:00.000Z');

for (const name of Object.keys(pages) as PageName[]) {
  describe(`${name}: ${SPOOFED} commands that only look so, and ${MEANT} that are meant`, () => {
    for (const seed of SEEDS) {
      it(`seed ${seed}`, async (t) => {
        const ear = new Ear(t, pages[name].format);
        const script = writeSpoofScript({
          ...{ page: name, seed, folders: ear.folders, start: START, meant: MEANT, spoofed: SPOOFED },
        });
        assert.ok(script.spoofs.length >= SPOOFED && script.meant.flatMap(({ lines }) => lines).length >= MEANT);
        await listen(ear, script, new Random(seed));
        await assertObeyed(ear, script);
        const before = ear.written();
        for (const again of [
          () => ear.restart(),
          () => ear.replaceAll(),
          () => ear.rewriteAll(),
          () => ear.restart(),
        ]) {
          await again();
          await ear.take();
          await assertObeyed(ear, script);
          assert.deepEqual(ear.written(), before);
        }
      });
    }
  });
}

/** Takes in what is there now and then; between two looks kato is killed, or the files are others, at times. */
async function listen(ear: Ear, { steps, opening }: SpoofScript, random: Random): Promise<void> {
  const player = new Player({ format: 'claude-code', steps }, ear.home);
  player.play(opening);
  await ear.take();
  while (player.step()) {
    if (random.below(12) > 0) continue;
    const die = random.below(10);
    if (die === 0) await ear.restart();
    if (die === 1) ear.replaceAll();
    await ear.take();
  }
  await ear.take();
}

/** Each command that was meant is done, once; nothing else has come of anything. */
async function assertObeyed(ear: Ear, { meant, spoofs }: SpoofScript): Promise<void> {
  const all = await ear.told();
  const heard = new Set(all.flatMap(({ line, kind }) => (kind === 'ignored' ? [] : [line])));
  assert.deepEqual(
    spoofs.filter(({ line }) => line !== '::stop' && heard.has(line)),
    [],
    'what only looks like a command',
  );
  const told = all.filter(({ kind }) => kind !== 'ignored').map(({ line, kind }) => `${kind}: ${line}`);
  const lines = meant.flatMap((message) => message.lines.map((line) => `done: ${line}`));
  assert.deepEqual(told.toSorted(), lines.toSorted());
  const files = meant.flatMap((message) => message.files.map((file) => `${ear.home}/${file}`)).toSorted();
  assert.deepEqual([...ear.written().keys()].toSorted(), files);
  assert.deepEqual(ear.granted.toSorted(), files, 'each was granted once');
}
