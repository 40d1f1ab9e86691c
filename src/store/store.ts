/**
 * The port to the transcript store: one ordered log of all sessions, with the progress of everyone who reads or feeds it.
 *
 * There is one write verb. `append` takes batches; each batch is stored whole or not at all, and is durable when the
 * promise resolves. A crash leaves every batch either absent or complete. What a batch brings that the store has already
 * is skipped, so that a batch may be sent again. One conformance suite judges every engine:
 * `test/conformance/describe-store.ts`.
 */
import type { DiagnosticCount } from '../core/diagnostic.ts';
import type { KatoEvent, ParentLink } from '../core/event.ts';
import type { JsonValue } from '../core/json.ts';
import type { SessionFacts, SessionKey } from '../core/session.ts';
import type { SourceDiagnostic, SourceRecord } from '../core/source.ts';
import type { EngineName } from './engines.ts';
import type { EventPage } from './page.ts';

/** The place of an event in the store's global order, from 1. 0 is before the first. */
export type Position = number;

/** Why events are appended. `reprocess` is a new derivation of what was there: recordings never see it. */
export type Cause = 'live' | 'import' | 'reprocess';

/** What one batch brings to one session. */
export interface SessionPart {
  readonly key: SessionKey;
  readonly facts: SessionFacts;
  readonly pages: readonly EventPage[];
  /** Content of attachments and side files that the pages refer to. */
  readonly blobs: readonly Blob[];
  readonly sideFiles: readonly SideFile[];
}

/** Bytes of a source exactly as they were read. `bytes` is their number before packing. */
export interface RawChunk {
  readonly offset: number;
  readonly bytes: number;
  readonly data: Uint8Array;
  readonly packed: boolean;
  /** For sources that are not a run of bytes: where each frame ends in the chunk. */
  readonly ends?: readonly number[] | undefined;
}

/**
 * Bytes that no frame could be made of. They are in the raw chunks like all others. The offset is the file's, also where
 * the raw chunks are a journal of what was read from a file that is rewritten.
 */
export interface Quarantine {
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
}

export interface Blob {
  readonly sha256: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
}

/** A file beside a session that its records refer to by name; its content is the blob. */
export interface SideFile {
  readonly name: string;
  readonly sha256: string;
}

/**
 * Events that the agent took back, or put in force again: by record (16 hex digits each), by seq, by place in a source, or
 * by ordinal in all sources of the session but one. By seq, also those of a derivation that has been replaced. By ordinal, only what the log has before the record that says so, if it
 * has that record: what comes later in other sources was written later, also when the source is read anew.
 */
export type Supersession =
  | { readonly key: SessionKey; readonly records: readonly string[]; readonly inForce: boolean }
  | { readonly key: SessionKey; readonly seqs: readonly number[]; readonly inForce: boolean }
  | { readonly key: SessionKey; readonly source: string; readonly fromOffset: number; readonly untilOffset: number }
  | {
      readonly key: SessionKey;
      readonly fromOrdinal: number;
      readonly exceptSource: string;
      readonly beforeRecord: string;
    };

/** A session and the one it comes from. */
export interface SessionLink {
  readonly key: SessionKey;
  readonly parent: ParentLink;
  /** Absent while the parent, or the place where they parted, is not in the store. */
  readonly resolved?: {
    /** The last seq of the parent that the child has in common with it; 0 for none. */
    readonly parentSeq: number;
    /** Seqs of the child that are copies of the parent's events: pairs of first and last. */
    readonly copied: readonly (readonly [number, number])[];
    /** True when nothing that comes later can change it. */
    readonly settled?: boolean;
  };
}

/** How far a consumer of the store has got. */
export interface Offset {
  readonly consumer: string;
  readonly position: Position;
  readonly state: JsonValue;
}

/** What is stored together or not at all. Whatever a batch does not bring is an empty list. */
export interface Batch {
  readonly cause: Cause;
  /** Progress in a source. Refused with `checkpoint-moved` unless the store still has the version `expected`. */
  readonly source?: { readonly record: SourceRecord; readonly expected: number } | undefined;
  readonly sessions: readonly SessionPart[];
  readonly raw: readonly RawChunk[];
  readonly quarantined: readonly Quarantine[];
  readonly diagnostics: readonly DiagnosticCount[];
  /** Sessions whose current derivation ends here, before anything else of the batch: what is brought from now on is the next. */
  readonly replaces?: readonly SessionKey[] | undefined;
  /** Applied after the batch's events. */
  readonly superseded: readonly Supersession[];
  /** True when a new generation has been read to its end: what only older ones held is superseded. */
  readonly sweep: boolean;
  readonly links: readonly SessionLink[];
  readonly offsets: readonly Offset[];
  /**
   * True for what may be lost in a power cut, because it can be worked out again: written at once, and made durable by
   * the next batch that is not so.
   */
  readonly rides?: boolean | undefined;
}

export const emptyBatch: Batch = {
  cause: 'import',
  sessions: [],
  raw: [],
  quarantined: [],
  diagnostics: [],
  superseded: [],
  sweep: false,
  links: [],
  offsets: [],
};

