/** Sessions, sources and what belongs to them, as the port shows them. */
import { hash } from 'node:crypto';
import type { DiagnosticCode } from '../../core/diagnostic.ts';
import type { JsonValue } from '../../core/json.ts';
import { type SessionKey, sessionId } from '../../core/session.ts';
import type { SourceDiagnostic, SourceRecord } from '../../core/source.ts';
import { unpack } from '../page.ts';
import type { Blob, Offset, Quarantine, RawChunk, SessionLink, SessionRecord, StoreStats } from '../store.ts';
import { isRawIntact } from './checksum.ts';
import { damaged, parseColumn } from './failure.ts';
import type { Database } from './open.ts';
import { findSession, toLink } from './read.ts';

type Row = Record<string, unknown>;

const SESSION = 'SELECT provider, native_id, facts, last_seq, last_position FROM session';

function toSession(row: Row): SessionRecord {
  const key = { provider: String(row.provider), nativeId: String(row.native_id) };
  return {
    key,
    id: sessionId(key),
    facts: parseColumn(row, 'facts'),
    lastSeq: Number(row.last_seq),
    lastPosition: Number(row.last_position),
  };
}

/** Row by row, as sources are too: there are thousands, and the rows together are several times what is made of them. */
export function listSessions(database: Database): SessionRecord[] {
  return Array.from(database.sql(`${SESSION} ORDER BY pk`).iterate(), toSession);
}

export function getSession(database: Database, { provider, nativeId }: SessionKey): SessionRecord | undefined {
  const row = database.sql(`${SESSION} WHERE provider = ? AND native_id = ?`).get(provider, nativeId);
  return row && toSession(row);
}

export function listByHead(database: Database, provider: string, head: string): SessionRecord[] {
  return database.sql(`${SESSION} WHERE provider = ? AND head = ? ORDER BY pk`).all(provider, head).map(toSession);
}

export function knownRecords(database: Database, key: SessionKey, records: readonly string[]): Set<string> {
  const session = findSession(database, key);
  if (session === undefined) return new Set();
  const sql = database.sql('SELECT 1 FROM identity WHERE session = ? AND id BETWEEN ? AND ? LIMIT 1');
  const has = (record: string) =>
    sql.get(session, Buffer.from(record + '0'.repeat(16), 'hex'), Buffer.from(record + 'f'.repeat(16), 'hex'));
  return new Set(records.filter((record) => has(record) !== undefined));
}

export function listLinks(database: Database): SessionLink[] {
  const sql = `SELECT s.provider, s.native_id, l.parent, l.resolved FROM link AS l JOIN session AS s ON s.pk = l.session
    ORDER BY l.session`;
  return database
    .sql(sql)
    .all()
    .map((row) => toLink(row, { provider: String(row.provider), nativeId: String(row.native_id) }));
}

const SOURCE = `SELECT id, provider, path, native_id, stat, probe, cursor, end_bytes, state, decoder_version, companions,
  generation, unswept, gone, version FROM source`;

/** What is needed of the few sources that are read is made only when it is asked for: a pass asks for thousands. */
function toSource(row: Row): SourceRecord {
  let state: JsonValue | undefined;
  return {
    id: String(row.id),
    provider: String(row.provider),
    path: String(row.path),
    nativeId: row.native_id === null ? undefined : String(row.native_id),
    stat: parseColumn(row, 'stat'),
    get probe() {
      return row.probe === null ? undefined : parseColumn(row, 'probe');
    },
    checkpoint: {
      get cursor() {
        return parseColumn(row, 'cursor');
      },
      endBytes: Number(row.end_bytes),
      get state() {
        state ??= parseColumn(row, 'state') as JsonValue;
        return state;
      },
      decoderVersion: Number(row.decoder_version),
      get companions() {
        return parseColumn(row, 'companions');
      },
      generation: Number(row.generation),
      unswept: row.unswept === 1,
    },
    gone: row.gone === 1,
    version: Number(row.version),
  };
}

export function listSources(database: Database): SourceRecord[] {
  return database.sql(`${SOURCE} ORDER BY pk`).all().map(toSource);
}

export function getSource(database: Database, id: string): SourceRecord | undefined {
  const row = database.sql(`${SOURCE} WHERE id = ?`).get(id);
  return row && toSource(row);
}

