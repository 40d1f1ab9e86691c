/**
 * Checks of everything that the SQLite engine promises, from the pages of the file up to the content of each event.
 * A flaw names rows by number and id; it never holds text of a transcript.
 */
import { hash } from 'node:crypto';
import { systemCode } from '../../core/errors.ts';
import { contentHash } from '../../core/identity.ts';
import { sessionId } from '../../core/session.ts';
import { parseBody, unpack } from '../page.ts';
import type { StoreFlaw } from '../store.ts';
import type { Database } from './open.ts';

type Row = Record<string, unknown>;

export function* verifyDatabase(database: Database): Generator<StoreFlaw> {
  for (const row of database.sql('PRAGMA integrity_check').all()) {
    const text = String(row.integrity_check);
    if (text !== 'ok') yield { code: 'file-damaged', what: text };
  }
  for (const row of database.sql('SELECT pk, provider, native_id, last_seq, replaced_seq FROM session').all()) {
    yield* verifySession(database, row);
  }
  yield* verifyPositions(database);
  for (const row of database.sql('SELECT pk, id, generation, end_bytes FROM source').all()) {
    yield* verifyRaw(database, row);
  }
  yield* verifyBlobs(database);
}

function* verifySession(database: Database, row: Row): Generator<StoreFlaw> {
  const pk = Number(row.pk);
  const name = `session ${sessionId({ provider: String(row.provider), nativeId: String(row.native_id) })}`;
  let next = 1;
  const sql = 'SELECT position, first_seq, count, packed, body FROM block WHERE session = ? ORDER BY first_seq';
  for (const block of database.sql(sql).iterate(pk)) {
    const firstSeq = Number(block.first_seq);
    if (firstSeq !== next) yield { code: 'seq-gap', what: `${name}: expected seq ${next}, found ${firstSeq}` };
    next = firstSeq + Number(block.count);
    yield* verifyBlock(database, block, { pk, name, replacedSeq: Number(row.replaced_seq) });
  }
  if (next - 1 !== row.last_seq) {
    yield { code: 'seq-end', what: `${name}: ends at seq ${next - 1}, its row says ${row.last_seq}` };
  }
}

interface SessionUnderTest {
  readonly pk: number;
  readonly name: string;
  readonly replacedSeq: number;
}

function* verifyBlock(database: Database, block: Row, session: SessionUnderTest): Generator<StoreFlaw> {
  const where = `${session.name}: block ${block.position}`;
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
  const find = database.sql('SELECT content FROM identity WHERE session = ? AND id = ? AND seq = ?');
  for (const [index, body] of bodies.entries()) {
    const seq = Number(block.first_seq) + index;
    if (seq <= session.replacedSeq) continue; // Replaced derivations have given their identities to the present one.
    const { id, kind, model, payload } = body as { id: string; kind: string; model?: string; payload: unknown };
    const row = find.get(session.pk, Buffer.from(String(id), 'hex'), seq);
    const expected = contentHash(kind, model, JSON.stringify(payload));
    if (!row) yield { code: 'identity-missing', what: `${session.name}: event ${id} at seq ${seq} has no identity` };
    else if (Buffer.from(row.content as Uint8Array).toString('hex') !== expected) {
      yield { code: 'content-changed', what: `${session.name}: event ${id} at seq ${seq} is not what was stored` };
    }
  }
}

function* verifyPositions(database: Database): Generator<StoreFlaw> {
  let free = 1;
  for (const { position, count } of database.sql('SELECT position, count FROM block ORDER BY position').iterate()) {
    if (Number(position) < free) yield { code: 'position-overlap', what: `block ${position}: overlaps the one before` };
    free = Number(position) + Number(count);
  }
  const next = Number(database.sql(`SELECT value FROM counter WHERE name = 'next_position'`).get()?.value);
  if (next < free) yield { code: 'position-counter', what: `the next position is ${next}, but ${free - 1} is taken` };
}

/** Raw chunks must tile the source without a gap or an overlap, and unpack to the bytes that they say. */
function* verifyRaw(database: Database, source: Row): Generator<StoreFlaw> {
  const where = `source ${source.id}`;
  let end = 0;
  let isJournal = false;
  const sql = 'SELECT offset, bytes, ends, packed, data FROM raw WHERE source = ? AND generation = ? ORDER BY offset';
  for (const chunk of database.sql(sql).iterate(Number(source.pk), Number(source.generation))) {
    if (chunk.offset !== end) yield { code: 'raw-gap', what: `${where}: expected byte ${end}, found ${chunk.offset}` };
    end = Number(chunk.offset) + Number(chunk.bytes);
    isJournal ||= chunk.ends !== null;
    if (unpackedLength(chunk) !== chunk.bytes) {
      yield { code: 'raw-unreadable', what: `${where}: the chunk at byte ${chunk.offset} is damaged` };
    }
  }
  if (end > 0 && !isJournal && end !== source.end_bytes) {
    yield { code: 'raw-end', what: `${where}: raw bytes end at ${end}, its checkpoint at ${source.end_bytes}` };
  }
}

function unpackedLength(chunk: Row): number {
  try {
    return unpack(chunk.data as Uint8Array, chunk.packed === 1).length;
  } catch {
    return -1; // Reported as damaged by the caller.
  }
}

function* verifyBlobs(database: Database): Generator<StoreFlaw> {
  for (const row of database.sql('SELECT sha256, packed, content FROM blob').iterate()) {
    const wanted = Buffer.from(row.sha256 as Uint8Array).toString('hex');
    let found = '';
    try {
      found = hash('sha256', unpack(row.content as Uint8Array, row.packed === 1), 'hex');
    } catch {
      found = ''; // Cannot be unpacked: not what was stored, and reported below.
    }
    if (found !== wanted) yield { code: 'blob-changed', what: `blob ${wanted}: its content is not what was stored` };
  }
  const missing = `SELECT hex(sha256) AS name FROM session_blob AS b
    WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.sha256 = b.sha256)`;
  for (const { name } of database.sql(missing).all()) {
    yield { code: 'blob-missing', what: `blob ${String(name).toLowerCase()}: its content is gone` };
  }
}
