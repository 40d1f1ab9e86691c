/**
 * Reading sources on other cores.
 *
 * The main thread plans and stores; a worker reads a source from its start, decodes, names and packs. Batches cross as
 * bytes, handed over rather than copied. A worker may be ahead by a few batches only, so memory stays bounded. It is
 * given its next order before it has done the one before, so that it never waits while the main thread is storing.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { SourceRecord } from '../core/source.ts';
import type { Provider } from '../providers/provider.ts';
import type { Batch, Cause } from '../store/store.ts';
import { type Reading, type ReadingCounters, readSource } from './read-source.ts';
import { readingFailure } from './reading-failure.ts';

/** A reading without its functions. */
interface Order {
  readonly provider: string;
  /** The path relative to the root, from which the worker makes the match again. */
  readonly relative: string;
  readonly root: string;
  readonly record: SourceRecord;
  readonly cause: Cause;
}

/** Every message names its order by number: a worker has several. */
type ToWorker = { readonly number: number } & (
  | { readonly kind: 'read'; readonly order: Order }
  | { readonly kind: 'more' | 'stop' }
);
type Answer =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'end'; readonly bytesRead: number; readonly framesDecoded: number }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string };
type FromWorker = { readonly number: number; readonly answer: Answer };

/** Batches of an order that a worker may have sent without their having been taken. */
const CREDIT = 3;
/** Orders that a worker may have at a time. It works on the oldest; the others wait beside it. */
const ORDERS = 2;

export interface ReaderPool {
  readonly read: (reading: Reading) => AsyncIterable<Batch>;
  readonly close: () => Promise<void>;
}

/**
 * A pool of workers running `entry` with this data, each reading one source after the other. Started when first needed.
 */
export function createReaderPool(entry: URL, size: number, data?: unknown): ReaderPool {
  let all: PooledWorker[] = [];
  const waiting: (() => void)[] = [];

  /** The worker with the fewest orders, a new one if it may be; absent when each has as many as it can take. */
  function free(): PooledWorker | undefined {
    all = all.filter(({ isDead }) => !isDead);
    const least = all.toSorted((a, b) => a.orders - b.orders)[0];
    if (least && (least.orders === 0 || all.length === size)) return least.orders < ORDERS ? least : undefined;
    const started = new PooledWorker(entry, data);
    all.push(started);
    return started;
  }

  async function borrow(): Promise<PooledWorker> {
    for (let worker = free(); ; worker = free()) {
      if (worker) {
        worker.orders += 1; // At once: others borrow before it is given the order.
        return worker;
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }

  /** Reads on a worker. False when it died of another order before it came to this one. */
  async function* readOn(worker: PooledWorker, reading: Reading): AsyncGenerator<Batch, boolean> {
    try {
      return yield* worker.read(reading);
    } finally {
      worker.orders -= 1;
      waiting.shift()?.();
    }
  }

  return {
    async *read(reading) {
      while (!(yield* readOn(await borrow(), reading)));
    },
    async close() {
      await Promise.all(all.map((worker) => worker.close()));
    },
  };
}

/** What a worker has answered to one order and nobody has taken yet. */
interface Mailbox {
  readonly answers: Answer[];
  wake: () => void;
}

class PooledWorker {
  /** How many readings it has been promised to. */
  orders = 0;
  readonly #worker: Worker;
  /** By order number, the oldest first. */
  readonly #mailboxes = new Map<number, Mailbox>();
  #latest = 0;
  #died: Error | undefined;
  /** The order that the worker was at when it died. */
  #diedAt: number | undefined;

  constructor(entry: URL, data: unknown) {
    this.#worker = new Worker(entry, { workerData: data, resourceLimits: { maxYoungGenerationSizeMb: 16 } });
    this.#worker.unref();
    this.#worker.on('message', ({ number, answer }: FromWorker) => {
      const mailbox = this.#mailboxes.get(number);
      mailbox?.answers.push(answer);
      mailbox?.wake();
    });
    this.#worker.on('error', (error: Error) => {
      this.#died = error;
      this.#diedAt = this.#openOrder();
      for (const { wake } of this.#mailboxes.values()) wake();
    });
  }

  /** A worker dies of a file that is too large for its memory. */
  get isDead(): boolean {
    return this.#died !== undefined;
  }

  /** The batches of a reading; then whether it was read, false when the worker died before it came to it. */
  async *read({ provider, root, path, record, cause, counters }: Reading): AsyncGenerator<Batch, boolean> {
    const order: Order = { provider: provider.id, relative: path.slice(root.length + 1), root, record, cause };
    const number = ++this.#latest;
    const mailbox: Mailbox = { answers: [], wake: () => {} };
    this.#mailboxes.set(number, mailbox);
    this.#worker.ref();
    this.#send({ number, kind: 'read', order });
    let isOver = false;
    try {
      for (;;) {
        const answer = await this.#next(mailbox);
        if (answer?.kind === 'batch') {
          yield answer.batch;
          this.#send({ number, kind: 'more' });
          continue;
        }
        isOver = true;
        if (answer?.kind === 'failed') throw toError(answer);
        if (answer) count(answer, counters);
        else if (this.#diedAt === number) throw this.#died;
        return answer !== undefined;
      }
    } finally {
      if (!isOver) await this.#drain(number, mailbox, counters);
      this.#mailboxes.delete(number);
      if (this.#mailboxes.size === 0) this.#worker.unref();
    }
  }

  close(): Promise<number> {
    return this.#worker.terminate();
  }

  /** Takes what is left of a reading that nobody wants any more, so that the worker is free. */
  async #drain(number: number, mailbox: Mailbox, counters: ReadingCounters): Promise<void> {
    this.#send({ number, kind: 'stop' });
    let answer = await this.#next(mailbox);
    while (answer?.kind === 'batch') answer = await this.#next(mailbox);
    if (answer?.kind === 'end') count(answer, counters);
  }

  /** The oldest order to which the worker has not answered all. */
  #openOrder(): number | undefined {
    for (const [number, { answers }] of this.#mailboxes) {
      const last = answers.at(-1);
      if (last === undefined || last.kind === 'batch') return number;
    }
    return undefined;
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** The next answer; absent when the worker is dead. */
  async #next(mailbox: Mailbox): Promise<Answer | undefined> {
    for (;;) {
      const answer = mailbox.answers.shift();
      if (answer || this.#died) return answer;
      await new Promise<void>((resolve) => {
        mailbox.wake = resolve;
      });
    }
  }
}

