/**
 * Checks of everything that the log engine promises. A flaw names logs by name and places by number; it never holds text
 * of a transcript.
 *
 *     meta-damaged, meta-newer    a session that is closed
 *     log-short, line-damaged, tail-kept
 *     seq-gap, position-order, position-overlap, summary-differs
 *     raw-changed, raw-gap, raw-end, blob-changed
 */

import type { Position, StoreFlaw } from '../store.ts';
import { isLine, readGoodLines } from './commits.ts';
import type { Folder } from './folder.ts';
import type { Ledger } from './ledger.ts';
import type { StoredSource } from './record.ts';
import { rawData, rawPlaces, readBlob } from './records.ts';
import { Summary } from './summary.ts';

export async function* verifyLogs(folder: Folder): AsyncGenerator<StoreFlaw> {
  folder.refresh();
  const taken = new Set<Position>();
  for (const ledger of folder.ledgers.all()) yield* verifyLog(folder, ledger, taken);
  for (const name of folder.disk.list(folder.path).filter((one) => one.includes('.torn-'))) {
    yield { code: 'tail-kept', what: `${name}: the end of a log that was cut, because a part of it was damaged` };
  }
  for (const source of folder.ledgers.registry.sources.values()) yield* verifyRaw(folder, source);
  for (const [sha256, { bytes }] of folder.ledgers.registry.blobs) {
    const isWhole = readBlob(folder, sha256, bytes) !== undefined;
    if (!isWhole) yield { code: 'blob-changed', what: `blob ${sha256}: its content is not what was stored` };
  }
}

function* verifyLog(folder: Folder, ledger: Ledger, taken: Set<Position>): Generator<StoreFlaw> {
  const { failure, name, summary } = ledger;
  if (failure) {
    yield { code: failure.code === 'store-newer' ? 'meta-newer' : 'meta-damaged', what: failure.message };
    return;
  }
  if (summary.isCutShort) yield { code: 'log-short', what: `${name}: was once shorter than what was committed to it` };
  const found = new Summary();
  let seq = 0;
  let position = 0;
  for (const part of readGoodLines(folder.disk, ledger.twin, 0, ledger.length)) {
    if (!isLine(part)) {
      yield { code: 'line-damaged', what: `${name}: bytes ${part[0]} to ${part[1]} are not what was stored` };
      continue;
    }
    const { record, place } = part;
    found.apply(record, record.end ?? 0, place.bytes);
    if (record.event === undefined) continue;
    if (record.seq !== seq + 1)
      yield { code: 'seq-gap', what: `${name}: expected seq ${seq + 1}, found ${record.seq}` };
    seq = record.seq ?? 0;
    const isLater = (record.position ?? 0) > position;
    if (!isLater) yield { code: 'position-order', what: `${name}: position ${record.position} behind ${position}` };
    position = record.position ?? 0;
    if (taken.has(position)) yield { code: 'position-overlap', what: `${name}: position ${position} is taken` };
    taken.add(position);
  }
  const isSame = comparable(found) === comparable(summary);
  const isDamaged = summary.damaged.length > 0 || summary.isCutShort;
  if (!isSame && !isDamaged) yield { code: 'summary-differs', what: `${name}: its meta file is not what its log says` };
}

/** Without what depends on the order in which things were told, and where the numbers of commits stand. */
function comparable(summary: Summary): string {
  const { damaged: _, isCutShort: __, offsets: ___, gone: ____, removed: _____, ...rest } = summary.toJson();
  const told = (value: unknown) => (Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value);
  const plain = Object.entries(rest).map(([key, value]) => [key, told(value)]);
  return JSON.stringify([plain, [...summary.offsets.keys()].sort(), [...summary.gone.keys()].sort()]);
}

/** Chunks must tile the present generation of a source without a gap or an overlap. */
function* verifyRaw(folder: Folder, { record }: StoredSource): Generator<StoreFlaw> {
  const { id, provider, nativeId, checkpoint } = record;
  const where = `source ${id}`;
  const key = nativeId === undefined ? undefined : { provider, nativeId };
  if (key && folder.ledgers.isClosed(key)) return; // Its bytes are not looked at.
  let end = 0;
  let isJournal = false;
  for (const { ledger, chunk } of rawPlaces(folder, id)) {
    if (chunk.offset !== end) yield { code: 'raw-gap', what: `${where}: expected byte ${end}, found ${chunk.offset}` };
    end = chunk.offset + chunk.bytes;
    isJournal ||= chunk.ends !== undefined;
    const isWhole = rawData(ledger, chunk)?.length === chunk.bytes;
    if (!isWhole) yield { code: 'raw-changed', what: `${where}: the chunk at byte ${chunk.offset} is damaged` };
  }
  const isMissing = end === 0 && key !== undefined && !folder.ledgers.isForgotten(key) && checkpoint.generation > 0;
  if ((end > 0 || isMissing) && !isJournal && end !== checkpoint.endBytes) {
    yield { code: 'raw-end', what: `${where}: raw bytes end at ${end}, its checkpoint at ${checkpoint.endBytes}` };
  }
}
