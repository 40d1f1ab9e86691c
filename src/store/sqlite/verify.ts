/**
 * Checks of everything that the SQLite engine promises, from the pages of the file up to the content of each event.
 * A flaw names rows by number and id; it never holds text of a transcript.
 *
 *     file-damaged      SQLite's own check of its pages and indexes
 *     row-unreadable    a column that should hold JSON does not
 *     row-orphaned      rows that belong to a session or a source which is not there
 *     seq-gap, seq-end, position-overlap, position-counter, position-end
 *     block-changed, block-unreadable, block-count, identity-missing, identity-extra, content-changed
 *     raw-changed, raw-unreadable, raw-gap, raw-end
 *     blob-changed, blob-missing
 */
import { systemCode } from '../../core/errors.ts';
import { contentHash } from '../../core/identity.ts';
import { sessionId } from '../../core/session.ts';
import { parseBody, unpack } from '../page.ts';
import type { StoreFlaw } from '../store.ts';
import { isBlockIntact } from './checksum.ts';
import type { Database } from './open.ts';
import { verifyBlobs, verifyRaw } from './verify-bytes.ts';

type Row = Record<string, unknown>;

export function* verifyDatabase(database: Database): Generator<StoreFlaw> {
  for (const row of database.raw.prepare('PRAGMA integrity_check').all()) {
    const text = String(row.integrity_check);
    if (text !== 'ok') yield { code: 'file-damaged', what: text };
  }
  yield* verifyColumns(database);
  yield* verifyOwners(database);
  const sql = 'SELECT pk, provider, native_id, last_seq, last_position, replaced_seq FROM session';
  for (const row of database.raw.prepare(sql).all()) yield* verifySession(database, row);
  yield* verifyPositions(database);
  yield* verifyRaw(database);
  yield* verifyBlobs(database);
}

const JSON_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  session: ['facts'],
  source: ['stat', 'probe', 'cursor', 'state', 'companions'],
  block: ['revises'],
  raw: ['ends'],
  link: ['parent', 'resolved'],
  consumer_offset: ['state'],
};

function* verifyColumns(database: Database): Generator<StoreFlaw> {
  for (const [table, columns] of Object.entries(JSON_COLUMNS)) {
    for (const column of columns) {
      const sql = `SELECT count(*) AS bad FROM ${table} WHERE ${column} IS NOT NULL AND NOT json_valid(${column})`;
      const bad = Number(database.sql(sql).get()?.bad);
      if (bad > 0) yield { code: 'row-unreadable', what: `${table}: ${bad} rows without JSON in ${column}` };
    }
  }
}

const OWNED: Readonly<Record<string, readonly string[]>> = {
  session: ['block', 'identity', 'elsewhere', 'superseded', 'side_file', 'session_blob', 'source_part', 'link'],
  source: ['raw', 'quarantine', 'diagnostic', 'source_part', 'block'],
};

/** Rows of sessions and sources that are not there. 0 and below are no sources. */
function* verifyOwners(database: Database): Generator<StoreFlaw> {
  for (const [owner, tables] of Object.entries(OWNED)) {
    for (const table of tables) {
      const sql = `SELECT count(*) AS bad FROM ${table} WHERE ${owner} > 0 AND ${owner} NOT IN (SELECT pk FROM ${owner})`;
      const bad = Number(database.sql(sql).get()?.bad);
      if (bad > 0) yield { code: 'row-orphaned', what: `${table}: ${bad} rows of no ${owner}` };
    }
  }
}

function* verifySession(database: Database, row: Row): Generator<StoreFlaw> {
  const pk = Number(row.pk);
  const replacedSeq = Number(row.replaced_seq);
  const name = `session ${sessionId({ provider: String(row.provider), nativeId: String(row.native_id) })}`;
  let next = 1;
  let lastPosition = 0;
  const sql = 'SELECT *, source AS source_pk FROM block WHERE session = ? ORDER BY first_seq';
  for (const block of database.raw.prepare(sql).iterate(pk)) {
    const firstSeq = Number(block.first_seq);
    if (firstSeq !== next) yield { code: 'seq-gap', what: `${name}: expected seq ${next}, found ${firstSeq}` };
    next = firstSeq + Number(block.count);
    lastPosition = Number(block.position) + Number(block.count) - 1;
    yield* verifyBlock(database, block, { pk, name, replacedSeq });
  }
  if (next - 1 !== row.last_seq) {
    yield { code: 'seq-end', what: `${name}: ends at seq ${next - 1}, its row says ${row.last_seq}` };
  }
  if (lastPosition !== row.last_position) {
    yield { code: 'position-end', what: `${name}: ends at ${lastPosition}, its row says ${row.last_position}` };
  }
  const identities = Number(database.sql('SELECT count(*) AS n FROM identity WHERE session = ?').get(pk)?.n);
  if (identities > next - 1 - replacedSeq) {
    yield { code: 'identity-extra', what: `${name}: ${identities} identities for ${next - 1 - replacedSeq} events` };
  }
}

interface SessionUnderTest {
  readonly pk: number;
  readonly name: string;
  readonly replacedSeq: number;
}

function* verifyBlock(database: Database, block: Row, session: SessionUnderTest): Generator<StoreFlaw> {
  const where = `${session.name}: block ${block.position}`;
  if (!isBlockIntact(block)) yield { code: 'block-changed', what: `${where}: is not what was stored` };
  let bodies: unknown[];
  try {
    bodies = parseBody(unpack(block.body as Uint8Array, block.packed === 1));
  } catch (error) {
    yield { code: 'block-unreadable', what: `${where}: ${systemCode(error) ?? 'not JSON lines'}` };
    return;
  }
  if (bodies.length !== block.count) {
    yield { code: 'block-count', what: `${where}: holds ${bodies.length} events, its row says ${block.count}` };
  }
  for (const [index, body] of bodies.entries()) {
    const seq = Number(block.first_seq) + index;
    if (seq <= session.replacedSeq) continue; // Replaced derivations have given their identities to the present one.
    yield* verifyEvent(database, body, seq, session);
  }
}

function* verifyEvent(database: Database, body: unknown, seq: number, session: SessionUnderTest): Generator<StoreFlaw> {
  const { id, kind, model, payload } = (body ?? {}) as { id?: string; kind: string; model?: string; payload: unknown };
  const find = database.sql('SELECT content FROM identity WHERE session = ? AND id = ? AND seq = ?');
  const row = find.get(session.pk, Buffer.from(String(id), 'hex'), seq);
  if (!row) {
    yield { code: 'identity-missing', what: `${session.name}: event ${id} at seq ${seq} has no identity` };
  } else if (hexOf(row.content) !== contentHash(kind, model, JSON.stringify(payload))) {
    yield { code: 'content-changed', what: `${session.name}: event ${id} at seq ${seq} is not what was stored` };
  }
}

function* verifyPositions(database: Database): Generator<StoreFlaw> {
  let free = 1;
  const sql = 'SELECT position, count FROM block ORDER BY position';
  for (const { position, count } of database.raw.prepare(sql).iterate()) {
    if (Number(position) < free) yield { code: 'position-overlap', what: `block ${position}: overlaps the one before` };
    free = Number(position) + Number(count);
  }
  const next = Number(database.sql(`SELECT value FROM counter WHERE name = 'next_position'`).get()?.value ?? 0);
  if (next < free) yield { code: 'position-counter', what: `the next position is ${next}, but ${free - 1} is taken` };
}

function hexOf(bytes: unknown): string {
  return Buffer.from(bytes as Uint8Array).toString('hex');
}
