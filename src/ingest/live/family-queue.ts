/**
 * Which families have news, and whose turn it is: one turn at a time for a family, several families side by side.
 *
 * What is added while a family has its turn waits for the next one, so a change during a reading leads to exactly one
 * more. The family with the latest news goes first, so that live writing never waits behind old files; but one that was
 * added to be the last waits until everything has had its turn that was added before it.
 */
import { nextTurn } from '../turns.ts';

export type Place = 'any' | 'last';

interface Waiting {
  readonly paths: Set<string>;
  /** The number of its adding. */
  readonly number: number;
  readonly place: Place;
  newestMs: number;
  readonly done: Promise<void>;
  readonly finish: () => void;
}

/** Several, because what is read side by side is made durable together; not all, for it is told together too. */
const LANES = 12;

export class FamilyQueue {
  readonly #run: (paths: ReadonlySet<string>) => Promise<void>;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Map<string, { readonly number: number; readonly turn: Promise<void> }>();
  #added = 0;
  #isStopped = false;

  /** `run` takes a family's turn and never fails. */
  constructor(run: (paths: ReadonlySet<string>) => Promise<void>) {
    this.#run = run;
  }

  /** Adds a file; resolves when a turn that began later is over, or when the queue is stopped. */
  add(family: string, path: string, newestMs: number, place: Place = 'any'): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    const waiting = this.#waiting.get(family) ?? newWaiting(++this.#added, place);
    waiting.paths.add(path);
    waiting.newestMs = Math.max(waiting.newestMs, newestMs);
    this.#waiting.set(family, waiting);
    this.#pump();
    return waiting.done;
  }

  /** Resolves when nothing waits and nothing runs. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#turns());
  }

  /** Begins no more turns; resolves when those that run are over. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { finish } of this.#waiting.values()) finish();
    this.#waiting.clear();
    await Promise.all(this.#turns());
  }

  #turns(): readonly Promise<void>[] {
    return [...this.#running.values()].map(({ turn }) => turn);
  }

  #pump(): void {
    while (!this.#isStopped && this.#running.size < LANES) {
      const family = this.#next();
      const waiting = family === undefined ? undefined : this.#waiting.get(family);
      if (family === undefined || !waiting) return;
      this.#waiting.delete(family);
      this.#running.set(family, { number: waiting.number, turn: this.#turn(family, waiting) });
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
    const first = this.#firstAdded();
    let best: string | undefined;
    let bestMs = Number.NEGATIVE_INFINITY;
    for (const [family, { newestMs, number, place }] of this.#waiting) {
      if (this.#running.has(family) || (best !== undefined && newestMs <= bestMs)) continue;
      if (place === 'last' && number !== first) continue;
      best = family;
      bestMs = newestMs;
    }
    return best;
  }

  /** The lowest number of those that wait or run. */
  #firstAdded(): number {
    let first = this.#added;
    for (const { number } of this.#running.values()) first = Math.min(first, number);
    for (const { number } of this.#waiting.values()) first = Math.min(first, number);
    return first;
  }
}

function newWaiting(number: number, place: Place): Waiting {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { paths: new Set(), number, place, newestMs: Number.NEGATIVE_INFINITY, done: promise, finish: resolve };
}
