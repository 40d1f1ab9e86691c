/**
 * How to read one source now: from the start, on from its checkpoint, or not at all because only its looks have changed.
 */
import type { JsonValue } from '../core/json.ts';
import type { ReadableFile, SourceFiles } from '../core/ports.ts';
import type { SourceRecord } from '../core/source.ts';
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
}

/** A source that has not been read. */
function newSource({ found, freshId }: PlannedReading): SourceRecord {
  const { provider, path, stat } = found;
  const checkpoint = {
    cursor: null,
    endBytes: 0,
    state: null,
    decoderVersion: provider.decoderVersion,
    companions: {},
    generation: 1,
    unswept: false,
  };
  return { id: freshId, provider: provider.id, path, stat, checkpoint, gone: false, version: 0 };
}

export async function prepareReading(planned: PlannedReading, context: PrepareContext): Promise<Prepared> {
  const { found, known } = planned;
  const { provider, match } = found;
  if (!known) return { kind: 'read', record: newSource(planned), restart: false };
  const record = withState(known.record, provider, match, context.store);
  if (match.framing === 'document') return { kind: 'read', record, restart: false };
  const file = context.files.open(found.path);
  if (!file) return { kind: 'same', record };
  try {
    const isZstd = match.framing === 'jsonl.zst';
    const verdict = isZstd ? await judgeZstd(file, record, context.counters) : judgePlain(file, record, context);
    if (verdict === 'same') return { kind: 'same', record };
    if (verdict !== 'other') return { kind: 'read', record, content: verdict, restart: record.checkpoint.unswept };
    if (known.by === 'name') return { kind: 'read', record: newSource(planned), restart: false };
    return restarted(record);
  } finally {
    file.close();
  }
}

/** A new generation, from the start. A source of which nothing was read has no older one. */
function restarted(record: SourceRecord): Prepared {
  const generation = record.checkpoint.generation + (record.checkpoint.endBytes > 0 ? 1 : 0);
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
  if (file.stat().sizeBytes > probe.endBytes) return content;
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
  { probe }: SourceRecord,
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
  return total === probe.endBytes && matches(probe, Buffer.concat(head), tail) ? 'same' : 'other';
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
