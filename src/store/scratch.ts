/**
 * A store for sessions that are read without being kept.
 *
 * Small ones are held in memory. Large ones need a file: it lies in a folder of its own below kato's home, for nobody
 * else to read, and goes with the folder when the store is closed. A process that is killed leaves its folder behind;
 * one that starts a day later or more takes it away.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TranscriptStore } from './store.ts';

/** How the names of such folders begin: whoever makes one for a moment may be killed as well. */
export const SCRATCH_PREFIX = 'scratch-';
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;
/** In memory a session takes several times the bytes of its source. */
const MOST_IN_MEMORY_BYTES = 8 * 1024 * 1024;

/** Opens an empty store for sources of this many bytes; `openIn` makes one that needs files, in a folder for it alone. */
export async function openScratchStore(
  home: string,
  sourceBytes: number,
  openIn: (folder: string) => TranscriptStore,
): Promise<TranscriptStore> {
  if (sourceBytes >= MOST_IN_MEMORY_BYTES) return openOnDisk(home, openIn);
  const { createMemoryStore } = await import('./memory.ts');
  return createMemoryStore();
}

function openOnDisk(home: string, openIn: (folder: string) => TranscriptStore): TranscriptStore {
  const folder = mkdtempSync(join(home, SCRATCH_PREFIX)); // Its mode is 0700.
  const remove = () => {
    process.off('exit', remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.on('exit', remove); // A reader that goes away ends the process before anything is closed.
  try {
    const store = openIn(folder);
    return { ...store, close: () => store.close().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Removes what killed processes left. What cannot be removed now is tried again by the next process. */
export function removeStaleScratch(home: string, nowMs: number): void {
  for (const name of readdirSync(home).filter((entry) => entry.startsWith(SCRATCH_PREFIX))) {
    try {
      const folder = join(home, name);
      if (nowMs - statSync(folder).mtimeMs > STALE_AFTER_MS) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another process has removed it, or it is not ours to remove: nothing of the user's depends on it.
    }
  }
}
