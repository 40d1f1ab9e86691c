/** Whatever happens while it is written: a recording holds what an export of it writes at once. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import type { DestinationFiles } from '../../src/core/ports.ts';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import { Random } from '../bench/random.ts';
import { HEAD, Studio } from './support.ts';

const STEPS = 25;

/** A disk that fails, or a process that dies, in the middle of a write. */
function breaking(random: Random): DestinationFiles {
  return {
    ...nodeDestinations,
    grow(...args) {
      const file = nodeDestinations.grow(...args);
      if (!file) return undefined;
      return {
        identity: file.identity,
        sizeBytes: () => file.sizeBytes(),
        read: (from, to) => file.read(from, to),
        cut: (length) => file.cut(length),
        sync: async () => {
          if (random.next() < 0.3) throw Object.assign(new Error('killed'), { code: 'EIO', syscall: 'fsync' });
          await file.sync();
        },
        close: () => file.close(),
        append(bytes) {
          file.append(bytes.subarray(0, random.below(bytes.length + 1)));
          throw Object.assign(new Error('killed'), { code: 'EIO', syscall: 'write' });
        },
      };
    },
  };
}

async function play(t: TestContext, seed: number, isEdited: boolean): Promise<void> {
  const random = new Random(seed);
  const studio = new Studio(t);
  const files = ['a.md', 'b.md', 'c.jsonl'].map((name) => `${studio.notes}/${name}`);
  const mine: { readonly path: string; readonly text: string }[] = [];
  const steps: readonly (() => Promise<void>)[] = [
    () => studio.say(...Array.from({ length: 1 + random.below(3) }, (_, n) => `words ${n}\n\n\`\`\`\ncode\n\n\`\`\``)),
    () => studio.say(`before\n::record ${random.pick(files)}\nafter`),
    () => studio.say(`::capture ${random.pick(files)}${random.next() < 0.3 ? ' last:2' : ''}`),
    () => studio.say(`last words\n${random.next() < 0.5 ? '::stop' : `::stop dest:${random.pick(files)}`}\nunheard`),
    () => studio.say(`::record ${random.pick(files)}\nin between\n::stop`),
    async () => {
      studio.typeTorn(`torn ${random.below(100)}`, 0.5);
      await studio.take();
      studio.finishTorn();
      await studio.take();
    },
    async () => {
      studio.change = { files: breaking(random) };
      studio.recorder = studio.make();
      await studio.recorder.start();
      await studio.say('while the disk is bad', `${random.next() < 0.5 ? '::stop' : 'more'}`);
      studio.change = {};
      await studio.restart();
    },
    () => studio.restart(),
    async () => {
      const path = random.pick(files);
      if (!isEdited || !existsSync(path) || path.endsWith('l')) return;
      const text = `mine ${mine.length}\n`; // Below a blank line or not: both happen.
      appendFileSync(path, text);
      mine.push({ path, text });
    },
  ];
  for (let step = 0; step < STEPS; step++) await random.pick(steps)();
  await studio.restart();
  await studio.say('the end');
  for (const { path } of studio.recorder.recordings()) {
    const exported = await studio.export(path);
    const file = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const head = path.endsWith('.md') ? HEAD : '';
    if (!isEdited) assert.equal(file, exported === '' ? file : head + exported, `${path}, seed ${seed}`);
    else assert.equal(withoutMine(file), withoutMine(head + exported), `${path}, seed ${seed}`);
  }
  const everything = studio
    .list()
    .map((name) => studio.file(name))
    .join('');
  for (const { text } of mine) assert.ok(everything.includes(text), `${text} is lost, seed ${seed}`);
}

/** Kato's own text in a file that its user has written into; blank lines tell the two apart. */
function withoutMine(text: string): string {
  return text
    .replace(/^mine \d+\n/gm, '')
    .replace(/\n{2,}/g, '\n\n')
    .trimEnd();
}

for (let seed = 1; seed <= 30; seed++) {
  it(`a recording that is written piece by piece is one that is written at once (seed ${seed})`, (t) =>
    play(t, seed, false));
}

for (let seed = 101; seed <= 115; seed++) {
  it(`what its user writes into a recording is never lost, nor is anything else (seed ${seed})`, (t) =>
    play(t, seed, true));
}
