/**
 * Which revision of an event a reader has just come by.
 *
 * An id has one or more revisions, in order. Reading the same source again meets them in the same order, so it is
 * remembered which revision each source met last, in which of its generations. Content that equals the revision met
 * last, or a later one, is known; anything else is a new revision. That holds for A, B, A as well: the third is a
 * revision of its own the first time, and known ever after.
 *
 * What a source has met also says that it holds the event: when it loses it, the event has vanished only if no other
 * source has met it.
 */

/** How far one source has come with the revisions of an event. */
export interface Seen {
  readonly generation: number;
  /** The index of the revision met last in that generation. */
  readonly sighted: number;
}

/** The revisions of an event, and the source that met them last. */
export interface Identity extends Seen {
  /** Content hashes in hex, one a revision. */
  readonly contents: readonly string[];
  readonly seqs: readonly number[];
  readonly source: string;
}

export type Sighting = { readonly kind: 'known'; readonly sighted: number } | { readonly kind: 'revision' };

/** For one source at a time: another one begins with the first revision. */
export function sight(identity: Identity, content: string, source: string, generation: number): Sighting {
  return sightBy(identity.contents, identity.source === source ? identity : undefined, content, generation);
}

/** What content is to the revisions of an event. `seen` is how far its source has come, if it has met any of them. */
export function sightBy(
  contents: readonly string[],
  seen: Seen | undefined,
  content: string,
  generation: number,
): Sighting {
  const last = seen?.generation === generation ? seen.sighted : -1;
  if (last >= 0 && contents[last] === content) return { kind: 'known', sighted: last };
  const index = contents.indexOf(content, last + 1);
  return index >= 0 ? { kind: 'known', sighted: index } : { kind: 'revision' };
}
