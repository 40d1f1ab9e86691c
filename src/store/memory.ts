/**
 * The reference engine: the shortest program that obeys the contract. Everything is lost when it is closed.
 *
 * It serves tests as the model that other engines are compared with, and sessions that are read without being kept.
 */
import { isDeepStrictEqual } from 'node:util';
import { KatoError } from '../core/errors.ts';
import { recordHalf } from '../core/identity.ts';
import { field, textAt } from '../core/json.ts';
import type { SessionKey } from '../core/session.ts';
import type { SourceDiagnostic, SourceRecord } from '../core/source.ts';
import { type Arrival, Session } from './memory/session.ts';
import { unpack } from './page.ts';
import type {
  Appended,
  Batch,
  Blob,
  Offset,
  Quarantine,
  RawChunk,
  ReadQuery,
  SessionLink,
  SessionPart,
  SessionRecord,
  StoredEvent,
  StoreFlaw,
  StoreStats,
  TranscriptStore,
} from './store.ts';

/** Opens an empty store in memory. */
export function createMemoryStore(): TranscriptStore {
  return new MemoryStore();
}

/** What was read of one generation of a source. */
class SourceBytes {
  readonly raw: RawChunk[] = [];
  readonly quarantined = new Map<number, Quarantine>();
  readonly diagnostics = new Map<string, SourceDiagnostic>();
}

const nameOf = ({ provider, nativeId }: SessionKey) => `${provider}\0${nativeId}`;

class MemoryStore implements TranscriptStore {
  readonly #sessions = new Map<string, Session>();
  readonly #sources = new Map<string, SourceRecord>();
  /** By source: its generations, the present one last. */
  readonly #bytes = new Map<string, SourceBytes[]>();
  readonly #blobs = new Map<string, Blob>();
  readonly #offsets = new Map<string, Offset>();
  readonly #forgotten = new Map<string, SessionKey>();
  #head = 0;
  /** Counts whatever is changed outside the sessions. */
  #changes = 0;

