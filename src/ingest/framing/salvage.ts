/**
 * Records inside a damaged line.
 *
 * Seen in audits of real session files: a record that was cut off and another written right behind it on the same line
 * (splice), two records without a newline between them (join), runs of NUL before a record. A line is searched from the
 * left for `{`. An object that parses is a record when nothing torn stands before it, or when it reaches the end of the
 * line or the next object. So the longest valid record is taken, and an object that merely stood inside a torn record is
 * not mistaken for one. What comes behind a record does not change that it is one: it may have been read before the rest
 * of its line was written.
 *
 * The work is bounded by a multiple of the line's length; what is left when it is used up is quarantined.
 */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { isSpace, scanValue, skipSpace, toText } from './scan.ts';

export interface SalvagedRecord {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
}

export interface Salvaged {
  readonly records: readonly SalvagedRecord[];
  /** What belongs to no record, white space apart: start and end. */
  readonly quarantined: readonly { readonly start: number; readonly end: number; readonly reason: string }[];
  readonly diagnostics: readonly Diagnostic[];
  /** How many bytes were looked at to find the records: at most 17 times the line. */
  readonly scannedBytes: number;
}

const WORK_FACTOR = 16;
const OPEN = 0x7b;

/** Takes apart a line that is not one JSON value. `line` is without its newline. */
export function salvage(line: Uint8Array): Salvaged {
  const { records, scannedBytes } = findRecords(line);
  const quarantined: { start: number; end: number; reason: string }[] = [];
  let from = 0;
  for (const { start, end } of [...records, { start: line.length, end: line.length }]) {
    quarantined.push(...quarantineGap(line, from, start));
    from = end;
  }
  const diagnostics: Diagnostic[] = [];
  if (records.length > 0) diagnostics.push({ code: 'salvaged-line' });
  diagnostics.push(...flawsOf(quarantined));
  return { records, quarantined, diagnostics, scannedBytes };
}

function findRecords(line: Uint8Array) {
  const records: SalvagedRecord[] = [];
  const budget = line.length * WORK_FACTOR;
  let scannedBytes = 0;
  let clean = skipBlank(line, 0);
  for (let start = line.indexOf(OPEN); start >= 0 && scannedBytes < budget; start = line.indexOf(OPEN, start)) {
    const scan = scanValue(line, start);
    const end = scan.kind === 'complete' ? scan.end : scan.kind === 'invalid' ? scan.at : line.length;
    scannedBytes += 1 + end - start;
    const isWhole = scan.kind === 'complete' && (start === clean || endsRecord(line, end));
    const record = isWhole ? parse(line, start, end) : undefined;
    if (record) records.push(record);
    if (record) clean = skipBlank(line, end);
    start = record ? end : start + 1;
  }
  return { records, scannedBytes };
}

/** The first index from `from` on that is neither white space nor NUL: up to there nothing is torn. */
function skipBlank(line: Uint8Array, from: number): number {
  let index = from;
  while (line[index] === 0 || isSpace(line[index])) index += 1;
  return index;
}

/** Whether a record may end here: at the end of the line, before the next record, or before NULs. */
function endsRecord(line: Uint8Array, end: number): boolean {
  const next = line[skipSpace(line, end)];
  return next === undefined || next === OPEN || next === 0;
}

function parse(line: Uint8Array, start: number, end: number): SalvagedRecord | undefined {
  try {
    return { start, end, value: JSON.parse(toText(line.subarray(start, end))) };
  } catch {
    return undefined; // The scanner is more lenient than JSON.parse; the bytes stay in the quarantine.
  }
}

/** What a quarantine is counted as. */
export function flawsOf(quarantined: readonly { readonly reason: string }[]): Diagnostic[] {
  const flaws: Diagnostic[] = [];
  if (quarantined.some(({ reason }) => reason === 'nul')) flaws.push({ code: 'nul-bytes' });
  if (quarantined.some(({ reason }) => reason !== 'nul')) flaws.push({ code: 'invalid-line' });
  return flaws;
}

/** The parts of `[from, to)` that are not white space, with runs of NUL told apart. */
export function quarantineGap(line: Uint8Array, from: number, to: number) {
  const gaps: { start: number; end: number; reason: string }[] = [];
  let start = from;
  while (start < to) {
    if (isSpace(line[start])) {
      start += 1;
      continue;
    }
    const isNul = line[start] === 0;
    let end = start + 1;
    while (end < to && (line[end] === 0) === isNul) end += 1;
    while (!isNul && isSpace(line[end - 1])) end -= 1;
    gaps.push({ start, end, reason: isNul ? 'nul' : 'not-json' });
    start = end;
  }
  return gaps;
}
