/**
 * How to read one source now: from the start, on from its checkpoint, or not at all because only its looks have changed.
 */
import type { JsonValue } from '../core/json.ts';
import type { ReadableFile, SourceFiles } from '../core/ports.ts';
import { isKept, type SourceRecord } from '../core/source.ts';
import type { Provider, SourceMatch } from '../providers/provider.ts';
import type { TranscriptStore } from '../store/store.ts';
import { type ReadCounter, readPlain, readZstd } from './bytes.ts';
import { decodeFrame } from './decode.ts';
import { continuation, matches, type ProbedContent } from './fingerprint.ts';
import { frameJournal } from './framing/document.ts';
import type { CutFrame } from './framing/framer.ts';
import { createJsonlFramer } from './framing/jsonl.ts';
import type { PlannedReading } from './plan.ts';

export type Prepared =
  | {
      readonly kind: 'read';
      readonly record: SourceRecord;
      readonly content?: ProbedContent;
      readonly restart: boolean;
    }
  /** The content is what was read: only path and stat are new. */
  | { readonly kind: 'same'; readonly record: SourceRecord };

export interface PrepareContext {
  readonly files: SourceFiles;
  readonly store: TranscriptStore;
  /** Every byte that is read counts. */
  readonly counters: ReadCounter;
  /** Whether what is read is to be kept. */
  readonly keeps: boolean;
}

/** A source that has not been read. */
export function newSource({ found, freshId }: PlannedReading, keeps: boolean): SourceRecord {
  const { provider, path, stat } = found;
  const checkpoint = {
    cursor: null,
    endBytes: 0,
    state: null,
    decoderVersion: provider.decoderVersion,
    companions: {},
    generation: keeps ? 1 : 0,
    unswept: false,
  };
  return { id: freshId, provider: provider.id, path, stat, checkpoint, gone: false, version: 0 };
}

export async function prepareReading(planned: PlannedReading, context: PrepareContext): Promise<Prepared> {
  const { found, known } = planned;
  const { provider, match } = found;
  const { keeps } = context;
  if (!known) return { kind: 'read', record: newSource(planned, keeps), restart: false };
  if (!canGoOn(known.record, keeps, provider)) return restarted(known.record, keeps);
  const record = withState(known.record, provider, match, context.store);
  const next = keeps ? record : withoutKeeping(record);
  const isLookedAtWhole = match.framing === 'document' || match.framing === 'rows';
  if (isLookedAtWhole) return { kind: 'read', record: next, restart: next.checkpoint.unswept };
  const file = context.files.open(found.path);
  if (!file) return { kind: 'same', record };
  try {
    const isZstd = match.framing === 'jsonl.zst';
    const verdict = isZstd ? await judgeZstd(file, record, context.counters) : judgePlain(file, record, context);
    if (verdict === 'same') return { kind: 'same', record };
    if (verdict !== 'other') return { kind: 'read', record: next, content: verdict, restart: next.checkpoint.unswept };
    if (known.by === 'name') return { kind: 'read', record: newSource(planned, keeps), restart: false };
    return restarted(record, keeps);
  } finally {
    file.close();
  }
}

/** What was not kept cannot be gone on from when it is to be kept; nor when only its bytes could tell a later decoder its state. */
function canGoOn(record: SourceRecord, keeps: boolean, provider: Provider): boolean {
  return isKept(record) || (!keeps && record.checkpoint.decoderVersion === provider.decoderVersion);
}

/** The same place in the source, from which on nothing is kept. */
function withoutKeeping(record: SourceRecord): SourceRecord {
  const generation = 0 - Math.abs(record.checkpoint.generation);
  return { ...record, checkpoint: { ...record.checkpoint, generation, unswept: false } };
}

/** A new generation, from the start. A source of which nothing was read has no older one. */
function restarted(before: SourceRecord, keeps: boolean): Prepared {
  const record = keeps ? before : withoutKeeping(before);
  const { generation: last, endBytes } = record.checkpoint;
  const isNext = keeps && (endBytes > 0 || !isKept(record));
  const generation = isNext ? Math.abs(last) + 1 : last;
  const checkpoint = { ...record.checkpoint, cursor: null, state: null, endBytes: 0, companions: {}, generation };
  return { kind: 'read', record: { ...record, checkpoint }, restart: generation > 1 };
}

