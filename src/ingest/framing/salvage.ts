/**
 * Records inside a damaged line.
 *
 * Seen in audits of real session files: a record that was cut off and another written right behind it on the same line
 * (splice), two records without a newline between them (join), runs of NUL before a record. A line is searched from the
 * left for `{`; the first object that parses and reaches the end of the line, or the next object, is a record. So the
 * longest valid record is taken, and an object that merely stood inside a torn record is not mistaken for one.
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
}

const WORK_FACTOR = 16;
const OPEN = 0x7b;

/** Takes apart a line that is not one JSON value. `line` is without its newline. */
export function salvage(line: Uint8Array): Salvaged {
  const records = findRecords(line);
  const quarantined: { start: number; end: number; reason: string }[] = [];
  let from = 0;
  for (const { start, end } of [...records, { start: line.length, end: line.length }]) {
    quarantined.push(...quarantineGap(line, from, start));
    from = end;
  }
  const diagnostics: Diagnostic[] = [];
  if (records.length > 0) diagnostics.push({ code: 'salvaged-line' });
  if (quarantined.some(({ reason }) => reason === 'nul')) diagnostics.push({ code: 'nul-bytes' });
  if (quarantined.some(({ reason }) => reason !== 'nul')) diagnostics.push({ code: 'invalid-line' });
  return { records, quarantined, diagnostics };
}

function findRecords(line: Uint8Array): SalvagedRecord[] {
  const records: SalvagedRecord[] = [];
  let budget = line.length * WORK_FACTOR;
  for (let start = line.indexOf(OPEN); start >= 0 && budget > 0; start = line.indexOf(OPEN, start)) {
    const scan = scanValue(line, start);
    budget -=
      1 +
      (scan.kind === 'complete' ? scan.end - start : scan.kind === 'invalid' ? scan.at - start : line.length - start);
    const record = scan.kind === 'complete' && endsRecord(line, scan.end) ? parse(line, start, scan.end) : undefined;
    if (record) records.push(record);
    start = record ? record.end : start + 1;
  }
  return records;
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

/** The parts of `[from, to)` that are not white space, with runs of NUL told apart. */
function quarantineGap(line: Uint8Array, from: number, to: number) {
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
