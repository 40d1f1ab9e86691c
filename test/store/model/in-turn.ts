/** Several instances of one store, that are asked in turn: each must know what the others have done. */
import type { TranscriptStore } from '../../../src/store/store.ts';

export function inTurn(stores: readonly TranscriptStore[]): TranscriptStore {
  let turn = 0;
  const next = () => stores[turn++ % stores.length] as TranscriptStore; // There is one at every index below the length.
  return {
    append: (batches) => next().append(batches),
    rederive: (batches) => next().rederive(batches),
    forget: (...keys) => next().forget(...keys),
    drop: (...keys) => next().drop(...keys),
    read: (query) => next().read(query),
    raw: (source) => next().raw(source),
    verify: () => next().verify(),
    pick: (key, seqs) => next().pick(key, seqs),
    head: () => next().head(),
    sessions: () => next().sessions(),
    session: (key) => next().session(key),
    sessionsByHead: (provider, head) => next().sessionsByHead(provider, head),
    knownRecords: (key, records) => next().knownRecords(key, records),
    links: () => next().links(),
    sources: () => next().sources(),
    source: (id) => next().source(id),
    quarantined: (source) => next().quarantined(source),
    diagnostics: () => next().diagnostics(),
    blob: (sha256) => next().blob(sha256),
    sideFile: (key, name) => next().sideFile(key, name),
    offset: (consumer) => next().offset(consumer),
    offsets: (prefix) => next().offsets(prefix),
    forgotten: () => next().forgotten(),
    stats: () => next().stats(),
    async close() {
      for (const store of stores) await store.close();
    },
  };
}
