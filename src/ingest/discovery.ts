/**
 * Which files below the roots belong to a provider. A walk over folders with one look at each file that may matter;
 * nothing is opened. Links are followed only inside their root. What cannot be read is reported, never fatal.
 */
import { systemCode } from '../core/errors.ts';
import type { DirectoryEntry, SourceFiles } from '../core/ports.ts';
import type { FileStat } from '../core/source.ts';
import type { Provider, SourceMatch } from '../providers/provider.ts';

export interface ProviderRoot {
  readonly provider: Provider;
  /** An absolute path. It need not exist. */
  readonly path: string;
}

export interface FoundSource {
  readonly provider: Provider;
  readonly root: string;
  readonly path: string;
  readonly match: SourceMatch;
  readonly stat: FileStat;
  /** True when it lies outside the provider's layout. */
  readonly isLoose?: boolean;
}

export interface Unreadable {
  readonly path: string;
  readonly code: string;
}

export interface Discovery {
  readonly found: readonly FoundSource[];
  readonly unreadable: readonly Unreadable[];
  /** Files that were looked at. */
  readonly filesExamined: number;
}

/** Deeper nests of links are not followed. */
const LINK_DEPTH = 8;

export function discover(files: SourceFiles, roots: readonly ProviderRoot[]): Discovery {
  const walks = roots.map((root) => new Walk(files, root));
  const found = walks.flatMap((walk) => [...walk.run()].filter((one) => one !== undefined));
  return {
    found: withoutTwins(found),
    unreadable: walks.flatMap(({ unreadable }) => unreadable),
    filesExamined: walks.reduce((sum, { filesExamined }) => sum + filesExamined, 0),
  };
}

/** A walk that can be interrupted: yields what it finds, and nothing for each folder that it enters. */
export function walk(
  files: SourceFiles,
  root: ProviderRoot,
  folder = '',
): { readonly steps: Generator<FoundSource | undefined>; readonly unreadable: readonly Unreadable[] } {
  const one = new Walk(files, root);
  return { steps: one.run(folder), unreadable: one.unreadable };
}

/** A file whose content another one holds as well is left out. */
function withoutTwins(found: readonly FoundSource[]): FoundSource[] {
  const paths = new Set(found.map(({ path }) => path));
  return found.filter(({ root, match }) => match.twin === undefined || !paths.has(`${root}/${match.twin}`));
}

class Walk {
  readonly unreadable: Unreadable[] = [];
  filesExamined = 0;
  readonly #files: SourceFiles;
  readonly #provider: Provider;
  readonly #root: string;

  constructor(files: SourceFiles, { provider, path }: ProviderRoot) {
    this.#files = files;
    this.#provider = provider;
    this.#root = path;
  }

  run(folder = ''): Generator<FoundSource | undefined> {
    return this.#folder(folder, 0);
  }

  *#folder(relative: string, links: number): Generator<FoundSource | undefined> {
    yield undefined;
    const folder = relative === '' ? this.#root : `${this.#root}/${relative}`;
    const entries = this.#attempt(folder, () => this.#files.list(folder)) ?? [];
    for (const entry of entries) {
      yield* this.#entry(entry, relative === '' ? entry.name : `${relative}/${entry.name}`, links);
    }
  }

  *#entry({ kind }: DirectoryEntry, relative: string, links: number): Generator<FoundSource | undefined> {
    if (kind === 'file') yield* this.#file(relative);
    else if (kind === 'directory' && this.#provider.mayContain(relative)) yield* this.#folder(relative, links);
    else if (kind === 'link' && links < LINK_DEPTH) yield* this.#link(relative, links);
  }

  *#file(relative: string): Generator<FoundSource> {
    const match = this.#provider.match(relative);
    if (!match) return;
    const path = `${this.#root}/${relative}`;
    this.filesExamined += 1;
    const stat = this.#attempt(path, () => this.#files.stat(path));
    if (stat) yield { provider: this.#provider, root: this.#root, path, match, stat };
  }

  *#link(relative: string, links: number): Generator<FoundSource | undefined> {
    const path = `${this.#root}/${relative}`;
    const target = this.#attempt(path, () => this.#files.realPath(path));
    const root = this.#attempt(this.#root, () => this.#files.realPath(this.#root));
    if (target === undefined || root === undefined || !`${target}/`.startsWith(`${root}/`)) return;
    if (this.#provider.match(relative)) yield* this.#file(relative);
    else if (this.#provider.mayContain(relative) && !`${path}/`.startsWith(`${target}/`))
      yield* this.#folder(relative, links + 1);
  }

  #attempt<T>(path: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.unreadable.push({ path, code: systemCode(error) ?? 'unknown' });
      return undefined;
    }
  }
}
