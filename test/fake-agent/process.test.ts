/** A fake agent as a process: killed at any time and gone on with, it leaves the files that it would have left. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Random } from '../bench/random.ts';
import { filesBelow, temporaryFolder } from '../support/derive.ts';
import { Disk } from './disk.ts';
import { Player, perform } from './player.ts';
import { formats, type Step } from './script.ts';
import { writeScript } from './write-script.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const START = '2026-11-30T12:00:00.000Z';
const HABITS = ['torn', 'burst', 'replace', 'truncate', 'same-size'] as const;

for (const format of formats) {
  it(`${format}, killed four times`, async (t) => {
    const home = temporaryFolder(t);
    const random = new Random(7);
    const { steps } = writeScript({ format, seed: 7, turns: 6, start: new Date(START), habits: HABITS });
    let done = 0;
    for (let kill = 0; kill < 4; kill++)
      done = await runAndKill(home, format, done, 2 + random.below(steps.length / 6));
    assert.ok(done < steps.length);
    assert.equal(await runToEnd(home, format, done), steps.length);
    assertFiles(home, steps);
  });

  it(`${format}: a write that was broken off anywhere is finished`, (t) => {
    const home = temporaryFolder(t);
    const script = writeScript({ format, seed: 8, turns: 2, habits: HABITS });
    for (const [index, step] of script.steps.entries()) {
      if (step.kind === 'append' && step.bytes.length > 1) {
        perform({ ...step, bytes: step.bytes.subarray(0, step.bytes.length >> 1) }, home);
      }
      new Player(script, home, index).play(index + 1);
    }
    assertFiles(home, script.steps);
  });
}

function assertFiles(home: string, steps: readonly Step[]): void {
  const disk = new Disk();
  for (const step of steps) disk.apply(step);
  assert.deepEqual(filesBelow(home), [...disk.paths()]);
  for (const path of disk.paths()) assert.ok(disk.read(path)?.equals(readFileSync(join(home, path))), path);
}

function start(home: string, format: string, from: number, ...more: readonly string[]): ChildProcessWithoutNullStreams {
  const options = ['--seed', '7', '--turns', '6', '--start', START, '--habits', HABITS.join(',')];
  const where = ['--home', home, '--from', String(from)];
  return spawn(process.execPath, [MAIN, '--format', format, ...options, ...where, ...more]);
}

/** Asks for so many steps, and kills before it is told that the last one is done. How many are known to be done. */
async function runAndKill(home: string, format: string, from: number, steps: number): Promise<number> {
  const child = start(home, format, from, '--on-demand');
  const ended = once(child, 'exit');
  child.stdin.write('\n'.repeat(steps));
  let done = from;
  for await (const line of createInterface({ input: child.stdout })) {
    done = Number(line);
    if (done - from === steps - 1) child.kill('SIGKILL');
  }
  await ended;
  assert.equal(child.signalCode, 'SIGKILL');
  return done;
}

async function runToEnd(home: string, format: string, from: number): Promise<number> {
  const child = start(home, format, from);
  const ended = once(child, 'exit');
  let done = from;
  for await (const line of createInterface({ input: child.stdout })) done = Number(line);
  assert.deepEqual(await ended, [0, null]);
  return done;
}
