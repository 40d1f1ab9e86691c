/**
 * A page: events of one session as bytes, in the form in which they cross threads, are stored and are read.
 *
 * The body is canonical JSON, one event a line, without what the store adds (version, session, seq, place). Keeping
 * bytes instead of objects lets a worker decode and compress while the writing thread only stores.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

export interface EventPage {
  readonly count: number;
  /** 16 bytes an event. */
  readonly ids: Uint8Array;
  /** 8 bytes an event: its content hash. */
  readonly contents: Uint8Array;
  /** Where each event's line ends in the plain body, its newline included. */
  readonly ends: Uint32Array;
  readonly body: Uint8Array;
  /** Whether the body is compressed, with zstd. One form only: a page may wait its turn in memory. */
  readonly packed: boolean;
}

/** Bodies grow to about this size before a new page is begun. */
export const PAGE_BYTES = 256 * 1024;
/**
 * Smaller bodies are kept as they are. A line that comes by itself is one; it is read again at once, and each time a
 * context of zstd is made, which costs more than all else that is done with the line.
 */
const PACK_FROM_BYTES = 4096;

/** A third faster than the default level, and a tenth larger: measured on session files in blocks of 64 kB to 1 MB. */
const PACKING = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** The body compressed, when that makes it smaller. */
export function pack(body: Uint8Array): Uint8Array | undefined {
  if (body.length < PACK_FROM_BYTES) return undefined;
  const packed = zstdCompressSync(body, PACKING);
  if (packed.length >= body.length) return undefined;
  // Of its own: a view into a pool would take the whole pool along, to another thread and in memory.
  return packed.length === packed.buffer.byteLength ? packed : Uint8Array.prototype.slice.call(packed);
}

/** A packed body, or a plain one, as its plain bytes. */
export function unpack(bytes: Uint8Array, isPacked: boolean): Uint8Array {
  return isPacked ? zstdDecompressSync(bytes) : bytes;
}

/** Collects events into a page. */
export class PageBuilder {
  #ids: Buffer = Buffer.allocUnsafe(16 * 64);
  #contents: Buffer = Buffer.allocUnsafe(8 * 64);
  #ends: number[] = [];
  #body: Buffer = Buffer.allocUnsafe(16 * 1024);
  #length = 0;

  get bytes(): number {
    return this.#length;
  }

  get count(): number {
    return this.#ends.length;
  }

  /** Adds an event: id and content hash in hex, and its JSON without a newline. */
  add(id: string, content: string, json: string): void {
    const most = this.#length + json.length * 3 + 1;
    if (most > this.#body.length) this.#body = grown(this.#body, this.#length + Buffer.byteLength(json) + 1);
    this.#length += this.#body.write(json, this.#length);
    this.#body[this.#length++] = 0x0a;
    this.#ids = grown(this.#ids, this.count * 16 + 16);
    this.#ids.write(id, this.count * 16, 'hex');
    this.#contents = grown(this.#contents, this.count * 8 + 8);
    this.#contents.write(content, this.count * 8, 'hex');
    this.#ends.push(this.#length);
  }

  /** The page, compressed if that is wanted and makes it smaller. The builder is empty afterwards. */
  build(wantsPacked: boolean): EventPage {
    const packed = wantsPacked ? pack(this.#body.subarray(0, this.#length)) : undefined;
    const page: EventPage = {
      count: this.count,
      ids: Uint8Array.prototype.slice.call(this.#ids, 0, this.count * 16),
      contents: Uint8Array.prototype.slice.call(this.#contents, 0, this.count * 8),
      ends: Uint32Array.from(this.#ends),
      body: packed ?? Uint8Array.prototype.slice.call(this.#body, 0, this.#length),
      packed: packed !== undefined,
    };
    this.#ends = [];
    this.#length = 0;
    return page;
  }
}

/** A buffer with the same bytes that has room for this many. */
function grown(buffer: Buffer, needed: number): Buffer {
  if (needed <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafe(Math.max(needed, buffer.length * 2));
  buffer.copy(larger);
  return larger;
}

/** The id of an event of a page, as 16 bytes. */
export function idAt(page: EventPage, index: number): Uint8Array {
  return page.ids.subarray(index * 16, index * 16 + 16);
}

/** The content hash of an event of a page, as 8 bytes. */
export function contentAt(page: EventPage, index: number): Uint8Array {
  return page.contents.subarray(index * 8, index * 8 + 8);
}

/** The JSON of each event of a page, newline included. */
export function linesOf({ body, packed, ends }: EventPage): readonly Uint8Array[] {
  const plain = unpack(body, packed);
  return Array.from(ends, (end, index) => plain.subarray(index === 0 ? 0 : ends[index - 1], end));
}

/** A page of only these events, in order. */
export function selectEvents(page: EventPage, indexes: readonly number[]): EventPage {
  if (indexes.length === page.count) return page;
  const all = linesOf(page);
  const lines = indexes.map((index) => all[index] ?? new Uint8Array());
  let end = 0;
  return {
    count: indexes.length,
    ids: Buffer.concat(indexes.map((index) => idAt(page, index))),
    contents: Buffer.concat(indexes.map((index) => contentAt(page, index))),
    ends: Uint32Array.from(lines, ({ length }) => (end += length)),
    body: Buffer.concat(lines),
    packed: false,
  };
}

/** The lines of a body, parsed. */
export function parseBody(body: Uint8Array): unknown[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const lines = text.split('\n');
  lines.pop(); // What follows the last newline: nothing.
  return lines.map((line) => JSON.parse(line));
}
