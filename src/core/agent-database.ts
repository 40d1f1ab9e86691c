/**
 * Sessions that agents keep as rows of a database.
 *
 * A session is a *row set*: the row that stands for it in one table, and its records in another. To everything above the
 * file system a database is a folder, and each row set in it a file: `state.db/<session>.rows`. So each session is a source
 * of its own, with its own checkpoint, its own raw frames and its own end.
 */
import type { JsonObject } from './json.ts';

/** Where in a database sessions and their records are. All columns but the keys may be missing. */
export interface DatabaseShape {
  readonly sessions: {
    readonly table: string;
    readonly key: string;
    /** The column that says when it began. */
    readonly begun: string;
    /** The column that names another session, and the columns of that one's row that say what it is to this one. */
    readonly parent: { readonly column: string; readonly columns: readonly string[] };
  };
  readonly records: {
    readonly table: string;
    /** An integer that grows with every row: the order of records. */
    readonly key: string;
    readonly session: string;
    readonly time: string;
  };
  /** How sessions begin with copies of another one's records; absent where they do not. */
  readonly copying?: {
    /** By the session's own row, and what is read of the row of the one that it refers to. */
    begins(own: JsonObject, parent: JsonObject): boolean;
    /** What a copy says as its original does. */
    readonly columns: readonly string[];
    /** Whether a record with these columns is, if it is no copy, said by a person: what follows is none either. */
    isOwn(values: JsonObject): boolean;
    /** Whether the agent has put the record aside, and may have written it anew behind. */
    isAside(values: JsonObject): boolean;
  };
  /** What the columns of time count, since 1970. */
  readonly timeUnit: 'seconds' | 'milliseconds';
}

/** Shapes by the name of the database file. */
export type DatabaseShapes = Readonly<Record<string, DatabaseShape>>;

/** A row without its NULLs. Integers beyond the safe ones are text, bytes are `{ base64 }`. */
export interface AgentRow {
  readonly table: string;
  readonly key: number | string;
  readonly values: JsonObject;
  /** For the row of another session: the column that names it, and the key of its last record. */
  readonly via?: string;
  readonly last?: number;
  /** For a record: a hash of what a copy says as it does, and what it is then. Absent where agents do not copy. */
  readonly copying?: { readonly told: string; readonly isOwn: boolean; readonly isAside: boolean };
}

/** A record of another session. */
export interface OriginalRecord {
  readonly session: string;
  readonly key: number;
}

/** Which records of a session are copies, by their keys, as far as there were records. */
export interface Copies {
  readonly of: ReadonlyMap<number, OriginalRecord>;
  /** The last record that was there. */
  readonly upTo: number;
  /** Whether none can come behind those. */
  readonly isOver: boolean;
}

/** A session's rows. Every call sees one state of the database, and throws the system's error, with a `code`. */
export interface RowSet {
  /** The session's own row behind that of the session it refers to; empty when there is none. */
  heads(): readonly AgentRow[];
  /** Records in order behind this key, of about this many bytes, at least one; empty when there are no more. */
  page(after: number, bytes: number): readonly AgentRow[];
  /** Which records are copies. Costs the size of the sessions before this one. */
  copies(): Copies;
  /** How many bytes were read from the database's rows. */
  readonly bytesRead: number;
}

const SUFFIX = '.rows';

/** The name under which a session is a file in its database. */
export function rowSetName(session: string): string {
  return `${encodeURIComponent(session.toWellFormed())}${SUFFIX}`;
}

/** The session of such a name; absent when it is none. */
export function rowSetSession(name: string): string | undefined {
  if (!name.endsWith(SUFFIX) || name.length === SUFFIX.length) return undefined;
  try {
    return decodeURIComponent(name.slice(0, -SUFFIX.length));
  } catch {
    return undefined; // No name that this module made.
  }
}
