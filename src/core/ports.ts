/**
 * What the parts of kato need from the machine, as small interfaces. `platform/` keeps them for Node; tests use real
 * files and fake only the clock and a disk that fails.
 *
 * File calls are synchronous on purpose: they are short reads of local files, many thousand in a pass, and a promise
 * costs more than each of them.
 */
import type { RowSet } from './agent-database.ts';
import type { FileStat } from './source.ts';

export interface Clock {
  /** Now, as ISO 8601 in UTC with milliseconds. */
  now(): string;
  /** Milliseconds that only go forward; for durations. */
  monotonicMs(): number;
}

/** Doing something later. */
export interface Timers {
  /** Runs `action` after this time; the function returned calls it off. */
  after(delayMs: number, action: () => void): () => void;
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
  /**
   * When entries of a folder last came or went, in nanoseconds since 1970; absent when there is no such folder. In a
   * database only when a session was last seen to come.
   */
  entriesChangedNs(folder: string): string | undefined;
  /** What a regular file is, links followed; absent when there is none. */
  stat(path: string): FileStat | undefined;
  /** The path with every link resolved; absent when it leads nowhere. */
  realPath(path: string): string | undefined;
  /** Opens a regular file for reading, without blocking on anything else; absent when there is none. */
  open(path: string): ReadableFile | undefined;
  /** The rows of a session that is kept in a database, by its path there (`agent-database.ts`); absent when there are none. */
  openRows(path: string): RowSet | undefined;
}

/** What a watched folder tells. A hint: notifications get lost, and several changes may be told as one. */
export type WatchEvent =
  /** Something changed at this path relative to the folder: a file, or a folder with all that is in it, come or gone. */
  | { readonly kind: 'changed'; readonly path: string }
  /** The watch has ended by itself, with the system's code; `ENOENT` when the folder is gone. */
  | { readonly kind: 'lost'; readonly code: string };

export interface WatchOptions {
  /** Whether a folder, by its path relative to the watched one, can hold anything of interest. */
  readonly enters: (folder: string) => boolean;
  readonly onEvent: (event: WatchEvent) => void;
}

/** Being told of changes below a folder. */
export interface FolderWatcher {
  /**
   * Watches a folder and those below it, also ones that are made later. Throws the system's error: `ENOENT` when the
   * folder is not there, `ENOSPC` or `EMFILE` when the system has no watches left. Nothing is told after `close`.
   */
  watch(folder: string, options: WatchOptions): { close(): void };
}

/** Levels: `warn` when nothing was lost, `error` when something was or a person must act. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export interface Logger {
  /** One event with its facts. Facts never contain transcript text. */
  log(level: LogLevel, event: string, facts?: Readonly<Record<string, string | number | boolean | undefined>>): void;
}

export interface CommitOptions {
  readonly replace: boolean;
  /** Whether what is replaced is kept; it is, if absent. */
  readonly backup?: boolean;
  readonly time: string;
  /** Another name than the one with which the file was begun. */
  readonly name?: string;
}

/** The files that logs are written to. */
export interface LogFiles {
  /**
   * Takes old logs away; of the audit log, the newest part only begins anew: nothing of it is lost. What was done, or,
   * with `dryRun`, would be.
   */
  clean(options: { readonly dryRun: boolean }): readonly CleanedLog[];
}

export interface CleanedLog {
  readonly path: string;
  readonly bytes: number;
  readonly how: 'removed' | 'rotated';
}

/** A new file that is seen under its name only when it is complete. */
export interface PendingFile {
  write(content: string | Uint8Array): void;
  /**
   * Makes the file durable and gives it its name. Without `replace`, an existing file of that name stays as it is and
   * the call fails with `EEXIST`; it may then be made again with another name in the same folder. With `replace`, the
   * existing file's permissions are taken over, and it is kept beside the new one, under `name.bak-<time>`, unless no
   * backup is wanted. Returns the backup's name, if there is one.
   */
  commit(options: CommitOptions): string | undefined;
  /** Leaves nothing behind. */
  discard(): void;
}

/** A file that is written at its end, and that its user may write as well. */
export interface GrowingFile {
  /** Which file it is, whatever its name: differs when an editor has put another one in its place. */
  readonly identity: string;
  sizeBytes(): number;
  /** The bytes between two places; fewer when the file ends before. */
  read(from: number, to: number): Uint8Array;
  /** Writes behind whatever the file's end is at that moment. */
  append(bytes: Uint8Array): void;
  cut(length: number): void;
  /** Resolves when what was written is on the disk; other files are written meanwhile. */
  sync(): Promise<void>;
  close(): void;
}

/** Writing where the user wants recordings and exports: below a root, with no link followed on the way. */
export interface DestinationFiles {
  /** The folder with every link resolved; absent when it does not exist. */
  resolve(folder: string): string | undefined;
  /** Whether a folder is there, links followed. */
  isFolder(path: string): boolean;
  /** Whether anything has this name, whatever it is; also where nobody can tell. */
  isThere(path: string): boolean;
  /**
   * Begins a file below a resolved root, making folders that are missing. `work` names what is being done, which nobody
   * else does: what it left there when it was killed is taken away. Throws the system's error.
   */
  begin(root: string, components: readonly string[], work?: string): PendingFile;
  /**
   * Opens a file below a resolved root for writing at its end; absent when there is none. With `create`, a missing one is
   * made, with its folders, and `EEXIST` is thrown when there is one. Throws the system's error; anything but a regular
   * file is `EINVAL`, and a file with another name that is no backup of it is `EMLINK`.
   */
  grow(root: string, components: readonly string[], options: { readonly create: boolean }): GrowingFile | undefined;
  /** Takes away the file that `grow` gave, unless another one has its name by now. Throws the system's error. */
  remove(root: string, components: readonly string[], identity: GrowingFile['identity']): void;
}
