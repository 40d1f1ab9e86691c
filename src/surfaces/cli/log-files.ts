/** Reading logs from their end, across rotation: `file` is the newest, then `file.1`, `file.2`. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { systemCode } from '../../core/errors.ts';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The last so many lines of what the newest file held when it was so long, oldest first. */
export function lastLines(file: string, most: number, untilBytes: number): readonly string[] {
  let lines: string[] = [];
  for (let index = 0; lines.length < most; index++) {
    const older =
      index === 0
        ? endOf(file, most, untilBytes)
        : endOf(`${file}.${index}`, most - lines.length, Number.POSITIVE_INFINITY);
    if (older === undefined) break;
    lines = [...older, ...lines];
  }
  return lines;
}

/** The last lines of one file; absent when there is none. */
function endOf(path: string, most: number, untilBytes: number): string[] | undefined {
  return withFile(path, (handle) => {
    let start = Math.min(fstatSync(handle).size, untilBytes);
    let bytes = Buffer.alloc(0);
    // One line break more than lines: what stands before the first of them may be half a line.
    while (start > 0 && countLines(bytes) <= most) {
      const length = Math.min(CHUNK_BYTES, start);
      start -= length;
      bytes = Buffer.concat([readAt(handle, start, length), bytes]);
    }
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
    return lines.slice(-most);
  });
}

/** Follows a log through its rotations. Each call gives the lines that were added since the last. */
export class LogFollower {
  readonly #file: string;
  #inode: bigint | undefined;
  #offset = 0;
  #rest = Buffer.alloc(0);

  /** From the end of what is there now. */
  constructor(file: string) {
    this.#file = file;
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
    this.#inode = stats?.ino;
    this.#offset = Number(stats?.size ?? 0);
  }

  /** How much of the newest file has been read, or was there before. */
  get offset(): number {
    return this.#offset;
  }

  next(): readonly string[] {
    const lines: string[] = [];
    const inode = statSync(this.#file, { bigint: true, throwIfNoEntry: false })?.ino;
    if (inode !== this.#inode) {
      if (this.#inode !== undefined) lines.push(...this.#read(`${this.#file}.1`));
      this.#inode = inode;
      this.#offset = 0;
      this.#rest = Buffer.alloc(0);
    }
    return [...lines, ...this.#read(this.#file)];
  }

  /** Whole lines only: the rest of one comes with its end. */
  #read(path: string): readonly string[] {
    return (
      withFile(path, (handle) => {
        const { size, ino } = fstatSync(handle, { bigint: true });
        if (ino !== this.#inode) return [];
        const added = readAt(handle, this.#offset, Math.max(0, Number(size) - this.#offset));
        this.#offset += added.length;
        const bytes = Buffer.concat([this.#rest, added]);
        const end = bytes.lastIndexOf(NEWLINE) + 1;
        this.#rest = bytes.subarray(end);
        return bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
      }) ?? []
    );
  }
}

function readAt(handle: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(handle, bytes, 0, length, offset));
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function withFile<T>(path: string, action: (handle: number) => T): T | undefined {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return action(handle);
  } finally {
    closeSync(handle);
  }
}
