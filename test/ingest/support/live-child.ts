/** Live ingest in a process of its own, to be killed: `live-child.ts ROOT DATABASE keep|hear`. Says when it has started. */
import { createLiveIngest } from '../../../src/ingest/live.ts';
import { systemClock, systemTimers } from '../../../src/platform/clock.ts';
import { nodeFiles } from '../../../src/platform/node-files.ts';
import { createNodeWatcher } from '../../../src/platform/node-watch.ts';
import { claudeCode } from '../../../src/providers/claude-code/index.ts';
import { commandPayloads } from '../../../src/record/commands.ts';
import { withGroupCommit } from '../../../src/store/group-commit.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';

const [root = '', database = '', mode] = process.argv.slice(2);
const live = createLiveIngest({
  store: withGroupCommit(openSqliteStore(database), { windowMs: 0, maxBytes: 1 << 20 }),
  files: nodeFiles,
  watcher: createNodeWatcher(),
  clock: systemClock,
  timers: systemTimers,
  log: { log: () => {} },
  roots: [{ provider: claudeCode, path: root, keep: mode === 'keep' }],
  commandsIn: (text) => commandPayloads(text, { prefix: '' }),
  isKept: () => false,
  onTaken: () => {},
});
setInterval(() => {}, 1 << 30);
await live.start();
process.stdout.write('started\n');
