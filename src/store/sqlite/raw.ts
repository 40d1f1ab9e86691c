/**
 * Raw bytes of sources. What arrives live comes in small pieces; as soon as a source's pieces fill a block, they are
 * joined and compressed together, because compressing them singly is slow and saves little.
 */
import { pack, unpack } from '../page.ts';
import type { RawChunk } from '../store.ts';
import { isRawIntact, rowSum } from './checksum.ts';
import type { Database } from './open.ts';

const BLOCK_BYTES = 256 * 1024;

/** Stores a chunk; the number of rows written. */
export function putRaw(database: Database, source: number, generation: number, chunk: RawChunk): number {
  insertRaw(database, source, generation, chunk);
  return 1 + mergeRawTail(database, source, generation, chunk);
}

function insertRaw(database: Database, source: number, generation: number, chunk: RawChunk): void {
  const { offset, bytes, data, packed, ends } = chunk;
  const columns = [source, generation, offset, bytes, ends ? JSON.stringify(ends) : null, packed ? 1 : 0];
  const sql = `INSERT INTO raw (source, generation, offset, bytes, ends, packed, data, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
  database.sql(sql).run(...columns, data, rowSum(columns, data));
}

/** Joins the small chunks at the end of a source when the latest one has filled a block. */
function mergeRawTail(database: Database, source: number, generation: number, { offset, bytes }: RawChunk): number {
  const end = offset + bytes;
  if (Math.floor(offset / BLOCK_BYTES) === Math.floor(end / BLOCK_BYTES)) return 0;
  const sql = `SELECT pk, source, generation, offset, bytes, ends, packed, data, sum FROM raw
    WHERE source = ? AND generation = ? AND offset >= ? AND ends IS NULL AND bytes < ? ORDER BY offset`;
  const rows = database.sql(sql).all(source, generation, Math.max(0, end - 2 * BLOCK_BYTES), BLOCK_BYTES);
  const run = trailingRun(rows.map(toPiece), end);
  const first = run[0];
  if (!first || run.length < 2) return 0;
  const joined = Buffer.concat(run.map(({ row }) => unpack(row.data as Uint8Array, row.packed === 1)));
  const packed = pack(joined);
  for (const { row } of run) database.sql('DELETE FROM raw WHERE pk = ?').run(Number(row.pk));
  const data = packed ?? joined;
  insertRaw(database, source, generation, {
    offset: first.offset,
    bytes: joined.length,
    data,
    packed: packed !== undefined,
  });
  return run.length + 1;
}

type Row = Readonly<Record<string, unknown>>;

interface Piece {
  readonly row: Row;
  readonly offset: number;
  readonly end: number;
}

function toPiece(row: Row): Piece {
  return { row, offset: Number(row.offset), end: Number(row.offset) + Number(row.bytes) };
}

/** The pieces that follow one another without a gap up to `end`. A damaged one is left as it is, to be found. */
function trailingRun(pieces: readonly Piece[], end: number): readonly Piece[] {
  const run: Piece[] = [];
  let wanted = end;
  for (const piece of pieces.toReversed()) {
    if (piece.end !== wanted || !isRawIntact(piece.row)) break;
    run.unshift(piece);
    wanted = piece.offset;
  }
  return run;
}
