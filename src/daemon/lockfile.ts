/**
 * One daemon a home, by a lock that the system itself gives back.
 *
 *     run/lock.db      an empty database; the daemon holds `BEGIN EXCLUSIVE` on it for as long as it lives
 *     run/daemon.json  who that is, for people; it may be stale, or missing
 *
 * SIGKILL frees the lock with the process, in no time, and no pid is believed: it may be somebody else's by now. The lock
 * belongs to the process, and closing *any* other handle of the file in this process would free it: nothing here opens
 * it but SQLite.
 */
import { chmodSync, existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
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

/** What nobody refers to is collected as garbage, and closed: the lock would be gone. */
const held = new Set<DatabaseSync>();

/** Long enough for others who only look whether it is held, or who lose the race for it. */
const WAIT_MS = 250;

/** Takes the lock of the run folder, which exists. Throws `daemon-running`, which names the holder. */
export function acquireLock(run: string, holder: Holder): Lock {
  const database = takeLock(run, WAIT_MS);
  if (!database) throw isRunning(readHolder(run));
  held.add(database);
  writeHolder(run, holder);
  const leave = () => {
    if (readHolder(run)?.pid === holder.pid) unlinkSync(holderFile(run));
  };
  return {
    leave,
    release() {
      leave();
      held.delete(database);
      database.close();
    },
  };
}

/** Whether a daemon holds the run folder. */
export function isHeld(run: string): boolean {
  if (!existsSync(`${run}/lock.db`)) return false;
  const database = takeLock(run, 0);
  database?.close();
  return database === undefined;
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

function takeLock(run: string, waitMs: number): DatabaseSync | undefined {
  const path = `${run}/lock.db`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: waitMs });
    chmodSync(path, 0o600);
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw new KatoError('daemon-failed', `cannot take the lock ${path}`, {
      hint: "kato's folder must be on a disk that this user may write and that knows locks",
      cause: error,
    });
  }
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
