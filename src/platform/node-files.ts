/** Reading agents' files with Node's file system. */
import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { systemCode } from '../core/errors.ts';
import type { DirectoryEntry, EntryKind, ReadableFile, SourceFiles } from '../core/ports.ts';
import type { FileStat } from '../core/source.ts';

export const nodeFiles: SourceFiles = {
  list(folder) {
    const entries = absentIfMissing(() => readdirSync(folder, { withFileTypes: true })) ?? [];
    return entries.map(toEntry).sort((a, b) => (a.name < b.name ? -1 : 1));
  },
  entriesChangedNs(folder) {
    const stats = absentIfMissing(() => statSync(folder, { bigint: true }));
    return stats?.isDirectory() ? String(stats.mtimeNs) : undefined;
  },
  stat(path) {
    const stats = absentIfMissing(() => statSync(path, { bigint: true }));
    return stats?.isFile() ? toStat(stats) : undefined;
  },
  realPath: (path) => absentIfMissing(() => realpathSync.native(path)),
  open(path) {
    // Without O_NONBLOCK, opening a FIFO that someone named like a session would block for ever.
    const handle = absentIfMissing(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    if (handle === undefined) return undefined;
    if (fstatSync(handle).isFile()) return openFile(handle);
    closeSync(handle);
    return undefined;
  },
  openRows: () => undefined,
};

function openFile(handle: number): ReadableFile {
  return {
    stat: () => toStat(fstatSync(handle, { bigint: true })),
    read(into, offsetBytes) {
      let filled = 0;
      while (filled < into.length) {
        const read = readSync(handle, into, filled, into.length - filled, offsetBytes + filled);
        if (read === 0) break;
        filled += read;
      }
      return filled;
    },
    close: () => closeSync(handle),
  };
}

function toStat(stats: BigIntStats): FileStat {
  return {
    device: String(stats.dev),
    inode: String(stats.ino),
    birthNs: String(stats.birthtimeNs),
    sizeBytes: Number(stats.size),
    modifiedNs: String(stats.mtimeNs),
    changedNs: String(stats.ctimeNs),
  };
}

function toEntry(entry: Dirent): DirectoryEntry {
  const kind: EntryKind = entry.isFile()
    ? 'file'
    : entry.isDirectory()
      ? 'directory'
      : entry.isSymbolicLink()
        ? 'link'
        : 'other';
  return { name: entry.name, kind };
}

/** Files come and go while we look: what is not there is an answer, everything else an error. */
function absentIfMissing<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO') return undefined;
    throw error;
  }
}
