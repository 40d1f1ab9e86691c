/** Checks of the bytes that are kept: of sources, as they were read, and of blobs. */
import { unpack } from '../page.ts';
import type { StoreFlaw } from '../store.ts';
import { isRawIntact } from './checksum.ts';
import type { Database } from './open.ts';
import { blobContent } from './records.ts';

type Row = Record<string, unknown>;

export function* verifyRaw(database: Database): Generator<StoreFlaw> {
  const sql = `SELECT s.pk, s.id, s.generation, s.end_bytes,
      s.native_id IS NOT NULL AND f.native_id IS NULL AND s.generation > 0 AS is_kept FROM source AS s
    LEFT JOIN forgotten AS f ON f.provider = s.provider AND f.native_id = s.native_id`;
  for (const source of database.raw.prepare(sql).all()) yield* verifySource(database, source);
}

/** Chunks must tile each generation of a source without a gap or an overlap, and unpack to the bytes that they say. */
function* verifySource(database: Database, source: Row): Generator<StoreFlaw> {
  const where = `source ${source.id}`;
  let generation = 0;
  let end = 0;
  let isJournal = false;
  const sql = 'SELECT * FROM raw WHERE source = ? ORDER BY generation, offset';
  for (const chunk of database.raw.prepare(sql).iterate(Number(source.pk))) {
    if (chunk.generation !== generation) end = 0;
    generation = Number(chunk.generation);
    if (chunk.offset !== end) yield { code: 'raw-gap', what: `${where}: expected byte ${end}, found ${chunk.offset}` };
    end = Number(chunk.offset) + Number(chunk.bytes);
    isJournal ||= chunk.ends !== null;
    yield* verifyChunk(chunk, `${where}: the chunk at byte ${chunk.offset} of generation ${generation}`);
  }
  if (generation !== source.generation) end = 0; // Of the present generation nothing is kept.
  const isMissing = end === 0 && source.is_kept === 1;
  if ((end > 0 || isMissing) && !isJournal && end !== source.end_bytes) {
    yield { code: 'raw-end', what: `${where}: raw bytes end at ${end}, its checkpoint at ${source.end_bytes}` };
  }
}

function* verifyChunk(chunk: Row, where: string): Generator<StoreFlaw> {
  if (!isRawIntact(chunk)) yield { code: 'raw-changed', what: `${where} is not what was stored` };
  if (unpackedLength(chunk) !== chunk.bytes) yield { code: 'raw-unreadable', what: `${where} is damaged` };
}

function unpackedLength(chunk: Row): number {
  try {
    return unpack(chunk.data as Uint8Array, chunk.packed === 1).length;
  } catch {
    return -1; // Reported as damaged by the caller.
  }
}

export function* verifyBlobs(database: Database): Generator<StoreFlaw> {
  for (const row of database.raw.prepare('SELECT sha256, packed, content FROM blob').iterate()) {
    const name = Buffer.from(row.sha256 as Uint8Array).toString('hex');
    if (!blobContent(row, name)) {
      yield { code: 'blob-changed', what: `blob ${name}: its content is not what was stored` };
    }
  }
  const missing = `SELECT DISTINCT hex(sha256) AS name FROM (
      SELECT sha256 FROM session_blob UNION SELECT sha256 FROM side_file) AS b
    WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.sha256 = b.sha256)`;
  for (const { name } of database.sql(missing).all()) {
    yield { code: 'blob-missing', what: `blob ${String(name).toLowerCase()}: its content is gone` };
  }
}