/** The content up to the cursor if the file continues it; `same` if there is no more than that. */
function judgePlain(
  file: ReadableFile,
  record: SourceRecord,
  { store, counters }: PrepareContext,
): ProbedContent | 'same' | 'other' {
  const { probe } = record;
  if (!probe) return 'other';
  const content = continuation(file, probe, counters);
  if (!content) return 'other';
  // A new generation that has been read but not ended is ended by reading on, though nothing more is there.
  if (file.stat().sizeBytes > probe.endBytes || record.checkpoint.unswept) return content;
  if (!isKept(record)) return 'same'; // There is nothing to compare with; and nothing is lost by not looking.
  return equalsRaw(file, store.raw(record.id), probe.endBytes, counters) ? 'same' : 'other';
}

/** Whether the file holds, byte for byte, what was kept of it: a rewrite of the same size leaves the ends alone. */
function equalsRaw(
  file: ReadableFile,
  kept: Iterable<{ offset: number; data: Uint8Array }>,
  endBytes: number,
  counters: ReadCounter,
): boolean {
  let end = 0;
  for (const { offset, data } of kept) {
    const bytes = Buffer.alloc(data.length);
    const read = file.read(bytes, offset);
    counters.bytesRead += read;
    if (read !== data.length || !bytes.equals(data)) return false;
    end = offset + data.length;
  }
  return end === endBytes;
}

async function judgeZstd(
  file: ReadableFile,
  { probe, checkpoint }: SourceRecord,
  counters: ReadCounter,
): Promise<'same' | 'other'> {
  if (!probe) return 'other';
  const head: Uint8Array[] = [];
  let total = 0;
  let tail: Uint8Array = new Uint8Array();
  for await (const piece of readZstd(file, counters, () => {})) {
    if (total < probe.headBytes) head.push(piece.slice(0, probe.headBytes - total));
    total += piece.length;
    tail = Buffer.concat([tail, piece.subarray(-probe.tailBytes)]).subarray(-probe.tailBytes);
  }
  return !checkpoint.unswept && total === probe.endBytes && matches(probe, Buffer.concat(head), tail)
    ? 'same'
    : 'other';
}

/** A later decoder cannot go on from an earlier one's state: its own is folded anew from the kept bytes. */
function withState(record: SourceRecord, provider: Provider, match: SourceMatch, store: TranscriptStore): SourceRecord {
  if (record.checkpoint.decoderVersion === provider.decoderVersion) return record;
  const decoder = provider.createDecoder(match);
  let state: JsonValue = decoder.initial;
  const session = record.nativeId ?? match.family;
  const framer = createJsonlFramer();
  for (const { data, offset, ends } of store.raw(record.id)) {
    const frames = ends ? frameJournal(data, offset, ends) : framer.push(data).frames;
    for (const frame of frames) state = decodeFrame(decoder, state, frame, session).state;
  }
  for (const frame of framer.finish().frames) state = decodeFrame(decoder, state, frame, session).state;
  return { ...record, checkpoint: { ...record.checkpoint, state, decoderVersion: provider.decoderVersion } };
}

/** Counts frames by hash in the part of a source before `endBytes`; only the hashes asked for. */
export function countFrames(
  file: ReadableFile,
  endBytes: number,
  wanted: ReadonlySet<string>,
  counters: ReadCounter,
): Map<string, number> {
  const counts = new Map<string, number>();
  const framer = createJsonlFramer();
  const count = ({ hash }: CutFrame) => {
    const name = hash();
    if (wanted.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  let offset = 0;
  for (const piece of readPlain(file, 0, counters)) {
    framer.push(piece.subarray(0, Math.max(0, endBytes - offset))).frames.forEach(count);
    offset += piece.length;
    if (offset >= endBytes) break;
  }
  framer.finish().frames.forEach(count);
  return counts;
}
