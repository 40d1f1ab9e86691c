/**
 * `npm run fuzz -- [--seconds N] [--seed N]`: rounds over the golden cases of every provider, in both engines, until the
 * time is over. Prints the seed of a round that fails; `--seed` repeats it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzOnce } from './once.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '300' }, seed: { type: 'string' } } });
const until = performance.now() + Number(values.seconds) * 1000;
const first = Number(values.seed ?? Date.now() % 1_000_000_000);
const last = values.seed === undefined ? Number.MAX_SAFE_INTEGER : first;
let rounds = 0;
for (let seed = first; seed <= last && performance.now() < until; seed++) {
  const folder = mkdtempSync(join(tmpdir(), 'kato-fuzz-'));
  try {
    await fuzzOnce(seed, folder, 24);
    rounds += 1;
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    console.error(`seed ${seed} failed, files in ${folder}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
console.log(`${rounds} rounds passed, from seed ${first}`);
