/**
 * The commits of a log, from its bytes.
 *
 *     line line line(end, of 3)   line(end)   line li
 *     └──────── a commit ──────┘  └───────┘   └ torn ┘
 *
 * A commit counts when its last line is there and all its lines are what was written. What stands before a whole commit
 * and belongs to none was whole once, because nothing is appended behind a torn tail: it is damage, and its good lines
 * are read. What stands behind the last whole commit is a torn tail.
 */
import type { Disk } from './disk.ts';
import { decodeLine, type Place, readLines } from './line.ts';
import type { LogRecord } from './record.ts';
import type { Range } from './summary.ts';

export interface Line {
  readonly record: LogRecord;
  readonly place: Place;
}

export interface Commit {
  readonly lines: readonly Line[];
  /** Its number; later than all before it. */
  readonly number: number;
  readonly with: readonly string[];
  /** Damage before it. */
  readonly damaged: readonly Range[];
  /** Where it ends in the file. */
  readonly end: number;
}

/** The whole commits between two places of a file, the first of which is the end of a commit. */
export function* readCommits(disk: Disk, path: string, from: number, to: number): Generator<Commit> {
  let pending: (Line | Range)[] = [];
  for (const { offset, bytes, content } of readLines(disk, path, from, to)) {
    const record = decodeLine(content) as LogRecord | undefined; // The checksum says that we wrote it.
    pending.push(record ? { record, place: { offset, bytes } } : [offset, offset + bytes]);
    const isWhole = record?.end !== undefined && pending.slice(-(record.of ?? 1)).every(isLine);
    if (!isWhole || pending.length < (record.of ?? 1)) continue;
    yield {
      lines: pending.filter(isLine),
      number: record.end,
      with: record.with ?? [],
      damaged: pending.filter(isRange),
      end: offset + bytes,
    };
    pending = [];
  }
}

/** Every good line between two places, for a part of a file that is known to be committed. */
export function* readGoodLines(disk: Disk, path: string, from: number, to: number): Generator<Line | Range> {
  for (const { offset, bytes, content } of readLines(disk, path, from, to)) {
    const record = decodeLine(content) as LogRecord | undefined; // As above.
    yield record ? { record, place: { offset, bytes } } : [offset, offset + bytes];
  }
}

function isRange(part: Line | Range): part is Range {
  return Array.isArray(part);
}

export function isLine(part: Line | Range): part is Line {
  return !Array.isArray(part);
}

/** Whether a torn tail is more than an end that was never written: good lines stand behind damaged ones. */
export function isDamagedTail(parts: readonly (Line | Range)[]): boolean {
  return parts.slice(parts.findIndex(isRange)).some(isLine) && parts.some(isRange);
}
