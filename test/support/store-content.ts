/** Everything that a store holds, as one JSON value: for comparing stores, and for expectations in files. */
import type { SessionKey } from '../../src/core/session.ts';
import type { StoredEvent, TranscriptStore } from '../../src/store/store.ts';

export async function describeContent(store: TranscriptStore) {
  const sources = await store.sources();
  const sessions = await store.sessions();
  const { rawStoredBytes, eventStoredBytes, blobBytes, ...stats } = await store.stats();
  return {
    head: await store.head(),
    sessions,
    current: await eventsOf(store, 'current'),
    written: await eventsOf(store, 'written'),
    links: await store.links(),
    sources: await Promise.all(sources.map(async (source) => ({ ...source, ...(await bytesOf(store, source.id)) }))),
    diagnostics: await store.diagnostics(),
    sideFiles: await Promise.all(sessions.map(({ key }) => sideFileOf(store, key))),
    offset: await store.offset('search'),
    forgotten: await store.forgotten(),
    stats,
  };
}

async function eventsOf(store: TranscriptStore, view: 'current' | 'written'): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of store.read({ view })) events.push(...page);
  return events;
}

async function bytesOf(store: TranscriptStore, source: string) {
  const raw = Buffer.concat([...store.raw(source)].map(({ data }) => data)).toString('latin1');
  return { raw, quarantined: await store.quarantined(source) };
}

async function sideFileOf(store: TranscriptStore, key: SessionKey): Promise<string | undefined> {
  const file = await store.sideFile(key, 'out.txt');
  return file && Buffer.from(file.content).toString('utf8');
}
