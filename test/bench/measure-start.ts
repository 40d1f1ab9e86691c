/** How long the command line takes to start, beside a Node that does nothing, run in turn. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Figure, median, seconds } from './figures.ts';
import { benchEnvironment } from './kato.ts';

const KATO = fileURLToPath(new URL('../../bin/kato', import.meta.url));
const RUNS = 25;

export async function measureStart(folder: string): Promise<readonly Figure[]> {
  const env = benchEnvironment(folder, `${folder}/agents`);
  const run = (args: readonly string[]) => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    return (performance.now() - started) / 1000;
  };
  run([KATO, '-q', 'init', '--yes']);
  run([KATO, 'status']);
  const times = Array.from({ length: RUNS }, () => ({
    nothing: run(['-e', '0']),
    version: run([KATO, '--version']),
    status: run([KATO, 'status']),
  }));
  const nothing = median(times.map((time) => time.nothing));
  return [
    ['kato --version', median(times.map((time) => time.version)), 2] as const,
    ['kato status', median(times.map((time) => time.status)), 3] as const,
  ].map(([name, time, most]) => ({
    name,
    value: seconds(time),
    control: `node -e 0: ${seconds(nothing)}`,
    ratio: time / nothing,
    limit: { most },
  }));
}
