/**
 * The reference engine: the shortest program that obeys the contract. Everything is lost when it is closed.
 *
 * It serves tests as the model that other engines are compared with, and sessions that are read without being kept.
 */
import { KatoError } from '../core/errors.ts';
import { recordHalf } from '../core/identity.ts';
import { mergeFacts, type SessionFacts, type SessionKey, sessionId } from '../core/session.ts';
import type { SourceDiagnostic, SourceRecord } from '../core/source.ts';
import { composeEvent } from './compose.ts';
import { contentAt, type EventPage, idAt, lineAt, unpack } from './page.ts';
import { type Identity, sight } from './sighting.ts';
import type {
  Appended,
  Batch,
  Blob,
  Cause,
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
  Supersession,
  TranscriptStore,
} from './store.ts';

/** Opens an empty store in memory. */
export function createMemoryStore(): TranscriptStore {
  return new MemoryStore();
}

/** Where an event came from: the source's id and generation, and why it was appended. */
interface Arrival {
  readonly source: string | undefined;
  readonly generation: number;
  readonly cause: Cause;
}

interface Row extends Arrival {
  readonly position: number;
  readonly seq: number;
  readonly id: string;
  readonly body: unknown;
  readonly revises: number | undefined;
}

class Session {
  readonly key: SessionKey;
  facts: SessionFacts = {};
  readonly rows: Row[] = [];
  /** Rows up to here were replaced by a reprocess. */
  replacedSeq = 0;
  readonly identities = new Map<string, Identity>();
  readonly retracted = new Set<number>();
  readonly vanished = new Set<number>();
  readonly sideFiles = new Map<string, string>();
  link: SessionLink | undefined;

  constructor(key: SessionKey) {
    this.key = key;
  }

  replaceDerivation(): void {
    this.replacedSeq = this.rows.length;
    this.facts = {};
    for (const state of [this.identities, this.retracted, this.vanished]) state.clear();
  }
}

interface SourceBytes {
  raw: RawChunk[];
  quarantined: Quarantine[];
  diagnostics: SourceDiagnostic[];
}

const nameOf = ({ provider, nativeId }: SessionKey) => `${provider}\0${nativeId}`;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

class MemoryStore implements TranscriptStore {
  readonly #sessions = new Map<string, Session>();
  readonly #sources = new Map<string, SourceRecord>();
  readonly #bytes = new Map<string, SourceBytes>();
  readonly #blobs = new Map<string, Blob>();
  readonly #offsets = new Map<string, Offset>();
  readonly #forgotten = new Map<string, SessionKey>();
  #head = 0;

