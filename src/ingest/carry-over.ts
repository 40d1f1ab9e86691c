/**
 * Events of a session that no kept bytes can give again: those from sources that many sessions share, such as an index of
 * titles. A new derivation takes them over as they are.
 */
import type { KatoEvent } from '../core/event.ts';
import { contentHash } from '../core/identity.ts';
import type { SessionKey } from '../core/session.ts';
import type { SourceRecord } from '../core/source.ts';
import type { Draft } from '../providers/provider.ts';
import { PageBuilder } from '../store/page.ts';
import { type Batch, emptyBatch, type TranscriptStore } from '../store/store.ts';
import { FactsFolder } from './facts.ts';

/** The sources whose bytes are not kept, by id. */
export function sharedSources(sources: readonly SourceRecord[]): ReadonlyMap<string, SourceRecord> {
  return new Map(sources.filter(({ nativeId }) => nativeId === undefined).map((record) => [record.id, record]));
}

/** What a session has from shared sources, as batches that say it again: one a source. */
export async function carriedOver(
  store: TranscriptStore,
  key: SessionKey,
  shared: ReadonlyMap<string, SourceRecord>,
): Promise<readonly Batch[]> {
  const bySource = new Map<string, KatoEvent[]>();
  if (shared.size === 0) return [];
  for await (const page of store.read({ key, view: 'current' })) {
    for (const { event } of page) {
      const { file } = event.source;
      if (file !== undefined && shared.has(file)) bySource.set(file, [...(bySource.get(file) ?? []), event]);
    }
  }
  const batches: Batch[] = [];
  for (const [id, events] of bySource) {
    const record = await store.source(id); // As it is now: an earlier session of this run may have moved it.
    if (record) batches.push(batchOf(key, events, record));
  }
  return batches;
}

function batchOf(key: SessionKey, events: readonly KatoEvent[], record: SourceRecord): Batch {
  const builder = new PageBuilder();
  const facts = new FactsFolder();
  for (const event of events) {
    const payload = JSON.stringify(event.payload);
    builder.add(event.id, contentHash(event.kind, event.model, payload), bodyOf(event));
    facts.add({
      ...event,
      session: key.nativeId,
      part: event.source.part,
      type: event.source.type,
    } as unknown as Draft);
  }
  const part = { key, facts: facts.take(), pages: [builder.build(false)], blobs: [], sideFiles: [] };
  return { ...emptyBatch, cause: 'reprocess', sessions: [part], source: { record, expected: record.version } };
}

/** An event as pages hold it: without what the store adds. */
function bodyOf({ v: _, seq: __, session: ___, revises: ____, source, ...body }: KatoEvent): string {
  const { file: _____, generation: ______, ...place } = source;
  const { payload, ...head } = body;
  return JSON.stringify({ ...head, source: place, payload });
}
