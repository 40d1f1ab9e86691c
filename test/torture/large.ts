/** One line of 400 MB, and a session of 2 GB: every message arrives, and memory stays bounded. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { benchEnvironment, runKato } from '../bench/kato.ts';
import { prompt } from '../ingest/support/session-lines.ts';

const MEGABYTE = 1024 * 1024;
const LINE_MEGABYTES = 400;
const SESSION_BYTES = 2e9;
const MESSAGE = 'words and more words '.repeat(90);
/** A frame above the limit is kept in pieces; everything else goes by. */
const MOST_BYTES = 600 * MEGABYTE;

interface LargeReport {
  readonly messages: number;
  readonly peakBytes: number;
  readonly failures: readonly string[];
}

export function importLarge(folder: string): LargeReport {
  const agents = join(folder, 'agents');
  mkdirSync(folder, { recursive: true });
  const env = benchEnvironment(join(folder, 'home'), agents);
  runKato(env, ['-q', 'init', '--yes']);
  const small = join(folder, 'line.jsonl');
  const large = join(folder, 'session.jsonl');
  writeLine(small);
  const messages = writeSession(large);
  const { peakBytes } = runKato(env, ['-q', 'import', small, large]);
  const { stdout } = runKato(env, ['sessions', '--json']);
  const counts: number[] = JSON.parse(stdout).data.map(({ events }: { events: number }) => events);
  const failures = [
    ...(peakBytes > MOST_BYTES ? [`${peakBytes} bytes of memory`] : []),
    ...(counts.some((count) => count >= messages) ? [] : [`${counts.join(', ')} events of ${messages} messages`]),
    ...(runKato(env, ['verify']).stdout.includes('sound') ? [] : ['the store is not sound']),
  ];
  return { messages, peakBytes, failures };
}

function writeLine(path: string): void {
  const file = openSync(path, 'w');
  const [before, after] = prompt(2, { text: '@@' }).split('@@');
  writeSync(file, `${prompt(1)}\n${before}`);
  for (let count = 0; count < LINE_MEGABYTES; count++) writeSync(file, 'x'.repeat(MEGABYTE));
  writeSync(file, `${after}\n${prompt(3)}\n`);
  closeSync(file);
}

/** How many messages it has. */
function writeSession(path: string): number {
  const session = '33333333-3333-4333-8333-333333333333';
  const file = openSync(path, 'w');
  let written = 0;
  let count = 0;
  let waiting = '';
  while (written + waiting.length < SESSION_BYTES) {
    waiting += `${prompt(++count, { session, text: `${count} ${MESSAGE}` })}\n`;
    if (waiting.length > MEGABYTE) {
      written += writeSync(file, waiting);
      waiting = '';
    }
  }
  writeSync(file, waiting);
  closeSync(file);
  return count;
}
