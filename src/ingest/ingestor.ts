/**
 * One pass over everything that agents have written: find, plan, read what is new, store it, link sessions.
 *
 * Sources of one family are read one after the other, because they may hold parts of one session; families are read
 * side by side, so that their batches share commits. Every batch is durable before the pass counts it, and a pass that
 * is stopped anywhere goes on where it was when it is run again.
 */
import type { DiagnosticCount } from '../core/diagnostic.ts';
import type { SourceFiles } from '../core/ports.ts';
import { isKept, type SourceRecord } from '../core/source.ts';
import type { Appended, Batch, Cause, TranscriptStore } from '../store/store.ts';
import type { CommandFinder } from './collector.ts';
import type { Discovery, FoundSource, Unreadable } from './discovery.ts';
import { isWaiting } from './framing/document.ts';
import { linkSessions } from './link.ts';
import { byFamily, type PlannedReading, planPass } from './plan.ts';
import type { Reading, ReadingCounters } from './read-source.ts';
import { readingFailure } from './reading-failure.ts';
import { isMoved, noteSource, type TakeOptions, takeSource } from './take-source.ts';
import type { ReaderPool } from './worker.ts';

export interface PassOptions {
  readonly store: TranscriptStore;
  readonly files: SourceFiles;
  /** What there is; `discover` finds it below roots. */
  readonly discovery: Discovery;
  /** Folders that were searched whole: a known source below one that was not found is gone. */
  readonly searched: readonly string[];
  readonly cause: Cause;
  /** For records seen live: the time of seeing the record at this offset. */
  readonly observedAt?: Reading['observedAt'];
  /** Which of the planned readings to do; all if absent. */
  readonly only?: (planned: PlannedReading) => Promise<boolean>;
  /** Finds the lines of messages that steer kato; absent: none are looked for. */
  readonly commandsIn?: CommandFinder | undefined;
  /** Readers on other cores, for sources that are read from their start; absent: all is read here. */
  readonly openReaders?: () => ReaderPool;
  readonly onProgress?: (progress: PassProgress) => void;
  readonly signal?: AbortSignal;
}

export interface PassProgress {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly events: number;
}

/** What a pass did. Counts are exact. */
export interface PassReport {
  readonly filesExamined: number;
  readonly filesRead: number;
  readonly bytesRead: number;
  readonly framesDecoded: number;
  readonly events: number;
  readonly revisions: number;
  readonly rowsWritten: number;
  /** Sessions that got events. */
  readonly sessions: number;
  readonly unchanged: number;
  readonly unreadable: readonly Unreadable[];
  /** Documents that are not complete: nothing new is taken from them until they change. */
  readonly incomplete: readonly string[];
  readonly diagnostics: readonly DiagnosticCount[];
  /** True when the pass was stopped before its end. */
  readonly stopped: boolean;
}

/** How many families are read side by side. */
const LANES = 8;

export async function runPass(options: PassOptions): Promise<PassReport> {
  const { discovery, searched, store, only = async () => true } = options;
  const { found, unreadable, filesExamined } = discovery;
  const sources = await store.sources();
  const plan = planPass(found, sources, searched, {
    unreadable: unreadable.map(({ path }) => path),
    rereads: isUnkept,
  });
  const readings: PlannedReading[] = [];
  for (const planned of plan.readings) if (await only(planned)) readings.push(planned);
  const readers = options.openReaders?.();
  const pass = new Pass(options, readings, countBySession(sources, readings), readers?.read);
  try {
    await pass.noteMoves(plan.moved, plan.gone);
    await pass.run();
  } finally {
    await readers?.close(); // Their memory goes before the sessions are compared.
  }
  await linkSessions(store);
  return {
    ...pass.report(),
    filesExamined,
    unchanged: plan.unchanged,
    unreadable: [...unreadable, ...pass.unreadable],
    incomplete: stillIncomplete(found, sources, pass.incomplete),
  };
}

/** Paths of what was found incomplete in this pass, or was before and has not changed. */
function stillIncomplete(
  found: readonly FoundSource[],
  sources: readonly SourceRecord[],
  seen: ReadonlyMap<string, boolean>,
): readonly string[] {
  const before = new Set(sources.filter(({ checkpoint }) => isWaiting(checkpoint.cursor)).map(({ path }) => path));
  return found.map(({ path }) => path).filter((path) => seen.get(path) ?? before.has(path));
}

/** What live ingest has only noted, or heard without keeping it: a pass keeps it. */
function isUnkept(record: SourceRecord): boolean {
  return !isKept(record);
}

class Pass {
  readonly touched = new Map<string, { provider: string; nativeId: string }>();
  readonly unreadable: Unreadable[] = [];
  /** Of the sources that were read, by path: whether they wait for their end as a document does. */
  readonly incomplete = new Map<string, boolean>();
  readonly #options: PassOptions;
  readonly #readElsewhere: ReaderPool['read'] | undefined;
  readonly #families: (readonly PlannedReading[])[];
  readonly #bytesTotal: number;
  /** How many sources the store has of each session. */
  readonly #sourcesOf: ReadonlyMap<string, number>;
  readonly #counters: ReadingCounters = { bytesRead: 0, framesDecoded: 0 };
  readonly #diagnostics = new Map<string, DiagnosticCount>();
  #bytesDone = 0;
  #filesRead = 0;
  #events = 0;
  #revisions = 0;
  #rows = 0;
  #failure: unknown;

