/** Waiting until a line that was written somewhere has come out in another file: every line has a mark of its own. */
import { closeSync, type FSWatcher, fstatSync, openSync, readSync, watch } from 'node:fs';
import { join } from 'node:path';

const MARK = /mark-(\d+)\./g;

let last = 0;

/** A word that stands in no other line. */
export function newMark(): string {
  last += 1;
  return `mark-${last}.`;
}

/** Looks into the files of one folder as they grow. */
export class MarkReader {
  readonly #folder: string;
  readonly #watcher: FSWatcher;
  readonly #places = new Map<string, number>();
  readonly #waiting = new Map<string, (ms: number) => void>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#watcher = watch(folder, (_, name) => name !== null && this.#look(name));
  }

  /** When the mark was seen, in milliseconds. */
  seen(mark: string, withinMs = 120_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${mark} never came`)), withinMs);
      this.#waiting.set(mark, (ms) => {
        clearTimeout(late);
        resolve(ms);
      });
    });
  }

  close(): void {
    this.#watcher.close();
  }

  #look(name: string): void {
    const ms = performance.now();
    for (const [mark] of this.#news(name).matchAll(MARK)) {
      this.#waiting.get(mark)?.(ms);
      this.#waiting.delete(mark);
    }
  }

  #news(name: string): string {
    const handle = openSync(join(this.#folder, name), 'r');
    try {
      const place = this.#places.get(name) ?? 0;
      const bytes = Buffer.alloc(Math.max(0, fstatSync(handle).size - place));
      readSync(handle, bytes, 0, bytes.length, place);
      // A mark that is cut off is looked at again.
      this.#places.set(name, Math.max(0, place + bytes.length - 16));
      return bytes.toString('latin1');
    } finally {
      closeSync(handle);
    }
  }
}
