/** Running kato for a measurement: as a process of its own, or in this one. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const CONTROL = fileURLToPath(new URL('./control.ts', import.meta.url));

export interface Cost {
  readonly stdout: string;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly cpuSeconds: number;
}

/** The environment of a home whose agents write below `agents`. */
export function benchEnvironment(home: string, agents: string): NodeJS.ProcessEnv {
  mkdirSync(home, { recursive: true });
  return {
    PATH: process.env.PATH,
    HOME: home,
    TZ: 'UTC',
    CLAUDE_CONFIG_DIR: join(agents, 'claude'),
    CODEX_HOME: join(agents, 'codex'),
    GEMINI_CLI_HOME: join(agents, 'gemini'),
  };
}

export function runKato(env: NodeJS.ProcessEnv, args: readonly string[]): Cost {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHILD, ...args], {
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(`kato ${args.join(' ')} ended with ${status}: ${stderr}`);
  return { stdout, ...JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '{}') };
}

/** How often the disk is waited for while a command runs; absent without strace. */
export function countSyncs(env: NodeJS.ProcessEnv, args: readonly string[]): number | undefined {
  const trace = ['-f', '-qq', '-e', 'trace=fsync,fdatasync', '-e', 'signal=none'];
  const { status, stderr } = spawnSync('strace', [...trace, process.execPath, CHILD, ...args], {
    env,
    encoding: 'utf8',
  });
  return status === 0 ? (stderr.match(/f(?:data)?sync\(/g)?.length ?? 0) : undefined;
}

/** Seconds that one core needs to parse every line below a folder. */
export function parseControl(folder: string): { readonly seconds: number; readonly bytes: number } {
  const { stdout } = spawnSync(process.execPath, [CONTROL, folder], { encoding: 'utf8' });
  return JSON.parse(stdout);
}
