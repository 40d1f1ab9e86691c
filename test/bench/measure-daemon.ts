/** What the real daemon costs when nothing happens, how fast it starts, and how often it waits for the disk. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Chat, writeOldSessions } from './chat.ts';
import { BenchHome, costOf, KATO } from './daemon.ts';
import { type Figure, median, megabytes, seconds } from './figures.ts';
import { MarkReader } from './marks.ts';
import { begin } from './measure-record.ts';
import { systemCalls } from './system-calls.ts';

const LOOKING = fileURLToPath(new URL('./idle-child.ts', import.meta.url));
const SESSIONS = 2000;
/** Until the start costs nothing any more: after the first sweep, at 30 s, V8 takes what it has left out of memory. */
const SETTLED_MS = 45_000;
const STARTS = 5;
const LINES = 50;
const BURSTS = 10;
const LINES_AT_ONCE = 20;

export async function measureDaemon(folder: string, isQuick: boolean): Promise<readonly Figure[]> {
  const home = new BenchHome(folder);
  writeOldSessions(home.claude, SESSIONS);
  home.run(['import']);
  const chat = new Chat(home.claude, SESSIONS, { cwd: home.work, bytes: 1e6 });
  const marks = new MarkReader(home.work);
  home.start();
  try {
    await begin(chat, marks, join(home.work, 'notes.md'));
    return [
      ...(await measureIdle(home, isQuick ? 10 : 60)),
      ...(await measureStarts(home, chat, marks)),
      ...(await measureSyncs(home, chat, marks)),
    ];
  } finally {
    home.stop();
    marks.close();
  }
}

async function measureIdle(home: BenchHome, idleSeconds: number): Promise<readonly Figure[]> {
  home.stop();
  home.start();
  const { child, pid } = await startLooking(home.agents);
  await sleep(SETTLED_MS);
  const [before, controlBefore] = [home.cost(), costOf(pid)];
  await sleep(idleSeconds * 1000);
  const [after, controlAfter] = [home.cost(), costOf(pid)];
  child.kill();
  const share = ((after.cpuSeconds - before.cpuSeconds) / idleSeconds) * 100;
  const control = ((controlAfter.cpuSeconds - controlBefore.cpuSeconds) / idleSeconds) * 100;
  const bytes = home.residentBytes();
  const names = ['read', 'pread64', 'readv', 'preadv'];
  const tracing = { names, file: join(home.folder, 'calls') };
  const reads = await systemCalls(home.pid, tracing, () => sleep(idleSeconds * 1000));
  const read = reads?.filter(({ path }) => path.startsWith(home.agents)).reduce((sum, { result }) => sum + result, 0);
  return [
    {
      name: `idle for ${idleSeconds} s with ${SESSIONS} sessions, of a core`,
      value: `${share.toFixed(3)} %`,
      control: `a process that only looks at the files: ${control.toFixed(3)} %`,
      ratio: share / control,
      limit: { most: 0.2, of: share },
    },
    {
      name: '  bytes read from session files meanwhile',
      value: read === undefined ? 'no strace' : String(read),
      control: `of all files: ${after.readBytes - before.readBytes}`,
      ...(read !== undefined && { limit: { most: 0, of: read } }),
    },
    { name: '  resident memory', value: megabytes(bytes), limit: { most: 120e6, of: bytes } },
  ];
}

/** The control of being idle. */
async function startLooking(folder: string): Promise<{ readonly child: ChildProcess; readonly pid: number }> {
  const child = spawn(process.execPath, [LOOKING, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('the control of being idle was not started');
  return { child, pid: child.pid };
}

/** From `kato start` to the first live event: a line that is written while the daemon starts is in its recording. */
async function measureStarts(home: BenchHome, chat: Chat, marks: MarkReader): Promise<readonly Figure[]> {
  const times: number[] = [];
  const controls: number[] = [];
  for (let run = 0; run < STARTS; run++) {
    home.stop();
    const started = performance.now();
    const child = spawn(process.execPath, [KATO, '-q', 'start'], { env: home.environment, stdio: 'ignore' });
    times.push(((await marks.seen(chat.answer())) - started) / 1000);
    await once(child, 'exit');
    home.adopt();
    const control = performance.now();
    spawnSync(process.execPath, ['-e', '0'], { env: home.environment });
    controls.push((performance.now() - control) / 1000);
  }
  return [
    {
      name: `start with ${SESSIONS} sessions, to the first live event`,
      value: seconds(median(times)),
      control: `node -e 0: ${seconds(median(controls))}`,
      ratio: median(times) / median(controls),
      limit: { most: 1, of: median(times) },
    },
  ];
}

async function measureSyncs(home: BenchHome, chat: Chat, marks: MarkReader): Promise<readonly Figure[]> {
  const singles = await countSyncs(home, async () => {
    for (let line = 0; line < LINES; line++) await marks.seen(chat.answer());
  });
  const together = await countSyncs(home, async () => {
    for (let burst = 0; burst < BURSTS; burst++) await marks.seen(chat.answer(LINES_AT_ONCE));
  });
  return [
    ...syncFigures('a line by itself', LINES, singles),
    ...syncFigures(`${LINES_AT_ONCE} lines written together`, BURSTS, together),
  ];
}

interface Syncs {
  /** Of the log that the store writes ahead. */
  readonly log: number;
  /** Of the store's file, when the log is worked into it. */
  readonly store: number;
  readonly recording: number;
}

async function countSyncs(home: BenchHome, during: () => Promise<void>): Promise<Syncs | undefined> {
  const tracing = { names: ['fsync', 'fdatasync'], file: join(home.folder, 'calls') };
  const calls = await systemCalls(home.pid, tracing, async () => {
    await during();
    await sleep(500); // The last line is seen before its recording is synced.
  });
  const count = (end: string) => calls?.filter(({ path }) => path.endsWith(end)).length ?? 0;
  return calls && { log: count('.db-wal'), store: count('.db'), recording: count('.md') };
}

/** One sync of the log more stands before each sync of the store itself: that is not for what was written now. */
function syncFigures(name: string, times: number, syncs: Syncs | undefined): readonly Figure[] {
  if (!syncs) return [{ name: `fsyncs for ${name}`, value: 'no strace' }];
  const log = (syncs.log - syncs.store) / times;
  const recording = syncs.recording / times;
  return [
    { name: `fsyncs for ${name}: of the store`, value: log.toFixed(2), limit: { most: 1, of: log } },
    { name: '  of the recording', value: recording.toFixed(2), limit: { most: 1, of: recording } },
  ];
}
