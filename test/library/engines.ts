/** The engines over which the laws of `kato/store` must hold. */
import { openLogStore } from '../../src/store/log.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../src/store/store.ts';

export interface Engine {
  /** Opens the store that lies in this folder, or a new one. */
  readonly open: (folder: string) => TranscriptStore;
  /** False for an engine whose data is gone when it is closed. */
  readonly keepsData: boolean;
}

export const engines: Readonly<Record<string, Engine>> = {
  memory: { open: createMemoryStore, keepsData: false },
  log: { open: (folder) => openLogStore(`${folder}/transcripts`), keepsData: true },
  SQLite: { open: (folder) => openSqliteStore(`${folder}/kato.db`), keepsData: true },
};

/** Those that keep their data, for what is about several processes. */
export const lastingEngines = Object.keys(engines).filter((name) => engines[name]?.keepsData);

export function openEngine(name: string, folder: string): TranscriptStore {
  const engine = engines[name];
  if (!engine) throw new Error(`no engine ${name}`);
  return engine.open(folder);
}
