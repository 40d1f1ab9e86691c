/**
 * Occurrence numbers: which of several equal frames one is, for records that have no id of their own.
 *
 * Reading a source from its start, counting is enough. Going on in the middle, a frame is the first of its kind unless
 * the session knows such a record already; only then the part before must be counted, which `countBefore` does by
 * reading it again.
 */
import { recordDigest, recordHalf } from '../core/identity.ts';
import type { SessionKey } from '../core/session.ts';

export interface OccurrenceLookup {
  /** Which of these records (16 hex digits each) the session has. */
  knownRecords(key: SessionKey, records: readonly string[]): Promise<ReadonlySet<string>>;
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
    for (const [session, hashes] of groupBySession(unseen)) {
      const halves = new Map(
        hashes.map((frame) => [recordHalf(recordDigest(session, { frame, occurrence: 0 })), frame]),
      );
      for (const half of await this.#lookup.knownRecords(session, [...halves.keys()]))
        suspects.add(halves.get(half) ?? '');
    }
    const counted = suspects.size > 0 ? await this.#lookup.countBefore(suspects) : new Map<string, number>();
    for (const { hash } of unseen) this.#counts.set(hash, counted.get(hash) ?? 0);
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
