/**
 * Checksums of the rows that hold events and raw bytes: what nobody can make again.
 *
 * SQLite finds damage to the structure of its pages, not a bit that was flipped inside a value; a few words of a
 * transcript would then read differently, and nobody would know. The sum covers every column of a row.
 */
import { crc32 } from 'node:zlib';

type Column = string | number | null;

/** The sum of a row: of its columns, in their order in the schema, and of its bytes. */
export function rowSum(columns: readonly Column[], bytes: Uint8Array): number {
  return crc32(bytes, crc32(columns.join('\0')));
}

type Row = Readonly<Record<string, unknown>>;

/** Whether a row of `block`, whose `source` stands under `source_pk`, holds what was stored. */
export function isBlockIntact(row: Row): boolean {
  const columns = [
    'position',
    'session',
    'first_seq',
    'count',
    'source_pk',
    'generation',
    'cause',
    'revises',
    'packed',
  ];
  return isIntact(row, columns, row.body);
}

/** Whether a row of `raw` holds what was stored. */
export function isRawIntact(row: Row): boolean {
  return isIntact(row, ['source', 'generation', 'offset', 'bytes', 'ends', 'packed'], row.data);
}

function isIntact(row: Row, names: readonly string[], bytes: unknown): boolean {
  const columns = names.map((name) => row[name] as Column); // Integers, text and NULL: the schema is strict.
  return bytes instanceof Uint8Array && rowSum(columns, bytes) === row.sum;
}
