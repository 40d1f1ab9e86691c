/** The lock of a home where SQLite has none: names that belong to a process, and the question whether they are needed. */
import type { SpareLock } from './daemon/lockfile.ts';
import { processNames } from './store/log/lock.ts';
import { whyNoSqlite } from './store/sqlite/probe.ts';

/** What SQLite can do in a folder does not change while a process lives. */
const needed = new Map<string, boolean>();

export const spareLock: SpareLock = {
  ...processNames,
  isNeeded(folder) {
    const known = needed.get(folder) ?? whyNoSqlite(folder) !== undefined;
    needed.set(folder, known);
    return known;
  },
};
