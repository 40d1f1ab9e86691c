/**
 * Killing `kato import` and running it again: the store must end equal to that of an import that nobody touched.
 *
 * Two ways to kill: after a random time, and at every system call that names a file below kato's home or the agents'
 * folders (Linux with `strace`, which kills as the call is entered). Between kill and second run nothing is cleaned up.
 */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../bench/random.ts';
import { KATO } from '../support/cli.ts';
import { dumpDatabase } from '../support/dump.ts';
import type { CallPoint, KillReport } from './calls.ts';

/** A person's home with session files, and kato's home in it. */
export interface Arena {
  readonly home: string;
  readonly kato: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Makes a home of these session files. */
export function makeArena(folder: string, sessions: string): Arena {
  cpSync(sessions, folder, { recursive: true });
  const kato = join(folder, '.kato');
  const { PATH } = process.env;
  return { home: folder, kato, env: { PATH, HOME: folder, TZ: 'UTC' } };
}

function run({ env }: Arena, args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [KATO, '-q', ...args], { env, encoding: 'utf8' });
}

/** A home for kato with a config and nothing else. */
function reset(arena: Arena): void {
  rmSync(arena.kato, { recursive: true, force: true });
  run(arena, ['init', '--yes']);
}

/** The store of an import from beginning to end, and how long it took. */
export async function uninterrupted(arena: Arena): Promise<{ readonly dump: string; readonly ms: number }> {
  reset(arena);
  const started = performance.now();
  const { status, stderr } = run(arena, ['import']);
  if (status !== 0) throw new Error(`import failed: ${stderr}`);
  return { ms: performance.now() - started, dump: await dumpDatabase(join(arena.kato, 'kato.db')) };
}

/** Runs the import again until it ends well, and says how the store differs, if it does. */
async function judge(arena: Arena, expected: string, point: string): Promise<string[]> {
  const { status, stderr } = run(arena, ['import']);
  if (status !== 0) return [`${point}: the import after it ended with ${status}: ${stderr.split('\n')[0]}`];
  const verified = run(arena, ['verify']);
  if (verified.status !== 0) return [`${point}: verify: ${verified.stdout.split('\n')[0]}`];
  const dump = await dumpDatabase(join(arena.kato, 'kato.db'));
  return dump === expected ? [] : [`${point}: the store differs`];
}

/** Kills at random times, spread over the length of an import. */
export async function killAtRandom(arena: Arena, kills: number, random: Random): Promise<KillReport> {
  const { dump, ms } = await uninterrupted(arena);
  const failures: string[] = [];
  let killed = 0;
  for (let index = 0; index < kills; index++) {
    reset(arena);
    const afterMs = random.next() * ms * 1.1;
    const child = spawn(process.execPath, [KATO, '-q', 'import'], { env: arena.env, stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    const [, signal] = await once(child, 'exit');
    clearTimeout(timer);
    if (signal === 'SIGKILL') killed += 1;
    failures.push(...(await judge(arena, dump, `after ${afterMs.toFixed(1)} ms`)));
  }
  return { points: kills, killed, failures };
}

export function hasStrace(): boolean {
  return process.platform === 'linux' && spawnSync('strace', ['-V']).status === 0;
}

/** Every system call of an import on a path below kato's home or the agents' folders. */
export async function callPoints(
  arena: Arena,
): Promise<{ readonly points: readonly CallPoint[]; readonly dump: string; readonly paths: readonly string[] }> {
  const { dump } = await uninterrupted(arena);
  const paths = pathsOf(arena);
  reset(arena);
  const log = join(arena.home, 'calls.txt');
  const filter = paths.flatMap((path) => ['-P', path]);
  spawnSync('strace', ['-f', '-qq', '-o', log, ...filter, process.execPath, KATO, '-q', 'import'], { env: arena.env });
  const counts = new Map<string, Map<string, number>>();
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread, call] = /^(\d+)\s+([a-z0-9_]+)\(/.exec(line) ?? [];
    if (thread === undefined || call === undefined) continue;
    const threads = counts.get(call) ?? new Map<string, number>();
    threads.set(thread, (threads.get(thread) ?? 0) + 1);
    counts.set(call, threads);
  }
  rmSync(log);
  const points = [...counts].flatMap(([call, threads]) => {
    const most = Math.max(...threads.values());
    return Array.from({ length: most }, (_, index) => ({ call, nth: index + 1 }));
  });
  return { points, dump, paths };
}

/** The files and folders that an import touches: strace takes exact paths. */
function pathsOf({ home, kato }: Arena): string[] {
  const { stdout } = spawnSync('find', [home], { encoding: 'utf8' });
  const database = join(kato, 'kato.db');
  return [
    ...new Set([...stdout.trim().split('\n'), database, `${database}-wal`, `${database}-shm`, `${database}-journal`]),
  ];
}

/** Kills at these calls, one run each. */
export async function killAtCalls(
  arena: Arena,
  points: readonly CallPoint[],
  paths: readonly string[],
  dump: string,
): Promise<KillReport> {
  const failures: string[] = [];
  let killed = 0;
  const filter = paths.flatMap((path) => ['-P', path]);
  for (const { call, nth } of points) {
    reset(arena);
    const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`];
    const { signal, status } = spawnSync(
      'strace',
      ['-f', '-qq', '-o', '/dev/null', ...filter, ...inject, process.execPath, KATO, '-q', 'import'],
      { env: arena.env },
    );
    if (signal === 'SIGKILL' || status === 137) killed += 1;
    if (!existsSync(arena.kato)) mkdirSync(arena.kato, { mode: 0o700 });
    failures.push(...(await judge(arena, dump, `${call} #${nth}`)));
  }
  return { points: points.length, killed, failures };
}