/** What became of a batch. */
export interface Appended {
  /** Events that were new, revisions included. */
  readonly events: number;
  /** Those of them that are revisions of known events. */
  readonly revisions: number;
  /** Rows written, of any kind; 0 when the batch changed nothing. */
  readonly rows: number;
}

export interface StoredEvent {
  readonly position: Position;
  readonly event: KatoEvent;
  readonly cause: Cause;
  /** True when the agent has taken it back, or its source no longer holds it. */
  readonly superseded: boolean;
}

export interface ReadQuery {
  /** Absent: all sessions. */
  readonly key?: SessionKey;
  /** Only events behind this position. */
  readonly after?: Position;
  /** `current` leaves out derivations that a reprocess has replaced; `written` leaves out what a reprocess made. */
  readonly view: 'current' | 'written';
  /** Newest first, for who wants the end only. */
  readonly backward?: boolean;
}

/** A session as lists show it. */
export interface SessionRecord {
  readonly key: SessionKey;
  readonly id: string;
  readonly facts: SessionFacts;
  /** The seq of its last event. */
  readonly lastSeq: number;
  readonly lastPosition: Position;
}

export interface StoreStats {
  readonly sessions: number;
  readonly events: number;
  /** Bytes of sources that are kept raw, before packing, and as stored. */
  readonly rawBytes: number;
  readonly rawStoredBytes: number;
  readonly eventStoredBytes: number;
  readonly blobBytes: number;
}

/** Something wrong in the store. `what` names the place and never holds transcript text. */
export interface StoreFlaw {
  readonly code: string;
  readonly what: string;
}

/** What a short look at a store's files tells. */
export interface StoreLook {
  readonly engine: EngineName;
  readonly bytes: number;
  readonly schema: number;
  /** The latest schema that this kato knows. */
  readonly newest: number;
  /** Whether its pages were looked at: those of a large file are left to `verify`. */
  readonly isChecked: boolean;
  /** What is wrong with it. */
  readonly flaw?: string;
  /** The version of SQLite, if several processes may not have the file open with it. */
  readonly unshareable?: string;
}

export interface TranscriptStore {
  /** Stores batches in order, in one step: when one is refused, none is stored. Resolves when they are durable. */
  append(batches: readonly Batch[]): Promise<readonly Appended[]>;
  /** Events in order, a page at a time. Sees what was durable when each page is taken. */
  read(query: ReadQuery): AsyncIterable<readonly StoredEvent[]>;
  /** Single events of a session by seq; unknown seqs are left out. */
  pick(key: SessionKey, seqs: readonly number[]): Promise<readonly StoredEvent[]>;
  /** The position of the last event. */
  head(): Promise<Position>;

  sessions(): Promise<readonly SessionRecord[]>;
  session(key: SessionKey): Promise<SessionRecord | undefined>;
  /** Sessions whose first record has this hash: copies of one another. */
  sessionsByHead(provider: string, head: string): Promise<readonly SessionRecord[]>;
  /** Which of these records (16 hex digits each) a session has. */
  knownRecords(key: SessionKey, records: readonly string[]): Promise<ReadonlySet<string>>;
  links(): Promise<readonly SessionLink[]>;

  sources(): Promise<readonly SourceRecord[]>;
  source(id: string): Promise<SourceRecord | undefined>;
  /** The raw bytes of a source's present generation, in order, unpacked. Synchronous, so that `rederive` can be fed from it. */
  raw(source: string): Iterable<RawChunk>;
  quarantined(source: string): Promise<readonly Quarantine[]>;
  diagnostics(): Promise<readonly SourceDiagnostic[]>;
  blob(sha256: string): Promise<Blob | undefined>;
  sideFile(key: SessionKey, name: string): Promise<Blob | undefined>;
  offset(consumer: string): Promise<Offset | undefined>;
  /** Those of all consumers whose name begins like this, in order of name. */
  offsets(prefix: string): Promise<readonly Offset[]>;

  /**
   * Replaces the current derivation of every session that the batches bring, in one step. Their raw chunks are not
   * stored: the batches were made from them.
   */
  rederive(batches: Iterable<Batch>): Promise<Appended>;
  /**
   * Deletes sessions with their raw bytes, and remembers not to take them in again. Nothing of their text is left in any
   * file of the store; that may cost a copy of all of it, so forget many at once. Where it fails after the deletion, with
   * text left in a file, forgetting a session again, or opening the store, finishes it. What consumers have noted of these
   * sessions goes with them: offsets whose state names the session as its `session`.
   */
  forget(...keys: readonly SessionKey[]): Promise<void>;
  /**
   * Deletes the same, and remembers nothing: what consumers have noted stays, and the sessions may be taken in again.
   * Until then their sources count as ones that are not kept, and of which nothing was read.
   */
  drop(...keys: readonly SessionKey[]): Promise<void>;
  forgotten(): Promise<readonly SessionKey[]>;
  stats(): Promise<StoreStats>;
  /** Checks every invariant that the store can check by itself. */
  verify(): AsyncIterable<StoreFlaw>;
  close(): Promise<void>;
}
