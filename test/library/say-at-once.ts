/**
 * A process of its own that appends messages to one session, for tests of several at once.
 *
 *     node say-at-once.ts <engine> <folder> <name> <messages>
 *
 * It says `ready`, and begins when its input ends: so that all of them begin together. The messages are the same in each
 * process, one by one; after every tenth it says one of its own.
 */
import { openTranscripts } from '../../src/library/transcripts.ts';
import { openEngine } from './engines.ts';

const [engine = '', folder = '', name = '', messages = '0'] = process.argv.slice(2);
const session = { provider: 'toy-agent', nativeId: 'shared' };
process.stdout.write('ready\n');
process.stdin.resume().on('end', async () => {
  const transcripts = openTranscripts(openEngine(engine, folder));
  await transcripts.start(session, { cwd: '/w/toy' });
  for (let index = 0; index < Number(messages); index++) {
    await transcripts.append(session, { id: `m${index}`, role: 'user', content: `line ${index}` });
    if (index % 10 === 9) await transcripts.append(session, { id: `${name}${index}`, role: 'user', content: name });
  }
  await transcripts.close();
});
