/**
 * Writing below a root without following a link.
 *
 * On Linux each step of the path is opened from the folder before it, through `/proc/self/fd`, with `O_NOFOLLOW`: a
 * folder that is swapped for a link between two steps makes the step fail instead of leading elsewhere. Elsewhere the
 * folder's real path is compared after it has been opened, which leaves a small window.
 *
 * A file is written under a temporary name in its folder, synced, and then linked to its own name, which fails if the
 * name is taken; then the folder is synced. A crash leaves at most a temporary file.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { systemCode } from '../core/errors.ts';
import type { CommitOptions, DestinationFiles, PendingFile } from '../core/ports.ts';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const NEW_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Transcripts are private: their owner alone reads them, until the owner decides otherwise. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o755;
/** Of one file within one millisecond. */
const MOST_BACKUPS = 1000;

export const nodeDestinations: DestinationFiles = {
  resolve(folder) {
    try {
      return realpathSync.native(folder);
    } catch {
      return undefined; // Not there, or not for us: no root to write in.
    }
  },
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  begin(root, components) {
    const folder = openFolder(root, components.slice(0, -1));
    try {
      return new NodePendingFile(folder, components.at(-1) ?? '');
    } catch (error) {
      closeSync(folder.handle);
      throw error;
    }
  },
};

interface Folder {
  readonly handle: number;
  /** How an entry of it is named to the system. */
  readonly entry: (name: string) => string;
}

function openFolder(root: string, components: readonly string[]): Folder {
  let folder = toFolder(openSync(root, FOLDER), root);
  for (const component of components) {
    const parent = folder;
    try {
      folder = enter(parent, component);
    } finally {
      closeSync(parent.handle);
    }
  }
  return folder;
}

function enter(parent: Folder, component: string): Folder {
  const path = parent.entry(component);
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
    fsyncSync(parent.handle);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  return toFolder(openSync(path, FOLDER), path);
}

function toFolder(handle: number, path: string): Folder {
  if (process.platform === 'linux') return { handle, entry: (name) => `/proc/self/fd/${handle}/${name}` };
  const opened = fstatSync(handle);
  const real = statSync(realpathSync.native(path));
  if (opened.ino !== real.ino || opened.dev !== real.dev) {
    closeSync(handle);
    throw Object.assign(new Error('the folder changed while it was being opened'), { code: 'ELOOP', syscall: 'open' });
  }
  return { handle, entry: (name) => `${path}/${name}` };
}

class NodePendingFile implements PendingFile {
  readonly #folder: Folder;
  readonly #name: string;
  readonly #temporary: string;
  readonly #handle: number;

  constructor(folder: Folder, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.#temporary = `.kato-${randomBytes(8).toString('hex')}.tmp`;
    this.#handle = openSync(folder.entry(this.#temporary), NEW_FILE, FILE_MODE);
  }

  write(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#handle, bytes, written);
  }

  commit({ replace, time, name = this.#name }: CommitOptions): string | undefined {
    const { entry, handle } = this.#folder;
    fsyncSync(this.#handle);
    const backup = replace ? this.#backUp(name, time) : undefined;
    if (replace) renameSync(entry(this.#temporary), entry(name));
    else linkSync(entry(this.#temporary), entry(name));
    if (!replace) unlinkSync(entry(this.#temporary));
    fsyncSync(handle);
    this.#close();
    return backup;
  }

  discard(): void {
    try {
      unlinkSync(this.#folder.entry(this.#temporary));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error; // A commit that failed at its end has moved it.
    } finally {
      this.#close();
    }
  }

  /** The file that has the name now stays, under another name that nothing has. */
  #backUp(name: string, time: string): string | undefined {
    const base = `${name}.bak-${time.replace(/[:.]/g, '-')}`;
    for (let number = 1; ; number++) {
      const backup = number === 1 ? base : `${base}-${number}`;
      try {
        linkSync(this.#folder.entry(name), this.#folder.entry(backup));
        return backup;
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return undefined;
        if (systemCode(error) !== 'EEXIST' || number === MOST_BACKUPS) throw error;
      }
    }
  }

  #close(): void {
    closeSync(this.#handle);
    closeSync(this.#folder.handle);
  }
}
