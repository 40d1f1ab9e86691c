/** The control of an import: one core that does nothing but `JSON.parse` the same lines. Prints seconds and bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.';
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
let bytes = 0;
let seconds = 0;
for (const { parentPath, name } of files) {
  const text = readFileSync(join(parentPath, name));
  bytes += text.length;
  const lines = text.toString('utf8').split('\n');
  const started = performance.now();
  for (const line of lines) if (line !== '') JSON.parse(line);
  seconds += (performance.now() - started) / 1000;
}
process.stdout.write(JSON.stringify({ seconds, bytes }));
