/**
 * Framing of JSON lines: append-only files with one record a line.
 *
 * Lines end at byte 0x0A alone; U+2028 and lone CR are text. The last line waits for its newline, unless it is a
 * complete object already: nothing that may follow on the same line can make a longer object of it. A line that is not
 * one JSON value is taken apart by `salvage`. A line above the frame limit is not kept in memory: its bytes are passed
 * on as they come, and it gives one `oversize` frame with its size, its first and last 4 KiB, and a hash over chunks
 * of 1 MiB counted from its start.
 *
 * The cursor is `{offset}`; inside an oversize line also `stored`: up to there its bytes are accounted for, but the line
 * is read again from its start, so that its frame does not depend on how often reading was interrupted. `rest` says that
 * a record of the line was taken before its newline had come: what follows on that line is its rest, not a line.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { frameHash } from '../../core/identity.ts';
import { booleanAt, numberAt } from '../../core/json.ts';
import type { Cursor } from '../../core/source.ts';
import type { OversizeValue } from '../../providers/provider.ts';
import { type CutFrame, FRAME_LIMIT_BYTES, type Framed, type Framer, type QuarantinedBytes } from './framer.ts';
import { salvage } from './salvage.ts';
import { isSpace, scanValue, skipSpace, toText } from './scan.ts';

const NEWLINE = 0x0a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const EDGE_BYTES = 4096;
const HASH_CHUNK_BYTES = 1024 * 1024;
const BOM = [0xef, 0xbb, 0xbf];

export interface JsonlPosition {
  /** Where reading must go on. */
  readonly offset: number;
  /** Up to where bytes are accounted for already; never before `offset`. */
  readonly stored: number;
  /** Whether a record of this line was taken already. */
  readonly isRest: boolean;
}

export function jsonlPosition(cursor: Cursor | undefined): JsonlPosition {
  const offset = numberAt(cursor, 'offset') ?? 0;
  const stored = Math.max(offset, numberAt(cursor, 'stored') ?? 0);
  return { offset, stored, isRest: booleanAt(cursor, 'rest') === true };
}

export function createJsonlFramer(cursor?: Cursor, limitBytes: number = FRAME_LIMIT_BYTES): Framer {
  return new JsonlFramer(jsonlPosition(cursor), limitBytes);
}

class Collected implements Framed {
  readonly frames: CutFrame[] = [];
  readonly quarantined: QuarantinedBytes[] = [];
  readonly diagnostics: Diagnostic[] = [];
}

class JsonlFramer implements Framer {
  readonly #limitBytes: number;
  /** Where the unfinished line begins, and its pieces so far. */
  #lineStart: number;
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #oversize: OversizeLine | undefined;
  #accounted: number;
  #isRest: boolean;

  constructor({ offset, stored, isRest }: JsonlPosition, limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#lineStart = offset;
    this.#accounted = stored;
    this.#isRest = isRest;
  }

