/**
 * A disk that can fail at any step, and that knows what a power cut leaves: of each file what was synced, of each folder
 * the names that were synced. The system may have written more; a store must not count on it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Disk, nodeDisk } from '../../../src/store/log/disk.ts';

interface File {
  durable: Buffer;
}

export class CrashDisk {
  /** The steps that were done, by name and file. */
  readonly steps: string[] = [];
  /** From this step on nothing works any more. */
  crashesAt = Number.POSITIVE_INFINITY;
  /** How many bytes of an append at which the disk fails are written all the same. */
  readonly #torn: number;
  #names = new Map<string, File>();
  readonly #durableNames = new Map<string, File>();

  constructor(torn = 0) {
    this.#torn = torn;
  }

  get syncs(): readonly string[] {
    return this.steps.filter((step) => step.startsWith('sync'));
  }

  readonly disk: Disk = {
    ...nodeDisk,
    append: (path, bytes) => {
      try {
        this.#step('append', path);
      } catch (error) {
        if (this.steps.length === this.crashesAt) this.#append(path, bytes.subarray(0, this.#torn));
        throw error;
      }
      this.#append(path, bytes);
    },
    sync: (path) => {
      this.#step('sync', path);
      const file = this.#names.get(path);
      if (file) file.durable = readFileSync(path);
    },
    syncFolder: (path) => {
      this.#step('syncFolder', path);
      const isIn = (name: string) => dirname(name) === path;
      for (const name of [...this.#durableNames.keys()].filter(isIn)) this.#durableNames.delete(name);
      for (const [name, file] of this.#names) if (isIn(name)) this.#durableNames.set(name, file);
    },
    cut: (path, bytes) => {
      this.#step('cut', path);
      nodeDisk.cut(path, bytes);
    },
    rename: (from, to) => {
      this.#step('rename', to);
      nodeDisk.rename(from, to);
      const file = this.#names.get(from);
      if (file) this.#names.set(to, file);
      this.#names.delete(from);
    },
    remove: (path) => {
      if (basename(path) !== 'lock') this.#step('remove', path);
      nodeDisk.remove(path);
      this.#names.delete(path);
    },
  };

  #append(path: string, bytes: Uint8Array): void {
    nodeDisk.append(path, bytes);
    if (!this.#names.has(path)) this.#names.set(path, { durable: Buffer.alloc(0) });
  }

  #step(name: string, path: string): void {
    if (this.steps.length >= this.crashesAt) throw Object.assign(new Error('the disk'), { code: 'EIO', syscall: name });
    this.steps.push(`${name} ${basename(path)}`);
    if (this.steps.length >= this.crashesAt) throw Object.assign(new Error('the disk'), { code: 'EIO', syscall: name });
  }

  /** Leaves in the folder what is there after a power cut. */
  cutPower(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
    for (const [path, { durable }] of this.#durableNames) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, durable);
    }
    this.#names = new Map(this.#durableNames);
  }
}
