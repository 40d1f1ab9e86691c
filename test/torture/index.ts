/**
 * `npm run torture`: what takes longer than a test may. It prints its seed; the same seed does the same.
 *
 *   npm run torture -- [--seed N] [--only import,story,library,schedules,races,large] [--kills N] [--every N] [--schedules N] [--races N]
 *
 *     import      imports killed at random and at every system call, then run again
 *     story       a daemon killed at every system call of a short story of recordings
 *     library     a program that writes transcripts, killed at every system call, then run again
 *     schedules   live recordings under random schedules of writes, edits, commands and kills; so many for each provider
 *     races       two daemons started at once
 *     large       a line of 400 MB and a session of 2 GB; only when it is named
 *
 *     `--every N` takes one system call in N.
 *
 *   npm run torture -- --day [--seed N] [--minutes 60] [--sessions 30] [--turns 40] [--kill-every 30] [--keep all]
 *
 *     a day in small: 20 hours of many sessions within an hour, with a daemon that is killed all the time
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateTree } from '../bench/generate.ts';
import { Random } from '../bench/random.ts';
import { lastingEngines } from '../library/engines.ts';
import { providerNames, runSchedule, scheduleOf } from '../scene/schedule.ts';
import { DaemonHome } from '../support/daemon.ts';
import type { KillReport } from './calls.ts';
import { liveDay } from './day.ts';
import { callPoints, hasStrace, killAtCalls, killAtRandom, makeArena } from './kill-import.ts';
import { KillLibrary } from './kill-library.ts';
import { KillStory } from './kill-story.ts';
import { importLarge } from './large.ts';
import { raceStarts } from './race-starts.ts';
import { sampleHome } from './sample-home.ts';

const number = (usual: number) => ({ type: 'string', default: String(usual) }) as const;
const { values } = parseArgs({
  options: {
    seed: number(Date.now() % 1_000_000),
    only: { type: 'string', default: 'import,story,library,schedules,races' },
    kills: number(200),
    every: number(1),
    schedules: number(500),
    races: number(200),
    day: { type: 'boolean', default: false },
    minutes: number(60),
    sessions: number(30),
    turns: number(40),
    'kill-every': number(30),
    keep: { type: 'string', default: 'all' },
  },
});
const seed = Number(values.seed);
const every = Number(values.every);
const folder = mkdtempSync(join(tmpdir(), 'kato-torture-'));
const parts: Readonly<Record<string, () => Promise<void>>> = {
  import: imports,
  story,
  library,
  schedules,
  races,
  large,
};

console.log(`seed ${seed}, in ${folder}`);
if (values.day) await day();
else {
  for (const name of values.only.split(',')) {
    const part = parts[name];
    if (!part) throw new Error(`no part ${name}; there are ${Object.keys(parts).join(', ')}`);
    await part();
  }
}
if (process.exitCode !== 1) rmSync(folder, { recursive: true, force: true });

async function imports(): Promise<void> {
  const tree = join(folder, 'tree');
  generateTree({ folder: join(tree, 'agents'), sessions: 60, bytes: 12e6, seed });
  const arena = makeArena(join(folder, 'large'), tree);
  Object.assign(arena.env, {
    CLAUDE_CONFIG_DIR: join(arena.home, 'agents/claude'),
    CODEX_HOME: join(arena.home, 'agents/codex'),
    GEMINI_CLI_HOME: join(arena.home, 'agents/gemini'),
  });
  const kills = await killAtRandom(arena, Number(values.kills), new Random(seed));
  tell('kill at random during an import of 60 sessions', kills);
  if (!hasStrace()) return console.log('kill at every system call of an import: skipped, no strace');
  const small = makeArena(join(folder, 'small'), sampleHome(join(folder, 'sample')));
  const { points, paths, dump } = await callPoints(small);
  tell('kill at every system call of a short import', await killAtCalls(small, chosen(points), paths, dump));
}

async function story(): Promise<void> {
  if (!hasStrace()) return console.log('kill at every system call of a story: skipped, no strace');
  await withHome(async (t) => {
    const played = new KillStory(new DaemonHome(t));
    tell('kill at every system call of a short story', await played.killAt(chosen(await played.points())));
  });
}

async function library(): Promise<void> {
  if (!hasStrace()) return console.log('kill at every system call of a program that writes: skipped, no strace');
  for (const engine of lastingEngines) {
    const at = join(folder, `library-${engine}`);
    mkdirSync(at);
    const story = new KillLibrary(engine, at);
    const report = await story.killAt(chosen(await story.points()));
    tell(`kill at every system call of a program that writes transcripts, in ${engine}`, report);
  }
}

async function schedules(): Promise<void> {
  for (const provider of providerNames) {
    const failures: string[] = [];
    const points = Number(values.schedules);
    for (let index = 0; index < points; index++) {
      await withHome(async (t) => {
        const flaws = await runSchedule(scheduleOf(provider, seed + index), t);
        if (flaws.length > 0) failures.push(flaws.join('\n    '));
      });
    }
    tell(`random schedules with ${provider}, seeds ${seed} to ${seed + points - 1}`, {
      points,
      killed: points,
      failures,
    });
  }
}

async function races(): Promise<void> {
  await withHome(async (t) => {
    const report = await raceStarts(new DaemonHome(t), Number(values.races));
    tell('two daemons started at once', { points: report.races, killed: report.races, failures: report.failures });
  });
}

async function large(): Promise<void> {
  const { messages, peakBytes, failures } = importLarge(join(folder, 'huge'));
  console.log(`a line of 400 MB and ${messages} messages in 2 GB: ${Math.round(peakBytes / 1e6)} MB of memory at most`);
  complain(failures);
}

async function day(): Promise<void> {
  await withHome(async (t) => {
    const { figures, failures } = await liveDay(
      {
        seed,
        minutes: Number(values.minutes),
        sessions: Number(values.sessions),
        turns: Number(values.turns),
        killEverySeconds: Number(values['kill-every']),
        keepsAll: values.keep === 'all',
      },
      t,
    );
    for (const [name, figure] of Object.entries(figures)) console.log(`${name}: ${figure}`);
    console.log(`${failures.length} failures`);
    complain(failures);
  });
}

/** One in so many, another one with each seed. */
function chosen<T>(points: readonly T[]): readonly T[] {
  return points.filter((_, index) => index % every === seed % every);
}

/** What was registered is done afterwards: processes end, folders go. */
async function withHome(action: (t: { after(fn: () => void): void }) => Promise<void>): Promise<void> {
  const afterwards: (() => void)[] = [];
  try {
    await action({ after: (fn) => void afterwards.push(fn) });
  } finally {
    for (const fn of afterwards) fn();
  }
}

function tell(name: string, { points, killed, failures }: KillReport): void {
  console.log(`${name}: ${points} points, ${killed} killed, ${failures.length} failed`);
  complain(failures);
}

function complain(failures: readonly string[]): void {
  for (const failure of failures.slice(0, 200)) console.log(`  ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}
