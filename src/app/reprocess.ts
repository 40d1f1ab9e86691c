/**
 * Deriving transcripts again after a decoder has learnt something. A session whose events come out the same is left as
 * it is; one that differs gets a new derivation in one step. Recordings never see any of it.
 */
import { hash } from 'node:crypto';
import type { KatoEvent } from '../core/event.ts';
import type { SessionKey } from '../core/session.ts';
import { isKept, type SourceRecord } from '../core/source.ts';
import { carriedOver, sharedSources } from '../ingest/carry-over.ts';
import type { SideFileContent } from '../ingest/collector.ts';
import { decodeFrame } from '../ingest/decode.ts';
import { relinkSessions } from '../ingest/link.ts';
import { placeIn } from '../ingest/recognise.ts';
import { cutsOf, type Rederivation, rederiveSource } from '../ingest/rederive.ts';
import type { Provider, SourceMatch } from '../providers/provider.ts';
import { contentAt, type EventPage, idAt, linesOf } from '../store/page.ts';
import { type Identity, sight } from '../store/sighting.ts';
import type { Batch, TranscriptStore } from '../store/store.ts';
import type { ReprocessReport } from './kato.ts';

export interface ReprocessContext {
  readonly store: TranscriptStore;
  readonly providers: readonly Provider[];
  readonly commandsIn?: Rederivation['commandsIn'];
}

/** Reprocesses the sources of one session, or of all. */
export async function reprocess(
  { store, providers, commandsIn }: ReprocessContext,
  key: SessionKey | undefined,
  onProgress?: (done: number, total: number) => void,
): Promise<ReprocessReport> {
  const sources = await store.sources();
  const shared = sharedSources(sources);
  const forgotten = new Set((await store.forgotten()).map(nameOf));
  const families = groupBySession(sources, key).filter((family) => !forgotten.has(nameOf(family.key)));
  let changed = 0;
  let events = 0;
  for (const [index, family] of families.entries()) {
    const prepared = (await prepare(store, providers, family.sources)).map((one) => ({ ...one, commandsIn }));
    if (prepared.length > 0 && (await differs(store, prepared, shared))) {
      const carried = await carriedOver(store, family.key, shared);
      const appended = await store.rederive(chain(batchesOf(store, prepared), carried));
      changed += 1;
      events += appended.events;
    }
    onProgress?.(index + 1, families.length);
  }
  // Also where nothing has changed: an earlier run may have been killed before it came to this.
  await relinkSessions(
    store,
    families.map((family) => family.key),
  );
  return { sessions: families.length, changed, events };
}

function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}

function* chain(...parts: readonly Iterable<Batch>[]): Generator<Batch> {
  for (const part of parts) yield* part;
}

interface Family {
  readonly key: SessionKey;
  readonly sources: readonly SourceRecord[];
}

/** Sources by the session they belong to, each group in order of file name, as they were first read. */
function groupBySession(sources: readonly SourceRecord[], key: SessionKey | undefined): Family[] {
  const groups = new Map<string, { readonly key: SessionKey; readonly sources: SourceRecord[] }>();
  for (const source of sources) {
    if (source.nativeId === undefined || source.checkpoint.endBytes === 0) continue;
    if (key && (source.provider !== key.provider || source.nativeId !== key.nativeId)) continue;
    const family = { provider: source.provider, nativeId: source.nativeId };
    const name = nameOf(family);
    const group = groups.get(name) ?? { key: family, sources: [] };
    group.sources.push(source);
    groups.set(name, group);
  }
  // Of a session that is not kept whole, the bytes that are there do not tell the whole.
  for (const one of sources) if (!isKept(one)) groups.delete(`${one.provider}\0${one.nativeId}`);
  const base = ({ path }: SourceRecord) => path.slice(path.lastIndexOf('/') + 1);
  const byName = (a: SourceRecord, b: SourceRecord) => Number(base(a) > base(b)) - Number(base(a) < base(b));
  return [...groups.values()].map((group) => ({ ...group, sources: group.sources.sort(byName) }));
}

async function prepare(
  store: TranscriptStore,
  providers: readonly Provider[],
  sources: readonly SourceRecord[],
): Promise<Rederivation[]> {
  const prepared: Rederivation[] = [];
  for (const record of sources) {
    const provider = providers.find(({ id }) => id === record.provider);
    const match = provider && matchOf(store, provider, record);
    if (!provider || !match) continue;
    const companions = await keptCompanions(store, record);
    const sideFiles = await keptSideFiles(store, record, provider, match);
    prepared.push({ record, provider, match, companions, sideFiles, expected: record.version });
  }
  return prepared;
}

/** How the source was read: by its path, or, for a file outside the layout, by its first record. */
function matchOf(store: TranscriptStore, provider: Provider, record: SourceRecord): SourceMatch | undefined {
  const place = placeIn(provider, record.path);
  if (place) return place.match;
  const name = record.path.slice(record.path.lastIndexOf('/') + 1);
  for (const frames of cutsOf(store.raw(record.id))) {
    const first = frames[0];
    if (first) return provider.recognise(first.value, name);
  }
  return undefined;
}

