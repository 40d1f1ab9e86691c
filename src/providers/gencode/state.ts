/**
 * What the decoder remembers from record to record: ids and hashes, never text. Every list is bounded; what falls off
 * the end costs the meaning of a result, never the result.
 */
import type { JsonObject } from '../../core/json.ts';

/** A question of a call, by hashes: enough to know its words, and those of its options, when they come back. */
export interface AskedQuestion extends JsonObject {
  readonly hash: string;
  readonly labels: readonly string[];
}

/** A call whose result means more than a tool's output. */
export interface SpecialCall extends JsonObject {
  readonly id: string;
  /** For calls that start a sub-agent: none. */
  readonly questions: readonly AskedQuestion[];
  readonly isAgent: boolean;
}

export interface GencodeState extends JsonObject {
  /** True once a record has shown that the file is appended to: from then on ids of messages are for ever. */
  readonly isAppended: boolean;
  /** The hash of the time at which the session was started; copied records all have that same time. */
  readonly startedAt: string | null;
  /** To 1.15, where messages have no time: when the session began, as the file says; null where it may hold older ones. */
  readonly notBefore: string | null;
  readonly isSubagent: boolean;
  /** The model that the session was started with. */
  readonly model: string | null;
  /** True when the session's folder has been told. */
  readonly hasFolder: boolean;
  /** The hash of the branch that was last told. */
  readonly branch: string | null;
  /** How many messages the file has had. */
  readonly messages: number;
  /** How many records that are no messages; counted to 1.15. */
  readonly others: number;
  /** The identity of the summary that the file begins with, in place of what was said before it. */
  readonly summary: string | null;
  /** The identity of the latest message, as it is within its session. */
  readonly latest: string | null;
  /** The record of the prompt that what follows belongs to. */
  readonly turn: string | null;
  readonly calls: readonly SpecialCall[];
}

export const initialState: GencodeState = {
  isAppended: false,
  startedAt: null,
  notBefore: null,
  isSubagent: false,
  model: null,
  hasFolder: false,
  branch: null,
  messages: 0,
  others: 0,
  summary: null,
  latest: null,
  turn: null,
  calls: [],
};

/** Longer ones are no ids; a state must stay small, whatever a damaged file holds. */
const MOST_CHARACTERS = 256;

/** An id or a name that can be remembered; null for none. */
export function remembered(id: string | undefined): string | null {
  return id === undefined || id.length > MOST_CHARACTERS ? null : id;
}
