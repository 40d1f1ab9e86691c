/**
 * The control of a daemon that has nothing to do: a bare process that looks at every file below a folder as often as the
 * daemon's sweep does, and at nothing else. Says `ready` when it has looked once.
 */
import { readdirSync, statSync } from 'node:fs';

const SWEEP_EACH_MS = 30_000;
const [folder = '.'] = process.argv.slice(2);

look();
setInterval(look, SWEEP_EACH_MS);
process.stdout.write('ready\n');

function look(): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) statSync(`${entry.parentPath}/${entry.name}`, { bigint: true });
  }
}
