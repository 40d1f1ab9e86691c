/**
 * `npm run bench [-- --quick] [--only NAME]`: speed and size, each figure beside a control of the same run.
 *
 * The ratio is what is judged; times are reported and depend on the machine. Nothing here fails on a slow day: a figure
 * that is over its limit is marked, and the exit status stays 0. `--quick` measures a tenth of the tree.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figure, formatFigures } from './figures.ts';
import { measureAppend } from './measure-append.ts';
import { measureDaemon } from './measure-daemon.ts';
import { measureExport } from './measure-export.ts';
import { measureImport } from './measure-import.ts';
import { measureLive } from './measure-live.ts';
import { measureRecord } from './measure-record.ts';
import { measureStart } from './measure-start.ts';
import { measureStore } from './measure-store.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const folder = mkdtempSync(join(tmpdir(), 'kato-bench-'));
const scale = values.quick ? 0.1 : 1;
const measures: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  import: () => measureImport(join(folder, 'import'), scale),
  append: () => measureAppend(join(folder, 'append'), scale),
  store: () => measureStore(join(folder, 'store'), scale),
  export: () => measureExport(join(folder, 'export'), scale),
  live: () => measureLive(join(folder, 'live'), scale),
  record: () => measureRecord(join(folder, 'record'), scale),
  daemon: () => measureDaemon(join(folder, 'daemon'), values.quick),
  start: () => measureStart(join(folder, 'start')),
};

try {
  for (const [name, measure] of Object.entries(measures)) {
    if (values.only !== undefined && values.only !== name) continue;
    console.log(`${name}\n${formatFigures(await measure())}\n`);
    rmSync(join(folder, name), { recursive: true, force: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
