/**
 * Watching folders with Node's `fs.watch`: one watch a folder, for all files in it.
 *
 * Not `recursive`: when the system runs out of watches for a folder that is made later, Node 26 throws from inside its
 * own listener, where nobody can catch it, and Node 24 takes a watch for each file. Here every watch is asked for where
 * its failure can be told.
 *
 * A folder that is new is watched first and told afterwards: what was put into it meanwhile is found by whoever then
 * looks into it. A folder is known by its inode and birth, because one that was removed and made again has the same name and a
 * dead watch. When the kernel's queue overflows, nobody is told: events get lost in silence.
 */
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { systemCode } from '../core/errors.ts';
import type { FolderWatcher, WatchOptions } from '../core/ports.ts';

export type WatchFolder = (path: string, listener: (event: string, name: string | null) => void) => FSWatcher;

/** `watchFolder` watches one folder alone; tests put one there that fails. */
export function createNodeWatcher(watchFolder: WatchFolder = watch): FolderWatcher {
  return {
    watch(folder, options) {
      const tree = new WatchedTree(folder, options, watchFolder);
      tree.open();
      return tree;
    },
  };
}

interface WatchedFolder {
  readonly identity: string;
  readonly watcher: FSWatcher;
}

class WatchedTree {
  readonly #root: string;
  readonly #options: WatchOptions;
  readonly #watchFolder: WatchFolder;
  /** By path relative to the root. */
  readonly #folders = new Map<string, WatchedFolder>();
  #isClosed = false;

  constructor(root: string, options: WatchOptions, watchFolder: WatchFolder) {
    this.#root = root;
    this.#options = options;
    this.#watchFolder = watchFolder;
  }

  open(): void {
    try {
      if (!this.#enter('')) throw Object.assign(new Error(`ENOENT: no folder at ${this.#root}`), { code: 'ENOENT' });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** Watches a folder and those below it. False when it is not there, or is none. Throws when there are no watches left. */
  #enter(folder: string): boolean {
    const path = this.#pathOf(folder);
    const identity = identityOf(path);
    if (identity === undefined) return false;
    if (this.#folders.get(folder)?.identity !== identity) {
      this.#leave(folder);
      try {
        this.#add(folder, path, identity);
      } catch (error) {
        if (folder === '' || !isOfOneFolder(error)) throw error;
        return true; // It may not be read, or has just gone: only a sweep can tell.
      }
    }
    for (const name of foldersIn(path)) {
      const below = folder === '' ? name : `${folder}/${name}`;
      if (this.#options.enters(below)) this.#enter(below);
    }
    return true;
  }

  #add(folder: string, path: string, identity: string): void {
    const watcher = this.#watchFolder(path, (event, name) => this.#hear(folder, event, name));
    watcher.on('error', (error) => this.#fail(systemCode(error) ?? 'unknown'));
    this.#folders.set(folder, { identity, watcher });
  }

  #leave(folder: string): void {
    for (const [path, { watcher }] of this.#folders) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      watcher.close();
      this.#folders.delete(path);
    }
  }

  #hear(folder: string, event: string, name: string | null): void {
    if (this.#isClosed) return;
    if (event === 'rename' && identityOf(this.#root) !== this.#folders.get('')?.identity) {
      this.#fail('ENOENT');
      return;
    }
    if (name === null) return;
    const path = folder === '' ? name : `${folder}/${name}`;
    const isFolder = this.#folders.has(path);
    if (event === 'change' && isFolder) return; // Its mode or its times; what is in it is told by its own watch.
    if (event === 'rename' && (isFolder || this.#options.enters(path)) && !this.#follow(path, isFolder)) return;
    this.#options.onEvent({ kind: 'changed', path });
  }

  /** Goes after a folder that has come or gone. False when that ended the watch. */
  #follow(path: string, isKnown: boolean): boolean {
    try {
      if (!this.#enter(path) && isKnown) this.#leave(path);
      return true;
    } catch (error) {
      this.#fail(systemCode(error) ?? 'unknown');
      return false;
    }
  }

  #fail(code: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#options.onEvent({ kind: 'lost', code });
  }

  #pathOf(folder: string): string {
    return folder === '' ? this.#root : `${this.#root}/${folder}`;
  }
}

/** Which folder it is; absent for anything else. */
function identityOf(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false }); // Asked each second of roots that are not there.
    return stats?.isDirectory() ? `${stats.dev}:${stats.ino}:${stats.birthtimeNs}` : undefined;
  } catch {
    return undefined; // Gone, or out of reach: either way there is nothing to watch.
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return []; // It may not be read: a sweep reports that.
  }
}

/** Whether a failure concerns one folder and not the system's supply of watches. */
function isOfOneFolder(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'EPERM' || code === 'ELOOP';
}
