/**
 * What the recorder keeps in the store, under the names of consumers of the log:
 *
 *     recorder                          how far all commands of the log have been heard
 *     recordings/<provider>/<native id> what a session's commands have led to
 *     recording/<recording id>          how far a recording's file is written
 *     command/<event id>                what came of a command
 *     heard/<event id>                  a command of a session that is not kept, as ingest found it
 */
import type { KatoEvent } from '../core/event.ts';
import type { JsonValue } from '../core/json.ts';
import type { SessionKey } from '../core/session.ts';
import type { Offset, Position } from '../store/store.ts';
import type { Effect } from './plan.ts';
import type { SessionRecordings } from './recording.ts';
import type { FileProgress } from './recording-file.ts';

/** The recordings of a session, with what is still to be done to files. */
export interface Book extends SessionRecordings {
  readonly session: SessionKey;
  /** Effects that were decided and are not carried out yet, in order. */
  readonly pending: readonly PendingEffect[];
  /** True when it was decided what goes on here of the recordings of the session that this one continues. */
  readonly isHeir?: boolean;
  /** The session whose recordings have gone over to this one. */
  readonly heirOf?: SessionKey;
  /** The books of the sessions to which recordings of this one have gone over, and have ended here. */
  readonly heirs?: readonly string[];
}

export interface PendingEffect {
  readonly effect: Effect;
  /** The event of the chat's command that asked for it, and what is told of it so far; absent for what came otherwise. */
  readonly told?: { readonly command: string; readonly outcome: CommandOutcome };
}

export type OutcomeKind = 'done' | 'no-op' | 'redirected' | 'denied' | 'failed' | 'ignored';

/** What came of a command. */
export interface CommandOutcome {
  readonly session: SessionKey;
  /** The command's line as it was typed. */
  readonly line: string;
  /** When it was typed, by the provider's clock; absent when it is not known. */
  readonly at?: string;
  /** Where its message begins in the agent's file, absent when that is not known; and its line in the message. */
  readonly place?: { readonly offset?: number; readonly number: number };
  readonly kind: OutcomeKind;
  readonly reason?: string;
  /** What to do about it. */
  readonly hint?: string;
  /** The path that was asked for, where it could not be there and is elsewhere. */
  readonly asked?: string;
  readonly paths: readonly string[];
}

/** A command of a session whose words are not kept. */
export interface Heard {
  readonly session: SessionKey;
  readonly event: CommandEvent;
}

export type CommandEvent = Omit<KatoEvent<'user.kato-command'>, 'seq'> & { readonly seq?: number };

/** The last event that a file was written up to. */
export interface Anchor {
  readonly event: string;
  /** Which of its sightings, counted from 1: an event may have been revised. */
  readonly sighting: number;
}

/** How far a recording is, with what status shows of it. */
export type StoredProgress = FileProgress & {
  readonly lastWriteAt?: string;
  /** Where the cursor is, once the transcript that was deleted is built again; absent while its position holds. */
  readonly anchor?: Anchor;
  /** True when the head of the new file was deleted with the transcript, and is to be made again. */
  readonly owesHead?: true;
};

/** How far each recording is written. */
export interface ProgressBook {
  readonly get: (recording: string) => StoredProgress | undefined;
  /** `rides`: it can be worked out again. */
  readonly put: (recording: string, progress: StoredProgress, options?: { readonly rides: boolean }) => Promise<void>;
  /** How far a session's commands have been heard: nothing behind is written, for one that ends it may stand there. */
  readonly heardUpTo: (session: SessionKey) => Position;
}

export const RECORDER = 'recorder';

export function bookName({ provider, nativeId }: SessionKey): string {
  return `recordings/${provider}/${nativeId}`;
}
export function progressName(recording: string): string {
  return `recording/${recording}`;
}
export function outcomeName(event: string): string {
  return `command/${event}`;
}
export function heardName(event: string): string {
  return `heard/${event}`;
}

/** An offset that keeps this value. All of them are plain data. */
export function keeping(consumer: string, value: object | null, position = 0): Offset {
  return { consumer, position, state: value as JsonValue };
}

export function kept<T>(offset: Offset | undefined): T | undefined {
  return offset === undefined || offset.state === null ? undefined : (offset.state as unknown as T);
}
