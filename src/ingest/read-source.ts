/**
 * One reading of one source, from its checkpoint to its present end, as batches.
 *
 *     bytes ─► framer ─► decoder ─► collector ─► batch { events, raw bytes, flaws, next checkpoint }
 *
 * Each batch carries the checkpoint that stands for exactly what it and the batches before it hold, so a crash between
 * two batches costs nothing. Nothing here writes: the caller appends the batches in order, or throws them away.
 */
import { hash } from 'node:crypto';
import type { ReadableFile, SourceFiles } from '../core/ports.ts';
import type { Cursor, FileStat, SourceRecord } from '../core/source.ts';
import { isKept } from '../core/source.ts';
import type { Provider, SourceMatch } from '../providers/provider.ts';
import { pack } from '../store/page.ts';
import { type Batch, type Blob, type Cause, emptyBatch, type RawChunk } from '../store/store.ts';
import { type ReadCounter, readPlain, readZstd } from './bytes.ts';
import { Collector, type CommandFinder, type SideFileContent } from './collector.ts';
import { type ProbedContent, Prober, UNFINISHED } from './fingerprint.ts';
import { FrameFold } from './frame-fold.ts';
import { frameDocument, waitingCursor } from './framing/document.ts';
import type { Framed } from './framing/framer.ts';
import { createJsonlFramer, jsonlPosition } from './framing/jsonl.ts';
import { heardOffset } from './heard.ts';
import { type OccurrenceLookup, Occurrences } from './occurrence.ts';
import { Tape } from './tape.ts';

/** Work done by readings; printed beside times and asserted in tests. */
export interface ReadingCounters extends ReadCounter {
  framesDecoded: number;
}

export interface Reading {
  readonly provider: Provider;
  readonly match: SourceMatch;
  readonly files: SourceFiles;
  /** The folder that `match` paths are relative to. */
  readonly root: string;
  readonly path: string;
  /** What the file was when it was looked at, before it is opened: what comes later is seen as a change. */
  readonly stat: FileStat;
  /** The source as stored, or as it will be: version 0, generation 1, nothing read. */
  readonly record: SourceRecord;
  /** The content before the cursor, verified; absent when the reading begins at the start. */
  readonly content?: ProbedContent | undefined;
  /** True when a new generation begins: what older ones held and this one does not is superseded at its end. */
  readonly restart: boolean;
  readonly cause: Cause;
  /** When kato saw the record at this offset, for records seen live. */
  readonly observedAt?: ((offset: number) => string | undefined) | undefined;
  /** Needed only when reading goes on in the middle. */
  readonly lookup?: OccurrenceLookup | undefined;
  /** Side files that the store has kept; for when the agent has deleted them. */
  readonly keptSideFile?: ((session: string, name: string) => Promise<Blob | undefined>) | undefined;
  readonly counters: ReadingCounters;
  readonly commandsIn?: CommandFinder | undefined;
}

/** A batch is closed when it holds about this much of the source, or of events. */
const BATCH_BYTES = 1024 * 1024;
/** Smaller raw chunks of a growing source are left to the store, which joins them before it compresses. */
const PACK_RAW_FROM_BYTES = 64 * 1024;
const SIDE_FILE_LIMIT_BYTES = 32 * 1024 * 1024;
const COMPANION_LIMIT_BYTES = 1024 * 1024;

/** Reads the source. Yields nothing when the file is gone. */
export async function* readSource(reading: Reading): AsyncGenerator<Batch> {
  const file = reading.files.open(reading.path);
  if (!file) return;
  try {
    const reader = new SourceReader(reading);
    reader.takeCompanions();
    if (reading.match.framing === 'document') yield* reader.readDocument(file);
    else yield* reader.readLines(file);
  } finally {
    file.close();
  }
}

class SourceReader {
  readonly #reading: Reading;
  readonly #collector: Collector;
  readonly #occurrences: Occurrences;
  readonly #fold: FrameFold;
  readonly #prober: Prober;
  readonly #taken = new Set<string>();
  readonly #sideFiles = new Map<string, SideFileContent | undefined>();
  readonly #keeps: boolean;
  #record: SourceRecord;

