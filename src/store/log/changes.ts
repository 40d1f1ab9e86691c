/**
 * How processes that share a folder learn of one another's commits without looking at every log: the file `changes`, to
 * which each commit is told before it begins and when it is done.
 *
 *     > 5f0c…@1840 store@220      two logs are about to grow to these lengths
 *     > @2210 @264                the same two again
 *     =                           done, and on the disk with all that rode before; or
 *     ~                           done, but not waited for; or
 *     x                           nothing came of it; or
 *     !                           the logs were deleted or written anew
 *
 * It is a note between living processes and is never synced: after a power cut there is nobody left to read it. What
 * began and was never done is what a killed process left; the next one that holds the lock looks at those logs.
 */
import type { Disk } from './disk.ts';

export type Outcome = '=' | '~' | 'x' | '!';

/** Logs that a commit was about, with the lengths that they have after it. */
export type Lengths = ReadonlyMap<string, number>;

export interface News {
  /** True when it is not known what has changed: everything is looked at. */
  readonly isLost: boolean;
  readonly done: readonly { readonly logs: Lengths; readonly outcome: Outcome }[];
  /** What began and is not done: by a process that works now or, for who holds the lock, one that was killed. */
  readonly pending: Lengths | undefined;
}

interface Tail {
  readonly bytes: number;
  readonly names: readonly string[];
  readonly isTorn: boolean;
}

const NO_TAIL: Tail = { bytes: 0, names: [], isTorn: false };
const ROTATE_FROM_BYTES = 1024 * 1024;

export class Changes {
  readonly #disk: Disk;
  readonly #path: string;
  /** The file that was read, and how far. */
  #file: string | undefined;
  #read = 0;
  /** The logs of the last commit up to there. */
  #names: readonly string[] = [];
  /** What was seen behind that: a commit that is not done, and maybe a line that a killed process has not ended. */
  #tail: Tail = NO_TAIL;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /** What has come since the last time; at first, all that is noted. */
  catchUp(): News {
    const stat = this.#disk.stat(this.#path);
    const isLost = stat?.file !== this.#file || (stat?.bytes ?? 0) < this.#read;
    if (isLost) this.#read = 0;
    if (isLost) this.#names = [];
    this.#file = stat?.file;
    const text = stat && stat.bytes > this.#read ? this.#disk.read(this.#path, this.#read, stat.bytes).toString() : '';
    const done: { logs: Lengths; outcome: Outcome }[] = [];
    let pending: Lengths | undefined;
    let names = this.#names;
    let settled = 0;
    let at = 0;
    for (const line of text.split('\n').slice(0, -1)) {
      at += line.length + 1;
      if (line.startsWith('> ')) {
        pending = parseLengths(line.slice(2), names);
        names = [...pending.keys()];
        continue;
      }
      if (pending) done.push({ logs: pending, outcome: line as Outcome }); // Only outcomes are ever written.
      pending = undefined;
      settled = at;
      this.#names = names;
    }
    this.#read += settled;
    this.#tail = { bytes: text.length - settled, names, isTorn: text !== '' && !text.endsWith('\n') };
    return { isLost, done, pending };
  }

  /** While the lock is held, and all news have been taken. */
  begin(logs: Lengths): void {
    const names = [...logs.keys()];
    const isSame = this.#tail.bytes === 0 && names.join() === this.#names.join();
    const parts = [...logs].map(([name, length]) => `${isSame ? '' : name}@${length}`);
    this.#append(`> ${parts.join(' ')}\n`);
    this.#names = names;
  }

  end(outcome: Outcome): void {
    this.#append(`${outcome}\n`);
  }

  /** What is behind is settled by that: nobody but us, who hold the lock, may still say what came of it. */
  #append(line: string): void {
    const { bytes, names, isTorn } = this.#tail;
    const whole = isTorn ? `\n${line}` : line;
    this.#disk.append(this.#path, Buffer.from(whole));
    this.#file ??= this.#disk.stat(this.#path)?.file;
    this.#read += bytes + whole.length;
    if (bytes > 0) this.#names = names;
    this.#tail = NO_TAIL;
  }

  get isFull(): boolean {
    return this.#read > ROTATE_FROM_BYTES;
  }

  /** Begins another file: whoever has read the old one looks at everything. */
  rotate(): void {
    this.#disk.append(`${this.#path}.tmp`, Buffer.alloc(0));
    this.#disk.rename(`${this.#path}.tmp`, this.#path);
    this.#file = this.#disk.stat(this.#path)?.file;
    this.#read = 0;
    this.#names = [];
    this.#tail = NO_TAIL;
  }
}

/** `before`: the logs that those without a name are. */
function parseLengths(text: string, before: readonly string[]): Lengths {
  const parts = text.split(' ').map((part) => part.split('@'));
  return new Map(parts.map(([name, length], index) => [name || (before[index] ?? ''), Number(length)]));
}
