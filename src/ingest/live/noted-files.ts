/**
 * Old files: unchanged since before the first start, and never read. The store only knows that they are there.
 *
 * An import takes them in; so does news of their session: when one file of a family has changed, the others are read
 * with it, because together they hold one conversation.
 */

import { type Batch, emptyBatch, type TranscriptStore } from '../../store/store.ts';
import type { FoundSource } from '../discovery.ts';
import { isUnchanged } from '../fingerprint.ts';
import { familyOf, planPass } from '../plan.ts';
import { newSource } from '../prepare.ts';
import { isMoved } from '../take-source.ts';
import { isNoted, isSameFile, type KnownSource, type KnownSources } from './known-sources.ts';
import type { Looker } from './looker.ts';
import { type LiveOptions, locate, modifiedMs } from './parts.ts';

const NOTES_AT_ONCE = 256;

export class NotedFiles {
  readonly #options: LiveOptions;
  readonly #store: TranscriptStore;
  readonly #known: KnownSources;
  readonly #looker: Looker;
  readonly #firstStartMs: number;
  /** Paths of noted files by family. */
  readonly #families = new Map<string, Set<string>>();

  constructor(options: LiveOptions, known: KnownSources, looker: Looker, firstStartMs: number) {
    this.#options = options;
    this.#store = options.store;
    this.#known = known;
    this.#looker = looker;
    this.#firstStartMs = firstStartMs;
    for (const source of known.all()) if (isNoted(source)) this.#remember(source);
  }

  /** Which files are only noted, and which are read. The files are of one family. */
  sortOut(found: readonly FoundSource[]): {
    readonly toNote: readonly FoundSource[];
    readonly toRead: readonly FoundSource[];
  } {
    const old = found.filter((one) => this.isOld(one));
    const toRead = found.filter((one) => !old.includes(one));
    const first = toRead[0];
    if (!first) return { toNote: old.filter((one) => !this.#isNotedAlready(one)), toRead };
    const wanted = toRead.some((one) => this.#looker.wants(one, one.match.nativeId));
    if (!wanted) return { toNote: old, toRead };
    const rest = this.#families.get(familyOf(first)) ?? [];
    this.#families.delete(familyOf(first));
    const paths = new Set(found.map(({ path }) => path));
    const others = this.#looker.lookAtAll([...rest].filter((path) => !paths.has(path))).found;
    return { toNote: [], toRead: [...toRead, ...old, ...others] };
  }

  /** Whether a file is old, and nobody asks for its session. */
  isOld(found: FoundSource): boolean {
    const { provider, path, match, stat } = found;
    if (modifiedMs(stat) > this.#firstStartMs) return false;
    const record = this.#known.byFile(provider.id, stat) ?? this.#known.at(provider.id, path);
    if (record && !isNoted(record)) return false;
    const nativeId = record?.nativeId ?? match.nativeId;
    return !this.#looker.isDemanded(provider.id, nativeId) && !this.#looker.mayBeDemanded(found);
  }

  /** Stores that these files are there, many at once. */
  async note(found: readonly FoundSource[]): Promise<void> {
    for (let from = 0; from < found.length; from += NOTES_AT_ONCE) {
      const batches = await Promise.all(found.slice(from, from + NOTES_AT_ONCE).map((one) => this.#batchOf(one)));
      try {
        await this.#append(batches);
      } catch (error) {
        if (!isMoved(error)) throw error;
        for (const batch of batches) await this.#append([batch]).catch(() => {}); // Another process was first.
      }
    }
  }

  async #append(batches: readonly Batch[]): Promise<void> {
    await this.#store.append(batches);
    for (const { source } of batches) {
      if (!source) continue;
      this.#known.put(source.record);
      const noted = this.#known.get(source.record.id);
      if (noted) this.#remember(noted);
    }
  }

  async #batchOf(found: FoundSource): Promise<Batch> {
    const { provider, path, stat, match } = found;
    const known = this.#known.byFile(provider.id, stat) ?? this.#known.at(provider.id, path);
    const stored = known && (await this.#store.source(known.id));
    const freshId =
      planPass([found], [], [], { isTaken: (id) => this.#known.get(id) !== undefined }).readings[0]?.freshId ?? '';
    const fresh = { ...newSource({ found, known: undefined, freshId }, false), nativeId: match.nativeId };
    const record = stored ? { ...stored, path, stat, gone: false } : fresh;
    return { ...emptyBatch, cause: 'live', source: { record, expected: record.version }, rides: true };
  }

  #isNotedAlready({ provider, path, stat }: FoundSource): boolean {
    const record = this.#known.at(provider.id, path);
    return record !== undefined && !record.gone && isSameFile(record.stat, stat) && isUnchanged(record.stat, stat);
  }

  #remember({ path, provider }: KnownSource): void {
    const located = locate(this.#options.roots, path);
    if (!located || located.provider.id !== provider) return;
    const family = familyOf(located);
    this.#families.set(family, (this.#families.get(family) ?? new Set()).add(path));
  }
}
