/**
 * Where the control socket of a home lies: `run/control.sock`, or, where the system's limit of a socket's path is too
 * short for that, a name made from the home's in `/tmp/kato-<user>/`. Not in `$TMPDIR` or `$XDG_RUNTIME_DIR`: a client
 * may have another one than the daemon, and the latter goes away when the user logs out.
 *
 * Either folder must belong to the user alone: who could put a socket there would be believed.
 */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { homePaths } from '../../config/paths.ts';
import { KatoError } from '../../core/errors.ts';

/** Bytes of a path in `sockaddr_un`, without the NUL that ends it. */
const LONGEST_BYTES = process.platform === 'darwin' ? 103 : 107;
const SHARED = '/tmp';

/** The path of the socket, whether there is one or not. */
export function controlSocketPath(katoHome: string): string {
  const own = `${homePaths(katoHome).run}/control.sock`;
  if (Buffer.byteLength(own) <= LONGEST_BYTES) return own;
  const name = createHash('sha256').update(realHome(katoHome)).digest('hex').slice(0, 32);
  return join(SHARED, `kato-${process.getuid?.() ?? 'user'}`, `${name}.sock`);
}

/** Makes the socket's folder, for its user alone. Throws `daemon-failed` where somebody else has it. */
export function makeSocketFolder(socket: string): void {
  const folder = dirname(socket);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = lstatSync(folder);
  if (isOurs(stats) && (stats.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  if (isSafeFolder(socket)) return;
  throw new KatoError('daemon-failed', `the folder of the control socket, ${folder}, belongs to somebody else`, {
    hint: 'take it away, or choose a shorter path for KATO_HOME',
  });
}

/** Whether the socket's folder is there, and the user's alone. */
export function isSafeFolder(socket: string): boolean {
  const stats = lstatSync(dirname(socket), { throwIfNoEntry: false });
  return stats !== undefined && isOurs(stats) && (stats.mode & 0o077) === 0;
}

function isOurs(stats: Stats): boolean {
  return stats.isDirectory() && (process.getuid === undefined || stats.uid === process.getuid());
}

/** The same home by another name has the same socket. */
function realHome(katoHome: string): string {
  try {
    return realpathSync.native(katoHome);
  } catch {
    return katoHome; // Not made yet: no daemon has it either.
  }
}
