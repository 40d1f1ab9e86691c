/** Export of one large session to Markdown: memory, and rate beside the import of the same file. */
import { join } from 'node:path';
import { type Figure, median, megabytes, seconds } from './figures.ts';
import { writeRecords } from './generate.ts';
import { benchEnvironment, runKato } from './kato.ts';
import { Random } from './random.ts';
import { claudeRecords } from './sessions/claude.ts';

const RUNS = 3;

export async function measureExport(folder: string, scale: number): Promise<readonly Figure[]> {
  const agents = join(folder, 'agents');
  const id = '22222222-2222-4222-8222-222222222222';
  const path = join(agents, `claude/projects/-work/${id}.jsonl`);
  const size = writeRecords(path, claudeRecords(new Random(5), id, new Date('2026-05-01T00:00:00Z')), 100e6 * scale);
  const env = benchEnvironment(join(folder, 'home'), agents);
  runKato(env, ['-q', 'init', '--yes']);
  const imported = runKato(env, ['-q', 'import']);
  const costs = (preset: string) =>
    Array.from({ length: RUNS }, () => runKato(env, ['-q', 'export', id, '--preset', preset]));
  return ['chat', 'full'].flatMap((preset): Figure[] => {
    const runs = costs(preset);
    const time = median(runs.map((run) => run.seconds));
    const peak = Math.max(...runs.map((run) => run.peakBytes));
    return [
      {
        name: `export of ${megabytes(size)} to Markdown, ${preset}`,
        value: `${seconds(time)}, ${megabytes(size / time)}/s`,
        control: `import: ${megabytes(size / imported.seconds)}/s`,
        ratio: imported.seconds / time,
        limit: { least: 0.5 },
      },
      { name: '  peak memory', value: megabytes(peak), limit: { most: 200, of: peak / 1e6 } },
    ];
  });
}
