/** The databases of agents as folders of row sets, in front of the file system and of its watcher. */
import { type DatabaseShapes, rowSetSession } from '../core/agent-database.ts';
import type { DirectoryEntry, FolderWatcher, SourceFiles, WatchOptions } from '../core/ports.ts';
import { RowSets } from './row-sets.ts';

/** What a writer changes of a database, beside the file itself; not its index, which says nothing more. */
const COMPANION = /-(?:wal|journal)$/;

export interface DatabaseFolders {
  readonly files: SourceFiles;
  /** A watcher that tells of row sets where this one tells of a database. */
  watching(watcher: FolderWatcher): FolderWatcher;
}

export function openDatabaseFolders(files: SourceFiles, shapes: DatabaseShapes): DatabaseFolders {
  const databases = new Map<string, RowSets>();

  /** The database at this path; absent when there is none. */
  function databaseAt(path: string): RowSets | undefined {
    const name = nameOf(path);
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (!shape || !files.stat(path)) return undefined;
    const target = files.realPath(path) ?? path; // What SQLite keeps beside a database lies where links lead to.
    const database = databases.get(target) ?? new RowSets(target, shape, (one) => files.stat(one));
    databases.set(target, database);
    return database;
  }

  /** The database that a path leads into, and the session there. */
  function rowSetAt(path: string) {
    const session = rowSetSession(nameOf(path));
    const database = session === undefined ? undefined : databaseAt(folderOf(path));
    return session !== undefined && database ? { database, session } : undefined;
  }

  const asFolder = (entry: DirectoryEntry): DirectoryEntry =>
    entry.kind === 'file' && Object.hasOwn(shapes, entry.name) ? { ...entry, kind: 'directory' } : entry;

  return {
    files: {
      list(folder) {
        const database = databaseAt(folder);
        if (!database) return files.list(folder).map(asFolder);
        return database.list().map((name) => ({ name, kind: 'file' }));
      },
      entriesChangedNs(folder) {
        const database = databaseAt(folder);
        return database ? database.cameNs() : files.entriesChangedNs(folder);
      },
      stat(path) {
        const found = rowSetAt(path);
        if (found) return found.database.stat(nameOf(path));
        return databaseAt(path) ? undefined : files.stat(path);
      },
      realPath(path) {
        const folder = rowSetAt(path) && files.realPath(folderOf(path));
        return folder === undefined ? files.realPath(path) : `${folder}/${nameOf(path)}`;
      },
      open: (path) => (databaseAt(path) ? undefined : files.open(path)),
      openRows(path) {
        const found = rowSetAt(path);
        return found?.database.open(found.session);
      },
    },
    watching: (watcher) => ({
      watch(folder, { enters, onEvent }) {
        const tell = (event: Parameters<WatchOptions['onEvent']>[0]) => {
          const told = event.kind === 'changed' ? event.path.replace(COMPANION, '') : '';
          const database = databaseAt(`${folder}/${told}`);
          if (!database) onEvent(event);
          else for (const name of newsOf(database)) onEvent({ kind: 'changed', path: `${told}/${name}` });
        };
        return watcher.watch(folder, { enters, onEvent: tell });
      },
    }),
  };
}

/** A database that cannot be read now is looked at by the next sweep, which reports it. */
function newsOf(database: RowSets): readonly string[] {
  try {
    return database.news();
  } catch {
    return [];
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
