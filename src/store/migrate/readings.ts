/**
 * How the bytes of a source that the log has go with those that the store has. Numbers of generations belong to one
 * store: only bytes tell whether two readings are of the same file.
 */
import { isKept, type SourceRecord } from '../../core/source.ts';
import type { Ledger } from '../log/ledger.ts';
import { rawData } from '../log/records.ts';
import type { RawPlace } from '../log/rows.ts';
import type { RawChunk, TranscriptStore } from '../store.ts';
import type { Reading } from './log-side.ts';

export type Relation =
  /** The store has nothing of it. */
  | { readonly kind: 'unknown' }
  /** The store has these bytes, and perhaps more. */
  | { readonly kind: 'contained' }
  /** The store has the beginning, this long. */
  | { readonly kind: 'longer'; readonly from: number }
  | { readonly kind: 'other' };

/** `record` is the store's, `readings` are the log's. */
export function relate(
  store: TranscriptStore,
  record: SourceRecord | undefined,
  logRecord: SourceRecord,
  readings: readonly Reading[],
): Relation {
  if (!record) return { kind: 'unknown' };
  if (!isKept(logRecord)) return readings.length === 0 ? { kind: 'contained' } : { kind: 'other' };
  if (record.checkpoint.generation === 0) return { kind: 'unknown' }; // Known, and nothing was ever kept of it.
  const { generation: now } = logRecord.checkpoint;
  const hasEarlier = readings.some(({ generation, chunks }) => generation !== now && chunks.length > 0);
  // With as many readings on both sides, the last of which are the same, the earlier ones are the same as well.
  if (!isKept(record) || (hasEarlier && record.checkpoint.generation !== now)) return { kind: 'other' };
  const present = readings.find(({ generation }) => generation === now);
  const { same, onlyFirst, onlySecond } = compareBytes(
    present ? bytesOf(present) : [],
    plainBytes(store.raw(record.id)),
  );
  if (!same) return { kind: 'other' };
  if (!onlyFirst) return { kind: 'contained' };
  return onlySecond ? { kind: 'other' } : { kind: 'longer', from: record.checkpoint.endBytes };
}

function* plainBytes(chunks: Iterable<RawChunk>): Generator<Uint8Array> {
  for (const { data } of chunks) yield data;
}

function* bytesOf({ chunks }: Reading): Generator<Uint8Array> {
  for (const { ledger, chunk } of chunks) yield rawData(ledger, chunk) ?? new Uint8Array();
}

/** Whether two runs of bytes are the same as far as both go, and which of them goes on. */
function compareBytes(first: Iterable<Uint8Array>, second: Iterable<Uint8Array>) {
  const [a, b] = [first[Symbol.iterator](), second[Symbol.iterator]()];
  let left = nextOf(a);
  let right = nextOf(b);
  for (;;) {
    if (!left || !right) return { same: true, onlyFirst: left !== undefined, onlySecond: right !== undefined };
    const length = Math.min(left.length, right.length);
    if (Buffer.compare(left.subarray(0, length), right.subarray(0, length)) !== 0) {
      return { same: false, onlyFirst: true, onlySecond: true };
    }
    left = left.length > length ? left.subarray(length) : nextOf(a);
    right = right.length > length ? right.subarray(length) : nextOf(b);
  }
}

function nextOf(chunks: Iterator<Uint8Array>): Uint8Array | undefined {
  for (let next = chunks.next(); !next.done; next = chunks.next()) if (next.value.length > 0) return next.value;
  return undefined;
}

/** The raw chunks of a reading, from a byte on; their bytes are read when they are asked for. Absent when none begins there. */
export function chunksFrom({ chunks }: Reading, from: number): readonly RawChunk[] | undefined {
  const later = chunks.filter(({ chunk }) => chunk.offset + chunk.bytes > from);
  if (later.some(({ chunk }) => chunk.offset < from && chunk.ends)) return undefined;
  return later.map(({ ledger, chunk }) => {
    const { offset, bytes, ends } = chunk;
    const skipped = Math.max(0, from - offset);
    const packed = chunk.packed === true && skipped === 0;
    const data = () => (packed ? keptData(ledger, chunk) : rawData(ledger, chunk)) ?? new Uint8Array();
    return {
      offset: offset + skipped,
      bytes: bytes - skipped,
      ends,
      packed,
      get data() {
        return data().subarray(skipped);
      },
    };
  });
}

/** The bytes of a packed chunk as they are kept. */
function keptData(ledger: Ledger, { place }: RawPlace): Uint8Array | undefined {
  const data = ledger.read(place)?.data;
  return data === undefined ? undefined : Buffer.from(data, 'base64');
}

/** Whether the chunks of the present reading follow one another up to where the checkpoint says. */
export function isWhole({ checkpoint }: SourceRecord, readings: readonly Reading[]): boolean {
  const present = readings.find(({ generation }) => generation === checkpoint.generation);
  let end = 0;
  let isJournal = false;
  for (const { chunk } of present?.chunks ?? []) {
    if (chunk.offset !== end) return false;
    end += chunk.bytes;
    isJournal ||= chunk.ends !== undefined;
  }
  return isJournal || end === checkpoint.endBytes || checkpoint.generation <= 0;
}

/** Looked at by nobody yet: what the store has of a source whose checkpoint is still to come. */
export function unread(record: SourceRecord): SourceRecord {
  const { probe: _, checkpoint, ...rest } = record;
  const begun = { cursor: null, state: null, endBytes: 0, companions: {}, unswept: false, generation: 1 };
  return { ...rest, checkpoint: { ...checkpoint, ...begun } };
}
