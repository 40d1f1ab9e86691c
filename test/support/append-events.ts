/**
 * A process of its own that appends events to a store, for tests of several at once.
 *
 *     node append-events.ts <store> <session> <events> <first>
 *
 * The store is SQLite's when its name ends in `.db`, else a folder of logs. It says `ready`, and begins when its input ends: so that all of them begin together. Events are appended one by one,
 * from the first on and round again, so that processes meet each other's.
 */
import { openLogStore } from '../../src/store/log.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { loose, say } from './batches.ts';

const [path = '', session = '', events = '0', first = '0'] = process.argv.slice(2);
process.stdout.write('ready\n');
process.stdin.resume().on('end', async () => {
  const store = path.endsWith('.db') ? openSqliteStore(path) : openLogStore(path);
  for (let n = 0; n < Number(events); n++) {
    const index = (n + Number(first)) % Number(events);
    await store.append([loose([say(session, `r${index}`, `line ${index}`)])]);
  }
  await store.close();
});
