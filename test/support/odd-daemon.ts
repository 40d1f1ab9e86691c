/** A daemon over no store, with a component that behaves as the second argument says. Prints `ready`. */
import { homePaths } from '../../src/config/paths.ts';
import type { Component } from '../../src/daemon/component.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createFileLogger } from '../../src/platform/logger.ts';
import { serveDaemon } from '../../src/serve-daemon.ts';
import { spareLock } from '../../src/spare-lock.ts';

const [, , home = '', behaviour = ''] = process.argv;
/** Never ends, and keeps the process alive meanwhile. */
const never = () => new Promise<never>(() => void setInterval(() => {}, 60_000));
const fine = async () => {};
const SECRET = 'words of a transcript';

const behaviours: Readonly<Record<string, Partial<Component>>> = {
  'hangs at the start': { start: never },
  'hangs at the end': { stop: never },
  'cannot start': { start: () => Promise.reject(new Error(SECRET)) },
  throws: { start: async () => void setTimeout(() => fail(), 1) },
  rejects: { start: async () => void setTimeout(() => void Promise.reject(new Error(SECRET)), 1) },
};

function fail(): never {
  throw new SyntaxError(SECRET);
}

const paths = homePaths(home);
process.exitCode = await serveDaemon({
  paths,
  version: '1.2.3',
  detached: false,
  spareLock,
  clock: systemClock,
  log: createFileLogger({ file: `${paths.logs}/operational.jsonl`, least: 'info', clock: systemClock, userHome: home }),
  open: async () => ({
    view: () => ({ status: async () => ({}), close: fine }) as never, // Nothing else is asked of it.
    components: [{ name: 'odd', start: fine, stop: fine, ...behaviours[behaviour] }],
    close: behaviour === 'hangs at its very end' ? never : fine,
  }),
  onReady: () => process.stdout.write('ready\n'),
});
