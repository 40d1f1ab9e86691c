/** Looking at the machine and at kato's home for `kato doctor`: without opening kato, and without changing anything. */
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import type { Failing, MachineFacts, OwnPlace } from './app/doctor/facts.ts';
import { homePaths } from './config/paths.ts';
import { KatoError } from './core/errors.ts';
import { isHeld, readHolder, type SpareLock } from './daemon/lockfile.ts';
import { findDaemon } from './reach-daemon.ts';
import { controlSocketPath } from './surfaces/control/socket-path.ts';

export interface ExamineOptions {
  readonly home: string;
  readonly version: string;
  readonly loadConfig: () => Promise<unknown>;
  readonly stores: MachineFacts['stores'];
  readonly spareLock: SpareLock;
}

export async function examine(options: ExamineOptions): Promise<MachineFacts> {
  const { home, version, loadConfig } = options;
  const paths = homePaths(home);
  const folders = [paths.home, paths.recordings, paths.logs, paths.run, paths.transcripts].flatMap((path) =>
    placeOf(path, 'folder'),
  );
  const files = ['', '-wal', '-shm'].map((suffix) => paths.database + suffix);
  return {
    version,
    katoHome: home,
    places: [...folders, ...[paths.config, ...files].flatMap((path) => placeOf(path, 'file'))],
    config: await configOf(loadConfig),
    freeBytes: freeBytes(home),
    mostWatches: mostWatches(),
    lock: await lockOf(home, paths.run, options.spareLock),
    stores: options.stores,
  };
}

/** Nothing for what is not there, or cannot be reached: then the folder above it is what is wrong. */
function placeOf(path: string, kind: OwnPlace['kind']): OwnPlace[] {
  const stats = attempt(() => statSync(path, { throwIfNoEntry: false }));
  if (!stats) return [];
  const isOurs = process.getuid === undefined || stats.uid === process.getuid();
  const wanted = constants.R_OK | constants.W_OK | (kind === 'folder' ? constants.X_OK : 0);
  const isWritable = attempt(() => accessSync(path, wanted) === undefined) ?? false;
  return [{ path, kind, mode: stats.mode & 0o777, isOurs, isWritable }];
}

async function configOf(loadConfig: () => Promise<unknown>): Promise<Failing | 'missing' | undefined> {
  try {
    await loadConfig();
    return undefined;
  } catch (error) {
    if (error instanceof KatoError && error.code === 'config-missing') return 'missing';
    return toFailing(error);
  }
}

function toFailing(error: unknown): Failing {
  if (!(error instanceof KatoError)) return { message: error instanceof Error ? error.message : 'unknown failure' };
  const { message, hint, details } = error;
  return { message: [message, ...details].join('; '), ...(hint !== undefined && { hint }) };
}

/** Of the nearest folder that is there: kato's home may not be made yet. */
function freeBytes(path: string): number | undefined {
  if (!existsSync(path)) return path === '/' ? undefined : freeBytes(path.slice(0, path.lastIndexOf('/')) || '/');
  const stats = attempt(() => statfsSync(path));
  return stats && stats.bavail * stats.bsize;
}

function mostWatches(): number | undefined {
  const text = attempt(() => readFileSync('/proc/sys/fs/inotify/max_user_watches', 'utf8'));
  return text === undefined ? undefined : Number(text);
}

async function lockOf(home: string, run: string, spareLock: SpareLock): Promise<MachineFacts['lock']> {
  const socket = controlSocketPath(home);
  const answers = await findDaemon(home).catch(() => undefined); // Then none answers, which is what is said.
  const pid = readHolder(run)?.pid;
  return {
    isHeld: attempt(() => isHeld(run, spareLock)) ?? false,
    socket,
    hasSocket: existsSync(socket),
    ...(pid !== undefined && { pid }),
    ...(answers && { answers: { pid: answers.pid, version: answers.version } }),
  };
}

/** What cannot be found out is not known; other findings say why. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
