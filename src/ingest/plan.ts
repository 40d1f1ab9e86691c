/**
 * What a pass has to do with each file that was found: nothing, note a new name, read on, or read from the start.
 *
 * A file is matched with a known source by the file system's identity first. What is left over is matched with sources
 * that were found nowhere: by path (an atomic rewrite gives a file a new identity), then by name (a file was archived or
 * compressed). These are claims: whether the file really continues the source, its content tells when the plan is
 * carried out. A file with several names (links) counts once. Pure.
 */
import type { SourceRecord } from '../core/source.ts';
import type { FoundSource } from './discovery.ts';
import { isUnchanged, sourceId } from './fingerprint.ts';

export interface PlannedReading {
  readonly found: FoundSource;
  /** The source as stored, and by what it was recognised; absent for one that was never seen. */
  readonly known: { readonly record: SourceRecord; readonly by: 'file' | 'path' | 'name' } | undefined;
  /** The id for a source that is new, or turns out to be. */
  readonly freshId: string;
}

export interface Plan {
  /** Sources to be read, in the order in which families must be read. */
  readonly readings: readonly PlannedReading[];
  /** Known sources that only have another path now. */
  readonly moved: readonly { readonly record: SourceRecord; readonly found: FoundSource }[];
  /** Known sources whose file is nowhere below the roots any more, as far as those could be read. */
  readonly gone: readonly SourceRecord[];
  readonly unchanged: number;
}

export interface PlanOptions {
  /** Folders and files that could not be looked at: what lies there is not gone. */
  readonly unreadable?: readonly string[];
  /** Which known sources are read although their file is as it was. */
  readonly rereads?: (record: SourceRecord) => boolean;
  /** Which ids belong to sources that are not among the known ones here. */
  readonly isTaken?: (id: string) => boolean;
}

export function planPass(
  found: readonly FoundSource[],
  known: readonly SourceRecord[],
  roots: readonly string[],
  { unreadable = [], rereads = () => false, isTaken = () => false }: PlanOptions = {},
): Plan {
  const byFile = new Map(known.map((record) => [fileKey(record.provider, record.stat), record]));
  const pairs = onePerFile(found, byFile).map((one) => ({ one, same: byFile.get(fileOf(one)) }));
  const met = new Set(pairs.flatMap(({ same }) => same?.id ?? []));
  const claims = new Claims(known.filter(({ id }) => !met.has(id)));
  const ids = new Set(known.map(({ id }) => id));
  const isUsed = (id: string) => ids.has(id) || isTaken(id);
  const readings: PlannedReading[] = [];
  const moved: Plan['moved'][number][] = [];
  let unchanged = 0;
  for (const { one, same } of pairs) {
    if (!same || !isUnchanged(same.stat, one.stat) || rereads(same)) {
      readings.push({
        found: one,
        known: same ? { record: same, by: 'file' } : claims.take(one),
        freshId: freshId(one, ids, isUsed),
      });
    } else if (same.path === one.path && !same.gone) unchanged += 1;
    else moved.push({ record: same, found: one });
  }
  const isSearched = (path: string) => isBelow(path, roots) && !unreadable.includes(path) && !isBelow(path, unreadable);
  const gone = claims.left().filter((record) => !record.gone && isSearched(record.path));
  return { readings: readings.sort(inOrder), moved, gone, unchanged };
}

/** Sources whose file was not found, for files that may continue them. Each is given away once. */
class Claims {
  readonly #left: Map<string, SourceRecord>;
  readonly #byPath: ReadonlyMap<string, string>;
  readonly #byName: ReadonlyMap<string, string>;

  constructor(records: readonly SourceRecord[]) {
    this.#left = new Map(records.map((record) => [record.id, record]));
    this.#byPath = new Map(records.map(({ id, provider, path }) => [`${provider}\0${path}`, id]));
    this.#byName = new Map(records.map(({ id, provider, path }) => [`${provider}\0${stem(path)}`, id]));
  }

  take({ provider, path }: FoundSource): PlannedReading['known'] {
    for (const [by, id] of [
      ['path', this.#byPath.get(`${provider.id}\0${path}`)],
      ['name', this.#byName.get(`${provider.id}\0${stem(path)}`)],
    ] as const) {
      const record = id === undefined ? undefined : this.#left.get(id);
      if (!record) continue;
      this.#left.delete(record.id);
      return { record, by };
    }
    return undefined;
  }

  left(): readonly SourceRecord[] {
    return [...this.#left.values()];
  }
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function stem(path: string): string {
  return baseName(path).replace(/\.zst$/, '');
}

export function fileKey(provider: string, { device, inode, birthNs }: SourceRecord['stat']): string {
  return `${provider}\0${device}\0${inode}\0${birthNs}`;
}

function fileOf({ provider, stat }: FoundSource): string {
  return fileKey(provider.id, stat);
}

/** Each file under one of its names: the one it is known by, else the first. */
function onePerFile(found: readonly FoundSource[], known: ReadonlyMap<string, SourceRecord>): readonly FoundSource[] {
  const files = new Map<string, FoundSource>();
  for (const one of found) {
    const file = fileOf(one);
    const other = files.get(file);
    const isBetter = !other || (other.path !== known.get(file)?.path && isPreferred(one, other, known.get(file)));
    if (isBetter) files.set(file, one);
  }
  return [...files.values()];
}

function isPreferred(one: FoundSource, other: FoundSource, known: SourceRecord | undefined): boolean {
  return one.path === known?.path || one.path < other.path;
}

function freshId({ provider, stat }: FoundSource, taken: Set<string>, isUsed: (id: string) => boolean): string {
  let salt = 0;
  let id = sourceId(provider.id, stat);
  while (isUsed(id)) id = sourceId(provider.id, stat, ++salt);
  taken.add(id);
  return id;
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path.startsWith(`${root}/`));
}

/** Oldest first, by last change; equal ones by path. */
function inOrder(a: PlannedReading, b: PlannedReading): number {
  const [older, newer] = [BigInt(a.found.stat.modifiedNs), BigInt(b.found.stat.modifiedNs)];
  if (older !== newer) return older < newer ? -1 : 1;
  return a.found.path < b.found.path ? -1 : 1;
}

/** What readings of one family have in common. */
export function familyOf({ provider, match }: Pick<FoundSource, 'provider' | 'match'>): string {
  return `${provider.id}\0${match.family}`;
}

/** Readings that must follow one another, in order of file name; families in order of their oldest. */
export function byFamily(readings: readonly PlannedReading[]): readonly (readonly PlannedReading[])[] {
  const families = new Map<string, PlannedReading[]>();
  for (const reading of readings) {
    const key = familyOf(reading.found);
    const family = families.get(key);
    if (family) family.push(reading);
    else families.set(key, [reading]);
  }
  const inFamily = (a: PlannedReading, b: PlannedReading) => {
    const [first, second] = [baseName(a.found.path), baseName(b.found.path)];
    return first === second ? inOrder(a, b) : first < second ? -1 : 1;
  };
  return [...families.values()].map((family) => family.sort(inFamily));
}
