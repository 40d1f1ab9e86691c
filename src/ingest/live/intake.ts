/**
 * A family's turn: its changed files are looked at, planned as in a pass, and taken in; then their sessions are linked
 * and announced.
 *
 *     paths ─► what they are now ─► plan ─► noted | moved | gone | read ─► linked ─► onTaken
 *
 * Whether what is read is kept is asked anew for each reading: a session that has begun to be recorded is read from its
 * start, one that is not recorded any more goes on without being kept.
 */
import type { SessionKey } from '../../core/session.ts';
import { isKept, type SourceRecord } from '../../core/source.ts';
import type { Batch } from '../../store/store.ts';
import type { FoundSource } from '../discovery.ts';
import type { Linker } from '../link.ts';
import { baseName, byFamily, type PlannedReading, planPass } from '../plan.ts';
import type { Reading } from '../read-source.ts';
import { isMoved, noteSource, type TakeOptions, takeSource } from '../take-source.ts';
import type { ReaderPool } from '../worker.ts';
import type { Failures } from './failures.ts';
import { isSameFile, type KnownSource, type KnownSources } from './known-sources.ts';
import type { Looker } from './looker.ts';
import type { NotedFiles } from './noted-files.ts';
import { type LiveOptions, nameOf } from './parts.ts';
import type { Sightings } from './sightings.ts';

export interface IntakeParts {
  readonly options: LiveOptions;
  readonly known: KnownSources;
  readonly looker: Looker;
  readonly noted: NotedFiles;
  readonly sightings: Sightings;
  readonly failures: Failures;
  readonly linker: Linker;
  readonly isStopped: () => boolean;
  /** Something was read from this file. */
  readonly onActive: (path: string) => void;
}

/** Smaller files are not worth another core. */
const ELSEWHERE_FROM_BYTES = 8 * 1024 * 1024;

export class Intake {
  readonly counters = { bytesRead: 0, framesDecoded: 0 };
  readonly #parts: IntakeParts;
  /** Sessions that got something and are not linked yet. */
  readonly #unlinked = new Map<string, SessionKey>();
  #linking: Promise<void> = Promise.resolve();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Takes in what has changed in these files. Never fails: what goes wrong is remembered, and tried again. */
  async take(paths: ReadonlySet<string>): Promise<void> {
    const { looker, noted, failures } = this.#parts;
    const before = [...paths].map((path) => [path, failures.get(path)] as const);
    try {
      const { found, lost } = looker.lookAtAll(paths);
      const { toNote, toRead } = noted.sortOut(found);
      await noted.note(toNote);
      await this.#read(toRead);
      await this.#noteLost(lost);
      await this.link();
    } catch (error) {
      for (const path of paths) failures.add(path, error);
    }
    for (const [path, failure] of before) if (failures.get(path) === failure) failures.clear(path);
  }

  /** Links what has been read and announces it. */
  link(): Promise<void> {
    this.#linking = this.#linking.catch(() => {}).then(() => this.#linkNow());
    return this.#linking;
  }

  async #linkNow(): Promise<void> {
    const keys = [...this.#unlinked.values()];
    if (keys.length === 0) return;
    await this.#parts.linker.link(keys);
    for (const key of keys) this.#unlinked.delete(nameOf(key));
    this.#parts.options.onTaken(keys);
  }

  async #read(found: readonly FoundSource[]): Promise<void> {
    if (found.length === 0) return;
    const { looker, known } = this.#parts;
    const related = await this.#related(found);
    const { moved, readings } = planPass(found, related, [], {
      rereads: (record) => !isKept(record) && looker.wantsRecord(record),
      isTaken: (id) => known.get(id) !== undefined,
    });
    for (const { record, found: one } of moved) {
      await this.#noteQuietly({ ...record, path: one.path, stat: one.stat, gone: false });
    }
    for (const planned of byFamily(readings).flat()) {
      if (this.#parts.isStopped()) return;
      await this.#read(this.#unkeptBefore(planned.found));
      await this.#takeGuarded(planned);
    }
    // Deleted, with another file in its place by now.
    const isReplaced = ({ id, provider, path }: SourceRecord) => (known.at(provider, path)?.id ?? id) !== id;
    await this.#noteLost(related.filter(isReplaced));
  }

