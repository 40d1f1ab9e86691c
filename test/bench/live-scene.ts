/** Live ingest as the daemon would run it, for measuring: a real store behind group commit, a real watcher. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createLiveIngest, type LiveIngest } from '../../src/ingest/live.ts';
import { systemClock, systemTimers } from '../../src/platform/clock.ts';
import { nodeFiles } from '../../src/platform/node-files.ts';
import { createNodeWatcher } from '../../src/platform/node-watch.ts';
import { claudeCode } from '../../src/providers/claude-code/index.ts';
import { commandPayloads } from '../../src/record/commands.ts';
import { withGroupCommit } from '../../src/store/group-commit.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../src/store/store.ts';

export interface LiveScene {
  readonly root: string;
  readonly store: TranscriptStore;
  readonly live: LiveIngest;
  /** Resolves when something of this session is announced after now. */
  taken(session: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a store in the folder; sessions lie in `agents` below it. */
export function openScene(folder: string, windowMs: number): LiveScene {
  const root = join(folder, 'agents');
  mkdirSync(root, { recursive: true });
  const store = withGroupCommit(openSqliteStore(join(folder, 'kato.db')), { windowMs, maxBytes: 4 << 20 });
  const waiting = new Map<string, () => void>();
  const live = createLiveIngest({
    store,
    files: nodeFiles,
    watcher: createNodeWatcher(),
    clock: systemClock,
    timers: systemTimers,
    log: { log: () => {} },
    roots: [{ provider: claudeCode, path: root, keep: true }],
    commandsIn: (text) => commandPayloads(text, { prefix: '' }),
    isKept: () => false,
    onTaken: (keys) => {
      for (const { nativeId } of keys) {
        waiting.get(nativeId)?.();
        waiting.delete(nativeId);
      }
    },
  });
  return {
    root,
    store,
    live,
    taken: (session) => new Promise((resolve) => waiting.set(session, resolve)),
    async close() {
      await live.stop();
      await store.close();
    },
  };
}
