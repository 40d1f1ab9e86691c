/**
 * The write path of the SQLite engine: one batch into the open transaction.
 *
 * A page goes in as one block row, packed, however many events it holds; per event there is one small identity row,
 * clustered by session, which decides whether the event is new, known, or a revision.
 */
import { KatoError } from '../../core/errors.ts';
import { mergeFacts, mergeParent, type SessionFacts, type SessionKey } from '../../core/session.ts';
import type { SourceRecord } from '../../core/source.ts';
import { contentAt, type EventPage, idAt, pack, selectEvents } from '../page.ts';
import type { Appended, Batch, Blob, Cause, Offset, SessionLink, SessionPart } from '../store.ts';
import { rowSum } from './checksum.ts';
import { parseColumn } from './failure.ts';
import type { Database } from './open.ts';
import { putRaw } from './raw.ts';
import { readLink } from './read.ts';
import { replaceDerivation } from './replace.ts';
import { meetAgain, NO_SOURCE, sweep } from './sightings.ts';
import { supersede } from './supersede.ts';

interface Tally {
  events: number;
  revisions: number;
  rows: number;
}

/** Where events come from, inside one batch. */
interface Arrival {
  readonly source: number;
  readonly generation: number;
  readonly cause: Cause;
}

export function appendBatch(database: Database, batch: Batch): Appended {
  const tally: Tally = { events: 0, revisions: 0, rows: 0 };
  const record = batch.source?.record;
  for (const key of batch.replaces ?? []) tally.rows += replaceDerivation(database, key);
  const source = batch.source ? putSource(database, batch.source.record, batch.source.expected, tally) : NO_SOURCE;
  const arrival = { source, generation: record?.checkpoint.generation ?? 0, cause: batch.cause };
  if (record && !isForgottenSource(database, record)) putBytes(database, batch, arrival, tally);
  for (const part of batch.sessions) putSession(database, part, arrival, tally);
  for (const change of batch.superseded) tally.rows += supersede(database, change);
  if (batch.sweep) tally.rows += sweep(database, source, arrival.generation);
  for (const link of batch.links) tally.rows += putLink(database, link);
  for (const offset of batch.offsets) tally.rows += putOffset(database, offset);
  return tally;
}

/** What was found out about a parent holds as long as no other one, and no other place in it, is told. */
function putLink(database: Database, link: SessionLink): number {
  if (isForgotten(database, link.key)) return 0;
  const { pk } = openSession(database, link.key);
  const known = readLink(database, pk, link.key);
  const parent = mergeParent(known?.parent, link.parent);
  const isSame = known?.parent.nativeId === parent.nativeId && known.parent.ordinal === parent.ordinal;
  const resolved = link.resolved ?? (isSame ? known.resolved : undefined);
  const sql = `INSERT INTO link VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET parent = excluded.parent, resolved = excluded.resolved
    WHERE parent IS NOT excluded.parent OR resolved IS NOT excluded.resolved`;
  return changes(database, sql, pk, JSON.stringify(parent), resolved ? JSON.stringify(resolved) : null);
}

function putOffset(database: Database, { consumer, position, state }: Offset): number {
  const sql = `INSERT INTO consumer_offset VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET position = excluded.position, state = excluded.state
    WHERE position IS NOT excluded.position OR state IS NOT excluded.state`;
  return changes(database, sql, consumer, position, JSON.stringify(state));
}

type Value = string | number | Uint8Array | null;
export function changes(database: Database, sql: string, ...values: Value[]): number {
  return Number(database.sql(sql).run(...values).changes);
}

