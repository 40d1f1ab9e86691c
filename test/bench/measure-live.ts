/**
 * From an agent's write to a durable event, beside what the system's own notification takes; and what a sweep costs.
 */
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  statSync,
  watch,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathOf, sessionOf, writeOldSessions } from './chat.ts';
import { type Figure, median, megabytes, percentile99, seconds } from './figures.ts';
import { writeRecords } from './generate.ts';
import { type LiveScene, openScene } from './live-scene.ts';
import { Random } from './random.ts';
import { claudeRecords } from './sessions/claude.ts';

const LINES = 200;
/** Lines that are not counted: a daemon has been running for a while. */
const WARM_UP = 5;
const WRITERS = 50;

export async function measureLive(folder: string, scale: number): Promise<readonly Figure[]> {
  const small = await writeTo(join(folder, 'small'), 1e6 * scale, 1);
  const large = await writeTo(join(folder, 'large'), 100e6 * scale, 1);
  const many = await writeTo(join(folder, 'many'), 1e6 * scale, WRITERS);
  return [
    latency(`a line of a session of ${megabytes(small.bytes)}`, small),
    latency(`a line of a session of ${megabytes(large.bytes)}`, large),
    {
      name: '  the large one beside the small one',
      value: seconds(median(large.times)),
      control: seconds(median(small.times)),
      ratio: median(large.times) / median(small.times),
      limit: { most: 1.5 },
    },
    latency(`a line of each of ${WRITERS} sessions at once`, many),
    ...(await measureSweep(join(folder, 'sweep'), Math.round(10_000 * scale))),
  ];
}

interface Times {
  readonly bytes: number;
  readonly times: readonly number[];
  /** From a write to the notification that `fs.watch` gives of it. */
  readonly echoes: readonly number[];
  /** What the disk takes to make 4 KiB durable. */
  readonly syncs: readonly number[];
}

function latency(name: string, { times, echoes, syncs }: Times): Figure {
  return {
    name: `${name}: until it is durable`,
    value: `median ${pair(times)}`,
    control: `notification ${pair(echoes)}; fsync ${pair(syncs)}`,
    limit: { most: 0.15, of: percentile99(times) },
  };
}

function pair(times: readonly number[]): string {
  return `${seconds(median(times))}, p99 ${seconds(percentile99(times))}`;
}

async function writeTo(folder: string, bytes: number, writers: number): Promise<Times> {
  const scene = openScene(folder, 0);
  const records = Array.from({ length: writers }, (_, n) => {
    writeRecords(pathOf(scene.root, n), claudeRecords(new Random(n), sessionOf(n), new Date('2026-05-01')), bytes);
    return claudeRecords(new Random(n + 1000), sessionOf(n), new Date('2026-06-01'));
  });
  try {
    await scene.live.start();
    for (let n = 0; n < writers; n++) await scene.live.keep({ provider: 'claude-code', nativeId: sessionOf(n) });
    await scene.live.sweep();
    const times: number[] = [];
    const syncs: number[] = [];
    for (let line = -WARM_UP; line < LINES / (writers === 1 ? 1 : 10); line++) {
      const lines = records.map((record) => `${JSON.stringify(record.next().value)}\n`);
      const taken = await Promise.all(lines.map((text, n) => writeLine(scene, n, text)));
      if (line >= 0) times.push(...taken);
      syncs.push(measureSync(join(folder, 'sync')));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const echoes = await measureEcho(join(folder, 'echo'), LINES);
    return { bytes: statSync(pathOf(scene.root, 0)).size, times, echoes, syncs };
  } finally {
    await scene.close();
  }
}

async function writeLine(scene: LiveScene, n: number, text: string): Promise<number> {
  const taken = scene.taken(sessionOf(n));
  const started = performance.now();
  appendFileSync(pathOf(scene.root, n), text);
  await taken;
  return (performance.now() - started) / 1000;
}

function measureSync(path: string): number {
  const handle = openSync(path, 'a');
  writeSync(handle, Buffer.alloc(4096));
  const started = performance.now();
  fsyncSync(handle);
  const ended = performance.now();
  closeSync(handle);
  return (ended - started) / 1000;
}

async function measureEcho(folder: string, count: number): Promise<readonly number[]> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'file');
  writeFileSync(path, '');
  let heard = () => {};
  const watcher = watch(folder, () => heard());
  const echoes: number[] = [];
  for (let n = 0; n < count; n++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const echo = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const started = performance.now();
    appendFileSync(path, 'x\n');
    await echo;
    echoes.push((performance.now() - started) / 1000);
  }
  watcher.close();
  return echoes;
}

async function measureSweep(folder: string, count: number): Promise<readonly Figure[]> {
  const scene = openScene(folder, 0);
  writeOldSessions(scene.root, count);
  const paths = Array.from({ length: count }, (_, n) => pathOf(scene.root, n));
  try {
    await scene.live.start();
    const times: number[] = [];
    const controls: number[] = [];
    let longestMs = 0;
    for (let run = 0; run < 5; run++) {
      const started = performance.now();
      const sweeping = scene.live.sweep();
      longestMs = Math.max(longestMs, await longestHoldUp(sweeping));
      times.push((performance.now() - started) / 1000);
      const control = performance.now();
      for (const path of paths) statSync(path, { bigint: true });
      controls.push((performance.now() - control) / 1000);
    }
    return [
      {
        name: `a sweep of ${count} files`,
        value: seconds(median(times)),
        control: `looking at each: ${seconds(median(controls))}`,
        ratio: median(times) / median(controls),
        limit: { most: 0.15, of: median(times) },
      },
      { name: '  longest hold-up', value: seconds(longestMs / 1000), limit: { most: 15, of: longestMs } },
    ];
  } finally {
    await scene.close();
  }
}

/** The longest that the event loop was held up while something went on: computing, not waiting for a busy machine. */
async function longestHoldUp(work: Promise<void>): Promise<number> {
  let isOver = false;
  let longest = 0;
  let last = computedMs();
  const end = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    longest = Math.max(longest, computedMs() - last);
    last = computedMs();
  }
  await end;
  return longest;
}

function computedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
