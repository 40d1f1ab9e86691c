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
  /** Where each event's line ends in `body`, its newline included. */
  readonly ends: Uint32Array;
  readonly body: Uint8Array;
  /** The body compressed with zstd, where someone has done it already and it is smaller. */
  readonly packed?: Uint8Array | undefined;
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
  return packed.length < body.length ? packed : undefined;
}

/** A packed body, or a plain one, as its plain bytes. */
export function unpack(bytes: Uint8Array, isPacked: boolean): Uint8Array {
  return isPacked ? zstdDecompressSync(bytes) : bytes;
}

/** Collects events into a page. */
export class PageBuilder {
  #ids: string[] = [];
  #contents: string[] = [];
  #ends: number[] = [];
  #body: Buffer = Buffer.allocUnsafe(16 * 1024);
  #length = 0;

  get bytes(): number {
    return this.#length;
  }

  get count(): number {
    return this.#ids.length;
  }

  /** Adds an event: id and content hash in hex, and its JSON without a newline. */
  add(id: string, content: string, json: string): void {
    const most = this.#length + json.length * 3 + 1;
    if (most > this.#body.length) this.#grow(this.#length + Buffer.byteLength(json) + 1);
    this.#length += this.#body.write(json, this.#length);
    this.#body[this.#length++] = 0x0a;
    this.#ids.push(id);
    this.#contents.push(content);
    this.#ends.push(this.#length);
  }

  /** The page, compressed if `packed` is wanted. The builder is empty afterwards. */
  build(packed: boolean): EventPage {
    const body = Uint8Array.prototype.slice.call(this.#body, 0, this.#length);
    const page: EventPage = {
      count: this.#ids.length,
      ids: new Uint8Array(Buffer.from(this.#ids.join(''), 'hex')),
      contents: new Uint8Array(Buffer.from(this.#contents.join(''), 'hex')),
      ends: Uint32Array.from(this.#ends),
      body,
      packed: packed ? pack(body) : undefined,
    };
    this.#ids = [];
    this.#contents = [];
    this.#ends = [];
    this.#length = 0;
    return page;
  }

  #grow(needed: number): void {
    if (needed <= this.#body.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#body.length * 2));
    this.#body.copy(larger, 0, 0, this.#length);
    this.#body = larger;
  }
}

/** The id of an event of a page, as 16 bytes. */
export function idAt(page: EventPage, index: number): Uint8Array {
  return page.ids.subarray(index * 16, index * 16 + 16);
}

/** The content hash of an event of a page, as 8 bytes. */
export function contentAt(page: EventPage, index: number): Uint8Array {
  return page.contents.subarray(index * 8, index * 8 + 8);
}

/** The JSON of an event of a page, newline included. */
export function lineAt(page: EventPage, index: number): Uint8Array {
  return page.body.subarray(index === 0 ? 0 : page.ends[index - 1], page.ends[index]);
}

/** A page of only these events, in order. */
export function selectEvents(page: EventPage, indexes: readonly number[]): EventPage {
  if (indexes.length === page.count) return page;
  const body = Buffer.concat(indexes.map((index) => lineAt(page, index)));
  let end = 0;
  return {
    count: indexes.length,
    ids: Buffer.concat(indexes.map((index) => idAt(page, index))),
    contents: Buffer.concat(indexes.map((index) => contentAt(page, index))),
    ends: Uint32Array.from(indexes, (index) => (end += lineAt(page, index).length)),
    body,
    packed: undefined,
  };
}

/** The lines of a body, parsed. */
export function parseBody(body: Uint8Array): unknown[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const lines = text.split('\n');
  lines.pop(); // What follows the last newline: nothing.
  return lines.map((line) => JSON.parse(line));
}
