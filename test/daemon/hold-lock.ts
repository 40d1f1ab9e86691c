/** Takes the lock of the folder that is named, says `held` or why not, and keeps it until it is killed. */
import { KatoError } from '../../src/core/errors.ts';
import { acquireLock } from '../../src/daemon/lockfile.ts';

const [, , run = ''] = process.argv;
try {
  acquireLock(run, { pid: process.pid, version: '0', startedAt: new Date().toISOString(), socket: '-' });
  process.stdout.write('held\n');
  setInterval(() => {}, 60_000);
} catch (error) {
  process.stdout.write(`${error instanceof KatoError ? error.code : 'unknown'}\n`);
}
