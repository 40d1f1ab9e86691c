/**
 * What the decoder remembers from record to record: ids, hashes, places and yes-or-no, never text.
 *
 * Every list is bounded. What falls off the end costs at most a link or a revision, never a record.
 */
import type { JsonObject } from '../../core/json.ts';
import { lastOf, textHash } from '../shared/text.ts';

/** A question of a call, by hashes: enough to know its words, and those of its options, when they come back. */
export interface AskedQuestion extends JsonObject {
  readonly hash: string;
  readonly labels: readonly string[];
  readonly multiSelect: boolean;
}

/** A call whose result means more than a tool's output. */
export interface SpecialCall extends JsonObject {
  readonly id: string;
  readonly as: 'question' | 'plan' | 'agent';
  readonly questions?: readonly AskedQuestion[];
  /** For sub-agents: the hash of the prompt, by which versions up to 1.0 find the call; gone once one was found. */
  readonly prompt?: string;
}

/** A block of an API message that may be written again, longer. */
export interface SeenBlock extends JsonObject {
  readonly uuid: string;
  readonly part: string;
  readonly length: number;
  readonly hash: string;
  /** The block's number in its API message, where the record says it (2.1.3xx). */
  readonly place?: number;
}

export interface SeenMessage extends JsonObject {
  readonly id: string;
  readonly blocks: readonly SeenBlock[];
  /** Output tokens as last told: later records repeat or raise them. */
  readonly output?: number;
}

/** A side chain written into the session's own file: its root, and its latest records by short hash. */
export interface SideChain extends JsonObject {
  readonly root: string;
  readonly latest: readonly string[];
}

/** What waits in the queue, in versions where nothing else carries a prompt's words. */
export interface QueuedPrompt extends JsonObject {
  /** The identity of the prompt; null for what is none, or has said no words yet. */
  readonly record: string | null;
  readonly hash: string;
  readonly isLeaving: boolean;
}

/** Where a prompt stands: the short hash of its parent, and its first byte. */
export interface PromptPlace extends JsonObject {
  readonly parent: string | null;
  readonly offset: number;
}

/** A prompt that may have replaced an earlier one. */
export interface Replacement extends JsonObject {
  /** The first byte of the prompt that it would replace; null where that is in doubt. */
  readonly fromOffset: number | null;
  /** The prompt's record, and those behind it. */
  readonly records: readonly string[];
  /** Where the chain had changed before. */
  readonly switchedAt: number;
}

/** A chain of records that a terminal goes on with: its latest by short hash, and its turn. */
export interface Strand extends JsonObject {
  readonly latest: readonly string[];
  readonly turn: string | null;
}

export interface ClaudeState extends JsonObject {
  /** The session that the file belongs to; null until a record or the path has told. */
  readonly session: string | null;
  /** The hash of the session id that the records themselves carry. */
  readonly writtenAs: string | null;
  /** What was last told of each session (cwd, branch, version): pairs of hashes. */
  readonly infos: readonly string[];
  /** The hash of the title last told, of each kind. */
  readonly titles: readonly string[];
  /** True while the version is one whose queue alone carries a prompt that is taken in mid-turn. */
  readonly queueCarries: boolean;
  /** The hash of the version that was seen to mark every prompt. */
  readonly marking: string | null;
  /** True when the latest prompt came from a script. */
  readonly isScripted: boolean;
  readonly turn: string | null;
  /** Short hashes of the links that were told: of a sub-agent to its parent, and of a parent to its sub-agent. */
  readonly told: readonly string[];
  /** The session that this one's first records were copied from. */
  readonly fork: string | null;
  readonly calls: readonly SpecialCall[];
  readonly messages: readonly SeenMessage[];
  readonly chains: readonly SideChain[];
  readonly queue: readonly QueuedPrompt[];
  readonly prompts: readonly PromptPlace[];
  readonly replacement: Replacement | null;
  /** Chains that may go on; the last is the one being written. */
  readonly strands: readonly Strand[];
  /** Where the file last changed from one chain to another. */
  readonly switchedAt: number;
  /** The latest records by short hash, newest last. */
  readonly latest: readonly string[];
}

export const initialState: ClaudeState = {
  session: null,
  writtenAs: null,
  infos: [],
  titles: [],
  queueCarries: false,
  marking: null,
  isScripted: false,
  turn: null,
  told: [],
  fork: null,
  calls: [],
  messages: [],
  chains: [],
  queue: [],
  prompts: [],
  replacement: null,
  strands: [],
  switchedAt: -1,
  latest: [],
};

/** Eight hex digits for an id: enough to find it again among a few hundred. */
export function shortHash(id: string): string {
  return textHash(id).slice(0, 8);
}

/** Ids longer than this are no agent's; they are not remembered, so that a strange file cannot swell the state. */
const LONGEST_ID = 80;

export function isRememberable(id: string | undefined): id is string {
  return id !== undefined && id !== '' && id.length <= LONGEST_ID;
}

const MOST_TOLD = 512;

/** Whether a link was told before, and the state in which it is. */
export function tellOnce(state: ClaudeState, link: string): { readonly isNews: boolean; readonly state: ClaudeState } {
  const hash = shortHash(link);
  if (state.told.includes(hash)) return { isNews: false, state };
  return { isNews: true, state: { ...state, told: lastOf([...state.told, hash], MOST_TOLD) } };
}
