/**
 * A recording: one session being written to one destination, on or off, over one or more periods.
 *
 * Places in the transcript are named by the ids of events, never by seq: an id stays when a transcript is derived anew.
 * What a recording holds is a function of its periods and of the transcript alone.
 */
import type { EventId } from '../core/event.ts';
import { nameUuid, type SessionKey } from '../core/session.ts';
import type { FormatId } from './formats/format.ts';
import type { View } from './view.ts';

/** A place between two events, or, with `line`, before that line of a message's text (the first is 0). */
export interface Mark {
  readonly event: EventId;
  /** Absent: behind the whole event. */
  readonly line?: number;
}

/** A run of a transcript that belongs to a recording. */
export interface Period {
  /** Absent: from the beginning, with what the session has from the one that it continues. */
  readonly from?: Mark;
  /** Absent: it goes on. */
  readonly until?: Mark;
  readonly view: View;
  /**
   * For a period from the beginning: what other sessions have of the same conversation, as it was known when the period
   * began; oldest first.
   */
  readonly inherited?: readonly InheritedPart[];
  /** The native id of a session that this one continues and that the store did not have. */
  readonly missing?: string;
}

/** The part of another session up to and with one event. */
export interface InheritedPart {
  readonly session: SessionKey;
  readonly until: EventId;
}

export interface Recording {
  /** A UUID, the same for ever for this session and path. */
  readonly id: string;
  /** Absolute. */
  readonly path: string;
  /** The path that was asked for, where the recording could not be there. */
  readonly redirectedFrom?: string;
  readonly format: FormatId;
  readonly on: boolean;
  readonly periods: readonly Period[];
}

/** What a session's commands have led to. */
export interface SessionRecordings {
  /** The path that commands without one mean. */
  readonly primary?: string;
  readonly recordings: readonly Recording[];
}

export const noRecordings: SessionRecordings = { recordings: [] };

export function recordingId({ provider, nativeId }: SessionKey, path: string): string {
  return nameUuid(`recording\0${provider}\0${nativeId}\0${path}`);
}

/** The recording, off: its last period ends there. */
export function ended(recording: Recording, until: Mark): Recording {
  const last = recording.periods.length - 1;
  const periods = recording.periods.map((period, index) => (index === last ? { ...period, until } : period));
  return { ...recording, on: false, periods };
}
