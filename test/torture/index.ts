/**
 * `npm run torture -- [--seed N] [--kills N] [--every N] [--races N] [--large]`: daemons started at once; and kills,
 * each followed by a run that must make everything good; with `--large` also a line of 400 MB and a session of 2 GB.
 * Prints the seed; the same seed kills at the same times.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateTree } from '../bench/generate.ts';
import { Random } from '../bench/random.ts';
import { DaemonHome } from '../support/daemon.ts';
import type { KillReport } from './calls.ts';
import { callPoints, hasStrace, killAtCalls, killAtRandom, makeArena } from './kill-import.ts';
import { importLarge } from './large.ts';
import { raceStarts } from './race-starts.ts';
import { sampleHome } from './sample-home.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    kills: { type: 'string', default: '200' },
    every: { type: 'string', default: '1' },
    races: { type: 'string', default: '200' },
    large: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'kato-torture-'));
console.log(`seed ${seed}, in ${folder}`);

function tell(name: string, { points, killed, failures }: KillReport): void {
  console.log(`${name}: ${points} points, ${killed} killed, ${failures.length} failed`);
  for (const failure of failures.slice(0, 20)) console.log(`  ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

const tree = join(folder, 'tree');
generateTree({ folder: join(tree, 'agents'), sessions: 60, bytes: 12e6, seed });
const large = makeArena(join(folder, 'large'), tree);
Object.assign(large.env, {
  CLAUDE_CONFIG_DIR: join(large.home, 'agents/claude'),
  CODEX_HOME: join(large.home, 'agents/codex'),
  GEMINI_CLI_HOME: join(large.home, 'agents/gemini'),
});
tell(
  'kill at random during an import of 60 sessions',
  await killAtRandom(large, Number(values.kills), new Random(seed)),
);

if (hasStrace()) {
  const small = makeArena(join(folder, 'small'), sampleHome(join(folder, 'sample')));
  const { points, paths, dump } = await callPoints(small);
  const every = Number(values.every);
  const chosen = points.filter((_, index) => index % every === seed % every);
  tell('kill at every system call of a short import', await killAtCalls(small, chosen, paths, dump));
} else {
  console.log('kill at every system call: skipped, no strace');
}
const afterwards: (() => void)[] = [];
const racing = new DaemonHome({ after: (action) => void afterwards.push(action) });
const { races, failures } = await raceStarts(racing, Number(values.races));
tell('two daemons started at once', { points: races, killed: races, failures });
for (const action of afterwards) action();
if (values.large) {
  const { messages, peakBytes, failures } = importLarge(join(folder, 'huge'));
  console.log(`a line of 400 MB and ${messages} messages in 2 GB: ${Math.round(peakBytes / 1e6)} MB of memory at most`);
  for (const failure of failures) console.log(`  ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}
if (process.exitCode !== 1) rmSync(folder, { recursive: true, force: true });
