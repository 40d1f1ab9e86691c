/** Running the real command line, as built, in a home of its own. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './derive.ts';

export const KATO = fileURLToPath(new URL('../../bin/kato', import.meta.url));
export const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));

/** Where each agent's sessions lie below a person's home. */
const PLACES = {
  'claude-code': '.claude/projects',
  codex: '.codex',
  'gemini-cli': '.gemini/tmp',
  gencode: '.gen/projects',
} as const;

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person's home folder with nothing in it, and kato in it. */
export class TestHome {
  readonly folder: string;
  readonly kato: string;
  readonly env: NodeJS.ProcessEnv;

  /** `deep`: folders between the temporary one and the person's. */
  constructor(t: { after(fn: () => void): void }, deep = '') {
    this.folder = join(temporaryFolder(t), deep);
    mkdirSync(this.folder, { recursive: true });
    this.kato = join(this.folder, '.kato');
    const { PATH } = process.env;
    this.env = { PATH, HOME: this.folder, TZ: 'UTC', LC_ALL: 'C.UTF-8' };
  }

  run(args: readonly string[], { env = {}, cwd = this.folder, input = '' }: RunOptions = {}): Run {
    const options = { env: { ...this.env, ...env }, cwd, input, encoding: 'utf8', maxBuffer: 1 << 30 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [KATO, ...args], options);
    return { status, stdout, stderr };
  }

  /** The same, for what must succeed: its stdout. */
  ok(args: readonly string[], options: RunOptions = {}): string {
    const { status, stdout, stderr } = this.run(args, options);
    if (status !== 0) throw new Error(`kato ${args[0]} ended with ${status}: ${stderr}`);
    return stdout;
  }

  json<T>(args: readonly string[]): T {
    return JSON.parse(this.ok([...args, '--json'])).data;
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Puts the input of a golden case where its agent would have written it. */
  addCase(provider: keyof typeof PLACES, name: string): void {
    const place = PLACES[provider];
    mkdirSync(this.path(place), { recursive: true });
    cpSync(join(FIXTURES, provider, name, 'input'), this.path(place), { recursive: true });
  }
}

/** Runs kato and notes the most memory that it had. */
export function runMeasured(home: TestHome, args: readonly string[]): Run & { readonly memoryKb: number } {
  const report = home.path(`memory-${args[0]}`);
  const hook = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)))`;
  const script = `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(KATO)}); ${hook}`)}`;
  const run = home.run(args, { env: { NODE_OPTIONS: `--import=${script}` } });
  return { ...run, memoryKb: Number(readFileSync(report, 'utf8')) };
}

interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
}
