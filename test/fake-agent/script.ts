/**
 * What a fake agent does, and what must be known of it afterwards: plain data, made from a seed without touching a disk.
 *
 *   seed ──► story (moves: turns, forks, rewinds, …) ──► a writer of one format ──► steps ──► habits ──► steps
 *
 * A step is one thing done to one file, with its exact bytes. Beside the bytes it carries the facts that hold once it is
 * done; their fold is the ledger. The ledger comes from the story alone. It knows no decoder, so it is an independent
 * truth for tests: what was typed, in order, what the agent said, which lines are commands and which only look so.
 *
 * The same options give the same steps, byte for byte.
 */

/** A way of writing sessions: an agent in a version. */
export const formats = [
  'claude-code',
  'codex',
  'codex-legacy',
  'gemini-cli',
  'gemini-cli-document',
  'gencode',
  'gencode-rewritten',
] as const;
export type Format = (typeof formats)[number];

/** The provider that reads a format, and its root below a person's home folder. */
export const providerOf = {
  'claude-code': { id: 'claude-code', root: '.claude/projects' },
  codex: { id: 'codex', root: '.codex' },
  'codex-legacy': { id: 'codex', root: '.codex' },
  'gemini-cli': { id: 'gemini-cli', root: '.gemini/tmp' },
  'gemini-cli-document': { id: 'gemini-cli', root: '.gemini/tmp' },
  gencode: { id: 'gencode', root: '.san/projects' },
  'gencode-rewritten': { id: 'gencode', root: '.gen/projects' },
} as const satisfies Record<Format, { readonly id: string; readonly root: string }>;

/** Whether what was taken back is gone from the file without a trace: kato may not have seen it in time. */
export function forgetsTakenBack(format: Format): boolean {
  return format === 'gemini-cli-document' || format === 'gencode-rewritten';
}

/** Paths are relative to the person's home folder, with `/`. */
export type Change =
  /** Appends. `offset` is the file's size before, so that a step that was broken off can be finished. */
  | { readonly kind: 'append'; readonly path: string; readonly offset: number; readonly bytes: Uint8Array }
  /** Empties the file and writes it anew, in place. */
  | { readonly kind: 'write'; readonly path: string; readonly bytes: Uint8Array }
  /** Writes a temporary file and renames it over this one. */
  | { readonly kind: 'replace'; readonly path: string; readonly bytes: Uint8Array }
  /** Writes over bytes that are there; the size stays. */
  | { readonly kind: 'overwrite'; readonly path: string; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'delete'; readonly path: string };

export type Step = Change & {
  /** How long an agent would wait before this step. */
  readonly afterMs: number;
  /** What holds once this step is done. */
  readonly facts: readonly Fact[];
  /** False in the middle of a write: what the files say and what the facts say agree only after a whole one. */
  readonly isWhole: boolean;
};

export interface Script {
  readonly format: Format;
  readonly steps: readonly Step[];
}

/** A line of a person that steers kato; `verb` as the lower-case name of what it asks for. */
export interface Command {
  readonly line: string;
  readonly verb: 'init' | 'record' | 'capture' | 'export' | 'stop';
  readonly arguments: string;
}

/** Where a line stands that looks like a command and must do nothing. */
export type Carrier =
  // In what the person typed, but quoted, fenced, indented, or in characters that are others.
  | 'prose'
  // In what somebody else wrote.
  | 'answer'
  | 'thinking'
  | 'tool-input'
  | 'tool-result'
  | 'hook'
  | 'context'
  | 'summary'
  | 'subagent'
  | 'pulled-back'
  | 'shell-output'
  | 'request-log'
  // In history that the agent copied.
  | 'replayed';

export interface Spoof {
  readonly session: string;
  readonly carrier: Carrier;
  readonly line: string;
}

/** What was said, as it was said. */
export interface Said {
  /** Unique in the script, ascending in the order of the files. */
  readonly id: number;
  readonly session: string;
  readonly by: 'person' | 'agent';
  readonly text: string;
  /** The agent's clock. */
  readonly at: string;
  /** Of a person: the commands in it, in order. */
  readonly commands: readonly Command[];
}

export interface SessionFact {
  readonly nativeId: string;
  readonly cwd: string;
  readonly parent?: ParentFact;
}

export interface ParentFact {
  readonly nativeId: string;
  readonly relation: 'fork' | 'subagent' | 'continuation';
  /** What is copied of the parent can be told by the copies alone. */
  readonly isTold?: boolean;
}

export type Fact =
  | { readonly kind: 'session'; readonly session: SessionFact }
  | { readonly kind: 'said'; readonly said: Said }
  | { readonly kind: 'spoof'; readonly spoof: Spoof }
  /** The agent took this back: a rewind, an answer that was broken off. */
  | { readonly kind: 'taken-back'; readonly ids: readonly number[] };

/** What holds after some steps. */
export interface Ledger {
  readonly sessions: ReadonlyMap<string, SessionFact>;
  /** In the order in which it reached the files. */
  readonly said: readonly Said[];
  readonly takenBack: ReadonlySet<number>;
  readonly spoofs: readonly Spoof[];
}

/** The fold of the facts of these steps. */
export function ledgerOf(steps: readonly Step[]): Ledger {
  const sessions = new Map<string, SessionFact>();
  const said: Said[] = [];
  const takenBack = new Set<number>();
  const spoofs: Spoof[] = [];
  for (const fact of steps.flatMap(({ facts }) => facts)) {
    switch (fact.kind) {
      case 'session':
        sessions.set(fact.session.nativeId, fact.session);
        break;
      case 'said':
        said.push(fact.said);
        break;
      case 'spoof':
        spoofs.push(fact.spoof);
        break;
      case 'taken-back':
        for (const id of fact.ids) takenBack.add(id);
        break;
    }
  }
  return { sessions, said, takenBack, spoofs };
}
