/**
 * The contract of a format: a fold over events to text.
 *
 * A format is a deterministic function of the events and its options, never of batches, polling or restarts: text that
 * was written in a hundred pieces is byte for byte what one run writes. Its state survives JSON and stays small, so it
 * holds places of earlier events, not their text; `needs` names the earlier events that the next one must be seen with.
 */
import type { KatoEvent } from '../../core/event.ts';
import type { JsonValue } from '../../core/json.ts';
import type { SessionFacts, SessionKey } from '../../core/session.ts';

/** What is shown. Every switch can be set by itself; a preset sets them all. */
export interface FormatOptions {
  readonly user: boolean;
  readonly assistant: boolean;
  readonly decisions: boolean;
  readonly thinking: boolean;
  readonly tools: boolean;
  /** System messages and the provider's own notes. */
  readonly system: boolean;
  /** Session facts, token counts and records that are only kept raw. */
  readonly bookkeeping: boolean;
  /** Copies of history that stands elsewhere. */
  readonly replayed: boolean;
  /** An HTML comment with the event's id before each part. */
  readonly anchors: boolean;
  readonly headingTime: 'local' | 'iso';
  /** The zone of displayed times, as the IANA database names it. */
  readonly timeZone: string;
  /** Longer tool results are shortened to this many lines; 0: shown whole. */
  readonly toolResultLines: number;
}

/** An event with the earlier events that `needs` asked for, by seq. */
export interface FormatInput {
  readonly event: KatoEvent;
  readonly related: ReadonlyMap<number, KatoEvent>;
}

export interface Formatted<State extends JsonValue = JsonValue> {
  readonly text: string;
  readonly state: State;
}

/** What stands before the body of a file. */
export interface DocumentInfo {
  readonly key: SessionKey;
  readonly sessionId: string;
  readonly facts: SessionFacts;
  readonly recordingIds: readonly string[];
  readonly userName?: string;
  /** Whether the head has an `updated` beside `created`. Like that it is fixed when the file is made. */
  readonly updated?: boolean;
}

export interface Format<State extends JsonValue = JsonValue> {
  readonly id: FormatId;
  /** With the dot; the first is the one for generated names. */
  readonly suffixes: readonly string[];
  readonly initial: State;
  /** Whether the options let anything of this event be seen. Cheap: asked for every event. */
  shows(event: KatoEvent, options: FormatOptions): boolean;
  /** Seqs of earlier events of the session that the event must be seen with: none for what the options do not show. */
  needs(state: State, event: KatoEvent, options: FormatOptions): readonly number[];
  fold(state: State, input: FormatInput, options: FormatOptions): Formatted<State>;
  /** What is still owed when nothing more will come: for exports. */
  finish(state: State, related: ReadonlyMap<number, KatoEvent>, options: FormatOptions): string;
  /** Seqs of earlier events that `finish` must be given. */
  owed(state: State): readonly number[];
  /** What stands before the body; empty for none. */
  head(info: DocumentInfo): string;
  /** The lists in the head that grow with the conversation, by key. */
  headLists(info: DocumentInfo): Readonly<Record<string, readonly string[]>>;
  /** The state in which another part of the same file begins: it knows that something stands before it, and no more. */
  resume(state: State): State;
  /** The state of a session that goes on after another one was shown inside it: it waits for what it waited for. */
  rejoin(outer: State, inner: State): State;
  /** A line that is not an event: what is missing, or where something comes from. */
  note(state: State, text: string): Formatted<State>;
}

export type FormatId = 'markdown' | 'jsonl';
export type Preset = 'prompts' | 'chat' | 'full' | 'audit';