  async append(batches: readonly Batch[]): Promise<readonly Appended[]> {
    this.#refuseMoved(batches);
    return batches.map((batch) => this.#put(batch));
  }

  async rederive(batches: Iterable<Batch>): Promise<Appended> {
    const all = [...batches];
    this.#refuseMoved(all);
    const replaced = new Map(all.flatMap((batch) => batch.sessions.map(({ key }) => [nameOf(key), key] as const)));
    const sources = new Set(all.map(({ source }) => source?.record.id ?? ''));
    const replaces = [...replaced.values()];
    for (const source of sources) this.#bytes.get(source)?.at(-1)?.diagnostics.clear();
    const done = { events: 0, revisions: 0, rows: 0 };
    for (const [index, batch] of all.entries()) {
      const once = index === 0 ? replaces : [];
      const { events, revisions, rows } = this.#put({ ...batch, cause: 'reprocess', raw: [], replaces: once });
      done.events += events;
      done.revisions += revisions;
      done.rows += rows;
    }
    return done;
  }

  /** All or nothing: refuses before anything is stored. */
  #refuseMoved(batches: readonly Batch[]): void {
    const versions = new Map([...this.#sources].map(([id, { version }]) => [id, version]));
    for (const { source } of batches) {
      if (!source) continue;
      const { id } = source.record;
      if ((versions.get(id) ?? 0) !== source.expected) {
        throw new KatoError('checkpoint-moved', `source ${id} was read by another process meanwhile`);
      }
      versions.set(id, source.expected + 1);
    }
  }

  #put(batch: Batch): Appended {
    const before = this.#countChanges();
    const record = batch.source?.record;
    for (const key of batch.replaces ?? []) this.#sessions.get(nameOf(key))?.replaceDerivation();
    if (batch.source) this.#putSource(batch.source.record, batch.source.expected, batch);
    const arrival = { source: record?.id, generation: record?.checkpoint.generation ?? 0, cause: batch.cause };
    const added = batch.sessions.flatMap((part) => this.#putSession(part, arrival));
    for (const change of batch.superseded) this.#sessions.get(nameOf(change.key))?.supersede(change);
    if (batch.sweep && record) {
      for (const session of this.#sessions.values()) session.sweep(record.id, arrival.generation);
    }
    for (const link of batch.links) this.#open(link.key)?.setLink(link);
    for (const offset of batch.offsets) this.#set(this.#offsets, offset.consumer, offset);
    const revisions = added.filter(({ revises }) => revises !== undefined).length;
    return { events: added.length, revisions, rows: this.#countChanges() - before };
  }

  #countChanges(): number {
    return [...this.#sessions.values()].reduce((sum, { changes }) => sum + changes, this.#changes);
  }

  #set<V>(map: Map<string, V>, key: string, value: V): void {
    if (isDeepStrictEqual(map.get(key), value)) return;
    map.set(key, value);
    this.#changes += 1;
  }

  #putSource(record: SourceRecord, expected: number, batch: Batch): void {
    const { id, provider, nativeId, checkpoint } = record;
    const isSameGeneration = this.#sources.get(id)?.checkpoint.generation === checkpoint.generation;
    this.#set(this.#sources, id, { ...record, version: expected + 1 });
    if (nativeId !== undefined && this.#forgotten.has(nameOf({ provider, nativeId }))) return;
    const generations = this.#bytes.get(id) ?? [];
    const present = (isSameGeneration && generations.at(-1)) || new SourceBytes();
    if (present !== generations.at(-1)) generations.push(present);
    this.#bytes.set(id, generations);
    present.raw.push(...batch.raw);
    for (const quarantine of batch.quarantined) present.quarantined.set(quarantine.offset, quarantine);
    for (const { code, about, count } of batch.diagnostics) {
      const name = `${code}\0${about ?? ''}`;
      const known = present.diagnostics.get(name)?.count ?? 0;
      present.diagnostics.set(name, { source: id, code, about, count: count + known });
    }
  }

  /** The rows that are new. */
  #putSession(part: SessionPart, arrival: Arrival) {
    const session = this.#open(part.key);
    if (!session) return [];
    session.addFacts(part.facts);
    for (const blob of part.blobs) {
      this.#set(this.#blobs, blob.sha256, blob);
      session.blobs.add(blob.sha256);
    }
    for (const sideFile of part.sideFiles) session.addSideFile(sideFile);
    return part.pages.flatMap((page) => session.addPage(page, arrival, () => ++this.#head));
  }

  /** The session, made if need be; absent when it is forgotten. */
  #open(key: SessionKey): Session | undefined {
    const name = nameOf(key);
    if (this.#forgotten.has(name)) return undefined;
    const session = this.#sessions.get(name) ?? new Session(key);
    this.#sessions.set(name, session);
    return session;
  }

  async *read({ key, after = 0, view, backward = false }: ReadQuery): AsyncGenerator<readonly StoredEvent[]> {
    const chosen = key ? [this.#sessions.get(nameOf(key))] : [...this.#sessions.values()];
    const found = chosen.flatMap(
      (session) =>
        session
          ?.events()
          .filter(({ position }) => position > after)
          .filter((stored) => (view === 'current' ? session.isCurrent(stored) : stored.cause !== 'reprocess')) ?? [],
    );
    found.sort((a, b) => (backward ? b.position - a.position : a.position - b.position));
    if (found.length > 0) yield found;
  }

  async pick(key: SessionKey, seqs: readonly number[]): Promise<readonly StoredEvent[]> {
    const events = this.#sessions.get(nameOf(key))?.events() ?? [];
    return events.filter(({ event }) => seqs.includes(event.seq));
  }

  async head(): Promise<number> {
    return this.#head;
  }

  async sessions(): Promise<readonly SessionRecord[]> {
    return [...this.#sessions.values()].map((session) => session.record());
  }

  async session(key: SessionKey): Promise<SessionRecord | undefined> {
    return this.#sessions.get(nameOf(key))?.record();
  }

  async sessionsByHead(provider: string, head: string): Promise<readonly SessionRecord[]> {
    return (await this.sessions()).filter(({ key, facts }) => key.provider === provider && facts.head === head);
  }

  async knownRecords(key: SessionKey, records: readonly string[]): Promise<ReadonlySet<string>> {
    const known = new Set([...(this.#sessions.get(nameOf(key))?.ids ?? [])].map(recordHalf));
    return new Set(records.filter((record) => known.has(record)));
  }

  async links(): Promise<readonly SessionLink[]> {
    return [...this.#sessions.values()].flatMap(({ link }) => link ?? []);
  }

  async sources(): Promise<readonly SourceRecord[]> {
    return [...this.#sources.values()];
  }

  async source(id: string): Promise<SourceRecord | undefined> {
    return this.#sources.get(id);
  }

  *raw(source: string): Generator<RawChunk> {
    for (const chunk of this.#bytes.get(source)?.at(-1)?.raw ?? []) {
      yield { ...chunk, data: unpack(chunk.data, chunk.packed), packed: false };
    }
  }

  async quarantined(source: string): Promise<readonly Quarantine[]> {
    const quarantined = this.#bytes.get(source)?.at(-1)?.quarantined.values() ?? [];
    return [...quarantined].sort((a, b) => a.offset - b.offset);
  }

  async diagnostics(): Promise<readonly SourceDiagnostic[]> {
    return [...this.#bytes.values()].flatMap((generations) => [...(generations.at(-1)?.diagnostics.values() ?? [])]);
  }

  async blob(sha256: string): Promise<Blob | undefined> {
    return this.#blobs.get(sha256);
  }

  async sideFile(key: SessionKey, name: string): Promise<Blob | undefined> {
    return this.#blobs.get(this.#sessions.get(nameOf(key))?.sideFiles.get(name) ?? '');
  }

  async offsets(prefix: string): Promise<readonly Offset[]> {
    return [...this.#offsets.values()]
      .filter(({ consumer }) => consumer.startsWith(prefix))
      .sort((a, b) => (a.consumer < b.consumer ? -1 : 1));
  }

  async offset(consumer: string): Promise<Offset | undefined> {
    return this.#offsets.get(consumer);
  }

  async forget(...keys: readonly SessionKey[]): Promise<void> {
    for (const key of keys) {
      this.#delete(key);
      this.#forgotten.set(nameOf(key), key);
      for (const { consumer, state } of this.#offsets.values()) {
        const named = field(state, 'session');
        const isOf = textAt(named, 'provider') === key.provider && textAt(named, 'nativeId') === key.nativeId;
        if (isOf) this.#offsets.delete(consumer);
      }
    }
  }

  async drop(...keys: readonly SessionKey[]): Promise<void> {
    for (const key of keys) {
      this.#delete(key);
      for (const source of this.#sources.values()) {
        if (source.provider !== key.provider || source.nativeId !== key.nativeId) continue;
        const generation = 0 - Math.abs(source.checkpoint.generation);
        const unread = { cursor: null, state: null, endBytes: 0, companions: {}, unswept: false };
        const checkpoint = { ...source.checkpoint, ...unread, generation };
        this.#sources.set(source.id, { ...source, probe: undefined, checkpoint, version: source.version + 1 });
      }
    }
  }

  #delete(key: SessionKey): void {
    const blobs = this.#sessions.get(nameOf(key))?.blobs ?? [];
    this.#sessions.delete(nameOf(key));
    const needed = new Set([...this.#sessions.values()].flatMap((session) => [...session.blobs]));
    for (const blob of blobs) if (!needed.has(blob)) this.#blobs.delete(blob);
    for (const { id, provider, nativeId } of this.#sources.values()) {
      if (provider === key.provider && nativeId === key.nativeId) this.#bytes.delete(id);
    }
  }

  async forgotten(): Promise<readonly SessionKey[]> {
    return [...this.#forgotten.values()];
  }

  async stats(): Promise<StoreStats> {
    const chunks = [...this.#bytes.values()].flat().flatMap(({ raw }) => raw);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return {
      sessions: this.#sessions.size,
      events: sum((await this.sessions()).map(({ lastSeq }) => lastSeq)),
      rawBytes: sum(chunks.map(({ bytes }) => bytes)),
      rawStoredBytes: sum(chunks.map(({ data }) => data.length)),
      eventStoredBytes: 0,
      blobBytes: sum([...this.#blobs.values()].map(({ content }) => content.length)),
    };
  }

  async *verify(): AsyncGenerator<StoreFlaw> {}

  async close(): Promise<void> {}
}
