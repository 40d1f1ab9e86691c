/**
 * Performs the steps of a script in a person's home folder, one at a time: a test may do what it likes in between.
 *
 * A step may be performed again after it was broken off by a kill: an append writes only what is not there yet, everything
 * else has the same result twice. So a player that goes on from step n needs to know nothing but n.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Change, type Ledger, ledgerOf, type Script, type Step } from './script.ts';

export class Player {
  readonly script: Script;
  readonly #home: string;
  #done: number;

  /** Begins at the step with this number. */
  constructor(script: Script, home: string, from = 0) {
    this.script = script;
    this.#home = home;
    this.#done = from;
  }

  /** How many steps are done. */
  get done(): number {
    return this.#done;
  }

  get isOver(): boolean {
    return this.#done >= this.script.steps.length;
  }

  /** What will be done next. */
  next(): Step | undefined {
    return this.script.steps[this.#done];
  }

  /** Does the next step; absent when all are done. */
  step(): Step | undefined {
    const step = this.next();
    if (!step) return undefined;
    perform(step, this.#home);
    this.#done += 1;
    return step;
  }

  /** Goes on until so many steps are done; without a number, to the end. */
  play(until = this.script.steps.length): void {
    while (this.#done < until && this.step());
  }

  /** False in the middle of a write. */
  get isWhole(): boolean {
    return this.script.steps[this.#done - 1]?.isWhole ?? true;
  }

  /** What holds now; the files say as much if the last write was a whole one. */
  ledger(): Ledger {
    return ledgerOf(this.script.steps.slice(0, this.#done));
  }
}

/** Does one thing to one file, in as few system calls as an agent would. */
export function perform(change: Change, home: string): void {
  const path = join(home, change.path);
  switch (change.kind) {
    case 'append':
      append(path, change.offset, change.bytes);
      return;
    case 'write':
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, change.bytes);
      return;
    case 'replace':
      replace(path, change.bytes);
      return;
    case 'overwrite':
      overwrite(path, change.offset, change.bytes);
      return;
    case 'truncate':
      if (existsSync(path)) truncateSync(path, change.size);
      return;
    case 'rename':
      if (!existsSync(path)) return;
      mkdirSync(dirname(join(home, change.to)), { recursive: true });
      renameSync(path, join(home, change.to));
      return;
    case 'delete':
      rmSync(path, { force: true });
      return;
  }
}

function append(path: string, offset: number, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a', 0o600);
  try {
    const there = statSync(path).size - offset;
    if (there < 0) throw new Error(`${path} is ${-there} bytes shorter than the step before left it`);
    if (there < bytes.length) writeSync(file, bytes, there);
  } finally {
    closeSync(file);
  }
}

function replace(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(temporary, bytes, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

/** An agent does not overwrite within one tick of the file system's clock; a test might. */
function overwrite(path: string, offset: number, bytes: Uint8Array): void {
  const before = statSync(path);
  const file = openSync(path, 'r+');
  try {
    writeSync(file, bytes, 0, bytes.length, offset);
    ftruncateSync(file, before.size);
  } finally {
    closeSync(file);
  }
  const after = statSync(path);
  if (after.mtimeMs <= before.mtimeMs) utimesSync(path, after.atime, new Date(before.mtimeMs + 10));
}
