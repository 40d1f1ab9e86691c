/**
 * From an agent's write to the bytes in the recording, with the real daemon, beside a bare process that copies what is
 * written as soon as it is told of it. The lines of all are written in turn, so that a busy machine is busy for all.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Chat } from './chat.ts';
import { BenchHome } from './daemon.ts';
import { type Figure, median, megabytes, percentile99, seconds } from './figures.ts';
import { MarkReader, newMark } from './marks.ts';
import { Random } from './random.ts';

const ECHO_CHILD = fileURLToPath(new URL('./echo-child.ts', import.meta.url));
const ROUNDS = 8;
const LINES = 25;
const PAUSE_MS = 15;
const WRITERS = 50;
const BURSTS = 12;
const MEDIAN_SECONDS = 0.025;
const P99_SECONDS = 0.15;

export async function measureRecord(folder: string, scale: number): Promise<readonly Figure[]> {
  return [
    ...(await measureLengths(join(folder, 'lengths'), scale)),
    ...(await measureWriters(join(folder, 'writers'), scale)),
  ];
}

/** Something that lines are written to, and that gives them back elsewhere. */
interface Track {
  /** Writes a line; its mark. */
  readonly write: () => string;
  readonly marks: MarkReader;
  readonly times: number[];
  cpuSeconds: number;
}

async function measureLengths(folder: string, scale: number): Promise<readonly Figure[]> {
  const home = new BenchHome(folder);
  const chats = [1e6, 100e6].map((bytes, n) => new Chat(home.claude, n, { cwd: home.work, bytes: bytes * scale }));
  const names = chats.map(({ path }) => megabytes(statSync(path).size));
  const marks = new MarkReader(home.work);
  const echo = await openEcho(join(folder, 'echo'));
  home.start();
  try {
    for (const [n, chat] of chats.entries()) await begin(chat, marks, join(home.work, `${n}.md`));
    const tracks = chats.map((chat): Track => ({ write: () => chat.answer(), marks, times: [], cpuSeconds: 0 }));
    const control = echo.track();
    const cpu = () => home.cost().cpuSeconds;
    for (let round = 0; round < ROUNDS; round++) for (const track of [...tracks, control]) await writeLines(track, cpu);
    const [small, large] = tracks as [Track, Track];
    return [
      ...latency(`a line of a session of ${names[0]}`, small.times, control.times),
      ...latency(`a line of a session of ${names[1]}`, large.times, control.times),
      beside('  the large one beside the small one', median(large.times), median(small.times)),
      beside('CPU of such a line, large beside small', large.cpuSeconds / lines, small.cpuSeconds / lines),
      memory('resident memory then', home),
    ];
  } finally {
    home.stop();
    marks.close();
    echo.close();
  }
}

const lines = ROUNDS * LINES;

/** One line after another. */
async function writeLines(track: Track, cpu: () => number): Promise<void> {
  const before = cpu();
  for (let line = 0; line < LINES; line++) {
    const started = performance.now();
    track.times.push(((await track.marks.seen(track.write())) - started) / 1000);
    await sleep(PAUSE_MS);
  }
  track.cpuSeconds += cpu() - before;
}

async function measureWriters(folder: string, scale: number): Promise<readonly Figure[]> {
  const home = new BenchHome(folder);
  const options = { cwd: home.work, bytes: 1e6 * scale };
  const chats = Array.from({ length: WRITERS }, (_, n) => new Chat(home.claude, n, options));
  const marks = new MarkReader(home.work);
  const echo = await openEcho(join(folder, 'echo'));
  home.start();
  try {
    await Promise.all(chats.map((chat, n) => begin(chat, marks, join(home.work, `${n}.md`))));
    const tracks = chats.map((chat): Track => ({ write: () => chat.answer(), marks, times: [], cpuSeconds: 0 }));
    const echoes = chats.map(() => echo.track());
    const talk = [await talkAll(tracks), await talkAll(echoes)] as const;
    const bursts: [number[], number[]] = [[], []];
    for (let burst = 0; burst < BURSTS; burst++) {
      bursts[0].push(...(await burstAll(tracks)));
      bursts[1].push(...(await burstAll(echoes)));
    }
    return [
      ...latency(`a line of one of ${WRITERS} sessions, two a second each`, ...talk),
      ...latency(`a line of each of ${WRITERS} sessions in the same moment`, ...bursts),
      memory('resident memory then', home),
    ];
  } finally {
    home.stop();
    marks.close();
    echo.close();
  }
}

/** All talk at once, each at times of its own. */
async function talkAll(tracks: readonly Track[]): Promise<number[]> {
  const talks = tracks.map(async ({ write, marks }, n) => {
    const random = new Random(n + 1);
    const times: number[] = [];
    for (let line = 0; line < 10; line++) {
      await sleep(random.below(1000));
      const started = performance.now();
      times.push(((await marks.seen(write())) - started) / 1000);
    }
    return times;
  });
  return (await Promise.all(talks)).flat();
}

/** All write a line, and wait for it together. */
async function burstAll(tracks: readonly Track[]): Promise<number[]> {
  const started = performance.now();
  const seen = await Promise.all(tracks.map(({ write, marks }) => marks.seen(write())));
  await sleep(PAUSE_MS * 10);
  return seen.map((ms) => (ms - started) / 1000);
}

/** The recording is begun in the chat, and waited for. */
export async function begin(chat: Chat, marks: MarkReader, path: string): Promise<void> {
  await marks.seen(chat.type(`::record ${path}`));
  for (let line = 0; line < 5; line++) await marks.seen(chat.answer()); // Until it is warm.
}

async function openEcho(folder: string) {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  for (const one of [from, to]) mkdirSync(one, { recursive: true });
  const child = spawn(process.execPath, [ECHO_CHILD, from, to], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const marks = new MarkReader(to);
  let tracks = 0;
  return {
    track(): Track {
      tracks += 1;
      const path = join(from, String(tracks));
      const write = () => {
        const mark = newMark();
        appendFileSync(path, `${mark}${' '.repeat(400)}\n`);
        return mark;
      };
      return { write, marks, times: [], cpuSeconds: 0 };
    },
    close(): void {
      marks.close();
      child.kill();
    },
  };
}

function latency(name: string, times: readonly number[], control: readonly number[]): readonly Figure[] {
  const row = (what: string, of: (values: readonly number[]) => number, most: number): Figure => ({
    name: what,
    value: seconds(of(times)),
    control: `copied at once: ${seconds(of(control))}`,
    ratio: of(times) / of(control),
    limit: { most, of: of(times) },
  });
  return [row(`${name}: median`, median, MEDIAN_SECONDS), row('  p99', percentile99, P99_SECONDS)];
}

function beside(name: string, value: number, control: number): Figure {
  const ratio = value / control;
  return { name, value: seconds(value), control: seconds(control), ratio, limit: { most: 1.5 } };
}

function memory(name: string, home: BenchHome): Figure {
  const bytes = home.residentBytes();
  return { name, value: megabytes(bytes), limit: { most: 120e6, of: bytes } };
}
