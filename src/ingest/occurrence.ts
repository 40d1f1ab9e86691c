/**
 * Occurrence numbers: which of several equal frames one is, for records that have no id of their own.
 *
 * Reading a source from its start, counting is enough. Going on in the middle, a frame is the first of its kind unless
 * the session knows such a record already. Then the store is asked how many it knows, a few look-ups whatever the number;
 * where it may know more than stands in this file, the part before is counted by reading it again.
 */
import { recordDigest, recordHalf } from '../core/identity.ts';
import type { SessionKey } from '../core/session.ts';

export interface OccurrenceLookup {
  /** Which of these records (16 hex digits each) the session has. */
  knownRecords(key: SessionKey, records: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether what the store knows of a session is exactly what stands in the part of the source before this reading. */
  isExact(key: SessionKey): boolean;
  /** How often each of these frame hashes stands in the part of the source before this reading. */
  countBefore(hashes: ReadonlySet<string>): Promise<ReadonlyMap<string, number>>;
}

export class Occurrences {
  readonly #counts = new Map<string, number>();
  readonly #lookup: OccurrenceLookup | undefined;

  /** Without a look-up: the source is read from its start. */
  constructor(lookup?: OccurrenceLookup) {
    this.#lookup = lookup;
  }

  /** Must be awaited before `next` is asked for these frames. */
  async prepare(frames: readonly { readonly session: SessionKey; readonly hash: string }[]): Promise<void> {
    if (!this.#lookup) return;
    const unseen = frames.filter(({ hash }) => !this.#counts.has(hash));
    if (unseen.length === 0) return;
    const suspects = new Set<string>();
    const counted = new Map<string, number>();
    for (const [session, hashes] of groupBySession(unseen)) {
      for (const hash of new Set(hashes)) {
        if (!(await this.#isKnown(session, hash, 0))) continue;
        if (this.#lookup.isExact(session)) counted.set(hash, await this.#countKnown(session, hash));
        else suspects.add(hash);
      }
    }
    const read = suspects.size > 0 ? await this.#lookup.countBefore(suspects) : new Map<string, number>();
    for (const { hash } of unseen) this.#counts.set(hash, read.get(hash) ?? counted.get(hash) ?? 0);
  }

  async #isKnown(session: SessionKey, frame: string, occurrence: number): Promise<boolean> {
    const half = recordHalf(recordDigest(session, { frame, occurrence }));
    return (await this.#lookup?.knownRecords(session, [half]))?.has(half) ?? false;
  }

  /** How many equal frames the session knows: they are numbered from 0 without a gap. The first one is known. */
  async #countKnown(session: SessionKey, frame: string): Promise<number> {
    let known = 0;
    let unknown = 1;
    while (await this.#isKnown(session, frame, unknown)) {
      known = unknown;
      unknown *= 2;
    }
    while (unknown - known > 1) {
      const middle = Math.floor((known + unknown) / 2);
      if (await this.#isKnown(session, frame, middle)) known = middle;
      else unknown = middle;
    }
    return unknown;
  }

  /** The occurrence number of the next frame with this hash, from 0. */
  next(hash: string): number {
    const occurrence = this.#counts.get(hash) ?? 0;
    this.#counts.set(hash, occurrence + 1);
    return occurrence;
  }
}

function groupBySession(frames: readonly { readonly session: SessionKey; readonly hash: string }[]) {
  const groups = new Map<string, [SessionKey, string[]]>();
  for (const { session, hash } of frames) {
    const name = `${session.provider}\0${session.nativeId}`;
    const group = groups.get(name) ?? [session, []];
    group[1].push(hash);
    groups.set(name, group);
  }
  return groups.values();
}
