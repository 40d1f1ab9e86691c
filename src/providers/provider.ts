/**
 * The contract of a provider: where a coding agent keeps its sessions, and what its records mean.
 *
 * Everything here is pure and total. A decoder is a fold: `decode(state, frame)` gives drafts and the next state, cannot
 * throw, cannot read a clock or a file, and its state survives JSON, stays small and holds ids and hashes, never text.
 * The laws are checked for every provider by one suite, `test/conformance/describe-provider.ts`.
 */
import type { DatabaseShapes } from '../core/agent-database.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Body, EventKind, Origin } from '../core/event.ts';
import type { JsonValue } from '../core/json.ts';

/** The environment variables that say where agents keep their files, and the user's home folder. */
export interface ProviderEnvironment {
  readonly home: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** How long an agent keeps sessions that nobody goes on with. */
export interface Retention {
  /** The file of settings that says so, beside the root. */
  readonly settings: string;
  /** Days without a change after which a session's file is deleted; absent: never. 0: none is written at all. */
  days(settings: unknown): number | undefined;
  /** The setting that says so, for people. */
  readonly setting: string;
}

/** How a source's bytes, or the rows of a session in a database, are cut into frames. */
export type FramingKind = 'jsonl' | 'jsonl.zst' | 'document' | 'rows';

/** What the path alone says of a file that belongs to a provider. Paths are relative to the root, with `/`. */
export interface SourceMatch {
  readonly framing: FramingKind;
  /** The session's native id, when the name has it; else the first records tell. */
  readonly nativeId?: string;
  /** Sources with an equal family may hold parts of one session; they are read one after the other, in order of file name. */
  readonly family: string;
  /** For whole documents: the property that lists the records, and the key by which a record is known. */
  readonly list?: { readonly property: string; readonly key: string };
  /** Small files that say more about the session; read before the source's own records. */
  readonly companions?: readonly string[];
  /** The folder that holds side files which records refer to by name. */
  readonly sideFolder?: string;
  /** A file with the same content; where it exists, this one is not read. */
  readonly twin?: string;
  /** The file says things about many sessions: it has none of its own, and its bytes are not kept raw. */
  readonly shared?: boolean;
  /** Whatever else the path says; handed to the decoder. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** One undecoded unit of a source. */
export interface Frame {
  /** `record` is a unit of the source, `companion` a small file beside it, `oversize` a record too large to parse. */
  readonly role: 'record' | 'companion' | 'oversize';
  /** A companion's path, as in `SourceMatch.companions`. */
  readonly name?: string;
  /** Bytes from the start of the source, or of the journal of its frames; for a companion 0. */
  readonly offset: number;
  readonly bytes: number;
  /** The parsed JSON. For a companion that is not JSON: its text. For `oversize`: `OversizeValue`. */
  readonly value: unknown;
}

/** What is known of a record above the frame limit: its size, and its first and last 4 KiB as text. */
export interface OversizeValue {
  readonly bytes: number;
  readonly head: string;
  readonly tail: string;
}

/** Content of an attachment, kept in the store once. */
export interface BlobContent {
  readonly sha256: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
}

/** Before everything: what is not older than this may be of any age. */
export const EVER = '1970-01-01T00:00:00.000Z';

/** An event without identity, as a decoder makes it. */
export type Draft<K extends EventKind = EventKind> = Body<K> & {
  /** The native id of the session it belongs to. */
  readonly session: string;
  /** The provider's own id of the record. Absent: the record is known by its bytes. */
  readonly record?: string | undefined;
  /** The component inside the record: `text:0`, `tool-call:<id>`. Unique within the record and kept in later revisions. */
  readonly part: string;
  /** The provider's record type, for people. */
  readonly type: string;
  /** The provider's clock for this record, ISO 8601 in UTC with milliseconds; absent when it has none. */
  readonly at?: string | undefined;
  /**
   * For a record without a time whose file is made anew with every save, so that the age of the file says nothing: when
   * the session began, as the file says. A command in it counts from there only if the file was seen to appear, else from
   * the last save without it that was read. `EVER` where the file may hold what is older.
   */
  readonly notBefore?: string | undefined;
  /** The provider's own number of the record, where records are numbered across the files of a session. */
  readonly ordinal?: number | undefined;
  readonly turnId?: string | undefined;
  readonly model?: string | undefined;
  readonly origin: Origin;
  /** The record that this one is a copy of. */
  readonly copyOf?: { readonly session: string; readonly record: string } | undefined;
  readonly blobs?: readonly BlobContent[] | undefined;
  /** A file in the match's side folder that holds the complete text of a tool result. */
  readonly sideFile?: string | undefined;
};

/** Records that the agent itself took back. They stay in the transcript, marked as superseded. */
export type Retraction =
  | { readonly session: string; readonly records: readonly string[] }
  /** Everything that was read from this source from this byte on, up to the frame that says so. */
  | { readonly session: string; readonly fromOffset: number }
  /** Everything with this ordinal or a later one that was read from other sources of the session before this record. */
  | { readonly session: string; readonly fromOrdinal: number };

export interface Decoded<State extends JsonValue = JsonValue> {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  /** Take effect after the drafts of this frame. */
  readonly retractions?: readonly Retraction[] | undefined;
  /** Records taken back earlier that are in force again. */
  readonly restored?: readonly { readonly session: string; readonly records: readonly string[] }[] | undefined;
  readonly state: State;
}

export interface Decoder<State extends JsonValue = JsonValue> {
  readonly initial: State;
  decode(state: State, frame: Frame): Decoded<State>;
}

export interface Provider {
  /** Stable for ever: part of every event's identity. */
  readonly id: string;
  /** For people. */
  readonly label: string;
  /** Raised when the same bytes give other events than before: calls for `kato reprocess`. */
  readonly decoderVersion: number;
  /** Absent where the agent deletes nothing by itself. */
  readonly retention?: Retention;
  /** Databases with sessions in them, by file name: to `match` and `mayContain` each is a folder of row sets. */
  readonly databases?: DatabaseShapes;
  /** The folders below which sessions are looked for, by default. They need not exist. */
  roots(environment: ProviderEnvironment): readonly string[];
  /** Whether, and how, to read the file at this path relative to a root. */
  match(path: string): SourceMatch | undefined;
  /** Whether a folder at this path relative to a root can hold anything that `match` wants. */
  mayContain(folder: string): boolean;
  /**
   * How to read a file outside the known layout whose first record (or whole document) this is, if it is this
   * provider's. The file's name stands in for what the path would have said.
   */
  recognise(first: unknown, name: string): SourceMatch | undefined;
  createDecoder(match: SourceMatch): Decoder;
}
