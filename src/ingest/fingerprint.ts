/**
 * Which file is it, whatever its name and age?
 *
 * The file system's identity (device, inode, birth time) finds a file again after a rename; inodes alone are reused at
 * once. Two hashes of its content, of the first bytes and of those just before the end of what was read, tell whether
 * the file still continues what was read: a fork shares its parent's head, a truncated and regrown file does not share
 * the bytes before the cursor. Together they cost at most 8 KiB of reading.
 */
import { hash } from 'node:crypto';
import type { ReadableFile } from '../core/ports.ts';
import type { ContentProbe, FileStat } from '../core/source.ts';
import type { ReadCounter } from './bytes.ts';

const HEAD_BYTES = 4096;
const TAIL_BYTES = 4096;

/** The id of a source at first sight: 16 hex digits. `salt` tells apart what the file system cannot. */
export function sourceId(provider: string, { device, inode, birthNs }: FileStat, salt = 0): string {
  const key = `${provider}\0${device}\0${inode}\0${birthNs}${salt === 0 ? '' : `\0${salt}`}`;
  return hash('sha256', key, 'hex').slice(0, 16);
}

/** A time of change that no file has: a reading that is cut off must not count as done. */
export const UNFINISHED = '-1';

/** Whether a source was not read to the end that its file had. */
export function isCutOff({ modifiedNs }: FileStat): boolean {
  return modifiedNs === UNFINISHED;
}

/** Whether nothing can have changed between two looks at the same file. */
export function isUnchanged(a: FileStat, b: FileStat): boolean {
  return a.sizeBytes === b.sizeBytes && a.modifiedNs === b.modifiedNs && a.changedNs === b.changedNs;
}

/** The content that a probe speaks of: the first bytes of the source, and the last ones before the end of what was read. */
export interface ProbedContent {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly endBytes: number;
}

/** The content if it is what the probe says; absent when the file does not continue what was read. Reads at most 8 KiB. */
export function continuation(file: ReadableFile, probe: ContentProbe, counter: ReadCounter): ProbedContent | undefined {
  const { sizeBytes } = file.stat();
  if (sizeBytes < probe.endBytes) return undefined;
  const head = readRange(file, 0, Math.min(HEAD_BYTES, probe.endBytes));
  const tail = readRange(file, probe.endBytes - probe.tailBytes, probe.endBytes);
  counter.bytesRead += head.length + tail.length;
  return matches(probe, head, tail) ? { head, tail, endBytes: probe.endBytes } : undefined;
}

export function matches(probe: ContentProbe, head: Uint8Array, tail: Uint8Array): boolean {
  return shortHash(head.subarray(0, probe.headBytes)) === probe.head && shortHash(tail) === probe.tail;
}

function readRange(file: ReadableFile, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  return bytes.subarray(0, file.read(bytes, from));
}

function shortHash(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex').slice(0, 16);
}

/** Keeps the probe of a source up to date while its bytes go by. */
export class Prober {
  #head: Uint8Array;
  #tail: Uint8Array;
  #end: number;

  /** `content` is what was read before; bytes are then expected from its end on. */
  constructor(content?: ProbedContent) {
    this.#head = content?.head ?? new Uint8Array();
    this.#tail = content?.tail ?? new Uint8Array();
    this.#end = content?.endBytes ?? 0;
  }

  /** The next bytes that are accounted for. */
  add(bytes: Uint8Array): void {
    if (this.#head.length < HEAD_BYTES && this.#end === this.#head.length) {
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, HEAD_BYTES - this.#head.length)]);
    }
    this.#end += bytes.length;
    const kept = bytes.length >= TAIL_BYTES ? bytes : Buffer.concat([this.#tail, bytes]);
    this.#tail = Uint8Array.prototype.slice.call(kept, Math.max(0, kept.length - TAIL_BYTES));
  }

  /** Absent before the first byte. */
  probe(): ContentProbe | undefined {
    if (this.#end === 0) return undefined;
    return {
      headBytes: this.#head.length,
      head: shortHash(this.#head),
      endBytes: this.#end,
      tailBytes: this.#tail.length,
      tail: shortHash(this.#tail),
    };
  }
}
