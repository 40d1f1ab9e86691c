/**
 * Which revision of an event a reader has just come by.
 *
 * An id has one or more revisions, in order. Reading the same source again meets them in the same order, so each
 * identity remembers which revision was met last in which generation of which source. Content that equals the revision
 * met last, or a later one, is known; anything else is a new revision. That holds for A, B, A as well: the third is a
 * revision of its own the first time, and known ever after.
 */

export interface Identity {
  /** Content hashes in hex, one a revision. */
  readonly contents: readonly string[];
  readonly seqs: readonly number[];
  readonly source: string;
  readonly generation: number;
  /** The index of the revision met last in that generation. */
  readonly sighted: number;
}

export type Sighting = { readonly kind: 'known'; readonly sighted: number } | { readonly kind: 'revision' };

export function sight(identity: Identity, content: string, source: string, generation: number): Sighting {
  const restarted = identity.source !== source || identity.generation !== generation;
  const last = restarted ? -1 : identity.sighted;
  if (last >= 0 && identity.contents[last] === content) return { kind: 'known', sighted: last };
  const index = identity.contents.indexOf(content, last + 1);
  return index >= 0 ? { kind: 'known', sighted: index } : { kind: 'revision' };
}