export function* readRaw(database: Database, source: string): Generator<RawChunk> {
  const sql = `SELECT r.source, r.generation, r.offset, r.bytes, r.ends, r.packed, r.data, r.sum FROM raw AS r JOIN source AS s ON s.pk = r.source
    WHERE s.id = ? AND r.generation = s.generation AND r.offset >= ? ORDER BY r.offset LIMIT 1`;
  let from = 0;
  for (let row = database.sql(sql).get(source, from); row; row = database.sql(sql).get(source, from)) {
    const isNext = Number(row.offset) === from && Number(row.bytes) > 0; // Else a damaged index leads in a circle.
    if (!isNext || !isRawIntact(row)) throw damaged(`the raw bytes of source ${source} at ${row.offset}`);
    const offset = Number(row.offset);
    const bytes = Number(row.bytes);
    from = offset + bytes;
    const ends = row.ends === null ? undefined : parseColumn(row, 'ends');
    yield { offset, bytes, ends, data: unpack(row.data as Uint8Array, row.packed === 1), packed: false };
  }
}

export function listQuarantine(database: Database, source: string): Quarantine[] {
  const sql = `SELECT q.offset, q.bytes, q.reason FROM quarantine AS q JOIN source AS s ON s.pk = q.source
    WHERE s.id = ? AND q.generation = s.generation ORDER BY q.offset`;
  const rows = database.sql(sql).all(source);
  return rows.map((row) => ({
    offset: Number(row.offset),
    bytes: Number(row.bytes),
    reason: String(row.reason),
  }));
}

export function listDiagnostics(database: Database): SourceDiagnostic[] {
  const sql = `SELECT s.id, d.code, d.about, d.count FROM diagnostic AS d JOIN source AS s ON s.pk = d.source
    WHERE d.generation = s.generation ORDER BY s.pk, d.code, d.about`;
  return database
    .sql(sql)
    .all()
    .map((row) => ({
      source: String(row.id),
      code: row.code as DiagnosticCode, // Only codes are ever written.
      about: row.about === '' ? undefined : String(row.about),
      count: Number(row.count),
    }));
}

const BLOB = 'SELECT media_type, packed, content FROM blob WHERE sha256 = ?';

export function getBlob(database: Database, sha256: string): Blob | undefined {
  const row = database.sql(BLOB).get(Buffer.from(sha256, 'hex'));
  if (!row) return undefined;
  const content = blobContent(row, sha256);
  if (!content) throw damaged(`blob ${sha256}`);
  return { sha256, mediaType: String(row.media_type), content };
}

/** The content of a row of `blob`; absent when it is not what its name says. */
export function blobContent(row: Row, sha256: string): Uint8Array | undefined {
  try {
    const content = unpack(row.content as Uint8Array, row.packed === 1);
    return hash('sha256', content, 'hex') === sha256 ? content : undefined;
  } catch {
    return undefined; // What cannot be unpacked is damaged as well; the caller says so.
  }
}

export function getSideFile(database: Database, key: SessionKey, name: string): Blob | undefined {
  const session = findSession(database, key);
  if (session === undefined) return undefined;
  const row = database.sql('SELECT sha256 FROM side_file WHERE session = ? AND name = ?').get(session, name);
  return row && getBlob(database, Buffer.from(row.sha256 as Uint8Array).toString('hex'));
}

export function readStats(database: Database): StoreStats {
  const count = (sql: string) => Number(Object.values(database.sql(sql).get() ?? {})[0] ?? 0);
  return {
    sessions: count('SELECT count(*) FROM session'),
    events: count('SELECT total(last_seq) FROM session'),
    rawBytes: count('SELECT total(bytes) FROM raw'),
    rawStoredBytes: count('SELECT total(length(data)) FROM raw'),
    eventStoredBytes: count('SELECT total(length(body)) FROM block'),
    blobBytes: count('SELECT total(length(content)) FROM blob'),
  };
}

export function getOffset(database: Database, consumer: string): Offset | undefined {
  const row = database.sql('SELECT position, state FROM consumer_offset WHERE consumer = ?').get(consumer);
  return row && { consumer, position: Number(row.position), state: parseColumn(row, 'state') };
}

export function listOffsets(database: Database, prefix: string): Offset[] {
  const sql =
    'SELECT consumer, position, state FROM consumer_offset WHERE consumer >= ? AND consumer < ? ORDER BY consumer';
  return database
    .sql(sql)
    .all(prefix, `${prefix}\u{10ffff}`)
    .map((row) => ({
      consumer: String(row.consumer),
      position: Number(row.position),
      state: parseColumn(row, 'state'),
    }));
}

export function listForgotten(database: Database): SessionKey[] {
  const rows = database.sql('SELECT provider, native_id FROM forgotten').all();
  return rows.map((row) => ({ provider: String(row.provider), nativeId: String(row.native_id) }));
}

/** The last position that was given to an event, deleted ones included. */
export function readHead(database: Database): number {
  return Number(database.sql(`SELECT value FROM counter WHERE name = 'next_position'`).get()?.value) - 1;
}
