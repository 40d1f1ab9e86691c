/** Homes with a real daemon, as built. Nothing that a test started outlives it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock, isHeld, type Lock, readHolder } from '../../src/daemon/lockfile.ts';
import { KATO, type Run, TestHome } from './cli.ts';

interface Test {
  after(fn: () => void): void;
}

export class DaemonHome extends TestHome {
  readonly runFolder: string;
  readonly #pids: Set<number>;

  constructor(t: Test, deep = '') {
    // Registered first: what runs is ended before its folder goes.
    const pids = new Set<number>();
    let held = () => {};
    t.after(() => {
      held();
      for (const pid of pids) if (livesIn(pid, this.folder)) kill(pid, 'SIGKILL');
    });
    super(t, deep);
    this.#pids = pids;
    this.runFolder = join(this.kato, 'run');
    held = () => {
      const holder = isHeld(this.runFolder) ? readHolder(this.runFolder) : undefined;
      if (holder && holder.pid !== process.pid) pids.add(holder.pid);
    };
  }

  /** Starts the daemon; its pid. */
  start(): number {
    const { pid } = this.json<{ pid: number }>(['start']);
    this.#pids.add(pid);
    return pid;
  }

  /** Runs a command beside others. */
  begin(args: readonly string[]): Begun {
    return this.beginWith(KATO, args);
  }

  /** The same, with another program. */
  beginWith(program: string, args: readonly string[]): Begun {
    const child = spawn(process.execPath, [program, ...args], { env: this.env, cwd: this.folder, stdio: 'pipe' });
    if (child.pid !== undefined) this.#pids.add(child.pid);
    return new Begun(child);
  }

  /** Holds the home, as a daemon would that nobody can talk to. */
  holdAs(version: string): Lock {
    mkdirSync(this.runFolder, { recursive: true, mode: 0o700 });
    return acquireLock(this.runFolder, { pid: process.pid, version, startedAt: new Date().toISOString(), socket: '-' });
  }

  get isHeld(): boolean {
    return isHeld(this.runFolder);
  }
}

/** A command that is running. */
export class Begun {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (bytes) => {
      this.stdout += bytes;
    });
    child.stderr?.on('data', (bytes) => {
      this.stderr += bytes;
    });
    this.ended = once(child, 'close').then(([status]) => ({ status, stdout: this.stdout, stderr: this.stderr }));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }
}

/** Whether a process runs. One that has ended and was not fetched by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return process.platform !== 'linux' && kill(pid, 0);
  }
}

/** Whether it is a process of this home: the number of one that has ended may be somebody else's by now. */
function livesIn(pid: number, folder: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`HOME=${folder}`);
  } catch {
    return false; // It has ended.
  }
}

export function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // It has ended by itself.
  }
}

const PATIENCE_MS = 20_000;

/** Waits until it is so. */
export async function until(isSo: () => boolean, what = 'it', patienceMs = PATIENCE_MS): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`${what} never came`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
