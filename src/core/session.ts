/**
 * A session: one conversation with a coding agent, known by its provider and the provider's own id.
 *
 * `SessionFacts` is what lists and headings need without reading the transcript. It is a fold over the drafts of the
 * session in source order; folding the same drafts again changes nothing, so a second reading is harmless.
 */
import { createHash } from 'node:crypto';
import type { ParentLink } from './event.ts';

export interface SessionKey {
  readonly provider: string;
  /** The agent's own id of the session. */
  readonly nativeId: string;
}

/** The namespace of all session ids; a random UUID fixed for ever. */
const NAMESPACE = Buffer.from('6d1c6f1e9a3b4c61a1f0b9d3f1f6c2ab', 'hex');

/** The session's id: a UUIDv5 of its key, the same on every machine. */
export function sessionId({ provider, nativeId }: SessionKey): string {
  return nameUuid(`${provider}\0${nativeId}`);
}

/** A UUIDv5 in kato's namespace: the same name gives the same id, on every machine. */
export function nameUuid(name: string): string {
  const hash = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The first 8 characters of a session's id, as shown to people. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** Where a title comes from, weakest first: the first prompt, an agent's summary, the agent's title, the user's own. */
export type TitleSource = 'prompt' | 'summary' | 'agent' | 'user';
const TITLE_RANK: Readonly<Record<TitleSource, number>> = { prompt: 0, summary: 1, agent: 2, user: 3 };

export interface SessionFacts {
  readonly title?: { readonly text: string; readonly from: TitleSource };
  /** The first working folder: an agent's `cd` moves nothing. */
  readonly cwd?: string;
  readonly gitBranch?: string;
  readonly agentVersion?: string;
  /** Models in order of first answer. */
  readonly models?: readonly string[];
  readonly parent?: ParentLink;
  /** Times of the provider's clock: the earliest and the latest seen. */
  readonly firstAt?: string;
  readonly lastAt?: string;
  /** True as soon as somebody, or something, has said a word in it. */
  readonly spoken?: boolean;
  /** The hash of the session's first record: a copy of the session begins with the same one. */
  readonly head?: string;
  /** True when a background process of the agent wrote it: between equal copies, never the original. */
  readonly background?: boolean;
}

/** Facts with later ones folded in. */
export function mergeFacts(before: SessionFacts, after: SessionFacts): SessionFacts {
  const models = mergeModels(before.models, after.models);
  const title = strongerTitle(before.title, after.title);
  const firstAt = pick(before.firstAt, after.firstAt, (a, b) => a <= b);
  const lastAt = pick(before.lastAt, after.lastAt, (a, b) => a >= b);
  return {
    ...before,
    ...after,
    ...(before.cwd !== undefined && { cwd: before.cwd }),
    ...(before.head !== undefined && { head: before.head }),
    ...(after.parent !== undefined && { parent: mergeParent(before.parent, after.parent) }),
    ...(title && { title }),
    ...(models && { models }),
    ...(firstAt !== undefined && { firstAt }),
    ...(lastAt !== undefined && { lastAt }),
  };
}

/**
 * A parent with what was told of it before. Details of another parent are not its own. The place where they parted only
 * moves back: who rewinds into the part in common has less in common from then on.
 */
export function mergeParent(before: ParentLink | undefined, after: ParentLink): ParentLink {
  if (before?.nativeId !== after.nativeId) return after;
  const ordinal = pick(before.ordinal, after.ordinal, (a, b) => a <= b);
  return { ...before, ...after, ...(ordinal !== undefined && { ordinal }) };
}

function mergeModels(before: readonly string[] | undefined, after: readonly string[] | undefined) {
  if (!before || !after) return after ?? before;
  const added = after.filter((model) => !before.includes(model));
  return added.length === 0 ? before : [...before, ...added];
}

/** The first prompt stands; titles that were given replace each other as long as they are not weaker. */
function strongerTitle(before: SessionFacts['title'], after: SessionFacts['title']): SessionFacts['title'] {
  if (!before || !after) return after ?? before;
  if (after.from === 'prompt') return before;
  return TITLE_RANK[after.from] >= TITLE_RANK[before.from] ? after : before;
}

function pick<T>(a: T | undefined, b: T | undefined, keepFirst: (a: T, b: T) => boolean): T | undefined {
  return a === undefined || b === undefined ? (a ?? b) : keepFirst(a, b) ? a : b;
}

const TITLE_LENGTH = 60;

/** One line of at most 60 characters. Absent when nothing is left. */
export function titleLine(text: string): string | undefined {
  const line = text.replace(/\s+/gu, ' ').trim();
  const characters = [...line];
  if (characters.length === 0) return undefined;
  return characters.length <= TITLE_LENGTH
    ? line
    : `${characters
        .slice(0, TITLE_LENGTH - 1)
        .join('')
        .trimEnd()}…`;
}
