/**
 * What of each file was written while kato watched: its records, and no others, get the time at which they were seen.
 *
 * A file that was there when its root was first surveyed has an old part, up to its size then. One that appears later has
 * none. Of whole documents, and of packed files, offsets are not those of the file: of them everything is old that is
 * read for the first time, and everything new that is read after that.
 */
import { isKept, type SourceRecord } from '../../core/source.ts';
import type { FoundSource } from '../discovery.ts';
import { isNoted, type KnownSource } from './known-sources.ts';

export class Sightings {
  readonly #surveyed = new Set<string>();
  /** By path: the offset from which on records are new. Only of files that have changed. */
  readonly #newFrom = new Map<string, number>();

  /** What appears below this root from now on is new. */
  endSurvey(root: string): void {
    this.#surveyed.add(root);
  }

  isSurveyed(root: string): boolean {
    return this.#surveyed.has(root);
  }

  /** A file that is to be read is looked at. `known` is what the store has of it. */
  see(
    { path, root, match, stat }: FoundSource,
    known: Pick<KnownSource, 'stat' | 'endBytes' | 'generation'> | undefined,
  ) {
    if (this.#newFrom.has(path)) return;
    const isOld = !this.#surveyed.has(root);
    const bytes = isOld ? stat.sizeBytes : (known?.stat.sizeBytes ?? 0);
    const isFirst = isOld || (known !== undefined && isNoted(known));
    this.#newFrom.set(path, match.framing === 'jsonl' ? bytes : isFirst ? Number.POSITIVE_INFINITY : 0);
  }

  /** From which offset on the records of a reading are new. What was read before without being kept is not. */
  newFrom({ path, match }: FoundSource, record: SourceRecord | undefined, keeps: boolean): number {
    const from = this.#newFrom.get(path) ?? 0;
    const isDropped = record !== undefined && record.checkpoint.generation < 0 && isNoted(record.checkpoint);
    if (!record || !(keeps || isDropped) || isKept(record)) return from;
    const seen = isDropped ? record.stat.sizeBytes : record.checkpoint.endBytes;
    if (match.framing !== 'jsonl') return seen > 0 ? Number.POSITIVE_INFINITY : from;
    const beyond = Math.max(from, seen);
    this.#newFrom.set(path, beyond);
    return beyond;
  }

  /** A reading has come to the end of the file. */
  endReading({ path, match }: FoundSource): void {
    if (match.framing !== 'jsonl') this.#newFrom.set(path, 0);
  }

  forget(path: string): void {
    this.#newFrom.delete(path);
  }
}
