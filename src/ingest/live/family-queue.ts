/**
 * Which families have news, and whose turn it is: one turn at a time for a family, several families side by side.
 *
 * What is added while a family has its turn waits for the next one, so a change during a reading leads to exactly one
 * more. The family with the latest news goes first, so that live writing never waits behind old files; but one that was
 * added to be the last, and never had a turn, waits for what was added before it from the same folder.
 */
import { nextTurn } from '../turns.ts';

export type Place = 'any' | 'last';

interface Waiting {
  readonly paths: Set<string>;
  /** The number of its adding. */
  readonly number: number;
  readonly folder: string;
  place: Place;
  newestMs: number;
  readonly done: Promise<void>;
  readonly finish: () => void;
}

type Running = Pick<Waiting, 'number' | 'folder'> & { readonly turn: Promise<void> };

/** Several, because what is read side by side is made durable together; not all, for it is told together too. */
const LANES = 12;

export class FamilyQueue {
  readonly #run: (paths: ReadonlySet<string>) => Promise<void>;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Map<string, Running>();
  /** Families that have, or had, a turn. */
  readonly #known = new Set<string>();
  #added = 0;
  #isStopped = false;

  /** `run` takes a family's turn and never fails. */
  constructor(run: (paths: ReadonlySet<string>) => Promise<void>) {
    this.#run = run;
  }

  /** Adds a file; resolves when a turn that began later is over, or when the queue is stopped. */
  add(family: string, path: string, newestMs: number, place: Place = 'any'): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    const waiting = this.#waiting.get(family) ?? newWaiting(++this.#added, path);
    waiting.paths.add(path);
    if (place === 'any' || this.#known.has(family)) waiting.place = 'any';
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
      const { number, folder } = waiting;
      this.#known.add(family);
      this.#running.set(family, { number, folder, turn: this.#turn(family, waiting) });
    }
  }

  async #turn(family: string, { paths, finish }: Waiting): Promise<void> {
    await nextTurn(); // Others get theirs, and what is told in the same breath is in the same turn.
    const more = this.#waiting.get(family);
    this.#waiting.delete(family);
    await this.#run(new Set([...paths, ...(more?.paths ?? [])]));
    this.#running.delete(family);
    finish();
    more?.finish();
    this.#pump();
  }

  #next(): string | undefined {
    const first = this.#firstOfFolders();
    let best: string | undefined;
    let bestMs = Number.NEGATIVE_INFINITY;
    for (const [family, { newestMs, number, folder, place }] of this.#waiting) {
      if (this.#running.has(family) || (best !== undefined && newestMs <= bestMs)) continue;
      if (place === 'last' && number !== first.get(folder)) continue;
      best = family;
      bestMs = newestMs;
    }
    return best;
  }

  /** By folder, the lowest number of those that wait or run. */
  #firstOfFolders(): ReadonlyMap<string, number> {
    const first = new Map<string, number>();
    for (const { number, folder } of [...this.#running.values(), ...this.#waiting.values()]) {
      first.set(folder, Math.min(first.get(folder) ?? number, number));
    }
    return first;
  }
}

function newWaiting(number: number, path: string): Waiting {
  const { promise, resolve } = Promise.withResolvers<void>();
  const folder = path.slice(0, path.lastIndexOf('/'));
  const newestMs = Number.NEGATIVE_INFINITY;
  return { paths: new Set(), number, folder, place: 'last', newestMs, done: promise, finish: resolve };
}