function putSource(database: Database, record: SourceRecord, expected: number, tally: Tally): number {
  const stored = database.sql('SELECT pk, version FROM source WHERE id = ?').get(record.id);
  if (Number(stored?.version ?? 0) !== expected) {
    throw new KatoError('checkpoint-moved', `source ${record.id} was read by another process meanwhile`, {
      hint: 'run the command again; nothing was stored twice',
    });
  }
  const { checkpoint } = record;
  const values: Value[] = [
    record.provider,
    record.path,
    record.nativeId ?? null,
    JSON.stringify(record.stat),
    record.probe ? JSON.stringify(record.probe) : null,
    JSON.stringify(checkpoint.cursor),
    checkpoint.endBytes,
    JSON.stringify(checkpoint.state),
    checkpoint.decoderVersion,
    JSON.stringify(checkpoint.companions),
    checkpoint.generation,
    checkpoint.unswept ? 1 : 0,
    record.gone ? 1 : 0,
    expected + 1,
  ];
  tally.rows += 1;
  if (stored) {
    const pk = Number(stored.pk);
    changes(
      database,
      `UPDATE source SET provider = ?, path = ?, native_id = ?, stat = ?, probe = ?, cursor = ?, end_bytes = ?, state = ?,
        decoder_version = ?, companions = ?, generation = ?, unswept = ?, gone = ?, version = ? WHERE pk = ?`,
      ...values,
      pk,
    );
    return pk;
  }
  const inserted = database
    .sql(
      `INSERT INTO source (id, provider, path, native_id, stat, probe, cursor, end_bytes, state, decoder_version,
        companions, generation, unswept, gone, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(record.id, ...values);
  return Number(inserted.lastInsertRowid);
}

/** What was read, whether or not events came of it: raw bytes, quarantine, flaw counts. */
function putBytes(database: Database, batch: Batch, { source, generation, cause }: Arrival, tally: Tally): void {
  if (cause !== 'reprocess') for (const chunk of batch.raw) tally.rows += putRaw(database, source, generation, chunk);
  for (const { offset, bytes, reason } of batch.quarantined) {
    const sql = `INSERT INTO quarantine VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes, reason = excluded.reason
      WHERE bytes IS NOT excluded.bytes OR reason IS NOT excluded.reason`;
    tally.rows += changes(database, sql, source, generation, offset, bytes, reason);
  }
  for (const { code, about, count } of batch.diagnostics) {
    const sql = `INSERT INTO diagnostic VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (source, generation, code, about) DO UPDATE SET count = count + excluded.count`;
    tally.rows += changes(database, sql, source, generation, code, about ?? '', count);
  }
}

interface SessionRow {
  readonly pk: number;
  readonly facts: SessionFacts;
  readonly lastSeq: number;
}

function openSession(database: Database, key: SessionKey): SessionRow {
  const sql = 'SELECT pk, facts, last_seq FROM session WHERE provider = ? AND native_id = ?';
  const row = database.sql(sql).get(key.provider, key.nativeId);
  if (row) {
    return { pk: Number(row.pk), facts: parseColumn(row, 'facts'), lastSeq: Number(row.last_seq) };
  }
  const insert = `INSERT INTO session (provider, native_id, facts, head, last_seq, last_position, replaced_seq)
    VALUES (?, ?, '{}', NULL, 0, 0, 0)`;
  return { pk: Number(database.sql(insert).run(key.provider, key.nativeId).lastInsertRowid), facts: {}, lastSeq: 0 };
}

function putSession(database: Database, part: SessionPart, arrival: Arrival, tally: Tally): void {
  if (isForgotten(database, part.key)) return;
  const session = openSession(database, part.key);
  if (arrival.source !== NO_SOURCE) {
    const sql = 'INSERT OR IGNORE INTO source_part VALUES (?, ?)';
    tally.rows += changes(database, sql, arrival.source, session.pk);
  }
  const facts = mergeFacts(session.facts, part.facts);
  const factsJson = JSON.stringify(facts);
  let lastSeq = session.lastSeq;
  let lastPosition = 0;
  for (const page of part.pages) {
    const stored = putPage(database, session.pk, lastSeq, page, arrival, tally);
    lastSeq = stored.lastSeq;
    lastPosition = stored.lastPosition || lastPosition;
  }
  for (const blob of part.blobs) putBlob(database, session.pk, blob, tally);
  for (const { name, sha256 } of part.sideFiles) {
    const sql = `INSERT INTO side_file VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET sha256 = excluded.sha256
      WHERE sha256 IS NOT excluded.sha256`;
    tally.rows += changes(database, sql, session.pk, name, Buffer.from(sha256, 'hex'));
  }
  if (lastSeq === session.lastSeq && factsJson === JSON.stringify(session.facts)) return;
  const sql = `UPDATE session SET facts = ?, head = ?, last_seq = ?, last_position = max(last_position, ?) WHERE pk = ?`;
  tally.rows += changes(database, sql, factsJson, facts.head ?? null, lastSeq, lastPosition, session.pk);
}

/** Stores what is new of a page as one block. */
function putPage(
  database: Database,
  session: number,
  lastSeq: number,
  page: EventPage,
  arrival: Arrival,
  tally: Tally,
) {
  const fresh: number[] = [];
  const revises: Record<number, number> = {};
  const insert = database.sql('INSERT OR IGNORE INTO identity VALUES (?, ?, 0, ?, ?, ?, ?, 0)');
  for (let index = 0; index < page.count; index++) {
    const seq = lastSeq + fresh.length + 1;
    const id = idAt(page, index);
    const added = insert.run(session, id, contentAt(page, index), seq, arrival.source, arrival.generation).changes;
    if (Number(added) === 0) {
      const { source, generation } = arrival;
      const found = meetAgain(database, { session, id, content: contentAt(page, index), source, generation }, seq);
      tally.rows += found.rows;
      if (found.revises === undefined) continue;
      revises[fresh.length] = found.revises;
    }
    fresh.push(index);
  }
  if (fresh.length === 0) return { lastSeq, lastPosition: 0 };
  const position = takePositions(database, fresh.length);
  const kept = selectEvents(page, fresh);
  const packed = kept.packed ? kept.body : pack(kept.body);
  const body = packed ?? kept.body;
  const revisions = Object.keys(revises).length;
  const columns = [
    position,
    session,
    lastSeq + 1,
    fresh.length,
    arrival.source || null,
    arrival.generation,
    arrival.cause,
    revisions > 0 ? JSON.stringify(revises) : null,
    packed ? 1 : 0,
  ];
  const insertBlock = 'INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
  changes(database, insertBlock, ...columns, body, rowSum(columns, body));
  tally.events += fresh.length;
  tally.revisions += revisions;
  tally.rows += 1 + fresh.length;
  return { lastSeq: lastSeq + fresh.length, lastPosition: position + fresh.length - 1 };
}

/** Takes this many consecutive positions, once and for ever: they are not given again, even when events are deleted. */
function takePositions(database: Database, count: number): number {
  const row = database.sql(`SELECT value FROM counter WHERE name = 'next_position'`).get();
  const position = Number(row?.value);
  changes(database, `UPDATE counter SET value = ? WHERE name = 'next_position'`, position + count);
  return position;
}

function putBlob(database: Database, session: number, blob: Blob, tally: Tally): void {
  const sha256 = Buffer.from(blob.sha256, 'hex');
  const packed = blob.mediaType.startsWith('text/') ? pack(blob.content) : undefined;
  const insert = 'INSERT OR IGNORE INTO blob (sha256, media_type, bytes, packed, content) VALUES (?, ?, ?, ?, ?)';
  const values = [sha256, blob.mediaType, blob.content.length, packed ? 1 : 0, packed ?? blob.content] as const;
  tally.rows += changes(database, insert, ...values);
  tally.rows += changes(database, 'INSERT OR IGNORE INTO session_blob VALUES (?, ?)', session, sha256);
}

function isForgotten(database: Database, key: SessionKey): boolean {
  const sql = 'SELECT 1 FROM forgotten WHERE provider = ? AND native_id = ?';
  return database.sql(sql).get(key.provider, key.nativeId) !== undefined;
}

function isForgottenSource(database: Database, { provider, nativeId }: SourceRecord): boolean {
  return nativeId !== undefined && isForgotten(database, { provider, nativeId });
}
