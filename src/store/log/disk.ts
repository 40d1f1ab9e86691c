/**
 * What the log engine needs of a file system, as the few steps whose order decides what a power cut leaves. Each method
 * is one step: nothing is durable before the `sync` that says so. Tests count the steps, let them fail, and throw away
 * what was never synced.
 */
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { systemCode } from '../../core/errors.ts';

export interface DiskStat {
  readonly bytes: number;
  /** Differs when another file has the name. */
  readonly file: string;
  /** Differs when the file, or what is in it, is another one. */
  readonly stamp: string;
}

/** Every method throws the system's error; absence is an answer where the type says so. */
export interface Disk {
  /** Names in a folder, in order. */
  list(folder: string): readonly string[];
  stat(path: string): DiskStat | undefined;
  /** The bytes between two places; fewer when the file ends before, none when there is no file. */
  read(path: string, from: number, to: number): Buffer;
  /** Makes a folder for its owner alone, and those above it. */
  makeFolder(path: string): void;
  /** Writes at the end of a file, which is made if need be, for its owner alone. */
  append(path: string, bytes: Uint8Array): void;
  /** Makes what was written to a file, or cut from it, durable. */
  sync(path: string): void;
  /** Makes the names in a folder durable: files that came, went or were renamed. */
  syncFolder(path: string): void;
  cut(path: string, bytes: number): void;
  rename(from: string, to: string): void;
  /** What is not there is removed already. */
  remove(path: string): void;
  /** Makes a name that nobody else has, with a text of its owner's; false when somebody has it. */
  claim(path: string, owner: string): boolean;
  /** The text of who has claimed a name. */
  claimant(path: string): string | undefined;
}

export const nodeDisk: Disk = {
  list: (folder) => readdirSync(folder).sort(),
  stat(path) {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (!found) return undefined;
    const file = `${found.dev}:${found.ino}:${found.birthtimeNs}`;
    return { bytes: Number(found.size), file, stamp: `${file}:${found.size}:${found.mtimeNs}` };
  },
  read(path, from, to) {
    return withFile(path, 'r', (handle) => readAll(handle, from, to)) ?? Buffer.alloc(0);
  },
  makeFolder: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  append(path, bytes) {
    const handle = openSync(path, 'a', 0o600);
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
    } finally {
      closeSync(handle);
    }
  },
  sync: (path) => withFile(path, 'r+', fsyncSync),
  syncFolder: (path) => withFile(path, 'r', fsyncSync),
  cut: (path, bytes) => withFile(path, 'r+', (handle) => ftruncateSync(handle, bytes)),
  rename: renameSync,
  remove: (path) => absentIf('ENOENT', () => unlinkSync(path)),
  claim(path, owner) {
    // A link is made in one step with what it says: a file would be there for a moment without its owner's text.
    const claimed = absentIf('EEXIST', () => {
      symlinkSync(owner, path);
      return true;
    });
    return claimed ?? false;
  },
  claimant: (path) => absentIf('ENOENT', () => readlinkSync(path)),
};

function withFile<T>(path: string, flags: string, act: (handle: number) => T): T | undefined {
  const handle = absentIf('ENOENT', () => openSync(path, flags));
  if (handle === undefined) return undefined;
  try {
    return act(handle);
  } finally {
    closeSync(handle);
  }
}

function readAll(handle: number, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from));
  let filled = 0;
  while (filled < bytes.length) {
    const read = readSync(handle, bytes, filled, bytes.length - filled, from + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function absentIf<T>(code: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (systemCode(error) === code) return undefined;
    throw error;
  }
}
