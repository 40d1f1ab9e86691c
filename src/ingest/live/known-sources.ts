/**
 * What the store knows of sources, held in memory so that an unchanged file costs one look at it and nothing else.
 *
 * Only what tells whether a file has changed is held, not the decoders' states: a source that is to be read is fetched
 * from the store, so that what another process has read meanwhile counts.
 */
import type { SessionKey } from '../../core/session.ts';
import type { FileStat, SourceRecord } from '../../core/source.ts';
import type { FoundSource } from '../discovery.ts';
import { fileKey, stem } from '../plan.ts';

export interface KnownSource extends Pick<SourceRecord, 'id' | 'provider' | 'path' | 'nativeId' | 'stat' | 'gone'> {
  readonly endBytes: number;
  readonly generation: number;
}

export class KnownSources {
  readonly #byId = new Map<string, KnownSource>();
  readonly #byFile = new Map<string, string>();
  /** By provider, then by path: this is asked for every file of every sweep. */
  readonly #byPath = new Map<string, Map<string, KnownSource>>();
  readonly #byName = new Map<string, Set<string>>();
  readonly #bySession = new Map<string, Set<string>>();

  constructor(records: readonly SourceRecord[]) {
    for (const record of records) this.put(record);
  }

  /** A source as it is stored now. */
  put({ id, provider, path, nativeId, stat, gone, checkpoint: { endBytes, generation } }: SourceRecord): void {
    const before = this.#byId.get(id);
    if (before) this.#forgetNames(before);
    const source = { id, provider, path, nativeId, stat, gone, endBytes, generation };
    this.#byId.set(id, source);
    this.#byFile.set(fileKey(provider, stat), id);
    const there = this.at(provider, path);
    const isTaken = gone && there !== undefined && there.id !== id && !there.gone;
    if (!isTaken) this.#byPath.set(provider, (this.#byPath.get(provider) ?? new Map()).set(path, source));
    const name = nameKey(provider, path);
    this.#byName.set(name, (this.#byName.get(name) ?? new Set()).add(id));
    const session = `${provider}\0${nativeId}`;
    this.#bySession.set(session, (this.#bySession.get(session) ?? new Set()).add(id));
  }

  get(id: string): KnownSource | undefined {
    return this.#byId.get(id);
  }

  at(provider: string, path: string): KnownSource | undefined {
    return this.#byPath.get(provider)?.get(path);
  }

  byFile(provider: string, stat: FileStat): KnownSource | undefined {
    return this.#byId.get(this.#byFile.get(fileKey(provider, stat)) ?? '');
  }

  /** The sources that a file may continue: by what it is, where it lies, or how it is called. */
  related({ provider: { id: provider }, path, stat }: FoundSource): ReadonlySet<KnownSource> {
    const ids = [
      this.#byFile.get(fileKey(provider, stat)),
      this.at(provider, path)?.id,
      ...(this.#byName.get(nameKey(provider, path)) ?? []),
    ];
    return new Set(ids.flatMap((id) => this.#byId.get(id ?? '') ?? []));
  }

  ofSession({ provider, nativeId }: SessionKey): readonly KnownSource[] {
    return [...(this.#bySession.get(`${provider}\0${nativeId}`) ?? [])].flatMap((id) => this.#byId.get(id) ?? []);
  }

  all(): Iterable<KnownSource> {
    return this.#byId.values();
  }

  #forgetNames({ id, provider, path, stat, nativeId }: KnownSource): void {
    this.#bySession.get(`${provider}\0${nativeId}`)?.delete(id);
    if (this.#byFile.get(fileKey(provider, stat)) === id) this.#byFile.delete(fileKey(provider, stat));
    if (this.at(provider, path)?.id === id) this.#byPath.get(provider)?.delete(path);
    const named = this.#byName.get(nameKey(provider, path));
    named?.delete(id);
    if (named?.size === 0) this.#byName.delete(nameKey(provider, path));
  }
}

/** A source of which only is known that it is there: its bytes have not been read, or what was read of it was dropped. */
export function isNoted({ endBytes, generation }: Pick<KnownSource, 'endBytes' | 'generation'>): boolean {
  return generation <= 0 && endBytes === 0;
}

/** Whether two looks met the same file, whatever became of its content. */
export function isSameFile(a: FileStat, b: FileStat): boolean {
  return a.inode === b.inode && a.device === b.device && a.birthNs === b.birthNs;
}

const nameKey = (provider: string, path: string) => `${provider}\0${stem(path)}`;
