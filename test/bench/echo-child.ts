/**
 * The control of a recording: a bare process that hears of changed files in one folder, reads what is new in them, and
 * appends that to files of the same names in another. Says `ready` when it listens.
 */
import { appendFileSync, closeSync, fstatSync, openSync, readSync, watch } from 'node:fs';
import { join } from 'node:path';

const [from = '.', to = '.'] = process.argv.slice(2);
const places = new Map<string, number>();

watch(from, (_, name) => {
  if (name === null) return;
  const handle = openSync(join(from, name), 'r');
  const place = places.get(name) ?? 0;
  const bytes = Buffer.alloc(fstatSync(handle).size - place);
  readSync(handle, bytes, 0, bytes.length, place);
  closeSync(handle);
  places.set(name, place + bytes.length);
  if (bytes.length > 0) appendFileSync(join(to, name), bytes);
});
process.stdout.write('ready\n');