  constructor(
    options: PassOptions,
    readings: readonly PlannedReading[],
    sourcesOf: ReadonlyMap<string, number>,
    readElsewhere: ReaderPool['read'] | undefined,
  ) {
    this.#options = options;
    this.#readElsewhere = readElsewhere;
    this.#sourcesOf = sourcesOf;
    this.#families = [...byFamily(readings)];
    this.#bytesTotal = readings.reduce((sum, { found }) => sum + found.stat.sizeBytes, 0);
  }

  /** Known sources with a new path, and those whose file is gone; not what another process has just said of them. */
  async noteMoves(
    moved: readonly { record: SourceRecord; found: PlannedReading['found'] }[],
    gone: readonly SourceRecord[],
  ) {
    const renamed = moved.map(({ record, found }) => ({ ...record, path: found.path, stat: found.stat, gone: false }));
    const lost = gone.map((record) => ({ ...record, gone: true }));
    for (const record of [...renamed, ...lost]) {
      try {
        await noteSource(record, { ...this.#takeOptions(), onAppended: (_, appended) => this.#countRows(appended) });
      } catch (error) {
        if (!isMoved(error)) throw error;
      }
    }
  }

  /** Reads all families, several at a time. The first failure of the store ends the pass. */
  async run(): Promise<void> {
    const queue = this.#families.values();
    const lane = async () => {
      for (const family of queue) {
        for (const planned of family) {
          if (this.#isStopped()) return;
          await this.#readGuarded(planned);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    if (this.#failure !== undefined) throw this.#failure;
  }

  report() {
    return {
      filesRead: this.#filesRead,
      bytesRead: this.#counters.bytesRead,
      framesDecoded: this.#counters.framesDecoded,
      events: this.#events,
      revisions: this.#revisions,
      rowsWritten: this.#rows,
      sessions: this.touched.size,
      diagnostics: [...this.#diagnostics.values()],
      stopped: this.#options.signal?.aborted ?? false,
    };
  }

  #isStopped(): boolean {
    return this.#failure !== undefined || (this.#options.signal?.aborted ?? false);
  }

  /** A file that cannot be read is reported and never stops the others; a store that cannot be written ends the pass. */
  async #readGuarded(planned: PlannedReading): Promise<void> {
    const { path, stat } = planned.found;
    try {
      if (await takeSource(planned, this.#takeOptions())) this.#filesRead += 1;
    } catch (error) {
      const code = readingFailure(error);
      if (code === undefined) this.#failure ??= error;
      else this.unreadable.push({ path, code });
    }
    this.#bytesDone += stat.sizeBytes;
    this.#tellProgress(0);
  }

  #takeOptions(): TakeOptions {
    const { store, files, cause, observedAt, commandsIn } = this.#options;
    return {
      ...{ store, files, cause, observedAt, commandsIn, readElsewhere: this.#readElsewhere },
      keeps: true,
      counters: this.#counters,
      isOnlySource: (_, { provider, nativeId }) => this.#sourcesOf.get(`${provider}\0${nativeId}`) === 1,
      isStopped: () => this.#isStopped(),
      onAppended: (batch, appended) => this.#count(batch, appended),
      // Whatever the store fails with ends the pass, also what would only concern the file if reading failed with it.
      onStoreFailed: (error) => {
        this.#failure ??= error;
      },
    };
  }

  #countRows({ rows }: Appended): void {
    this.#rows += rows;
  }

  #count(batch: Batch, appended: Appended): void {
    this.#events += appended.events;
    this.#revisions += appended.revisions;
    this.#countRows(appended);
    for (const { key } of batch.sessions) this.touched.set(`${key.provider}\0${key.nativeId}`, key);
    for (const { code, about, count } of batch.diagnostics) {
      const name = `${code}\0${about ?? ''}`;
      this.#diagnostics.set(name, { code, about, count: count + (this.#diagnostics.get(name)?.count ?? 0) });
    }
    const record = batch.source?.record;
    if (record) this.incomplete.set(record.path, isWaiting(record.checkpoint.cursor));
    this.#tellProgress(record?.checkpoint.endBytes ?? 0);
  }

  #tellProgress(insideBytes: number): void {
    const bytesDone = Math.min(this.#bytesDone + insideBytes, this.#bytesTotal);
    this.#options.onProgress?.({ bytesDone, bytesTotal: this.#bytesTotal, events: this.#events });
  }
}

function countBySession(
  sources: readonly SourceRecord[],
  readings: readonly PlannedReading[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (provider: string, nativeId: string | undefined) => {
    const name = `${provider}\0${nativeId}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  for (const { provider, nativeId } of sources) add(provider, nativeId);
  for (const { known, found } of readings) if (!known) add(found.provider.id, found.match.nativeId);
  return counts;
}
