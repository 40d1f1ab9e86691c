/**
 * The sweep: one look at every file below the roots, in short slices. It is the truth; the watcher is only a hint.
 *
 *     every second           files that were active in the last ten minutes
 *     every five seconds     the folders they lie in, for new files
 *     every thirty seconds   everything
 */
import type { FoundSource, ProviderRoot, Unreadable } from '../discovery.ts';
import { walk } from '../discovery.ts';
import { familyOf } from '../plan.ts';
import { inSlices } from '../turns.ts';
import type { FamilyQueue } from './family-queue.ts';
import { isNoted, type KnownSource, type KnownSources } from './known-sources.ts';
import type { Looker } from './looker.ts';
import type { NotedFiles } from './noted-files.ts';
import { type LiveOptions, locate, modifiedMs } from './parts.ts';
import type { Sightings } from './sightings.ts';

const ACTIVE_MS = 600_000;
/** A folder that changed so lately may change again without its time's telling: file systems count in up to two seconds. */
const SETTLED_MS = 2_000;

/** What one look below a root has found: files with news, and known ones that were not where they had been. */
interface Survey {
  readonly news: readonly FoundSource[];
  readonly lost: readonly KnownSource[];
}

export interface SurveyorParts {
  readonly options: LiveOptions;
  readonly known: KnownSources;
  readonly looker: Looker;
  readonly noted: NotedFiles;
  readonly sightings: Sightings;
  readonly queue: FamilyQueue;
  readonly isStopped: () => boolean;
}

export class Surveyor {
  readonly #parts: SurveyorParts;
  /** Until when a file counts as active, in monotonic milliseconds. */
  readonly #active = new Map<string, number>();
  /** By folder: when its entries had last changed at the last look, once that could be told from a later change. */
  readonly #settled = new Map<string, string>();
  readonly #unreadable = new Map<string, readonly Unreadable[]>();
  #sweeping: Promise<void> = Promise.resolve();

  constructor(parts: SurveyorParts) {
    this.#parts = parts;
  }

  get active(): Iterable<string> {
    return this.#active.keys();
  }

