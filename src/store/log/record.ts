/**
 * What a line of a log says. A line is one event or one piece of raw bytes, or a note; the note of a batch that brings
 * one event stands in the event's own line. Lines tell effects, not what was asked for: each has its seq, its position,
 * and what it revises, so that the loss of one line moves no other.
 */
import type { SessionFacts, SessionKey } from '../../core/session.ts';
import type { SourceRecord } from '../../core/source.ts';
import type { Cause, Offset, SessionLink } from '../store.ts';

/** The version of twins and meta files. A file of a later one is refused. */
export const LOG_VERSION = 1;

/** A source with its place among sources, in order of first sight. */
export interface StoredSource {
  readonly record: SourceRecord;
  readonly number: number;
}

/** Flaws and quarantined bytes that belong to one generation of a source. Counts are totals, not additions. */
export interface SourceFlaws {
  readonly source: string;
  readonly generation: number;
  /** Totals that were counted before are void. */
  readonly anew?: true;
  readonly counts?: readonly (readonly [code: string, about: string, count: number])[];
  readonly quarantined?: readonly (readonly [offset: number, bytes: number, reason: string])[];
}

/** A source met events that were known: how far it has come with the revisions of each. */
export interface Met {
  readonly source: string;
  readonly generation: number;
  readonly events: readonly (readonly [id: string, sighted: number])[];
}

export interface RawMark {
  readonly source: string;
  readonly generation: number;
  readonly offset: number;
  readonly bytes: number;
  /** Bytes as they are kept; fewer than `bytes` when they are packed. */
  readonly kept: number;
  readonly packed?: true;
  readonly ends?: readonly number[];
}

export interface LogRecord {
  /** First line of a file. `made` is the commit that made it, `number` its place among sessions. */
  readonly v?: number;
  readonly session?: SessionKey;
  readonly number?: number;
  readonly made?: number;

  /** Events up to here are replaced by a new derivation. */
  readonly replaced?: number;

  /** An event, its place, why it came if not live, and the source and generation that brought it, if one did. */
  readonly seq?: number;
  readonly position?: number;
  readonly cause?: Cause;
  readonly from?: readonly [source: string, generation: number];
  readonly revises?: number;
  readonly event?: unknown;

  /** Raw bytes: as text where they are, else in base64. */
  readonly raw?: RawMark;
  readonly text?: string;
  readonly data?: string;

  readonly met?: readonly Met[];
  /** Seqs that the agent took back, or put in force again. */
  readonly retracted?: readonly number[];
  readonly restored?: readonly number[];
  /** Sources whose generation has been read to its end. */
  readonly swept?: readonly (readonly [source: string, generation: number])[];
  /** Facts that are others than before. */
  readonly facts?: SessionFacts;
  readonly link?: Omit<SessionLink, 'key'>;
  readonly blobs?: Readonly<Record<string, { readonly mediaType: string; readonly bytes: number }>>;
  readonly sideFiles?: readonly (readonly [name: string, sha256: string])[];
  readonly sources?: readonly StoredSource[];
  readonly flaws?: readonly SourceFlaws[];
  readonly offsets?: readonly Offset[];

  /** In the store's own log: what was forgotten or dropped, and what a crash in the middle of it leaves to be done. */
  readonly forgotten?: readonly SessionKey[];
  /** Logs that are deleted, if they were made before this. */
  readonly gone?: readonly string[];
  /** Sources whose bytes are deleted up to a generation. */
  readonly wiped?: readonly (readonly [source: string, generation: number])[];
  /** Consumers whose offsets are deleted. */
  readonly removed?: readonly string[];
  /** The last position that was ever given; also beside offsets. */
  readonly positions?: number;
  /** Whether text of deleted sessions may be left in other logs. */
  readonly owed?: boolean;

  /** In the last line of a commit: its number, how many lines it has if not one, and the other logs it is in. */
  readonly end?: number;
  readonly of?: number;
  readonly with?: readonly string[];
  /** The line's checksum. */
  readonly sum?: string;
}
