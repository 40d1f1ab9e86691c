/**
 * A short life of a program that writes transcripts, for being killed: every verb, one step after the other.
 *
 *     node story.ts <engine> <folder>
 *
 * It says `<n>;` when its nth step is durable. Run again, it says everything again.
 */
import { writeSync } from 'node:fs';
import { openTranscripts, type Transcripts } from '../../src/library/transcripts.ts';
import { openEngine } from './engines.ts';

const chat = { provider: 'toy-agent', nativeId: 'chat' };
const fork = { ...chat, nativeId: 'fork' };
const room = { provider: 'toy-gateway', nativeId: 'room' };
const answer = { id: 'm4', role: 'assistant', content: 'two', model: 'm-1' } as const;
/** Longer than a page of the disk, and different everywhere. */
const long = Array.from({ length: 4000 }, (_, index) => `line ${index} of ${(index * 7919) % 4001}`).join('\n');

export const steps: readonly ((transcripts: Transcripts) => Promise<unknown>)[] = [
  (t) => t.start(chat, { cwd: '/w/toy', title: 'Counting' }),
  (t) => t.append(chat, { id: 'm1', role: 'user', content: 'count' }, { id: 'm2', role: 'assistant', content: 'one' }),
  (t) => t.patch(chat, [{ kind: 'tag', value: 'numbers' }], { id: 'p1' }),
  (t) => t.append(chat, { id: 'm3', role: 'tool', content: [{ kind: 'tool-result', toolCallId: 'c', text: long }] }),
  (t) => t.compact(chat, { id: 'k1', summary: 'they counted to one', keepFrom: 'm2' }),
  (t) => t.append(chat, answer),
  (t) => t.fork(chat, 3, { nativeId: 'fork' }),
  (t) => t.append(fork, { id: 'm3', role: 'user', content: 'count on' }),
  (t) => t.mirror(chat, room, answer),
  (t) => t.meta(chat, { tokens: 7 }, { id: 'x1' }),
  (t) => t.endTurn(chat, { id: 't1' }),
];

if (import.meta.main) {
  const [engine = '', folder = ''] = process.argv.slice(2);
  const transcripts = openTranscripts(openEngine(engine, folder));
  for (const [index, step] of steps.entries()) {
    await step(transcripts);
    writeSync(1, `${index + 1};`);
  }
  await transcripts.close();
}
