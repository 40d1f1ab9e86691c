/**
 * Lines of a log: JSON objects, one a line, whose last key is a checksum of all bytes before it.
 *
 *     {"seq":1,"position":1,"cause":"import","event":{…},"end":1,"sum":"6f1b0c2e"}
 */
import { crc32 } from 'node:zlib';
import { parseJson } from '../../core/json.ts';
import type { Disk } from './disk.ts';

const SUM_KEY = ',"sum":"';
/** The key, eight hex digits, a quote, a brace and the newline. */
const TAIL_BYTES = SUM_KEY.length + 8 + 3;
const NEWLINE = 0x0a;
const CHUNK_BYTES = 1024 * 1024;

/** A JSON object with at least one key, as a line. */
export function encodeLine(json: string): Buffer {
  const bytes = Buffer.from(json.slice(0, -1));
  return Buffer.concat([bytes, Buffer.from(`${SUM_KEY}${sumOf(bytes)}"}\n`)]);
}

/** The object of a line; absent when the line is not what was written. */
export function decodeLine(line: Uint8Array): unknown {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const before = bytes.subarray(0, Math.max(0, bytes.length - TAIL_BYTES));
  if (bytes.toString('latin1', before.length) !== `${SUM_KEY}${sumOf(before)}"}\n`) return undefined;
  return parseJson(bytes.toString('utf8'));
}

function sumOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

/** Where a line stands in its file, its newline included. */
export interface Place {
  readonly offset: number;
  readonly bytes: number;
}

export interface RawLine extends Place {
  readonly content: Buffer;
}

/** The lines between two places of a file, in bounded memory; the last one may lack its newline. */
export function* readLines(disk: Disk, path: string, from: number, to: number): Generator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = from;
  for (let at = from; at < to; ) {
    const chunk = disk.read(path, at, Math.min(to, at + Math.max(CHUNK_BYTES, rest.length)));
    if (chunk.length === 0) break;
    at += chunk.length;
    let bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE)) {
      yield { offset, bytes: end + 1, content: bytes.subarray(0, end + 1) };
      offset += end + 1;
      bytes = bytes.subarray(end + 1);
    }
    rest = bytes;
  }
  if (rest.length > 0) yield { offset, bytes: rest.length, content: rest };
}