  /**
   * What must be read first, for a session of several files whose recording began while they were being read: what was
   * not kept of those before this one would come behind it in the transcript.
   */
  #unkeptBefore({ provider, path, match: { nativeId } }: FoundSource): readonly FoundSource[] {
    const { known, looker } = this.#parts;
    if (nativeId === undefined || !looker.isDemanded(provider.id, nativeId)) return [];
    const before = known
      .ofSession({ provider: provider.id, nativeId })
      .filter((one) => !one.gone && one.generation <= 0 && baseName(one.path) < baseName(path));
    return looker.lookAtAll(before.map((one) => one.path)).found;
  }

  /** The sources that these files may continue, as they are stored now; not those that are in their own place. */
  async #related(found: readonly FoundSource[]): Promise<readonly SourceRecord[]> {
    const { known, options } = this.#parts;
    const chosen = new Set<string>();
    for (const one of found) {
      for (const source of known.related(one)) {
        if (isSameFile(source.stat, one.stat) || !this.#isInPlace(source)) chosen.add(source.id);
      }
    }
    const records = await Promise.all([...chosen].map((id) => options.store.source(id)));
    return records.filter((record) => record !== undefined);
  }

  #isInPlace({ path, stat }: KnownSource): boolean {
    const there = this.#parts.options.files.stat(path);
    return there !== undefined && isSameFile(there, stat);
  }

  /** A file that cannot be taken in never stops the others. */
  async #takeGuarded(planned: PlannedReading): Promise<void> {
    const { path } = planned.found;
    try {
      await this.#take(planned);
    } catch (error) {
      this.#parts.failures.add(path, error);
    }
  }

  async #take(planned: PlannedReading): Promise<void> {
    const { looker, sightings, known, options } = this.#parts;
    const { found } = planned;
    const nativeId = planned.known?.record.nativeId ?? found.match.nativeId;
    const keeps = looker.wants(found, nativeId);
    await takeSource(planned, this.#takeOptions(planned, keeps));
    if (this.#parts.isStopped()) return;
    sightings.endReading(found);
    // Whose it is may have been told by its records alone.
    const read = known.at(found.provider.id, found.path);
    if (keeps || !read || nativeId === read.nativeId || !looker.wants(found, read.nativeId)) return;
    const record = await options.store.source(read.id);
    if (record) await this.#take({ ...planned, known: { record, by: 'file' } });
  }

  #takeOptions({ found, known }: PlannedReading, keeps: boolean): TakeOptions {
    const { known: sources } = this.#parts;
    const { store, files, clock, commandsIn, openReaders } = this.#parts.options;
    const newFrom = this.#parts.sightings.newFrom(found, known?.record, keeps);
    const now = clock.now();
    const isLarge = found.stat.sizeBytes >= ELSEWHERE_FROM_BYTES && newFrom >= found.stat.sizeBytes;
    return {
      ...{ store, files, cause: 'live', keeps, commandsIn, counters: this.counters },
      observedAt: (offset) => (offset >= newFrom ? now : undefined),
      readElsewhere: isLarge && openReaders ? (reading) => readApart(reading, openReaders) : undefined,
      isOnlySource: ({ id }, session) => sources.ofSession(session).every((one) => one.id === id),
      isStopped: this.#parts.isStopped,
      onAppended: (batch) => this.#hear(batch),
    };
  }

  /** A batch is durable. */
  #hear(batch: Batch): void {
    const { known, linker, onActive, options } = this.#parts;
    linker.note(batch.links);
    for (const { key } of batch.sessions) this.#unlinked.set(nameOf(key), key);
    if (batch.offsets.length > 0) options.onHeard?.(batch.sessions.map(({ key }) => key));
    if (!batch.source) return;
    known.put(batch.source.record);
    if (batch.sessions.length > 0) onActive(batch.source.record.path);
  }

  /** Files that are gone, unless they have been found under another name meanwhile. What was read of them stays. */
  async #noteLost(lost: readonly Pick<KnownSource, 'id' | 'path'>[]): Promise<void> {
    for (const { id, path } of lost) {
      const record = await this.#parts.options.store.source(id);
      if (record?.path === path && !record.gone) await this.#noteQuietly({ ...record, gone: true });
    }
  }

  /** What another process has just said of the source counts more. */
  async #noteQuietly(record: SourceRecord): Promise<void> {
    const { store } = this.#parts.options;
    try {
      await noteSource(record, { store, cause: 'live', onAppended: (batch) => this.#hear(batch) });
    } catch (error) {
      if (!isMoved(error)) throw error;
      const stored = await store.source(record.id);
      if (stored) this.#parts.known.put(stored);
    }
  }
}

/** With readers for this source alone: a process that lives long keeps the memory of none. */
async function* readApart(reading: Reading, openReaders: () => ReaderPool): AsyncGenerator<Batch> {
  const readers = openReaders();
  try {
    yield* readers.read(reading);
  } finally {
    await readers.close();
  }
}
