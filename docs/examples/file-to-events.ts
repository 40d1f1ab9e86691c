/**
 * One session file to canonical events, a line each: `kato/providers` alone, without a store.
 *
 *     node docs/examples/file-to-events.ts FILE | jq -r .kind | sort | uniq -c
 */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { deriveEvents, providers } from 'kato/providers';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: file-to-events.ts FILE');

const pieces: Buffer[] = [];
for await (const piece of createReadStream(file)) pieces.push(piece);
const text = Buffer.concat(pieces).toString('utf8');
const first = JSON.parse(text.startsWith('{\n') ? text : text.slice(0, text.indexOf('\n')));

for (const provider of providers) {
  const match = provider.recognise(first, basename(file));
  if (!match) continue;
  for (const event of deriveEvents(provider, match, pieces)) console.log(JSON.stringify(event));
}
