/** Sessions, sources and what belongs to them, as the port shows them. */
import { hash } from 'node:crypto';
import type { DiagnosticCode } from '../../core/diagnostic.ts';
import { KatoError } from '../../core/errors.ts';
import { type SessionKey, sessionId } from '../../core/session.ts';
import type { SourceDiagnostic, SourceRecord } from '../../core/source.ts';
import { unpack } from '../page.ts';
import type { Blob, Offset, Quarantine, RawChunk, SessionLink, SessionRecord, StoreStats } from '../store.ts';
import { blobPath } from './blobs.ts';
import type { Folder } from './folder.ts';
import type { Ledger } from './ledger.ts';
import type { StoredSource } from './record.ts';
import type { RawPlace } from './rows.ts';
import { generationOf } from './summary.ts';

function toSession({ summary }: Ledger): SessionRecord | undefined {
  const { key, facts, lastSeq, lastPosition } = summary;
  return key && { key, id: sessionId(key), facts, lastSeq, lastPosition };
}

export function getSession(folder: Folder, key: SessionKey): SessionRecord | undefined {
  const ledger = folder.ledgers.find(key);
  return ledger && toSession(ledger);
}

export function listSessions(folder: Folder): SessionRecord[] {
  return folder.ledgers.sessions().flatMap((ledger) => toSession(ledger) ?? []);
}

export function listByHead(folder: Folder, provider: string, head: string): SessionRecord[] {
  return listSessions(folder).filter(({ key, facts }) => key.provider === provider && facts.head === head);
}

export function knownRecords(folder: Folder, key: SessionKey, records: readonly string[]): Set<string> {
  const rows = folder.ledgers.find(key)?.rows();
  return new Set(records.filter((record) => rows?.hasRecord(record)));
}

export function listLinks(folder: Folder): SessionLink[] {
  return folder.ledgers.sessions().flatMap(({ summary: { key, link } }) => (key && link ? [{ key, ...link }] : []));
}

function toSource({ record }: StoredSource): SourceRecord {
  return { ...record, nativeId: record.nativeId, probe: record.probe };
}

export function listSources({ ledgers: { registry } }: Folder): SourceRecord[] {
  return [...registry.sources.values()].sort((a, b) => a.number - b.number).map(toSource);
}

export function getSource({ ledgers: { registry } }: Folder, id: string): SourceRecord | undefined {
  const source = registry.sources.get(id);
  return source && toSource(source);
}

/** Logs that are open, and whose bytes of this generation of a source are not deleted. */
function ledgersOf(
  folder: Folder,
  source: string,
): { readonly generation: number; readonly ledgers: readonly Ledger[] } {
  const generation = folder.ledgers.registry.sources.get(source)?.record.checkpoint.generation ?? 0;
  const isWiped = folder.ledgers.isWiped(generationOf({ source, generation }));
  return { generation, ledgers: isWiped ? [] : [...folder.ledgers.all()].filter(({ failure }) => !failure) };
}

/** Where the raw bytes of a source's present generation stand, in order. */
export function rawPlaces(folder: Folder, source: string): { readonly ledger: Ledger; readonly chunk: RawPlace }[] {
  const { generation, ledgers } = ledgersOf(folder, source);
  return ledgers
    .filter(({ summary }) => summary.raw.has(generationOf({ source, generation })))
    .flatMap((ledger) => (ledger.rows().raw.get(source) ?? []).map((chunk) => ({ ledger, chunk })))
    .filter(({ chunk }) => chunk.generation === generation)
    .sort((a, b) => a.chunk.offset - b.chunk.offset);
}

export function* readRaw(folder: Folder, source: string): Generator<RawChunk> {
  for (const { ledger, chunk } of rawPlaces(folder, source)) {
    const data = rawData(ledger, chunk);
    if (!data) throw damaged(`the raw bytes of source ${source} at ${chunk.offset}`);
    yield { offset: chunk.offset, bytes: chunk.bytes, ends: chunk.ends, data, packed: false };
  }
}

/** The bytes of a chunk, unpacked; absent when they are not what was stored. */
export function rawData(ledger: Ledger, { place, packed }: RawPlace): Uint8Array | undefined {
  const { text, data } = ledger.read(place) ?? {};
  if (text === undefined && data === undefined) return undefined;
  const bytes = text === undefined ? Buffer.from(data ?? '', 'base64') : Buffer.from(text);
  return unpack(bytes, packed === true);
}