/** An order that a worker has been given. */
interface Taken {
  credit: number;
  isStopped: boolean;
  grant: () => void;
}

export interface ReadingParts extends Pick<Reading, 'files' | 'commandsIn'> {
  readonly providers: readonly Provider[];
}

/** What a worker runs: answers orders on its port, one after the other. */
export function serveReadings(port: MessagePort, parts: ReadingParts): void {
  const taken = new Map<number, Taken>();
  let serving: Promise<void> = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    const { number } = message;
    if (message.kind === 'read') {
      const { order } = message;
      const state: Taken = { credit: CREDIT, isStopped: false, grant: () => {} };
      taken.set(number, state);
      serving = serving.then(() => serve(number, order, state)).finally(() => taken.delete(number));
      return;
    }
    const state = taken.get(number);
    if (!state) return; // Its end is on the way.
    state.credit += 1;
    state.isStopped ||= message.kind === 'stop';
    state.grant();
  });

  async function serve(number: number, order: Order, state: Taken): Promise<void> {
    const answer = (said: Answer, handedOver: ArrayBuffer[] = []) =>
      port.postMessage({ number, answer: said } satisfies FromWorker, handedOver);
    try {
      const reading = state.isStopped ? undefined : toReading(order, parts);
      for await (const batch of reading ? readSource(reading) : []) {
        while (state.credit === 0) {
          await new Promise<void>((resolve) => {
            state.grant = resolve;
          });
        }
        if (state.isStopped) break;
        state.credit -= 1;
        answer({ kind: 'batch', batch }, transferable(batch));
      }
      const { bytesRead = 0, framesDecoded = 0 } = reading?.counters ?? {};
      answer({ kind: 'end', bytesRead, framesDecoded });
    } catch (error) {
      const code = readingFailure(error);
      answer({ kind: 'failed', code, message: error instanceof Error ? error.message : 'unknown failure' });
    }
  }
}

function toReading(order: Order, { providers, files, commandsIn }: ReadingParts): Reading | undefined {
  const provider = providers.find(({ id }) => id === order.provider);
  const match = provider?.match(order.relative);
  if (!provider || !match) return undefined;
  const { root, record, cause } = order;
  const counters = { bytesRead: 0, framesDecoded: 0 };
  return {
    provider,
    match,
    files,
    root,
    path: record.path,
    stat: record.stat,
    record,
    restart: false,
    cause,
    counters,
    commandsIn,
  };
}

function count(end: Extract<Answer, { kind: 'end' }>, counters: ReadingCounters): void {
  counters.bytesRead += end.bytesRead;
  counters.framesDecoded += end.framesDecoded;
}

/** Buffers that belong to the batch alone. A buffer cut from a shared one is copied instead. */
function transferable(batch: Batch): ArrayBuffer[] {
  const pages = batch.sessions.flatMap((session) => session.pages);
  const arrays = [
    ...pages.flatMap(({ ids, contents, ends, body }) => [ids, contents, ends, body]),
    ...batch.raw.map(({ data }) => data),
  ];
  const whole = arrays.filter(({ buffer, byteLength }) => byteLength === buffer.byteLength && byteLength > 8192);
  return [...new Set(whole.map(({ buffer }) => buffer as ArrayBuffer))];
}

function toError({ code, message }: { readonly code: string | undefined; readonly message: string }): Error {
  const error = new Error(message);
  return code === undefined ? error : Object.assign(error, { code, syscall: 'read' });
}