/** The small files that were read with the source, by the names that they had below the root of that time. */
async function keptCompanions(store: TranscriptStore, record: SourceRecord) {
  const companions = new Map<string, Uint8Array>();
  const key = { provider: record.provider, nativeId: record.nativeId ?? '' };
  for (const name of Object.keys(record.checkpoint.companions)) {
    const kept = await store.sideFile(key, `companion:${name}`);
    if (kept) companions.set(name, kept.content);
  }
  return companions;
}

/** The side files that the source's records name, as they were kept. */
async function keptSideFiles(store: TranscriptStore, record: SourceRecord, provider: Provider, match: SourceMatch) {
  const found = new Map<string, SideFileContent>();
  if (match.sideFolder === undefined) return found;
  const decoder = provider.createDecoder(match);
  let state = decoder.initial;
  for (const frames of cutsOf(store.raw(record.id))) {
    for (const { role, offset, bytes, value } of frames) {
      const decoded = decodeFrame(decoder, state, { role, offset, bytes, value }, record.nativeId ?? match.family);
      state = decoded.state;
      for (const { session, sideFile } of decoded.drafts) {
        const kept =
          sideFile === undefined
            ? undefined
            : await store.sideFile({ provider: provider.id, nativeId: session }, sideFile);
        if (kept)
          found.set(`${session}\0${sideFile}`, { text: Buffer.from(kept.content).toString('utf8'), blob: kept });
      }
    }
  }
  return found;
}

function* batchesOf(store: TranscriptStore, prepared: readonly Rederivation[]): Generator<Batch> {
  for (const one of prepared) yield* rederiveSource(store, one);
}

/** Whether any session would read differently: other events, other words, another origin, or another order. */
async function differs(
  store: TranscriptStore,
  prepared: readonly Rederivation[],
  shared: ReadonlyMap<string, SourceRecord>,
): Promise<boolean> {
  const fresh = new Map<string, { readonly key: SessionKey; readonly derivation: Derivation }>();
  for (const batch of batchesOf(store, prepared)) {
    const source = batch.source?.record;
    for (const { key, pages } of batch.sessions) {
      const name = `${key.provider}\0${key.nativeId}`;
      const session = fresh.get(name) ?? { key, derivation: new Derivation() };
      fresh.set(name, session);
      for (const page of pages) session.derivation.addPage(page, source?.id ?? '', source?.checkpoint.generation ?? 0);
    }
  }
  for (const { key, derivation } of fresh.values()) {
    if (!(await derivation.equals(storedEvents(store, key, shared)))) return true;
  }
  return false;
}

/** What a session has now, but for what is taken over as it is. */
async function* storedEvents(
  store: TranscriptStore,
  key: SessionKey,
  shared: ReadonlyMap<string, SourceRecord>,
): AsyncGenerator<KatoEvent> {
  for await (const page of store.read({ key, view: 'current' })) {
    for (const { event } of page) if (!shared.has(event.source.file ?? '')) yield event;
  }
}

/** The events of a session as a decoder gives them now: digests in order, repetitions skipped as a store skips them. */
class Derivation {
  readonly #identities = new Map<string, Identity>();
  readonly #events: { readonly digest: string; readonly origin: string }[] = [];

  addPage(page: EventPage, source: string, generation: number): void {
    const lines = linesOf(page);
    for (let index = 0; index < page.count; index++) {
      const id = Buffer.from(idAt(page, index)).toString('hex');
      const content = Buffer.from(contentAt(page, index)).toString('hex');
      const known = this.#identities.get(id);
      const seen = known && sight(known, content, source, generation);
      if (known && seen?.kind === 'known') {
        this.#identities.set(id, { ...known, source, generation, sighted: seen.sighted });
        continue;
      }
      const contents = [...(known?.contents ?? []), content];
      this.#identities.set(id, { contents, seqs: [], source, generation, sighted: contents.length - 1 });
      const event = JSON.parse(Buffer.from(lines[index] ?? []).toString('utf8'));
      this.#events.push({ digest: digestOf(event), origin: event.origin });
    }
  }

  /** A link may have made an event a copy since it was derived; then its origin says nothing. */
  async equals(stored: AsyncIterable<KatoEvent>): Promise<boolean> {
    let index = 0;
    for await (const event of stored) {
      const fresh = this.#events[index++];
      if (!fresh || fresh.digest !== digestOf(event)) return false;
      if (event.origin !== 'replayed' && event.origin !== fresh.origin) return false;
    }
    return index === this.#events.length;
  }
}

function digestOf({ id, kind, at, turnId, model, payload }: KatoEvent): string {
  return hash('sha256', JSON.stringify([id, kind, at, turnId, model, payload]), 'hex');
}
