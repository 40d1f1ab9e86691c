/**
 * The sources of a session on their way into the store. Every batch that names a source moves its checkpoint; until all of
 * a session is there, the checkpoint stays where it was, and it moves on with the last of them.
 */
import type { SourceRecord } from '../../core/source.ts';
import type { Folder } from '../log/folder.ts';
import { type Batch, emptyBatch, type TranscriptStore } from '../store.ts';
import { type Reading, readingsOf } from './log-side.ts';
import { chunksFrom, isWhole, type Relation, relate, unread } from './readings.ts';

interface Side {
  readonly inLog: SourceRecord;
  readonly inStore: SourceRecord | undefined;
  readonly readings: readonly Reading[];
  readonly relation: Relation;
  /** What the next batch expects. */
  version: number;
  isTouched: boolean;
}

export class SourcePlan {
  readonly #folder: Folder;
  readonly #store: TranscriptStore;
  readonly #sides = new Map<string, Side>();

  constructor(folder: Folder, store: TranscriptStore) {
    this.#folder = folder;
    this.#store = store;
  }

  /** Looks at a source on both sides. What is in the way of bringing it over; absent when nothing is. */
  async look(inLog: SourceRecord): Promise<string | undefined> {
    const inStore = await this.#store.source(inLog.id);
    const readings = readingsOf(this.#folder, inLog.id);
    const relation = relate(this.#store, inStore, inLog, readings);
    this.#sides.set(inLog.id, { inLog, inStore, readings, relation, version: inStore?.version ?? 0, isTouched: false });
    return relation.kind === 'other' ? `source ${inLog.id} was read in another way on each side` : undefined;
  }

  /** A source whose bytes are not all in the log. */
  firstGap(): string | undefined {
    const torn = [...this.#sides.values()].find(
      ({ inLog, readings }) => readings.length > 0 && !isWhole(inLog, readings),
    );
    return torn && `the raw bytes of source ${torn.inLog.id} are not all there`;
  }

  /** The generation of the store that a generation of the log is; absent when there is none. */
  generationOf(id: string, generation: number): number | undefined {
    const side = this.#sides.get(id);
    if (!side) return undefined;
    if (side.relation.kind === 'unknown') return generation;
    if (side.relation.kind === 'other') return undefined;
    const [now, here] = [side.inLog.checkpoint.generation, side.inStore?.checkpoint.generation];
    if (now === here) return generation;
    return generation === now ? here : undefined;
  }

  /** Whether batches can name this source. */
  knows(id: string): boolean {
    return this.#sides.has(id);
  }

  /** For a batch whose events come from this generation of a source. Its checkpoint is not moved. */
  at(id: string, generation: number): Batch['source'] {
    const side = this.#sides.get(id);
    if (!side) return undefined;
    const base = side.inStore ?? unread(side.inLog);
    side.isTouched = true;
    side.version += 1;
    return { record: { ...base, checkpoint: { ...base.checkpoint, generation } }, expected: side.version - 1 };
  }

  /** What was read, of the sources that belong to the session. */
  async bytes(own: readonly SourceRecord[]): Promise<readonly Batch[]> {
    const known = await this.#store.diagnostics();
    return own.flatMap(({ id }) => {
      const { relation, readings, inLog, inStore } = this.#sides.get(id) ?? {};
      if (relation?.kind === 'unknown')
        return readings?.map((reading) => this.#bytesOf(id, reading, 0, reading.generation)) ?? [];
      const present = readings?.find(({ generation }) => generation === inLog?.checkpoint.generation);
      if (relation?.kind !== 'longer' || !present || !inStore) return [];
      const counted = new Map(
        known.filter(({ source }) => source === id).map((one) => [`${one.code}\0${one.about ?? ''}`, one.count]),
      );
      const counts = present.counts.map(
        ([code, about, count]) => [code, about, count - (counted.get(`${code}\0${about}`) ?? 0)] as const,
      );
      return this.#bytesOf(id, { ...present, counts }, relation.from, inStore.checkpoint.generation);
    });
  }

  #bytesOf(id: string, reading: Reading, from: number, generation: number): Batch {
    const quarantined = reading.quarantined.map(([offset, bytes, reason]) => ({ offset, bytes, reason }));
    const diagnostics = reading.counts.flatMap(
      ([code, about, count]) =>
        count > 0 ? [{ code: code as Batch['diagnostics'][number]['code'], about: about || undefined, count }] : [], // Only codes are written.
    );
    const raw = chunksFrom(reading, from) ?? [];
    return { ...emptyBatch, source: this.at(id, generation), raw, quarantined, diagnostics };
  }

  /** Moves the checkpoints of the session's own sources on, and puts those of others back. */
  end(own: readonly SourceRecord[]): readonly Batch[] {
    const isOwn = new Set(own.map(({ id }) => id));
    return [...this.#sides.values()].flatMap((side) => {
      const record = isOwn.has(side.inLog.id) ? moved(side) : restored(side);
      return record ? { ...emptyBatch, source: { record, expected: side.version } } : [];
    });
  }
}

function moved(side: Side): SourceRecord | undefined {
  const { inLog, inStore, relation } = side;
  if (relation.kind === 'unknown') return inLog;
  if (inStore && isUnread(inStore) && inStore.checkpoint.generation === inLog.checkpoint.generation) return inLog;
  if (relation.kind !== 'longer' || !inStore) return restored(side);
  return { ...inLog, checkpoint: { ...inLog.checkpoint, generation: inStore.checkpoint.generation } };
}

/** Whether the store knows the source only because another session has events of it. */
function isUnread({ checkpoint: { cursor, endBytes } }: SourceRecord): boolean {
  return cursor === null && endBytes === 0;
}

function restored({ inLog, inStore, isTouched }: Side): SourceRecord | undefined {
  if (!isTouched) return undefined;
  if (inStore) return inStore;
  const { generation } = inLog.checkpoint;
  return { ...unread(inLog), checkpoint: { ...unread(inLog).checkpoint, generation } };
}
