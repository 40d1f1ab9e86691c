/** What the decoder remembers from line to line: ids, hashes and offsets, never text. */
import type { JsonObject } from '../../core/json.ts';

/** A tool call: whether a result has been told, and by which of its carriers. */
export interface KnownCall extends JsonObject {
  readonly id: string;
  /**
   * `ended` by an event or item of the interface, `answered` by the output that the model saw. `failed` without words:
   * the output is still to come.
   */
  readonly status: 'open' | 'failed' | 'ended' | 'answered';
}

/** A question of a `request_user_input` call, so that its answer can be read: the words as hashes. */
export interface AskedQuestion extends JsonObject {
  readonly id: string;
  readonly hash: string;
  readonly length: number;
  readonly labels: readonly string[];
}

export interface AskedCall extends JsonObject {
  readonly id: string;
  readonly questions: readonly AskedQuestion[];
}

/** Which of the two streams of a file something was read from: what the model saw, or what the interface showed. */
export type Side = 'item' | 'event';
export type CarrierKind = 'prompt' | 'answer' | 'thought' | 'plan' | 'search' | 'shell' | 'image';

/** Something told by one stream that the other one may repeat. */
export interface OpenCarrier extends JsonObject {
  readonly side: Side;
  readonly kind: CarrierKind;
  readonly hash: string;
  /** The provider's id; empty where it has none. */
  readonly id: string;
}

export interface CodexState extends JsonObject {
  /** The thread that the file belongs to; null until its first `session_meta`. */
  readonly session: string | null;
  /** The thread that lines before the own first turn may be copied from. */
  readonly parent: string | null;
  /** When the session began, in milliseconds; null when it did not say. */
  readonly beganMs: number | null;
  readonly isSubagent: boolean;
  /** True for threads that a script runs, unless a turn says otherwise. */
  readonly isAutomated: boolean;
  /** The hash of what has been told about the session. */
  readonly info: string | null;
  readonly cwd: string | null;
  readonly model: string | null;

  readonly turn: string | null;
  /** Where the present turn began; null until a line says that one begins. */
  readonly turnOffset: number | null;
  /** Who began the turn, where the line says so. */
  readonly trigger: 'user' | 'other' | null;
  /** Whether the agent has said anything in this turn. */
  readonly hasSpoken: boolean;
  /** Where the prompts that are in force begin, oldest first. */
  readonly prompts: readonly number[];

  /** Whether lines may be copies of an ancestor's; see `replay.ts`. */
  readonly replay: 'meta' | 'turn' | 'ask' | null;
  /** Whether it has been said that some cannot be told. */
  readonly isDoubtful: boolean;
  /** Whether turns of this file begin with a `task_started`. */
  readonly hasTasks: boolean;
  /** The first ordinal that is the thread's own, where the file says so. */
  readonly ownFrom: number | null;

  readonly calls: readonly KnownCall[];
  readonly asked: readonly AskedCall[];
  readonly open: readonly OpenCarrier[];
  /** The prompt that the line just before told, if it did. */
  readonly fresh: string | null;
  /** The hash of the thread's running token totals. */
  readonly totals: string | null;
  /** Sub-agents whose link has been told. */
  readonly subagents: readonly string[];
}

export const initialState: CodexState = {
  session: null,
  parent: null,
  beganMs: null,
  isSubagent: false,
  isAutomated: false,
  info: null,
  cwd: null,
  model: null,
  turn: null,
  turnOffset: null,
  trigger: null,
  hasSpoken: false,
  prompts: [],
  replay: null,
  isDoubtful: false,
  hasTasks: false,
  ownFrom: null,
  calls: [],
  asked: [],
  open: [],
  fresh: null,
  totals: null,
  subagents: [],
};