  constructor(reading: Reading) {
    const { provider, match, record, content } = reading;
    const decoder = provider.createDecoder(match);
    const goesOn = content !== undefined || (match.framing === 'document' && record.checkpoint.endBytes > 0);
    this.#reading = reading;
    this.#record = record;
    this.#keeps = isKept(record);
    this.#occurrences = new Occurrences(content ? reading.lookup : undefined);
    this.#prober = new Prober(content);
    this.#collector = new Collector({
      provider: provider.id,
      source: record.id,
      observedAt: reading.observedAt,
      sideFile: (session, name) => this.#sideFiles.get(`${session}\0${name}`),
      packPages: true,
      commandsIn: reading.commandsIn,
      keeps: this.#keeps,
    });
    this.#fold = new FrameFold({
      provider: provider.id,
      decoder,
      state: goesOn ? record.checkpoint.state : decoder.initial,
      occurrences: this.#occurrences,
      collector: this.#collector,
      session: record.nativeId ?? match.nativeId ?? match.family,
    });
  }

  async *readLines(file: ReadableFile): AsyncGenerator<Batch> {
    const { content, counters, match, record, restart } = this.#reading;
    const cursor = content ? record.checkpoint.cursor : undefined;
    const framer = createJsonlFramer(cursor);
    let { offset, stored } = jsonlPosition(cursor);
    const tape = new Tape(stored);
    const flaw = () => this.#collector.addFlaws([{ code: 'unreadable-rest' }], []);
    const pieces = match.framing === 'jsonl.zst' ? readZstd(file, counters, flaw) : readPlain(file, offset, counters);
    for await (const piece of pieces) {
      tape.add(piece, offset);
      offset += piece.length;
      await this.#take(framer.push(piece));
      const held = framer.accountedBytes() - stored;
      if (held < BATCH_BYTES && this.#collector.bytes < BATCH_BYTES) continue;
      stored = framer.accountedBytes();
      const raw = this.#rawFrom(tape, stored);
      yield this.#batch({ cursor: framer.cursor(), endBytes: stored, raw, isEnd: false, unswept: restart });
    }
    await this.#take(framer.finish());
    this.takeCompanions();
    const endBytes = framer.accountedBytes();
    const raw = this.#rawFrom(tape, endBytes);
    // Even without news the stat is stored, so that an unchanged file is not looked into again.
    yield this.#batch({ cursor: framer.cursor(), endBytes, raw, isEnd: true, sweep: restart });
  }

  async *readDocument(file: ReadableFile): AsyncGenerator<Batch> {
    const { match, record, counters, restart } = this.#reading;
    if (!match.list) return;
    const bytes = Buffer.concat([...readPlain(file, 0, counters)]);
    const framed = frameDocument(bytes, match.list, record.checkpoint.cursor ?? undefined);
    if (!framed) {
      yield this.#waiting();
      return;
    }
    if (framed.restarted) {
      const generation = this.#record.checkpoint.generation + (this.#keeps ? 1 : 0);
      this.#record = { ...this.#record, checkpoint: { ...this.#record.checkpoint, generation } };
      this.#fold.restart();
    }
    this.#prober.add(bytes);
    await this.#take(framed);
    this.takeCompanions();
    const { offset, data, ends } = framed.journal;
    const packed = pack(data);
    const chunk = { offset, bytes: data.length, data: packed ?? data, packed: packed !== undefined, ends };
    const raw = data.length > 0 && this.#keeps ? [chunk] : [];
    const sweep = this.#keeps && (framed.restarted || restart);
    yield this.#batch({ cursor: framed.cursor, endBytes: bytes.length, raw, isEnd: true, sweep });
  }

  /**
   * Small files beside the source that say more about the session, if they are new or different. Tried before the
   * records, and again behind them, for sessions that only their records name.
   */
  takeCompanions(): void {
    const { files, root, match, content } = this.#reading;
    const companions: Record<string, string> = { ...this.#record.checkpoint.companions };
    for (const name of match.companions ?? []) {
      const bytes = readSmall(files, `${root}/${name}`, COMPANION_LIMIT_BYTES);
      if (bytes?.length === 0) continue; // It is being written anew.
      const digest = bytes && hash('sha256', bytes, 'hex').slice(0, 16);
      if (!bytes || !digest || ((this.#taken.has(name) || content !== undefined) && companions[name] === digest))
        continue;
      const session = this.#fold.takeCompanion(name, bytes);
      if (session === undefined) continue; // The decoder does not know yet which session it speaks of.
      companions[name] = digest;
      this.#taken.add(name);
      this.#collector.keepFile(session, `companion:${name}`, bytes);
    }
    this.#record = { ...this.#record, checkpoint: { ...this.#record.checkpoint, companions } };
  }

  async #take({ frames, quarantined, diagnostics }: Framed): Promise<void> {
    this.#collector.addFlaws(diagnostics, quarantined);
    const decoded = frames.map((frame) => this.#fold.decode(frame));
    this.#reading.counters.framesDecoded += frames.length;
    if (this.#reading.content) await this.#occurrences.prepare(this.#fold.anonymous(frames, decoded));
    for (const frame of decoded) {
      for (const { session, sideFile } of frame.decoded.drafts) {
        if (sideFile !== undefined) await this.#loadSideFile(session, sideFile);
      }
      this.#collector.add(frame);
    }
  }

  async #loadSideFile(session: string, name: string): Promise<void> {
    const key = `${session}\0${name}`;
    if (!this.#keeps) return;
    if (!this.#sideFiles.has(key)) this.#sideFiles.set(key, await this.#readSideFile(session, name));
  }

  async #readSideFile(session: string, name: string): Promise<SideFileContent | undefined> {
    const { files, root, match, keptSideFile } = this.#reading;
    const folder = match.sideFolder;
    const isPlainName = !/[/\\]|^\.\.?$/.test(name);
    const path = `${root}/${folder}/${name}`;
    const bytes = folder !== undefined && isPlainName ? readSmall(files, path, SIDE_FILE_LIMIT_BYTES) : undefined;
    if (bytes) {
      const sha256 = hash('sha256', bytes, 'hex');
      return { text: Buffer.from(bytes).toString('utf8'), blob: { sha256, mediaType: 'text/plain', content: bytes } };
    }
    const kept = await keptSideFile?.(session, name);
    return kept && { text: Buffer.from(kept.content).toString('utf8'), blob: kept };
  }

  #rawFrom(tape: Tape, untilBytes: number): readonly RawChunk[] {
    const taken = tape.take(untilBytes);
    if (!taken) return [];
    this.#prober.add(taken.bytes);
    if (this.#reading.match.shared || !this.#keeps) return [];
    const { offset, bytes } = taken;
    const isPiece = this.#reading.content !== undefined && bytes.length < PACK_RAW_FROM_BYTES;
    const packed = isPiece ? undefined : pack(bytes);
    return [{ offset, bytes: bytes.length, data: packed ?? bytes, packed: packed !== undefined }];
  }

  /** Of a document that is not complete: that it was looked at as it is now, so that it is not read again unchanged. */
  #waiting(): Batch {
    const { record, stat, path, match, cause, restart } = this.#reading;
    const cursor = waitingCursor(record.checkpoint.cursor);
    const checkpoint = { ...record.checkpoint, cursor, unswept: restart };
    const seen = { ...record, path, stat, checkpoint, nativeId: record.nativeId ?? match.nativeId, gone: false };
    return { ...emptyBatch, cause, source: { record: seen, expected: record.version }, rides: true };
  }

  #batch({ cursor, endBytes, raw, isEnd, sweep = false, unswept = false }: Progress): Batch {
    const expected = this.#record.version;
    const { provider, match, path, stat } = this.#reading;
    const nativeId = this.#record.nativeId ?? (match.shared ? undefined : (match.nativeId ?? this.#fold.firstSession));
    const { companions, generation, endBytes: readBytes } = this.#record.checkpoint;
    const state = this.#fold.state;
    const { decoderVersion } = provider;
    const checkpoint = { cursor, endBytes, state, decoderVersion, companions, generation, unswept };
    // Until the end is reached, the stored stat must fit no file: else a reading that is cut off would count as done.
    const seen = isEnd ? stat : { ...stat, modifiedNs: UNFINISHED };
    const record = {
      ...this.#record,
      path,
      nativeId,
      stat: seen,
      probe: this.#prober.probe(),
      checkpoint,
      gone: false,
    };
    this.#record = { ...record, version: expected + 1 };
    const taken = this.#collector.take(raw);
    const offsets = this.#collector.takeHeard().map((heard) => heardOffset(heard, record));
    return {
      ...emptyBatch,
      ...taken,
      cause: this.#reading.cause,
      source: { record, expected },
      sweep,
      offsets,
      rides: taken.rides === true && !sweep && (readBytes > 0 || taken.sessions.length === 0), // A session's start does not.
    };
  }
}

interface Progress {
  readonly cursor: Cursor;
  readonly endBytes: number;
  readonly raw: readonly RawChunk[];
  /** True when there is nothing more to read now. */
  readonly isEnd: boolean;
  readonly sweep?: boolean;
  readonly unswept?: boolean;
}

function readSmall(files: SourceFiles, path: string, limitBytes: number): Uint8Array | undefined {
  const file = files.open(path);
  if (!file) return undefined;
  try {
    const { sizeBytes } = file.stat();
    if (sizeBytes > limitBytes) return undefined;
    const bytes = new Uint8Array(sizeBytes);
    return bytes.subarray(0, file.read(bytes, 0));
  } finally {
    file.close();
  }
}
