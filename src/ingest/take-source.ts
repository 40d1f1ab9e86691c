/**
 * Taking in one source: prepared, read, and stored batch by batch, while the next batch is being read.
 *
 * Passes and live ingest both do it here. Every batch is durable before it is counted. When another process reads the
 * same source at the same time, the store refuses a batch, and the source is looked at anew.
 */
import { KatoError } from '../core/errors.ts';
import type { SourceFiles } from '../core/ports.ts';
import type { SessionKey } from '../core/session.ts';
import type { SourceRecord } from '../core/source.ts';
import { type Appended, type Batch, type Cause, emptyBatch, type TranscriptStore } from '../store/store.ts';
import type { CommandFinder } from './collector.ts';
import { isCutOff } from './fingerprint.ts';
import { settleHeard } from './heard.ts';
import type { PlannedReading } from './plan.ts';
import { countFrames, prepareReading } from './prepare.ts';
import { type Reading, type ReadingCounters, readSource } from './read-source.ts';
import { nextTurn } from './turns.ts';

export interface TakeOptions {
  readonly store: TranscriptStore;
  readonly files: SourceFiles;
  readonly cause: Cause;
  /** False: of what is read, the store gets facts, commands and the checkpoint, but no transcript. */
  readonly keeps: boolean;
  /** For records seen live: the time of seeing the record at this offset. */
  readonly observedAt?: Reading['observedAt'];
  readonly commandsIn?: CommandFinder | undefined;
  /** Reads a source from its start elsewhere, on another core; absent: here. */
  readonly readElsewhere?: ((reading: Reading) => AsyncIterable<Batch>) | undefined;
  readonly counters: ReadingCounters;
  /** Whether all that the store knows of a session came from this one source. */
  readonly isOnlySource: (record: SourceRecord, session: SessionKey) => boolean;
  /** Asked between batches; what has been stored by then stays. */
  readonly isStopped: () => boolean;
  /** Hears of each batch when it is durable. */
  readonly onAppended: (batch: Batch, appended: Appended) => void;
  /** Hears of what the store failed with, if it was not that another process had been there. */
  readonly onStoreFailed?: ((error: unknown) => void) | undefined;
}

type Storing = Pick<TakeOptions, 'store' | 'onAppended' | 'onStoreFailed'>;

/** How often a source is looked at anew when another process reads it at the same time. */
const MOST_ATTEMPTS = 5;

/** Takes in what is new of a source. True when it was read, false when only its looks had changed. */
export async function takeSource(planned: PlannedReading, options: TakeOptions): Promise<boolean> {
  let current = planned;
  for (let attempt = 1; ; attempt++) {
    try {
      return await takeOnce(current, options);
    } catch (error) {
      if (!isMoved(error) || attempt === MOST_ATTEMPTS) throw error;
      const record = await options.store.source(current.known?.record.id ?? current.freshId);
      current = { ...current, known: record && { record, by: current.known?.by ?? 'file' } };
    }
  }
}

/** Whether another process has read the source since it was looked at. */
export function isMoved(error: unknown): boolean {
  return error instanceof KatoError && error.code === 'checkpoint-moved';
}

/** Stores news about the file itself: its name, its looks, that it is gone. The next look at it would tell the same. */
export async function noteSource(
  record: SourceRecord,
  { cause, ...storing }: Storing & Pick<TakeOptions, 'cause'>,
): Promise<void> {
  await append({ ...emptyBatch, cause, source: { record, expected: record.version }, rides: true }, storing);
}

async function takeOnce(planned: PlannedReading, options: TakeOptions): Promise<boolean> {
  const { store, readElsewhere } = options;
  const prepared = await prepareReading(planned, options);
  const { path, stat } = planned.found;
  if (prepared.kind === 'same') {
    await noteSource({ ...prepared.record, path, stat, gone: false }, options);
    return false;
  }
  const { record, content, restart } = prepared;
  const reading = toReading(planned, { record, content, restart }, options);
  const isFirst = record.version === 0 && !(await isKnownSession(planned, store));
  const elsewhere = isFirst && !planned.found.isLoose ? readElsewhere : undefined;
  await storeAll(elsewhere ? elsewhere(reading) : readSource(reading), options);
  return true;
}

/** Stores batches in order, reading the next one while one is being stored. */
async function storeAll(
  batches: AsyncIterable<Batch>,
  options: Storing & Pick<TakeOptions, 'isStopped'>,
): Promise<void> {
  const { store, isStopped } = options;
  let storing: Promise<void> = Promise.resolve();
  let isFirst = true;
  for await (const batch of batches) {
    await storing;
    if (!isFirst) await nextTurn();
    if (isStopped()) return;
    isFirst = false;
    const settled = await settleHeard(store, batch);
    storing = append({ ...settled, rides: settled.rides === true && settled.offsets.length === 0 }, options);
    storing.catch(() => {}); // Awaited, and thus reported, in the next round or below.
  }
  await storing;
}

async function append(batch: Batch, { store, onAppended, onStoreFailed }: Storing): Promise<void> {
  try {
    const [appended] = await store.append([batch]);
    if (appended) onAppended(batch, appended);
  } catch (error) {
    if (!isMoved(error)) onStoreFailed?.(error);
    throw error;
  }
}

async function isKnownSession({ found }: PlannedReading, store: TranscriptStore): Promise<boolean> {
  const { provider, match } = found;
  if (match.nativeId === undefined) return false;
  return (await store.session({ provider: provider.id, nativeId: match.nativeId })) !== undefined;
}

/**
 * When what was last read of the source to its end was written, if it is read anew now. What is only appended tells
 * nothing: a file that is being copied here grows, too.
 */
function readUpTo(planned: PlannedReading, { record: { id }, content }: Pick<Reading, 'record' | 'content'>) {
  const before = planned.known?.record;
  const isReadAnew = content === undefined && before?.id === id && before.checkpoint.endBytes > 0;
  if (!before || !isReadAnew || isCutOff(before.stat)) return undefined;
  return toTime(before.stat.modifiedNs);
}

/** When a file was made that appeared while kato watched: what is said in it was not said long before. */
function appearedAt({ found }: PlannedReading, { observedAt }: TakeOptions): string | undefined {
  return observedAt?.(0) === undefined ? undefined : toTime(found.stat.birthNs);
}

function toTime(ns: string): string {
  return new Date(Number(BigInt(ns) / 1_000_000n)).toISOString();
}

function toReading(
  planned: PlannedReading,
  start: Pick<Reading, 'record' | 'content' | 'restart'>,
  options: TakeOptions,
): Reading {
  const { files, store, cause, observedAt, commandsIn, counters, isOnlySource } = options;
  const { provider, match, root, path, stat } = planned.found;
  return {
    ...{ readUpTo: readUpTo(planned, start), appearedAt: appearedAt(planned, options) },
    ...{ provider, match, files, root, path, stat },
    ...start,
    ...{ cause, observedAt, commandsIn, counters },
    keptSideFile: (nativeId, name) => store.sideFile({ provider: provider.id, nativeId }, name),
    lookup: {
      knownRecords: (session, records) => store.knownRecords(session, records),
      // In a first generation nothing was ever lost; with one source, nothing came from elsewhere.
      isExact: (session) =>
        start.record.checkpoint.generation === 1 &&
        session.nativeId === start.record.nativeId &&
        isOnlySource(start.record, session),
      countBefore: async (hashes) => {
        const file = files.open(path);
        if (!file) return new Map();
        try {
          return countFrames(file, start.content?.endBytes ?? 0, hashes, counters);
        } finally {
          file.close();
        }
      },
    },
  };
}
