/** What the steps so far have made of the files: bytes in memory. */
import type { Change } from './script.ts';

export class Disk {
  readonly #files = new Map<string, Buffer>();

  apply(change: Change): void {
    switch (change.kind) {
      case 'append':
        this.#set(change.path, Buffer.concat([this.#at(change.path), change.bytes]));
        return;
      case 'write':
      case 'replace':
        this.#set(change.path, Buffer.from(change.bytes));
        return;
      case 'overwrite': {
        const content = Buffer.from(this.#at(change.path));
        content.set(change.bytes, change.offset);
        this.#set(change.path, content);
        return;
      }
      case 'truncate':
        this.#set(change.path, this.#at(change.path).subarray(0, change.size));
        return;
      case 'rename':
        this.#set(change.to, this.#at(change.path));
        this.#files.delete(change.path);
        return;
      case 'delete':
        this.#files.delete(change.path);
        return;
    }
  }

  read(path: string): Buffer | undefined {
    return this.#files.get(path);
  }

  paths(): readonly string[] {
    return [...this.#files.keys()].sort();
  }

  #at(path: string): Buffer {
    return this.#files.get(path) ?? Buffer.alloc(0);
  }

  #set(path: string, content: Buffer): void {
    this.#files.set(path, content);
  }
}
