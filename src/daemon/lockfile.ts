/**
 * One daemon a home, by a lock that the system itself gives back.
 *
 *     run/lock.db      an empty database; the daemon holds `BEGIN EXCLUSIVE` on it for as long as it lives
 *     run/daemon.json  who that is, for people; it may be stale, or missing
 *
 * SIGKILL frees the lock with the process, in no time, and no pid is believed: it may be somebody else's by now. The lock
 * belongs to the process, and closing *any* other handle of the file in this process would free it: nothing here opens
 * it but SQLite.
 *
 * Where there is no SQLite, or it cannot lock, names in the run folder that belong to a process take its place. Daemons of
 * both sorts may meet in one home, with two builds of Node: so each takes its own name first, then looks for the other.
 *
 *     run/lock         taken by a daemon without SQLite's lock
 *     run/lock.holder  taken by one that has it
 */
import { chmodSync, existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { KatoError } from '../core/errors.ts';
import { numberAt, parseJson, textAt } from '../core/json.ts';

export interface Holder {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  /** Where it listens. */
  readonly socket: string;
}

export interface Lock {
  /** Takes the name away. The lock itself stays until the process ends: what it still does, it does alone. */
  leave(): void;
  /** Takes the name away and gives the lock back. */
  release(): void;
}

/** Names that belong to a process until it ends, for where SQLite cannot lock. */
export interface SpareLock {
  /** Whether SQLite, which is there, cannot lock files in this folder. */
  isNeeded(folder: string): boolean;
  /** False when a living process has the name. */
  take(path: string): boolean;
  leave(path: string): void;
  isTaken(path: string): boolean;
}

const noSpare: SpareLock = { isNeeded: () => false, take: () => true, leave() {}, isTaken: () => false };

/** What nobody refers to is collected as garbage, and closed: the lock would be gone. */
const held = new Set<DatabaseSync>();

/** Long enough for others who only look whether it is held, or who lose the race for it. */
const WAIT_MS = 250;

/** Takes the lock of the run folder, which exists. Throws `daemon-running`, which names the holder. */
export function acquireLock(run: string, holder: Holder, spare: SpareLock = noSpare): Lock {
  const database = lockDatabase(run, WAIT_MS, spare);
  if (database === 'held') throw isRunning(readHolder(run));
  const { without, having } = names(run);
  const [own, other] = database === 'no-locks' ? ([without, having] as const) : ([having, without] as const);
  try {
    takeName(own, other, database !== 'no-locks', spare, run);
  } catch (error) {
    if (database !== 'no-locks') database.close();
    throw error;
  }
  if (database !== 'no-locks') held.add(database);
  writeHolder(run, holder);
  const leave = () => {
    if (readHolder(run)?.pid === holder.pid) unlinkSync(holderFile(run));
  };
  return {
    leave,
    release() {
      leave();
      spare.leave(own);
      if (database === 'no-locks') return;
      held.delete(database);
      database.close();
    },
  };
}

/** Of a daemon without SQLite's lock, and of one with it. */
function names(run: string) {
  return { without: `${run}/lock`, having: `${run}/lock.holder` };
}

function takeName(own: string, other: string, isSure: boolean, spare: SpareLock, run: string): void {
  try {
    if (isSure) spare.leave(own); // Who has SQLite's lock knows that whoever had this name before is gone.
    if (!spare.take(own)) throw isRunning(readHolder(run));
  } catch (cause) {
    if (cause instanceof KatoError) throw cause;
    if (!isSure) throw cannotTake(own, cause);
    return; // Where such names cannot be made, nobody relies on them either.
  }
  if (!spare.isTaken(other)) return;
  spare.leave(own);
  throw isRunning(readHolder(run));
}

/** Whether a daemon holds the run folder. */
export function isHeld(run: string, spare: SpareLock = noSpare): boolean {
  const { without, having } = names(run);
  if (spare.isTaken(without)) return true;
  if (!existsSync(`${run}/lock.db`)) return false;
  const database = lockDatabase(run, 0, spare);
  if (database === 'no-locks') return spare.isTaken(having);
  if (database !== 'held') database.close();
  return database === 'held';
}

/** Who said last that it holds the run folder: for display only. */
export function readHolder(run: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(holderFile(run), 'utf8');
  } catch {
    return undefined; // None ever said so, or it said good-bye.
  }
  const value = parseJson(text);
  const pid = numberAt(value, 'pid');
  const [version, startedAt, socket] = ['version', 'startedAt', 'socket'].map((key) => textAt(value, key));
  return pid && version && startedAt && socket ? { pid, version, startedAt, socket } : undefined;
}

/** The database with its lock; or why there is none. */
function lockDatabase(run: string, waitMs: number, spare: SpareLock): DatabaseSync | 'held' | 'no-locks' {
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof import('node:sqlite') | undefined;
  if (!sqlite) return 'no-locks'; // A Node that was built, or started, without it.
  const path = `${run}/lock.db`;
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(path, { timeout: waitMs });
    chmodSync(path, 0o600);
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error) && spare.isTaken(names(run).having)) return 'held'; // Told at once; only else is it asked what SQLite can do.
    if (spare.isNeeded(run)) return 'no-locks';
    if (isBusy(error)) return 'held';
    throw cannotTake(path, error);
  }
}

function cannotTake(path: string, cause: unknown): KatoError {
  const hint = "kato's folder must be on a disk that this user may write and that knows locks";
  return new KatoError('daemon-failed', `cannot take the lock ${path}`, { hint, cause });
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function isRunning(holder: Holder | undefined): KatoError {
  const who = holder ? ` (pid ${holder.pid}, version ${holder.version}, since ${holder.startedAt})` : '';
  return new KatoError('daemon-running', `another daemon runs for this home${who}`, {
    hint: '`kato stop` ends it, `kato restart` starts it anew',
  });
}

function holderFile(run: string): string {
  return `${run}/daemon.json`;
}

function writeHolder(run: string, holder: Holder): void {
  const temporary = `${holderFile(run)}.${holder.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  renameSync(temporary, holderFile(run));
}
