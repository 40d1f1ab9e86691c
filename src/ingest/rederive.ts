/**
 * Deriving events again from kept raw bytes, without the agent's file: what a later decoder makes of the same bytes.
 *
 * Synchronous, so that a store can take the batches inside one transaction. Side files are looked up beforehand.
 */
import type { SourceRecord } from '../core/source.ts';
import type { Provider, SourceMatch } from '../providers/provider.ts';
import { type Batch, emptyBatch, type RawChunk, type TranscriptStore } from '../store/store.ts';
import { Collector, type CommandFinder, type SideFileContent } from './collector.ts';
import { FrameFold } from './frame-fold.ts';
import { frameJournal } from './framing/document.ts';
import type { CutFrame } from './framing/framer.ts';
import { createJsonlFramer } from './framing/jsonl.ts';
import { Occurrences } from './occurrence.ts';

export interface Rederivation {
  readonly record: SourceRecord;
  readonly provider: Provider;
  readonly match: SourceMatch;
  /** Companion files as they were kept, by name. */
  readonly companions: ReadonlyMap<string, Uint8Array>;
  readonly sideFiles: ReadonlyMap<string, SideFileContent>;
  readonly commandsIn?: CommandFinder | undefined;
  /** The version that the store has of the source before the first batch. */
  readonly expected: number;
}

const BATCH_BYTES = 1024 * 1024;

/** The source's events anew, as batches without raw bytes. */
export function* rederiveSource(store: TranscriptStore, rederivation: Rederivation): Generator<Batch> {
  const { record, provider, match, companions, sideFiles } = rederivation;
  const collector = new Collector({
    provider: provider.id,
    source: record.id,
    sideFile: (session, name) => sideFiles.get(`${session}\0${name}`),
    packPages: true,
    commandsIn: rederivation.commandsIn,
  });
  const decoder = provider.createDecoder(match);
  const fold = new FrameFold({
    provider: provider.id,
    decoder,
    state: decoder.initial,
    occurrences: new Occurrences(),
    collector,
    session: record.nativeId ?? match.nativeId ?? match.family,
  });
  // Before the records, and again behind them, as when they were read: some only then tell whose they are.
  const waiting = [...companions].filter(([name, content]) => fold.takeCompanion(name, content) === undefined);
  let expected = rederivation.expected;
  const batch = (): Batch => {
    const checkpoint = { ...record.checkpoint, state: fold.state, decoderVersion: provider.decoderVersion };
    const source = { record: { ...record, checkpoint }, expected };
    expected += 1;
    return { ...emptyBatch, ...collector.take([]), cause: 'reprocess', source };
  };
  for (const cut of cutsOf(store.raw(record.id))) {
    for (const frame of cut) collector.add(fold.decode(frame));
    if (collector.bytes >= BATCH_BYTES) yield batch();
  }
  for (const [name, content] of waiting) fold.takeCompanion(name, content);
  yield batch();
}

/** The kept bytes of a source as frames again, a chunk at a time. */
export function* cutsOf(chunks: Iterable<RawChunk>): Generator<readonly CutFrame[]> {
  const framer = createJsonlFramer();
  for (const { data, offset, ends } of chunks) {
    yield ends ? frameJournal(data, offset, ends) : framer.push(data).frames;
  }
  yield framer.finish().frames;
}
