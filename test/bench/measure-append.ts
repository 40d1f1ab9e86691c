/** One line appended to a session and imported: what it reads and how long it takes, for a small and a large session. */
import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openKato } from '../../src/main.ts';
import { type Figure, median, megabytes, seconds } from './figures.ts';
import { writeRecords } from './generate.ts';
import { benchEnvironment, countSyncs, runKato } from './kato.ts';
import { Random } from './random.ts';
import { claudeRecords } from './sessions/claude.ts';

const LINES = 40;

export async function measureAppend(folder: string, scale: number): Promise<readonly Figure[]> {
  const small = await appendTo(join(folder, 'small'), 1e6 * scale);
  const large = await appendTo(join(folder, 'large'), 100e6 * scale);
  return [
    {
      name: `a line appended to a session of ${megabytes(small.bytes)}`,
      value: seconds(small.seconds),
      control: `reading the line: ${seconds(small.control)}`,
    },
    {
      name: `a line appended to a session of ${megabytes(large.bytes)}`,
      value: seconds(large.seconds),
      control: `the small one: ${seconds(small.seconds)}`,
      ratio: large.seconds / small.seconds,
      limit: { most: 2 },
    },
    {
      name: '  most bytes read beyond the new ones',
      value: String(large.extraBytes),
      limit: { most: 8192, of: large.extraBytes },
    },
    {
      name: '  waits for the disk (fsync) of `kato import` for one line',
      value: large.syncs === undefined ? 'no strace' : String(large.syncs),
    },
  ];
}

async function appendTo(folder: string, bytes: number) {
  const agents = join(folder, 'agents');
  const path = join(agents, 'claude/projects/-work/11111111-1111-4111-8111-111111111111.jsonl');
  writeRecords(
    path,
    claudeRecords(new Random(3), '11111111-1111-4111-8111-111111111111', new Date('2026-05-01T00:00:00Z')),
    bytes,
  );
  const home = join(folder, 'home');
  const env = benchEnvironment(home, agents);
  runKato(env, ['-q', 'init', '--yes']);
  runKato(env, ['-q', 'import']);
  const config = await (await import('../../src/main.ts')).loadConfig({
    katoHome: join(home, '.kato'),
    userHome: home,
    variables: env,
  });
  const kato = await openKato({ katoHome: join(home, '.kato'), userHome: home, variables: env }, config);
  const records = claudeRecords(
    new Random(99),
    '11111111-1111-4111-8111-111111111111',
    new Date('2026-06-01T00:00:00Z'),
  );
  const times = [];
  const controls = [];
  let extraBytes = 0;
  try {
    for (let index = 0; index < LINES; index++) {
      const line = `${JSON.stringify(records.next().value)}\n`;
      appendFileSync(path, line);
      const control = performance.now();
      statSync(path);
      JSON.parse(line);
      controls.push((performance.now() - control) / 1000);
      const started = performance.now();
      const report = await kato.import({});
      times.push((performance.now() - started) / 1000);
      if (report.framesDecoded !== 1) throw new Error(`${report.framesDecoded} frames decoded, one was appended`);
      extraBytes = Math.max(extraBytes, report.bytesRead - Buffer.byteLength(line));
    }
  } finally {
    await kato.close();
  }
  const last = `${JSON.stringify(records.next().value)}\n`;
  appendFileSync(path, last);
  const syncs = countSyncs(env, ['-q', 'import']);
  return { syncs, bytes: statSync(path).size, seconds: median(times), control: median(controls), extraBytes };
}
