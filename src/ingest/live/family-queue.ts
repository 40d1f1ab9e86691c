/**
 * Which families have news, and whose turn it is: one turn at a time for a family, several families side by side.
 *
 * What is added while a family has its turn waits for the next one, so a change during a reading leads to exactly one
 * more. The family with the latest news goes first, so that live writing never waits behind old files.
 */
import { nextTurn } from '../turns.ts';

interface Waiting {
  readonly paths: Set<string>;
  newestMs: number;
  readonly done: Promise<void>;
  readonly finish: () => void;
}

/** Several, because what is read side by side is made durable together; not all, for it is told together too. */
const LANES = 12;

export class FamilyQueue {
  readonly #run: (paths: ReadonlySet<string>) => Promise<void>;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Map<string, Promise<void>>();
  #isStopped = false;

  /** `run` takes a family's turn and never fails. */
  constructor(run: (paths: ReadonlySet<string>) => Promise<void>) {
    this.#run = run;
  }

  /** Adds a file; resolves when a turn that began later is over, or when the queue is stopped. */
  add(family: string, path: string, newestMs: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    const waiting = this.#waiting.get(family) ?? newWaiting();
    waiting.paths.add(path);
    waiting.newestMs = Math.max(waiting.newestMs, newestMs);
    this.#waiting.set(family, waiting);
    this.#pump();
    return waiting.done;
  }

  /** Resolves when nothing waits and nothing runs. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#running.values());
  }

  /** Begins no more turns; resolves when those that run are over. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { finish } of this.#waiting.values()) finish();
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  #pump(): void {
    while (!this.#isStopped && this.#running.size < LANES) {
      const family = this.#next();
      const waiting = family === undefined ? undefined : this.#waiting.get(family);
      if (family === undefined || !waiting) return;
      this.#waiting.delete(family);
      this.#running.set(family, this.#turn(family, waiting));
    }
  }

  async #turn(family: string, { paths, finish }: Waiting): Promise<void> {
    await nextTurn(); // What is told in the same breath is in the same turn; and others get theirs.
    await this.#run(paths);
    this.#running.delete(family);
    finish();
    this.#pump();
  }

  #next(): string | undefined {
    let best: string | undefined;
    let bestMs = Number.NEGATIVE_INFINITY;
    for (const [family, { newestMs }] of this.#waiting) {
      if (this.#running.has(family) || (best !== undefined && newestMs <= bestMs)) continue;
      best = family;
      bestMs = newestMs;
    }
    return best;
  }
}

function newWaiting(): Waiting {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { paths: new Set(), newestMs: Number.NEGATIVE_INFINITY, done: promise, finish: resolve };
}
