/**
 * Reading sources on other cores.
 *
 * The main thread plans and stores; a worker reads a source from its start, decodes, names and packs. Batches cross as
 * bytes, handed over rather than copied. A worker may be ahead by a few batches only, so memory stays bounded.
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

type ToWorker = { readonly kind: 'read'; readonly order: Order } | { readonly kind: 'more' | 'stop' };
type FromWorker =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'end'; readonly bytesRead: number; readonly framesDecoded: number }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string };

/** Batches that a worker may have sent without their having been taken. */
const CREDIT = 3;

export interface ReaderPool {
  readonly read: (reading: Reading) => AsyncIterable<Batch>;
  readonly close: () => Promise<void>;
}

/** A pool of workers running `entry` with this data, each reading one source at a time. Started when first needed. */
export function createReaderPool(entry: URL, size: number, data?: unknown): ReaderPool {
  const idle: PooledWorker[] = [];
  const all: PooledWorker[] = [];
  const waiting: ((worker: PooledWorker) => void)[] = [];

  function start(): PooledWorker {
    const started = new PooledWorker(entry, data);
    all.push(started);
    return started;
  }

  function borrow(): Promise<PooledWorker> {
    const free = idle.pop();
    if (free) return Promise.resolve(free);
    if (all.length < size) return Promise.resolve(start());
    return new Promise((resolve) => waiting.push(resolve));
  }

  function giveBack(worker: PooledWorker): void {
    const next = waiting.shift();
    if (worker.isDead) {
      all.splice(all.indexOf(worker), 1);
      next?.(start());
    } else if (next) next(worker);
    else idle.push(worker);
  }

  return {
    async *read(reading) {
      const worker = await borrow();
      try {
        yield* worker.read(reading);
      } finally {
        giveBack(worker);
      }
    },
    async close() {
      await Promise.all(all.map((worker) => worker.close()));
    },
  };
}

class PooledWorker {
  readonly #worker: Worker;
  #messages: FromWorker[] = [];
  #wake: () => void = () => {};
  #died: Error | undefined;

  constructor(entry: URL, data: unknown) {
    this.#worker = new Worker(entry, { workerData: data, resourceLimits: { maxYoungGenerationSizeMb: 16 } });
    this.#worker.unref();
    this.#worker.on('message', (message: FromWorker) => {
      this.#messages.push(message);
      this.#wake();
    });
    this.#worker.on('error', (error: Error) => {
      this.#died = error;
      this.#wake();
    });
  }

  /** A worker dies of a file that is too large for its memory. */
  get isDead(): boolean {
    return this.#died !== undefined;
  }

  async *read({ provider, root, path, record, cause, counters }: Reading): AsyncGenerator<Batch> {
    const order: Order = { provider: provider.id, relative: path.slice(root.length + 1), root, record, cause };
    this.#send({ kind: 'read', order });
    let isOver = false;
    try {
      for (;;) {
        const message = await this.#next();
        if (message.kind === 'batch') {
          yield message.batch;
          this.#send({ kind: 'more' });
          continue;
        }
        isOver = true;
        if (message.kind === 'failed') throw toError(message);
        return count(message, counters);
      }
    } finally {
      if (!isOver) await this.#drain(counters);
    }
  }

  close(): Promise<number> {
    return this.#worker.terminate();
  }

  /** Takes what is left of a reading that nobody wants any more, so that the worker is free. */
  async #drain(counters: ReadingCounters): Promise<void> {
    this.#send({ kind: 'stop' });
    let message = await this.#next();
    while (message.kind === 'batch') message = await this.#next();
    if (message.kind === 'end') count(message, counters);
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  async #next(): Promise<FromWorker> {
    for (;;) {
      const message = this.#messages.shift();
      if (message) return message;
      if (this.#died) throw this.#died;
      this.#worker.ref();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#worker.unref();
    }
  }
}

export interface ReadingParts extends Pick<Reading, 'files' | 'commandsIn'> {
  readonly providers: readonly Provider[];
}

/** What a worker runs: answers orders on its port, one after the other. */
export function serveReadings(port: MessagePort, parts: ReadingParts): void {
  let credit = 0;
  let isStopped = false;
  let grant: () => void = () => {};
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'read') {
      credit = CREDIT;
      isStopped = false;
      void serve(message.order);
    } else {
      credit += 1;
      isStopped ||= message.kind === 'stop';
      grant();
    }
  });

  async function serve(order: Order): Promise<void> {
    try {
      const reading = toReading(order, parts);
      for await (const batch of reading ? readSource(reading) : []) {
        while (credit === 0) {
          await new Promise<void>((resolve) => {
            grant = resolve;
          });
        }
        if (isStopped) break;
        credit -= 1;
        port.postMessage({ kind: 'batch', batch } satisfies FromWorker, transferable(batch));
      }
      const { bytesRead = 0, framesDecoded = 0 } = reading?.counters ?? {};
      port.postMessage({ kind: 'end', bytesRead, framesDecoded } satisfies FromWorker);
    } catch (error) {
      const code = readingFailure(error);
      const message = error instanceof Error ? error.message : 'unknown failure';
      port.postMessage({ kind: 'failed', code, message } satisfies FromWorker);
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

function count(end: Extract<FromWorker, { kind: 'end' }>, counters: ReadingCounters): void {
  counters.bytesRead += end.bytesRead;
  counters.framesDecoded += end.framesDecoded;
}

/** Buffers that belong to the batch alone. A buffer cut from a shared one is copied instead. */
function transferable(batch: Batch): ArrayBuffer[] {
  const pages = batch.sessions.flatMap((session) => session.pages);
  const arrays = [
    ...pages.flatMap(({ ids, contents, ends, body, packed }) => [
      ids,
      contents,
      ends,
      body,
      ...(packed ? [packed] : []),
    ]),
    ...batch.raw.map(({ data }) => data),
  ];
  const whole = arrays.filter(({ buffer, byteLength }) => byteLength === buffer.byteLength && byteLength > 8192);
  return [...new Set(whole.map(({ buffer }) => buffer as ArrayBuffer))];
}

function toError({ code, message }: { readonly code: string | undefined; readonly message: string }): Error {
  const error = new Error(message);
  return code === undefined ? error : Object.assign(error, { code, syscall: 'read' });
}
