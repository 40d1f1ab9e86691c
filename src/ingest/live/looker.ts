/** Looking at files, and asking whether their transcripts are wanted. */
import type { SessionKey } from '../../core/session.ts';
import type { SourceRecord } from '../../core/source.ts';
import type { FoundSource } from '../discovery.ts';
import { isUnchanged } from '../fingerprint.ts';
import type { Failures } from './failures.ts';
import { isSameFile, type KnownSource, type KnownSources } from './known-sources.ts';
import { type LiveOptions, locate, nameOf } from './parts.ts';
import type { Sightings } from './sightings.ts';

/** Whether the name of a file, which does not tell whose it is, tells the beginning of this session's id. */
export function isFamilyOf(nativeId: string, { nativeId: told, family }: FoundSource['match']): boolean {
  return told === undefined && nativeId.startsWith(family);
}

export class Looker {
  readonly #options: LiveOptions;
  readonly #known: KnownSources;
  readonly #sightings: Sightings;
  readonly #failures: Failures;
  readonly #keptRoots: ReadonlySet<string>;
  /** Sessions that somebody waits for to be kept: how many do. */
  readonly #demanded = new Map<string, { readonly key: SessionKey; readonly times: number }>();

  constructor(options: LiveOptions, known: KnownSources, sightings: Sightings, failures: Failures) {
    this.#options = options;
    this.#known = known;
    this.#sightings = sightings;
    this.#failures = failures;
    this.#keptRoots = new Set(options.roots.filter(({ keep }) => keep).map(({ path }) => path));
  }

  /** From now on this session is kept, whatever else is said; until the function returned is called. */
  demand(key: SessionKey): () => void {
    const name = nameOf(key);
    const count = (more: number) => (this.#demanded.get(name)?.times ?? 0) + more;
    this.#demanded.set(name, { key, times: count(1) });
    return () => {
      const times = count(-1);
      if (times > 0) this.#demanded.set(name, { key, times });
      else this.#demanded.delete(name);
    };
  }

  /** Whether somebody wants the transcript of this very session. */
  isDemanded(provider: string, nativeId: string | undefined): boolean {
    if (nativeId === undefined) return false;
    const key = { provider, nativeId };
    return this.#demanded.has(nameOf(key)) || this.#options.isKept(key);
  }

  /** Whether somebody waits for a session that this file may hold, by its name. */
  mayBeDemanded({ provider, match }: Pick<FoundSource, 'provider' | 'match'>): boolean {
    return [...this.#demanded.values()].some(
      ({ key }) => key.provider === provider.id && isFamilyOf(key.nativeId, match),
    );
  }

  /** Whether what is read from this file is to be kept. */
  wants({ provider, root }: Pick<FoundSource, 'provider' | 'root'>, nativeId: string | undefined): boolean {
    return this.#keptRoots.has(root) || this.isDemanded(provider.id, nativeId);
  }

  wantsRecord({ path, nativeId }: SourceRecord): boolean {
    const located = locate(this.#options.roots, path);
    return located !== undefined && this.wants(located, nativeId);
  }

  /** What these files are now, and which known ones are no more. */
  lookAtAll(paths: Iterable<string>): {
    readonly found: readonly FoundSource[];
    readonly lost: readonly KnownSource[];
  } {
    const found = new Map<string, FoundSource>();
    const lost: KnownSource[] = [];
    for (const path of paths) {
      try {
        const one = this.#lookAt(path, lost);
        if (one) found.set(one.path, one);
      } catch (error) {
        this.#failures.add(path, error);
      }
    }
    return { found: [...found.values()], lost };
  }

  /** Whether a file that was found differs from what the store knows, or is not known; not if it only has a second name. */
  isNews(found: FoundSource): boolean {
    const { provider, path, stat } = found;
    const record = this.#known.at(provider.id, path);
    if (record && !record.gone && isSameFile(record.stat, stat) && isUnchanged(record.stat, stat)) return false;
    return !this.#failures.isPaused(path) && (record !== undefined || !this.#isSpare(found));
  }

  #lookAt(path: string, lost: KnownSource[]): FoundSource | undefined {
    const located = locate(this.#options.roots, path);
    if (!located) return undefined;
    const stat = this.#options.files.stat(path);
    const record = this.#known.at(located.provider.id, path);
    if (!stat) {
      this.#sightings.forget(path);
      if (record && !record.gone) lost.push(record);
      return undefined;
    }
    const found = { ...located, stat };
    if (!record && this.#isSpare(found)) return this.#underItsName(found, lost);
    this.#sightings.see(found, record ?? this.#known.byFile(found.provider.id, stat));
    return found;
  }

  /** Whether a file has its content from another one that is read: a second name of it, or a packed copy. */
  #isSpare({ provider, root, match, path, stat }: FoundSource): boolean {
    const { files } = this.#options;
    if (match.twin !== undefined && files.stat(`${root}/${match.twin}`)) return true;
    const record = this.#known.byFile(provider.id, stat);
    const there = record && record.path !== path ? files.stat(record.path) : undefined;
    return there !== undefined && isSameFile(there, stat);
  }

  #underItsName({ provider, stat, path }: FoundSource, lost: KnownSource[]): FoundSource | undefined {
    const record = this.#known.byFile(provider.id, stat);
    return record && record.path !== path ? this.#lookAt(record.path, lost) : undefined;
  }
}
