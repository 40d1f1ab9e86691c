/** What a migration has found and done, session by session. It names places and never holds text of a transcript. */
import type { SessionKey } from '../../core/session.ts';

/**
 * `imported`: the store had nothing of the session. `tail-kept`: the store had its beginning, or a tail of its own whose
 * place is before the log's. `already-there`: the log has nothing that the store has not. `left`: nothing was brought
 * over; the log stays, and can be read.
 */
export type Outcome = 'imported' | 'tail-kept' | 'already-there' | 'left';

/** An event on one side: its place in the session, its id, and where it stood in its source. */
export interface EventPlace {
  readonly seq: number;
  readonly id: string;
  readonly offset?: number;
}

/** The first place where the two sides differ; a side that ends there has none. */
export interface Difference {
  readonly log?: EventPlace;
  readonly store?: EventPlace;
}

export type Reason =
  /** The two sides have different events where only one of them can be right. */
  | 'diverged'
  /** Both have a tail of their own, and nothing says which comes first. */
  | 'order-unknown'
  /** Both have other contents under one id. */
  | 'other-content'
  /** The bytes of a source were read in another way on each side. */
  | 'read-otherwise'
  | 'damaged'
  | 'newer'
  /** The session is not to be taken in: it was forgotten. */
  | 'forgotten'
  /** Both sides have notes on the session, of its recordings or the like, and they are not the same. */
  | 'notes-differ'
  /** The session's agent still has its file, or the store has been given it from there. */
  | 'agent-has-it'
  /** Somebody wrote to the log meanwhile. */
  | 'busy';

export interface SessionReport {
  /** The name of the log's files. */
  readonly log: string;
  /** Absent where the log does not say it any more. */
  readonly session?: SessionKey;
  readonly outcome: Outcome;
  /** Events that were brought over; for a dry run, that would be. */
  readonly events: number;
  /** Events that only the store has. */
  readonly onlyInStore: number;
  /** Whether the log's files were put aside. */
  readonly setAside: boolean;
  readonly reason?: Reason;
  /** What exactly it is that is in the way. */
  readonly what?: string;
  readonly difference?: Difference;
}

export interface MigrationReport {
  readonly sessions: readonly SessionReport[];
  /** What is in the way of what belongs to no session with a log; absent when nothing is. */
  readonly rest?: { readonly reason: Reason; readonly what: string };
  /** Whether all of the logs is in the store; for a dry run, would be. */
  readonly isDone: boolean;
}
