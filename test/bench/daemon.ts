/** A home with the real daemon in it, as built, and what its process costs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchEnvironment } from './kato.ts';

export const KATO = fileURLToPath(new URL('../../bin/kato', import.meta.url));

export interface ProcessCost {
  readonly cpuSeconds: number;
  /** Bytes that were asked of the system by reading, from wherever. */
  readonly readBytes: number;
}

export class BenchHome {
  readonly folder: string;
  /** Where the agents write. */
  readonly agents: string;
  /** Where they work, and the recordings go. */
  readonly work: string;
  #pid = 0;

  constructor(folder: string) {
    this.folder = folder;
    this.agents = join(folder, 'agents');
    this.work = join(folder, 'work');
    for (const one of [this.claude, this.work]) mkdirSync(one, { recursive: true });
    this.run(['init', '--yes', '--keep', 'all', '--write-root', this.work]);
  }

  /** Where Claude Code keeps its sessions. */
  get claude(): string {
    return join(this.agents, 'claude/projects');
  }

  /** `BENCH_NODE_OPTIONS` in the bench's own is for profiles: `--cpu-prof --cpu-prof-dir=…`. */
  get environment(): NodeJS.ProcessEnv {
    return {
      ...benchEnvironment(join(this.folder, 'home'), this.agents),
      NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS,
    };
  }

  run(args: readonly string[]): string {
    const options = { env: this.environment, encoding: 'utf8', maxBuffer: 1 << 30 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [KATO, '-q', ...args], options);
    if (status !== 0) throw new Error(`kato ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  start(): void {
    this.#pid = JSON.parse(this.run(['start', '--json'])).data.pid;
  }

  /** Takes note of a daemon that was started otherwise. */
  adopt(): void {
    this.start();
  }

  stop(): void {
    if (this.#pid !== 0) this.run(['stop']);
    this.#pid = 0;
  }

  get pid(): number {
    return this.#pid;
  }

  cost(): ProcessCost {
    return costOf(this.#pid);
  }

  residentBytes(): number {
    const [, kilobytes = 0] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  }
}

/** What a process has cost since it began. */
export function costOf(pid: number): ProcessCost {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/schedstat`);
  const nanoseconds = threads.map((path) => Number(readFileSync(path, 'utf8').split(' ')[0]));
  const [, readBytes = 0] = /rchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8')) ?? [];
  return { cpuSeconds: nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9, readBytes: Number(readBytes) };
}