  /** Folders that could not be looked into in the last sweep. */
  get unreadable(): readonly Unreadable[] {
    return [...this.#unreadable.values()].flat();
  }

  setActive(path: string): void {
    this.#active.set(path, this.#parts.options.clock.monotonicMs() + ACTIVE_MS);
  }

  /** Looks at everything below these roots, one sweep at a time; resolves when all news is queued. */
  sweep(roots: readonly ProviderRoot[]): Promise<void> {
    const sweep = async () => {
      const surveys: Survey[] = [];
      for (const root of roots) if (!this.#parts.isStopped()) surveys.push(await this.#sweepRoot(root));
      if (this.#parts.isStopped()) return;
      // Together: the files of a family may lie below several roots, and be moved from one to another.
      await this.#queueNews(surveys.flatMap(({ news }) => news));
      for (const { lost } of surveys) for (const source of lost) this.#queueKnown(source);
    };
    this.#sweeping = this.#sweeping.catch(() => {}).then(sweep);
    return this.#sweeping;
  }

  /** Resolves when no sweep is under way, whatever came of it. */
  async idle(): Promise<void> {
    await this.#sweeping.catch(() => {});
  }

  /** Looks at one path below a root, of which something was told. */
  look(root: ProviderRoot, relative: string): void {
    const { provider, path: rootPath } = root;
    const { files, clock } = this.#parts.options;
    const path = `${rootPath}/${relative}`;
    const match = provider.match(relative);
    const nowMs = Date.parse(clock.now());
    if (match) this.#add({ provider, path, match }, nowMs);
    if (match || !provider.mayContain(relative)) return;
    for (const found of walk(files, root, relative).steps) if (found) this.#queueIfNews(found);
    for (const source of this.#parts.known.all()) {
      if (source.path.startsWith(`${path}/`)) this.#queueKnown(source);
    }
  }

  /** One look at each active file. */
  checkActive(): void {
    const { clock, files, roots } = this.#parts.options;
    const nowMs = clock.monotonicMs();
    for (const [path, untilMs] of this.#active) {
      if (untilMs < nowMs) this.#active.delete(path);
      const located = locate(roots, path);
      const stat = located && attempt(() => files.stat(path));
      if (located && stat) this.#queueIfNews({ ...located, stat });
      else if (located) this.#add(located, 0);
      if (!stat) this.#active.delete(path);
    }
  }

  /** New files in the folders of active ones. */
  checkActiveFolders(): void {
    const { files, roots } = this.#parts.options;
    const folders = new Set([...this.#active.keys()].map((path) => path.slice(0, path.lastIndexOf('/'))));
    for (const folder of this.#settled.keys()) if (!folders.has(folder)) this.#settled.delete(folder);
    for (const folder of folders) {
      if (!this.#mayHaveNew(folder)) continue;
      for (const { name } of attempt(() => files.list(folder)) ?? []) {
        const path = `${folder}/${name}`;
        const located = locate(roots, path);
        if (!located || this.#parts.known.at(located.provider.id, path)) continue;
        const stat = attempt(() => files.stat(path));
        if (stat) this.#queueIfNews({ ...located, stat });
      }
    }
  }

  /** Whether entries may have come since the last look, for which the folder's own time is enough to see. */
  #mayHaveNew(folder: string): boolean {
    const { clock, files } = this.#parts.options;
    const changedNs = attempt(() => files.entriesChangedNs(folder));
    if (changedNs !== undefined && this.#settled.get(folder) === changedNs) return false;
    const isSettled = changedNs !== undefined && Number(changedNs) / 1e6 < Date.parse(clock.now()) - SETTLED_MS;
    if (isSettled) this.#settled.set(folder, changedNs);
    else this.#settled.delete(folder);
    return true;
  }

  async #sweepRoot(root: ProviderRoot): Promise<Survey> {
    const { options, looker, sightings, known, isStopped } = this.#parts;
    const isFirst = !sightings.isSurveyed(root.path);
    const seen = new Set<string>();
    const news: FoundSource[] = [];
    const { steps, unreadable } = walk(options.files, root);
    await inSlices(steps, options.clock, isStopped, (found) => {
      if (!found) return;
      seen.add(found.path);
      if (isFirst) this.#noteActivity(found);
      if (!looker.isNews(found)) return;
      sightings.see(found, known.at(found.provider.id, found.path));
      news.push(found);
    });
    if (isStopped()) return { news: [], lost: [] };
    this.#tellUnreadable(root.path, unreadable);
    sightings.endSurvey(root.path);
    const isBelow = ({ path }: KnownSource) => path.startsWith(`${root.path}/`);
    return { news, lost: [...known.all()].filter((source) => !seen.has(source.path) && isBelow(source)) };
  }

  #noteActivity({ path, stat }: FoundSource): void {
    if (modifiedMs(stat) > Date.parse(this.#parts.options.clock.now()) - ACTIVE_MS) this.setActive(path);
  }

  /** Old files of families without news are noted in bulk; all others wait for their turn, the oldest that are new first. */
  async #queueNews(news: readonly FoundSource[]): Promise<void> {
    const { noted } = this.#parts;
    const families = [...Map.groupBy(news, familyOf).values()];
    const [old, due] = partition(families, (found) => found.every((one) => noted.isOld(one)));
    const [known, fresh] = partition(due, (found) => found.some((one) => this.#isRead(one)));
    for (const found of [...known, ...fresh.sort(byBirth)]) {
      for (const one of found) this.#add(one, modifiedMs(one.stat));
    }
    await noted.note(old.flat());
  }

  #queueIfNews(found: FoundSource): void {
    if (this.#parts.looker.isNews(found)) this.#add(found, modifiedMs(found.stat));
  }

  /**
   * What was never read may be a copy of something in its folder that has news too, and not say so. It is read behind all
   * there that was told of before, so that what is in both is heard where it was written first.
   */
  #add(one: Pick<FoundSource, 'provider' | 'path' | 'match'>, newestMs: number): void {
    void this.#parts.queue.add(familyOf(one), one.path, newestMs, this.#isRead(one) ? 'any' : 'last');
  }

  #isRead({ provider, path }: Pick<FoundSource, 'provider' | 'path'>): boolean {
    const source = this.#parts.known.at(provider.id, path);
    return source !== undefined && !isNoted(source);
  }

  /** A known source that was not found where it was. */
  #queueKnown({ path, gone }: KnownSource): void {
    const located = gone ? undefined : locate(this.#parts.options.roots, path);
    if (located) this.#add(located, 0);
  }

  #tellUnreadable(root: string, unreadable: readonly Unreadable[]): void {
    const before = this.#unreadable.get(root) ?? [];
    for (const { path, code } of unreadable) {
      if (before.some((one) => one.path === path && one.code === code)) continue;
      this.#parts.options.log.log('warn', 'unreadable', { path, code });
    }
    this.#unreadable.set(root, [...unreadable]);
  }
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): readonly [T[], T[]] {
  const { yes = [], no = [] } = Object.groupBy(all, (one) => (test(one) ? 'yes' : 'no'));
  return [yes, no];
}

function byBirth(a: readonly FoundSource[], b: readonly FoundSource[]): number {
  const [first, second] = [birthOf(a), birthOf(b)];
  return first === second ? 0 : first < second ? -1 : 1;
}

function birthOf(found: readonly FoundSource[]): bigint {
  return found.map(({ stat }) => BigInt(stat.birthNs)).reduce((a, b) => (a < b ? a : b));
}

/** What cannot be looked at now is left to the next sweep, which reports it. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
