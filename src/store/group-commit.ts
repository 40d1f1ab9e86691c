/**
 * Many appends, one fsync: callers that append within a short window share one transaction of the store below. The first
 * one after a pause does not wait for the others: the window begins with its commit.
 *
 * Each caller's promise still resolves only when its own batches are durable. When the shared transaction is refused,
 * nothing of it was stored, so each caller's batches are tried again by themselves: one caller's refusal is not another's.
 */
import type { Appended, Batch, TranscriptStore } from './store.ts';

export interface GroupCommitOptions {
  /** The least time between two commits. When it is over, an append waits only for what comes in the same turn. */
  readonly windowMs: number;
  /** Waiting bytes from which on nothing waits any longer. */
  readonly maxBytes: number;
}

interface Waiting {
  readonly batches: readonly Batch[];
  readonly resolve: (appended: readonly Appended[]) => void;
  readonly reject: (error: unknown) => void;
}

export function withGroupCommit(store: TranscriptStore, { windowMs, maxBytes }: GroupCommitOptions): TranscriptStore {
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let committedMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> = Promise.resolve();

  function append(batches: readonly Batch[]): Promise<readonly Appended[]> {
    return new Promise((resolve, reject) => {
      waiting.push({ batches, resolve, reject });
      waitingBytes += batches.reduce((sum, batch) => sum + sizeOf(batch), 0);
      if (waitingBytes >= maxBytes) void commit();
      else timer ??= setTimeout(commit, Math.max(0, committedMs + windowMs - performance.now()));
    });
  }

  /** Starts to store what waits, after what is being stored; resolves when that is done, whatever came of it. */
  function commit(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const group = waiting;
    waiting = [];
    waitingBytes = 0;
    running = running.then(() => {
      const storing = storeGroup(store, group);
      committedMs = performance.now(); // Before anybody is told, and appends again.
      return storing;
    });
    return running;
  }

  return {
    append,
    async rederive(batches) {
      await commit();
      return store.rederive(batches);
    },
    async forget(...keys) {
      await commit();
      return store.forget(...keys);
    },
    async drop(...keys) {
      await commit();
      return store.drop(...keys);
    },
    async close() {
      await commit();
      return store.close();
    },
    read: (query) => store.read(query),
    pick: (key, seqs) => store.pick(key, seqs),
    head: () => store.head(),
    sessions: () => store.sessions(),
    session: (key) => store.session(key),
    sessionsByHead: (provider, head) => store.sessionsByHead(provider, head),
    knownRecords: (key, records) => store.knownRecords(key, records),
    links: () => store.links(),
    sources: () => store.sources(),
    source: (id) => store.source(id),
    raw: (source) => store.raw(source),
    quarantined: (source) => store.quarantined(source),
    diagnostics: () => store.diagnostics(),
    blob: (sha256) => store.blob(sha256),
    sideFile: (key, name) => store.sideFile(key, name),
    offset: (consumer) => store.offset(consumer),
    offsets: (prefix) => store.offsets(prefix),
    forgotten: () => store.forgotten(),
    stats: () => store.stats(),
    verify: () => store.verify(),
  };
}

async function storeGroup(store: TranscriptStore, group: readonly Waiting[]): Promise<void> {
  if (group.length === 0) return;
  try {
    const appended = await store.append(group.flatMap(({ batches }) => batches));
    let from = 0;
    for (const { batches, resolve } of group) {
      resolve(appended.slice(from, from + batches.length));
      from += batches.length;
    }
  } catch (error) {
    if (group.length === 1) group[0]?.reject(error);
    else for (const one of group) await storeGroup(store, [one]);
  }
}

function sizeOf({ sessions, raw }: Batch): number {
  const events = sessions.flatMap(({ pages }) => pages).reduce((sum, { body }) => sum + body.length, 0);
  return raw.reduce((sum, { data }) => sum + data.length, events);
}
