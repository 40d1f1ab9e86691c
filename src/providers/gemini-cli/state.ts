/** What the decoder remembers from record to record: ids and hashes, never text. */
import type { JsonObject } from '../../core/json.ts';

/** A message that the agent's own list of messages holds, or held. */
export interface Entry extends JsonObject {
  readonly id: string;
  /** Of what is said in it, in whichever of its shapes it is written. */
  readonly hash: string;
  /** `prompt` begins a turn; `note` is shown to the person and no part of the conversation; `talk` is everything else. */
  readonly as: 'prompt' | 'talk' | 'note';
  /** For a copy of older history: the messages that it repeats, as far as they are known. */
  readonly of?: readonly string[];
}

export interface GeminiState extends JsonObject {
  /** The session that the file belongs to; null until a record has told. */
  readonly session: string | null;
  readonly isSubagent: boolean;
  /** True when the prompt of a sub-agent has been seen: what follows in the user's role is the harness. */
  readonly prompted: boolean;
  /** True right after the record with which a process begins to write. */
  readonly starting: boolean;
  /** True when the session's context has been written: whatever repeats it repeats history. */
  readonly hasContext: boolean;
  /**
   * While history is written again: how many of `live` are originals, how many forgotten ones the next copies repeat, and
   * which original the latest copy repeats (or `''`).
   */
  readonly copying: { readonly originals: number; readonly skip: number; readonly after: string } | null;
  /** The prompt that what is new belongs to: the latest one, though an answer that failed takes it off the list. */
  readonly turn: string | null;
  /** The agent's list of messages, in its order, without the oldest. */
  readonly live: readonly Entry[];
  /** How many of the oldest have been forgotten. */
  readonly forgotten: number;
  /** The hash of the first message of the list, be it remembered or not; null when there is none. */
  readonly first: string | null;
  /** The latest messages that were taken back; they may come back. */
  readonly gone: readonly Entry[];
  /** Hashes of the latest tool calls whose result has been told. */
  readonly results: readonly string[];
}

export const initialState: GeminiState = {
  session: null,
  isSubagent: false,
  prompted: false,
  starting: false,
  hasContext: false,
  copying: null,
  turn: null,
  live: [],
  forgotten: 0,
  first: null,
  gone: [],
  results: [],
};