/** Something is not what was stored. `what` names the place. */
function damaged(what: string): KatoError {
  const hint = 'run `kato verify` to see what is affected; keep the files';
  return new KatoError('store-corrupt', `${what} in the store: not what was stored`, { hint });
}

export function listQuarantine(folder: Folder, source: string): Quarantine[] {
  const { generation, ledgers } = ledgersOf(folder, source);
  const name = generationOf({ source, generation });
  // What was told before the session had a log is in the store's own: what its log says is later.
  const inOrder = ledgers.toSorted((a, b) => a.summary.number - b.summary.number);
  const ranges = inOrder.flatMap(({ summary }) => [...(summary.flaws.get(name)?.quarantined.values() ?? [])]);
  const latest = new Map(ranges.map(([offset, bytes, reason]) => [offset, { offset, bytes, reason }]));
  return [...latest.values()].sort((a, b) => a.offset - b.offset);
}

export function listDiagnostics({ ledgers }: Folder): SourceDiagnostic[] {
  const totals = new Map<string, SourceDiagnostic>();
  for (const { failure, summary } of ledgers.all()) {
    for (const [of, { counts }] of failure ? [] : summary.flaws) {
      const [source = '', generation] = of.split(' ');
      const present = ledgers.registry.sources.get(source)?.record.checkpoint.generation;
      if (Number(generation) !== present || ledgers.isWiped(of)) continue;
      for (const [name, [code, about, count]] of counts) {
        if (count <= (totals.get(`${source}\0${name}`)?.count ?? 0)) continue; // Totals go on where they are counted next.
        const flaw = { source, code: code as DiagnosticCode, about: about || undefined, count }; // Only codes are written.
        totals.set(`${source}\0${name}`, flaw);
      }
    }
  }
  return [...totals.values()];
}

export function getBlob(folder: Folder, sha256: string): Blob | undefined {
  const known = folder.ledgers.registry.blobs.get(sha256);
  if (!known) return undefined;
  const content = readBlob(folder, sha256, known.bytes);
  if (!content) throw damaged(`blob ${sha256}`);
  return { sha256, mediaType: known.mediaType, content };
}

/** The content of a blob; absent when it is not what its name says. */
export function readBlob({ disk, path }: Folder, sha256: string, bytes: number): Uint8Array | undefined {
  const content = new Uint8Array(disk.read(blobPath(path, sha256), 0, bytes));
  return hash('sha256', content, 'hex') === sha256 ? content : undefined;
}

export function getSideFile(folder: Folder, key: SessionKey, name: string): Blob | undefined {
  const sha256 = folder.ledgers.find(key)?.summary.sideFiles.get(name);
  return sha256 === undefined ? undefined : getBlob(folder, sha256);
}

export function getOffset({ ledgers: { registry } }: Folder, consumer: string): Offset | undefined {
  const { position, state = null } = registry.offsets.get(consumer) ?? {};
  return position === undefined ? undefined : { consumer, position, state };
}

export function listOffsets(folder: Folder, prefix: string): Offset[] {
  const names = [...folder.ledgers.registry.offsets.keys()].filter((consumer) => consumer.startsWith(prefix)).sort();
  return names.flatMap((consumer) => getOffset(folder, consumer) ?? []);
}

export function readStats(folder: Folder): StoreStats {
  const sessions = folder.ledgers.sessions();
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  const raw = [...folder.ledgers.all()].flatMap(({ summary }) =>
    [...summary.raw].filter(([name]) => !folder.ledgers.isWiped(name)),
  );
  return {
    sessions: sessions.length,
    events: sum(sessions.map(({ summary }) => summary.lastSeq)),
    rawBytes: sum(raw.map(([, [bytes]]) => bytes)),
    rawStoredBytes: sum(raw.map(([, [, kept]]) => kept)),
    eventStoredBytes: sum(sessions.map(({ summary }) => summary.eventBytes)),
    blobBytes: sum([...folder.ledgers.registry.blobs.values()].map(({ bytes }) => bytes)),
  };
}
