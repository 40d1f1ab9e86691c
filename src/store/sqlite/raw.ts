/**
 * Raw bytes of sources. What arrives live comes in small pieces; as soon as a source's pieces fill a block, they are
 * joined and compressed together, because compressing them singly is slow and saves little.
 */
import { pack, unpack } from '../page.ts';
import type { Database } from './open.ts';

const BLOCK_BYTES = 256 * 1024;

/** Joins the small chunks at the end of a source when the latest one, `[from, to)`, has filled a block. */
export function mergeRawTail(database: Database, source: number, generation: number, from: number, to: number): number {
  if (Math.floor(from / BLOCK_BYTES) === Math.floor(to / BLOCK_BYTES)) return 0;
  const sql = `SELECT pk, offset, bytes, packed, data FROM raw
    WHERE source = ? AND generation = ? AND offset >= ? AND ends IS NULL AND bytes < ? ORDER BY offset`;
  const rows = database.sql(sql).all(source, generation, Math.max(0, to - 2 * BLOCK_BYTES), BLOCK_BYTES);
  const pieces = trailingRun(
    rows.map((row) => ({
      pk: Number(row.pk),
      offset: Number(row.offset),
      end: Number(row.offset) + Number(row.bytes),
      data: unpack(row.data as Uint8Array, row.packed === 1),
    })),
    to,
  );
  const first = pieces[0];
  if (!first || pieces.length < 2) return 0;
  const joined = Buffer.concat(pieces.map(({ data }) => data));
  const packed = pack(joined);
  for (const { pk } of pieces) database.sql('DELETE FROM raw WHERE pk = ?').run(pk);
  const insert =
    'INSERT INTO raw (source, generation, offset, bytes, ends, packed, data) VALUES (?, ?, ?, ?, NULL, ?, ?)';
  database.sql(insert).run(source, generation, first.offset, joined.length, packed ? 1 : 0, packed ?? joined);
  return pieces.length + 1;
}

interface Piece {
  readonly pk: number;
  readonly offset: number;
  readonly end: number;
  readonly data: Uint8Array;
}

/** The pieces that follow one another without a gap up to `end`. */
function trailingRun(pieces: readonly Piece[], end: number): readonly Piece[] {
  let wanted = end;
  let start = pieces.length;
  while (start > 0 && pieces[start - 1]?.end === wanted) wanted = pieces[--start]?.offset ?? 0;
  return pieces.slice(start);
}
