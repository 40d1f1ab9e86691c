/** What the decoder remembers from record to record: ids and hashes, never text. */
import type { JsonObject } from '../../core/json.ts';

/** A tool call without a result so far: what its result means, and the API message it stands in. */
export interface PendingCall extends JsonObject {
  readonly id: string;
  readonly as: 'tool' | 'question' | 'plan' | 'agent';
  readonly message: string;
  /** For sub-agents: the hash of the prompt, by which old versions find the call. */
  readonly prompt?: string;
}

/** A text block of an API message that may be written again, longer. */
export interface SeenBlock extends JsonObject {
  readonly uuid: string;
  readonly part: string;
  readonly length: number;
  readonly hash: string;
}

export interface SeenMessage extends JsonObject {
  readonly id: string;
  readonly blocks: readonly SeenBlock[];
}

/** A side chain written into the session's own file: its root, and its latest records. */
export interface SideChain extends JsonObject {
  readonly root: string;
  readonly latest: readonly string[];
}

/** A prompt that waits in the queue, in versions where nothing else carries its words. */
export interface QueuedPrompt extends JsonObject {
  readonly record: string;
  readonly hash: string;
}

export interface ClaudeState extends JsonObject {
  /** The session that the file belongs to; null until a record or the path has told. */
  readonly session: string | null;
  /** The hash of what is known about the session: cwd, branch, version. */
  readonly info: string | null;
  readonly version: string | null;
  readonly turn: string | null;
  /** Sub-agents of this file whose link to their parent has been told. */
  readonly subagents: readonly string[];
  readonly calls: readonly PendingCall[];
  readonly messages: readonly SeenMessage[];
  readonly chains: readonly SideChain[];
  readonly queue: readonly QueuedPrompt[];
  /** The latest records, newest last: tells whose summary a summary is. */
  readonly latest: readonly string[];
}

export const initialState: ClaudeState = {
  session: null,
  info: null,
  version: null,
  turn: null,
  subagents: [],
  calls: [],
  messages: [],
  chains: [],
  queue: [],
  latest: [],
};