  push(bytes: Uint8Array): Framed {
    const out = new Collected();
    let from = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, from)) {
      this.#endLine(bytes.subarray(from, newline), out);
      from = newline + 1;
    }
    if (from < bytes.length) this.#holdBack(bytes.subarray(from));
    return out;
  }

  finish(): Framed {
    const out = new Collected();
    if (this.#oversize || this.#pieceBytes === 0) return out;
    const line = this.#joined();
    if (!endsObject(line)) return out;
    const start = this.#lineStart;
    let taken = 0;
    for (let from = skipSpace(line, 0); line[from] === OPEN; from = skipSpace(line, taken)) {
      const scan = scanValue(line, from);
      const value = scan.kind === 'complete' ? parseRecord(line.subarray(from, scan.end), start + from) : undefined;
      if (scan.kind !== 'complete' || value === undefined) break;
      this.#cut(line.subarray(from, scan.end), start + from, value, out);
      taken = scan.end;
    }
    if (taken === 0) return out;
    this.#advance(start + taken);
    this.#isRest = true;
    if (taken < line.length) this.#holdBack(line.subarray(taken));
    return out;
  }

  cursor(): Cursor {
    const offset = this.#lineStart;
    const stored = this.#accounted > offset ? { stored: this.#accounted } : {};
    return { offset, ...stored, ...(this.#isRest && { rest: true }) };
  }

  accountedBytes(): number {
    return this.#accounted;
  }

  /** Keeps the beginning of a line that has no end yet. Copied: the caller may use its buffer again. */
  #holdBack(bytes: Uint8Array): void {
    if (!this.#oversize && this.#pieceBytes + bytes.length > this.#limitBytes) {
      this.#oversize = new OversizeLine(this.#lineStart);
      for (const piece of this.#pieces) this.#oversize.add(piece);
      this.#pieces = [];
    }
    if (this.#oversize) {
      this.#oversize.add(bytes);
      this.#accounted = Math.max(this.#accounted, this.#lineStart + this.#oversize.bytes);
    } else {
      this.#pieces.push(bytes.slice());
    }
    this.#pieceBytes += bytes.length;
  }

  /** Takes the end of a line, without its newline. */
  #endLine(rest: Uint8Array, out: Collected): void {
    const length = this.#pieceBytes + rest.length;
    if (this.#oversize || length > this.#limitBytes) {
      if (!this.#oversize) this.#holdBack(rest);
      else this.#oversize.add(rest);
      if (this.#oversize) out.frames.push(this.#oversize.frame());
      out.diagnostics.push({ code: 'oversize-frame' });
    } else {
      if (this.#pieces.length > 0) this.#pieces.push(rest);
      this.#takeLine(this.#pieces.length > 0 ? this.#joined() : rest, out);
    }
    this.#advance(this.#lineStart + length + 1);
  }

  #joined(): Uint8Array {
    return this.#pieces.length === 1 ? (this.#pieces[0] ?? new Uint8Array()) : Buffer.concat(this.#pieces);
  }

  #advance(lineStart: number): void {
    this.#lineStart = lineStart;
    this.#accounted = Math.max(this.#accounted, lineStart);
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#oversize = undefined;
    this.#isRest = false;
  }

  #takeLine(line: Uint8Array, out: Collected): void {
    if (line.length === 0) return;
    const value = this.#isRest ? undefined : parseRecord(line, this.#lineStart);
    if (value !== undefined) {
      this.#cut(line, this.#lineStart, value, out);
      return;
    }
    const { records, quarantined, diagnostics } = salvage(line);
    for (const { start, end, value: salvaged } of records) {
      this.#cut(line.subarray(start, end), this.#lineStart + start, salvaged, out);
    }
    for (const { start, end, reason } of quarantined) {
      out.quarantined.push({ offset: this.#lineStart + start, bytes: end - start, reason });
    }
    out.diagnostics.push(...diagnostics);
  }

  /** Without white space around it: a writer's CR, or a newline that comes later, does not make it another record. */
  #cut(bytes: Uint8Array, offset: number, value: unknown, out: Collected): void {
    let end = bytes.length;
    while (isSpace(bytes[end - 1])) end -= 1;
    const start = skipSpace(bytes, 0);
    const record = bytes.subarray(start, end);
    const hash = () => frameHash(record);
    out.frames.push({ role: 'record', offset: offset + start, bytes: record.length, value, hash });
  }
}

/** The line's value; absent when it is not one JSON value. A byte order mark may stand at the start of the file. */
function parseRecord(line: Uint8Array, offset: number): unknown {
  const from = offset === 0 && BOM.every((byte, index) => line[index] === byte) ? BOM.length : 0;
  try {
    return JSON.parse(toText(from === 0 ? line : line.subarray(from)));
  } catch {
    return undefined; // Not JSON: the caller looks for what can be saved.
  }
}

/** Whether the last thing in an unfinished line is the end of an object. */
function endsObject(line: Uint8Array): boolean {
  let end = line.length;
  while (end > 0 && isSpace(line[end - 1])) end -= 1;
  return line[end - 1] === CLOSE;
}

/** A line that is too large to keep: what is remembered of it while it passes by. */
class OversizeLine {
  readonly #start: number;
  #bytes = 0;
  #head: Uint8Array = new Uint8Array();
  #tail: Uint8Array = new Uint8Array();
  readonly #chain: Hash = createHash('sha256');
  #chunk: Hash = createHash('sha256');
  #chunkBytes = 0;

  constructor(start: number) {
    this.#start = start;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#head.length < EDGE_BYTES) {
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, EDGE_BYTES - this.#head.length)]);
    }
    const tail = Buffer.concat([this.#tail, bytes.subarray(Math.max(0, bytes.length - EDGE_BYTES))]);
    this.#tail = Uint8Array.prototype.slice.call(tail, Math.max(0, tail.length - EDGE_BYTES));
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + HASH_CHUNK_BYTES - this.#chunkBytes);
      this.#chunk.update(part);
      this.#chunkBytes += part.length;
      from += part.length;
      if (this.#chunkBytes === HASH_CHUNK_BYTES) this.#endChunk();
    }
  }

  frame(): CutFrame {
    const value: OversizeValue = { bytes: this.#bytes, head: toText(this.#head), tail: toText(this.#tail) };
    this.#endChunk();
    const hash = this.#chain.digest('hex').slice(0, 32);
    return { role: 'oversize', offset: this.#start, bytes: this.#bytes, value, hash: () => hash };
  }

  #endChunk(): void {
    if (this.#chunkBytes === 0) return;
    this.#chain.update(this.#chunk.digest());
    this.#chunk = createHash('sha256');
    this.#chunkBytes = 0;
  }
}
