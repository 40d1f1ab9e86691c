/**
 * A source: one file (or set of rows) of a provider, and how far it has been read.
 */
import type { DiagnosticCount } from './diagnostic.ts';
import type { JsonValue } from './json.ts';

/**
 * What the file system says of a file. `device`, `inode` and `birthMs` stay through a rename; inodes alone are reused
 * at once on ext4. `sizeBytes`, `modifiedNs` and `changedNs` tell whether anything can have changed.
 * Times in ns are decimal strings: they do not fit a number.
 */
export interface FileStat {
  readonly device: string;
  readonly inode: string;
  readonly birthNs: string;
  readonly sizeBytes: number;
  readonly modifiedNs: string;
  readonly changedNs: string;
}

/** Hashes of what has been read: of the first bytes, and of those just before the end. Absent before the first byte. */
export interface ContentProbe {
  /** How many bytes from the start `head` covers; grows with the source up to a limit. */
  readonly headBytes: number;
  readonly head: string;
  /** `tail` covers the bytes `[endBytes - tailBytes, endBytes)`. */
  readonly endBytes: number;
  readonly tailBytes: number;
  readonly tail: string;
}

/** How far a source is read. Opaque to all but its framing, which alone makes and understands it. */
export type Cursor = JsonValue;

/** Durable progress in one source: stored in the same batch as what it stands for. */
export interface Checkpoint {
  readonly cursor: Cursor;
  /** Bytes of the source that are accounted for: read into frames or quarantined. */
  readonly endBytes: number;
  /** The decoder's state; ids and hashes, never text. */
  readonly state: JsonValue;
  /** The decoder's version; another one calls for `reprocess`, not for a new reading. */
  readonly decoderVersion: number;
  /** Hashes of the companion files that were taken in, by path relative to the root. */
  readonly companions: Readonly<Record<string, string>>;
  /**
   * Counts readings from the start: truncation, replacement and rewriting begin a new one. The first is 1. Not above 0:
   * what is read now is not kept, and -n says that n generations were kept before. See `isKept`.
   */
  readonly generation: number;
  /** True while a later generation than the first has not been read to its end. */
  readonly unswept: boolean;
}

/** A source as the store knows it. */
export interface SourceRecord {
  /** 16 hex digits from the file's identity at first sight; stays through renames. */
  readonly id: string;
  readonly provider: string;
  /** Where it was last seen: an absolute path. */
  readonly path: string;
  /** The session its records belong to, once a record has told. A source may hold parts of further sessions. */
  readonly nativeId?: string | undefined;
  readonly stat: FileStat;
  readonly probe?: ContentProbe | undefined;
  readonly checkpoint: Checkpoint;
  /** True when the agent has deleted it; what was read stays. */
  readonly gone: boolean;
  /** Raised by every batch; a batch that expects another one is refused. 0 is not stored yet. */
  readonly version: number;
}

/**
 * Whether what is read of a source is kept. Of one that is not kept, the checkpoint moves on over bytes of which the
 * store has neither events nor a copy; to keep it, it is read again from its start as a new generation.
 */
export function isKept({ checkpoint }: Pick<SourceRecord, 'checkpoint'>): boolean {
  return checkpoint.generation > 0;
}

/** A flaw count of a source's present generation. */
export interface SourceDiagnostic extends DiagnosticCount {
  readonly source: string;
}