  async append(batches: readonly Batch[]): Promise<readonly Appended[]> {
    this.#refuseMoved(batches);
    return batches.map((batch) => this.#put(batch));
  }

  async rederive(batches: Iterable<Batch>): Promise<Appended> {
    const replaced = new Set<Session>();
    const recounted = new Set<string>();
    let events = 0;
    for (const batch of batches) {
      for (const session of batch.sessions.map(({ key }) => this.#open(key))) {
        if (!replaced.has(session)) session.replaceDerivation();
        replaced.add(session);
      }
      const source = batch.source?.record.id ?? '';
      const bytes = this.#bytes.get(source);
      if (bytes && !recounted.has(source)) bytes.diagnostics = [];
      recounted.add(source);
      events += this.#put({ ...batch, cause: 'reprocess', raw: [] }).events;
    }
    return { events, revisions: 0, rows: events };
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
    const record = batch.source?.record;
    if (batch.source) this.#putSource(batch.source.record, batch.source.expected, batch);
    const arrival = { source: record?.id, generation: record?.checkpoint.generation ?? 0, cause: batch.cause };
    let events = 0;
    let revisions = 0;
    for (const part of batch.sessions) {
      if (this.#forgotten.has(nameOf(part.key))) continue;
      const added = this.#putSession(part, arrival);
      events += added.events;
      revisions += added.revisions;
    }
    for (const change of batch.superseded) this.#supersede(change);
    if (batch.sweep && record) this.#sweep(record.id, arrival.generation);
    for (const link of batch.links) this.#putLink(link);
    for (const offset of batch.offsets) this.#offsets.set(offset.consumer, offset);
    return { events, revisions, rows: events };
  }

  #putSource(record: SourceRecord, expected: number, batch: Batch): void {
    const { id, provider, nativeId, checkpoint } = record;
    const sameGeneration = this.#sources.get(id)?.checkpoint.generation === checkpoint.generation;
    this.#sources.set(id, { ...record, version: expected + 1 });
    const bytes = (sameGeneration && this.#bytes.get(id)) || { raw: [], quarantined: [], diagnostics: [] };
    this.#bytes.set(id, bytes);
    if (nativeId !== undefined && this.#forgotten.has(nameOf({ provider, nativeId }))) return;
    bytes.raw.push(...batch.raw);
    bytes.quarantined.push(...batch.quarantined);
    for (const { code, about, count } of batch.diagnostics) {
      const known = bytes.diagnostics.find((other) => other.code === code && other.about === about);
      bytes.diagnostics = bytes.diagnostics.filter((other) => other !== known);
      bytes.diagnostics.push({ source: id, code, about, count: count + (known?.count ?? 0) });
    }
  }

  #putSession(part: SessionPart, arrival: Arrival): { events: number; revisions: number } {
    const session = this.#open(part.key);
    const before = session.rows.length;
    session.facts = mergeFacts(session.facts, part.facts);
    for (const page of part.pages) this.#putPage(session, page, arrival);
    for (const blob of part.blobs) this.#blobs.set(blob.sha256, blob);
    for (const { name, sha256 } of part.sideFiles) session.sideFiles.set(name, sha256);
    const added = session.rows.slice(before);
    return { events: added.length, revisions: added.filter(({ revises }) => revises !== undefined).length };
  }

  #putPage(session: Session, page: EventPage, { source, generation, cause }: Arrival): void {
    for (let index = 0; index < page.count; index++) {
      const id = hex(idAt(page, index));
      const content = hex(contentAt(page, index));
      const known = session.identities.get(id);
      const seen = known && sight(known, content, source ?? '', generation);
      if (known && seen?.kind === 'known') {
        session.identities.set(id, { ...known, source: source ?? '', generation, sighted: seen.sighted });
        continue;
      }
      const seq = session.rows.length + 1;
      const body = JSON.parse(Buffer.from(lineAt(page, index)).toString('utf8'));
      const revises = known?.seqs.at(-1);
      session.rows.push({ position: ++this.#head, seq, id, body, revises, source, generation, cause });
      session.identities.set(id, {
        contents: [...(known?.contents ?? []), content],
        seqs: [...(known?.seqs ?? []), seq],
        source: source ?? '',
        generation,
        sighted: known?.contents.length ?? 0,
      });
    }
  }

  #putLink(link: SessionLink): void {
    if (this.#forgotten.has(nameOf(link.key))) return;
    const session = this.#open(link.key);
    session.link = { ...session.link, ...link };
  }

  #open(key: SessionKey): Session {
    const session = this.#sessions.get(nameOf(key)) ?? new Session(key);
    this.#sessions.set(nameOf(key), session);
    return session;
  }

  #supersede(change: Supersession): void {
    const session = this.#sessions.get(nameOf(change.key));
    for (const row of session?.rows.slice(session.replacedSeq) ?? []) {
      if (!isMeant(row, change)) continue;
      if ('inForce' in change && change.inForce) session?.retracted.delete(row.seq);
      else session?.retracted.add(row.seq);
    }
  }

  #sweep(source: string, generation: number): void {
    for (const session of this.#sessions.values()) {
      for (const identity of session.identities.values()) {
        if (identity.source !== source) continue;
        for (const seq of identity.seqs) {
          if (identity.generation < generation) session.vanished.add(seq);
          else session.vanished.delete(seq);
        }
      }
    }
  }

  async *read({ key, after = 0, view, backward = false }: ReadQuery): AsyncGenerator<readonly StoredEvent[]> {
    const chosen = key ? [this.#sessions.get(nameOf(key))] : [...this.#sessions.values()];
    const found = chosen.flatMap((session) =>
      (session?.rows ?? [])
        .filter((row) => row.position > after)
        .filter((row) => (view === 'current' ? row.seq > (session?.replacedSeq ?? 0) : row.cause !== 'reprocess'))
        .map((row) => toStored(session as Session, row)),
    );
    found.sort((a, b) => (backward ? b.position - a.position : a.position - b.position));
    if (found.length > 0) yield found;
  }

  async pick(key: SessionKey, seqs: readonly number[]): Promise<readonly StoredEvent[]> {
    const session = this.#sessions.get(nameOf(key));
    return session ? session.rows.filter(({ seq }) => seqs.includes(seq)).map((row) => toStored(session, row)) : [];
  }

  async head(): Promise<number> {
    return this.#head;
  }

  async sessions(): Promise<readonly SessionRecord[]> {
    return [...this.#sessions.values()].map(toRecord);
  }

  async session(key: SessionKey): Promise<SessionRecord | undefined> {
    const session = this.#sessions.get(nameOf(key));
    return session && toRecord(session);
  }

  async sessionsByHead(provider: string, head: string): Promise<readonly SessionRecord[]> {
    return (await this.sessions()).filter(({ key, facts }) => key.provider === provider && facts.head === head);
  }

  async knownRecords(key: SessionKey, records: readonly string[]): Promise<ReadonlySet<string>> {
    const ids = [...(this.#sessions.get(nameOf(key))?.identities.keys() ?? [])];
    const known = new Set<string>(ids.map(recordHalf));
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
    for (const chunk of this.#bytes.get(source)?.raw ?? []) {
      yield { ...chunk, data: unpack(chunk.data, chunk.packed), packed: false };
    }
  }

  async quarantined(source: string): Promise<readonly Quarantine[]> {
    return this.#bytes.get(source)?.quarantined ?? [];
  }

  async diagnostics(): Promise<readonly SourceDiagnostic[]> {
    return [...this.#bytes.values()].flatMap(({ diagnostics }) => diagnostics);
  }

  async blob(sha256: string): Promise<Blob | undefined> {
    return this.#blobs.get(sha256);
  }

  async sideFile(key: SessionKey, name: string): Promise<Blob | undefined> {
    return this.#blobs.get(this.#sessions.get(nameOf(key))?.sideFiles.get(name) ?? '');
  }

  async offset(consumer: string): Promise<Offset | undefined> {
    return this.#offsets.get(consumer);
  }

  async forget(key: SessionKey): Promise<void> {
    this.#sessions.delete(nameOf(key));
    this.#forgotten.set(nameOf(key), key);
    for (const { id, provider, nativeId } of this.#sources.values()) {
      if (provider === key.provider && nativeId === key.nativeId) this.#bytes.delete(id);
    }
  }

  async forgotten(): Promise<readonly SessionKey[]> {
    return [...this.#forgotten.values()];
  }

  async stats(): Promise<StoreStats> {
    const chunks = [...this.#bytes.values()].flatMap(({ raw }) => raw);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return {
      sessions: this.#sessions.size,
      events: sum([...this.#sessions.values()].map(({ rows }) => rows.length)),
      rawBytes: sum(chunks.map(({ bytes }) => bytes)),
      rawStoredBytes: sum(chunks.map(({ data }) => data.length)),
      eventStoredBytes: 0,
      blobBytes: sum([...this.#blobs.values()].map(({ content }) => content.length)),
    };
  }

  async *verify(): AsyncGenerator<StoreFlaw> {}

  async close(): Promise<void> {}
}

function isMeant({ id, source, body }: Row, change: Supersession): boolean {
  if ('records' in change) return change.records.includes(id.slice(0, 16));
  const place = (body as { source: { offset?: number; ordinal?: number } }).source;
  if ('fromOrdinal' in change) return source !== change.exceptSource && (place.ordinal ?? -1) >= change.fromOrdinal;
  const offset = place.offset ?? -1;
  return source === change.source && offset >= change.fromOffset && offset < change.untilOffset;
}

function toStored(session: Session, row: Row): StoredEvent {
  const placed = { ...row, key: session.key, sessionId: sessionId(session.key), link: session.link };
  return {
    position: row.position,
    event: composeEvent(row.body, placed),
    cause: row.cause,
    superseded: session.retracted.has(row.seq) || session.vanished.has(row.seq),
  };
}

function toRecord({ key, facts, rows }: Session): SessionRecord {
  const last = rows.at(-1);
  return { key, id: sessionId(key), facts, lastSeq: last?.seq ?? 0, lastPosition: last?.position ?? 0 };
}
