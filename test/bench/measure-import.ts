/** Import of a whole tree, the pass over it when nothing changed, the store's size, and memory at four times the size. */

import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, median, megabytes, seconds } from './figures.ts';
import { generateTree } from './generate.ts';
import { benchEnvironment, parseControl, runKato } from './kato.ts';

const SESSIONS = 2250;
const BYTES = 400e6;

export async function measureImport(folder: string, scale: number): Promise<readonly Figure[]> {
  const small = importTree(join(folder, 'one'), scale, 3);
  rmSync(join(folder, 'one'), { recursive: true, force: true });
  const large = importTree(join(folder, 'four'), scale * 4, 1);
  return [
    ...small.figures,
    {
      name: `peak memory at ${megabytes(large.bytes)}`,
      value: megabytes(large.peakBytes),
      control: `${megabytes(small.peakBytes)} at ${megabytes(small.bytes)}`,
      ratio: large.peakBytes / small.peakBytes,
      limit: { most: 1.1 },
    },
  ];
}

function importTree(folder: string, scale: number, runs: number) {
  const agents = join(folder, 'agents');
  const tree = generateTree({ folder: agents, sessions: Math.round(SESSIONS * scale), bytes: BYTES * scale, seed: 7 });
  const env = benchEnvironment(join(folder, 'home'), agents);
  const costs = [];
  const rates = [];
  for (let run = 0; run < runs; run++) {
    rmSync(join(folder, 'home/.kato'), { recursive: true, force: true });
    runKato(env, ['-q', 'init', '--yes']);
    const control = parseControl(agents);
    const cost = runKato(env, ['-q', 'import', '--json']);
    costs.push(cost);
    rates.push({ import: tree.bytes / cost.seconds, parse: control.bytes / control.seconds });
  }
  const report = JSON.parse(costs[0]?.stdout ?? '{}').data;
  const ratio = median(rates.map((rate) => rate.import / rate.parse));
  const peakBytes = Math.max(...costs.map((cost) => cost.peakBytes));
  const storeBytes = statSync(join(folder, 'home/.kato/kato.db')).size;
  return {
    bytes: tree.bytes,
    peakBytes,
    figures: [
      {
        name: `import of ${megabytes(tree.bytes)} in ${tree.files.length} sessions, durable`,
        value: `${seconds(median(costs.map((cost) => cost.seconds)))}, ${megabytes(median(rates.map((rate) => rate.import)))}/s`,
        control: `JSON.parse on one core: ${megabytes(median(rates.map((rate) => rate.parse)))}/s`,
        ratio,
        limit: { least: 0.1 },
      },
      { name: '  aimed at', value: '', ratio, limit: { least: 0.2 } },
      {
        name: '  work',
        value: `${report.filesRead} files, ${megabytes(report.bytesRead)} read, ${report.framesDecoded} frames, ${report.events} events, ${report.rowsWritten} rows`,
      },
      { name: '  processor time', value: seconds(median(costs.map((cost) => cost.cpuSeconds))) },
      { name: '  peak memory', value: megabytes(peakBytes), limit: { most: 350, of: peakBytes / 1e6 } },
      {
        name: 'store size',
        value: megabytes(storeBytes),
        control: `sources: ${megabytes(tree.bytes)}`,
        ratio: storeBytes / tree.bytes,
        limit: { most: 0.7 },
      },
      ...unchangedPass(env),
    ] satisfies Figure[],
  };
}

/** The whole process once more, when nothing has changed. */
function unchangedPass(env: NodeJS.ProcessEnv): Figure[] {
  const times = [];
  const empty = [];
  let report = { bytesRead: -1, rowsWritten: -1, filesExamined: 0 };
  for (let run = 0; run < 7; run++) {
    const bare = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    empty.push((performance.now() - bare) / 1000);
    const cost = runKato(env, ['-q', 'import', '--json']);
    times.push(cost.seconds);
    report = JSON.parse(cost.stdout).data;
  }
  return [
    {
      name: `a pass over it when nothing changed (${report.filesExamined} files)`,
      value: seconds(median(times)),
      control: `node -e 0: ${seconds(median(empty))}`,
      ratio: median(times) / median(empty),
      limit: { most: 0.15, of: median(times) },
    },
    { name: '  bytes read from sources', value: String(report.bytesRead), limit: { most: 0, of: report.bytesRead } },
    { name: '  rows written', value: String(report.rowsWritten), limit: { most: 0, of: report.rowsWritten } },
  ];
}
