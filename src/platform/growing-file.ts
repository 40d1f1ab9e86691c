/**
 * A file that grows at its end, below a root, with no link followed on the way.
 *
 * It is opened for appending: what the user's editor writes in between is never overwritten, only followed. It is never
 * opened through a link, and never anything but a regular file: a pipe or a device in its place is refused, not waited
 * for. Nor is a file that has another name as well, which may be anywhere; backups of ours beside it do not count.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { systemCode } from '../core/errors.ts';
import type { GrowingFile } from '../core/ports.ts';
import { type Folder, openFolder } from './write-folder.ts';

const syncLater = promisify(fsync);

const GROWING = constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NEW = constants.O_CREAT | constants.O_EXCL;
/** Transcripts are private: their owner alone reads them, until the owner decides otherwise. */
const FILE_MODE = 0o600;

export function growFile(
  root: string,
  components: readonly string[],
  { create }: { readonly create: boolean },
): GrowingFile | undefined {
  const folder = openFolderOrNothing(root, components.slice(0, -1), create);
  if (!folder) return undefined;
  let file: NodeGrowingFile | undefined;
  try {
    file = openIn(folder, components.at(-1) ?? '', create);
    return file;
  } finally {
    if (!file?.holdsFolder) closeSync(folder.handle);
  }
}

export function removeFile(root: string, components: readonly string[], identity: GrowingFile['identity']): void {
  const folder = openFolder(root, components.slice(0, -1), false);
  try {
    const path = folder.entry(components.at(-1) ?? '');
    const stat = lstatSync(path, { bigint: true });
    if (!stat.isFile() || identityOf(stat) !== identity)
      throw Object.assign(new Error('another file has its name'), { code: 'EBUSY', syscall: 'unlink' });
    unlinkSync(path);
    fsyncSync(folder.handle);
  } finally {
    closeSync(folder.handle);
  }
}

function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

function openFolderOrNothing(root: string, components: readonly string[], create: boolean): Folder | undefined {
  try {
    return openFolder(root, components, create);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && !create) return undefined;
    throw error;
  }
}

function openIn(folder: Folder, name: string, create: boolean): NodeGrowingFile | undefined {
  try {
    const handle = openSync(folder.entry(name), GROWING | (create ? NEW : 0), FILE_MODE);
    return new NodeGrowingFile(handle, () => backupsOf(folder, name, handle), folder.handle);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && !create) return undefined;
    throw error;
  }
}

/** How many other names of the file are its backups, or were left when one was made and kato was killed. */
function backupsOf(folder: Folder, name: string, handle: number): bigint {
  const { ino } = fstatSync(handle, { bigint: true });
  const ours = readdirSync(folder.entry('.')).filter(
    (other) => other.startsWith(`${name}.bak-`) || /^\.kato-[0-9a-f]{16}\.tmp$/.test(other),
  );
  const isSame = (other: string) =>
    lstatSync(folder.entry(other), { bigint: true, throwIfNoEntry: false })?.ino === ino;
  return BigInt(ours.filter(isSame).length);
}

class NodeGrowingFile implements GrowingFile {
  readonly identity: string;
  readonly #handle: number;
  /** Of an empty file, its folder: it is synced behind the first words, not before them, lest others write them. */
  readonly #folder: number | undefined;

  constructor(handle: number, backups: () => bigint, folder: number) {
    this.#handle = handle;
    const stat = fstatSync(handle, { bigint: true });
    const isShared = stat.isFile() && stat.nlink > 1n && stat.nlink > 1n + backups();
    if (!stat.isFile() || isShared) {
      closeSync(handle);
      const [message, code] = isShared ? ['a hard link', 'EMLINK'] : ['not a regular file', 'EINVAL'];
      throw Object.assign(new Error(message), { code, syscall: 'open' });
    }
    this.identity = identityOf(stat);
    this.#folder = stat.size === 0n ? folder : undefined;
  }

  get holdsFolder(): boolean {
    return this.#folder !== undefined;
  }

  sizeBytes(): number {
    return fstatSync(this.#handle).size;
  }

  read(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, to - from));
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(this.#handle, bytes, filled, bytes.length - filled, from + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  }

  append(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#handle, bytes, written);
  }

  cut(length: number): void {
    ftruncateSync(this.#handle, length);
  }

  async sync(): Promise<void> {
    await syncLater(this.#handle);
    if (this.#folder !== undefined) await syncLater(this.#folder);
  }

  close(): void {
    closeSync(this.#handle);
    if (this.#folder !== undefined) closeSync(this.#folder);
  }
}
