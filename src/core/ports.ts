/**
 * What the parts of kato need from the machine, as small interfaces. `platform/` keeps them for Node; tests use real
 * files and fake only the clock and a disk that fails.
 *
 * File calls are synchronous on purpose: they are short reads of local files, many thousand in a pass, and a promise
 * costs more than each of them.
 */
import type { FileStat } from './source.ts';

export interface Clock {
  /** Now, as ISO 8601 in UTC with milliseconds. */
  now(): string;
  /** Milliseconds that only go forward; for durations. */
  monotonicMs(): number;
}

export type EntryKind = 'file' | 'directory' | 'link' | 'other';
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/** An open file. Reads loop until `into` is full or the file ends: a short read is never taken for the end. */
export interface ReadableFile {
  stat(): FileStat;
  /** Reads at `offsetBytes` into `into`; the number of bytes read. */
  read(into: Uint8Array, offsetBytes: number): number;
  close(): void;
}

/** Reading agents' files. Every method throws the system's error; absence is an answer. */
export interface SourceFiles {
  /** Entries of a folder in order of name; empty when it does not exist. */
  list(folder: string): readonly DirectoryEntry[];
  /** What a regular file is, links followed; absent when there is none. */
  stat(path: string): FileStat | undefined;
  /** The path with every link resolved; absent when it leads nowhere. */
  realPath(path: string): string | undefined;
  /** Opens a regular file for reading, without blocking on anything else; absent when there is none. */
  open(path: string): ReadableFile | undefined;
}

/** Levels: `warn` when nothing was lost, `error` when something was or a person must act. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export interface Logger {
  /** One event with its facts. Facts never contain transcript text. */
  log(level: LogLevel, event: string, facts?: Readonly<Record<string, string | number | boolean | undefined>>): void;
}

export interface CommitOptions {
  readonly replace: boolean;
  readonly time: string;
  /** Another name than the one with which the file was begun. */
  readonly name?: string;
}

/** A new file that is seen under its name only when it is complete. */
export interface PendingFile {
  write(text: string): void;
  /**
   * Makes the file durable and gives it its name. Without `replace`, an existing file of that name stays as it is and
   * the call fails with `EEXIST`; it may then be made again with another name in the same folder. With `replace`, the
   * existing file is kept beside the new one, under `name.bak-<time>`. Returns the backup's name, if there is one.
   */
  commit(options: CommitOptions): string | undefined;
  /** Leaves nothing behind. */
  discard(): void;
}

/** Writing where the user wants recordings and exports: below a root, with no link followed on the way. */
export interface DestinationFiles {
  /** The folder with every link resolved; absent when it does not exist. */
  resolve(folder: string): string | undefined;
  /** Whether a folder is there, links followed. */
  isFolder(path: string): boolean;
  /** Begins a file below a resolved root, making folders that are missing. Throws the system's error. */
  begin(root: string, components: readonly string[]): PendingFile;
}
