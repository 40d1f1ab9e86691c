/**
 * The lock of a folder: a symbolic link whose target names its holder. Making one is a single step that fails when there
 * is one, on every file system with links, also where there are no other locks.
 *
 * A holder that was killed leaves its link behind. Whoever finds that the process is gone takes the link away; so that
 * nobody takes away the link of the one who comes next, the right to do so is itself a link, named after the holding
 * that it ends. The right can be left behind in the same way, and is ended in the same way.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { KatoError } from '../../core/errors.ts';
import { type Disk, nodeDisk } from './disk.ts';

const PATIENCE_MS = 5000;
const LONGEST_PAUSE_MS = 5;

/**
 * Acts while nobody else holds the lock. Throws `store-busy` when somebody else holds it for too long. Who waits leaves a
 * sign, and whoever comes while there is one lets it go first: else a process that appends without end keeps all others
 * out.
 */
export async function withLock<T>(disk: Disk, path: string, action: () => T): Promise<T> {
  const holding = `${OWNER}/${randomBytes(8).toString('hex')}`;
  const wanted = `${path}-wanted`;
  const until = process.uptime() + PATIENCE_MS / 1000;
  const isWanted = disk.claimant(wanted) !== undefined;
  if (isWanted) await pause();
  let hasWaited = isWanted;
  while (!disk.claim(path, holding)) {
    if (endLeftBehind(disk, path)) continue;
    if (process.uptime() > until) throw busy(disk, path);
    disk.claim(wanted, holding);
    hasWaited = true;
    await pause();
  }
  try {
    if (hasWaited) disk.remove(wanted); // Also one that was left behind; who waits still, leaves another.
    return action();
  } finally {
    disk.remove(path);
  }
}

/**
 * Names that belong to a process for as long as it lives: a lock for who has no other.
 */
export const processNames = {
  /** False when a living process has the name, or nobody can know. */
  take(path: string): boolean {
    const holding = `${OWNER}/${randomBytes(8).toString('hex')}`;
    while (!nodeDisk.claim(path, holding)) if (!endLeftBehind(nodeDisk, path)) return false;
    return true;
  },
  leave: (path: string): void => nodeDisk.remove(path),
  isTaken(path: string): boolean {
    const holder = nodeDisk.claimant(path);
    return holder !== undefined && !isGone(holder);
  },
};

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_PAUSE_MS));
}

function busy(disk: Disk, path: string): KatoError {
  const [host, , pid] = (disk.claimant(path) ?? '').split('/');
  return new KatoError('store-busy', `another process holds the store locked: process ${pid} on ${host}`, {
    hint: `wait until it has finished, then try again; if no such process runs, remove ${path}`,
  });
}

/** Takes the lock of a dead process away. False when its holder lives, or nobody can know. */
function endLeftBehind(disk: Disk, path: string): boolean {
  const holder = disk.claimant(path);
  if (holder === undefined) return true;
  if (!isGone(holder)) return false;
  const right = `${path}-${holder.slice(holder.lastIndexOf('/') + 1)}`;
  const own = `${OWNER}/${randomBytes(8).toString('hex')}`;
  if (!disk.claim(right, own)) return endLeftBehind(disk, right);
  if (disk.claimant(path) === holder) disk.remove(path);
  disk.remove(right);
  return true;
}

/** Host, boot, process, and when it was started: nothing of it is the same for another process. */
const OWNER = [hostname().replaceAll('/', '-'), bootId(), process.pid, startOf(process.pid) ?? '-'].join('/');

function isGone(holder: string): boolean {
  const [host, boot, pid, start] = holder.split('/');
  const [ownHost, ownBoot] = OWNER.split('/');
  if (host !== ownHost) return false;
  if (boot !== ownBoot) return true;
  const found = startOf(Number(pid));
  return found === undefined ? !isRunning(Number(pid)) : found !== start;
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '-';
}

/** When a process was started, in ticks since the boot; absent where the system does not say. One that has ended has none. */
function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? 'ended' : fields?.[19];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // Another system, or no such process: the caller asks in another way.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}
