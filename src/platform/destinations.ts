/**
 * Writing whole files below a root without following a link (`write-folder.ts`).
 *
 * A file is written under a temporary name in its folder, synced, and then linked to its own name, which fails if the
 * name is taken; then the folder is synced. A crash leaves at most a temporary file, which the same work takes away.
 */
import { hash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { systemCode } from '../core/errors.ts';
import type { CommitOptions, DestinationFiles, PendingFile } from '../core/ports.ts';
import { growFile, removeFile } from './growing-file.ts';
import { type Folder, openFolder } from './write-folder.ts';

const NEW_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Transcripts are private: their owner alone reads them, until the owner decides otherwise. */
const FILE_MODE = 0o600;
const PERMISSIONS = 0o777;
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
  isFolder(path) {
    try {
      return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    } catch {
      return false; // Too long, a loop of links, or not for us: what is wrong with it is said when it is written to.
    }
  },
  isThere(path) {
    try {
      return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      return systemCode(error) !== 'ENOTDIR';
    }
  },
  begin(root, components, work) {
    const folder = openFolder(root, components.slice(0, -1));
    try {
      return new NodePendingFile(folder, components.at(-1) ?? '', work);
    } catch (error) {
      closeSync(folder.handle);
      throw error;
    }
  },
  grow: growFile,
  remove: removeFile,
};

class NodePendingFile implements PendingFile {
  readonly #folder: Folder;
  readonly #name: string;
  readonly #temporary: string;
  readonly #handle: number;

  constructor(folder: Folder, name: string, work?: string) {
    this.#folder = folder;
    this.#name = name;
    const mark = work === undefined ? randomBytes(8).toString('hex') : hash('sha256', work, 'hex').slice(0, 16);
    this.#temporary = `.kato-${mark}.tmp`;
    if (work !== undefined) remove(folder.entry(this.#temporary));
    this.#handle = openSync(folder.entry(this.#temporary), NEW_FILE, FILE_MODE);
  }

  write(content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#handle, bytes, written);
  }

  commit({ replace, backup: isKept = true, time, name = this.#name }: CommitOptions): string | undefined {
    const { entry, handle } = this.#folder;
    if (replace) this.#takeModeOf(entry(name));
    fsyncSync(this.#handle);
    const backup = replace && isKept ? this.#backUp(name, time) : undefined;
    if (replace) renameSync(entry(this.#temporary), entry(name));
    else linkSync(entry(this.#temporary), entry(name));
    if (!replace) unlinkSync(entry(this.#temporary));
    fsyncSync(handle);
    this.#close();
    return backup;
  }

  discard(): void {
    try {
      remove(this.#folder.entry(this.#temporary)); // A commit that failed at its end has moved it.
    } finally {
      this.#close();
    }
  }

  /** Who may read a file is its owner's decision; it is none of a link's. */
  #takeModeOf(path: string): void {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const mode = stat?.isFile() ? stat.mode & PERMISSIONS : FILE_MODE;
    const { mode: ours } = fstatSync(this.#handle);
    if (mode !== (ours & PERMISSIONS)) fchmodSync(this.#handle, mode); // Not asked where no disk knows of modes.
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

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
