/**
 * A store on its stage: what each test of the contract works with.
 *
 * For an engine that keeps its data, every test runs twice: with the store left open, and closed and opened again after
 * each step. When a test is over, the store must find nothing wrong with itself.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { KatoError } from '../../../src/core/errors.ts';
import type { SessionKey } from '../../../src/core/session.ts';
import type { Appended, Batch, ReadQuery, StoredEvent, TranscriptStore } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/derive.ts';

/** Opens the store that lies in this folder, or a new one. */
export type OpenStore = (folder: string) => TranscriptStore;

export interface Scene {
  /** The store as it is open now. */
  readonly store: TranscriptStore;
  append(...batches: Batch[]): Promise<readonly Appended[]>;
  /** Appends what must be refused with this code. */
  refuse(code: string, ...batches: Batch[]): Promise<void>;
  rederive(...batches: Batch[]): Promise<Appended>;
  forget(...keys: readonly SessionKey[]): Promise<void>;
  drop(...keys: readonly SessionKey[]): Promise<void>;
  events(query?: Partial<ReadQuery>): Promise<StoredEvent[]>;
  raw(source: string): string;
}

/** Registers a test of the contract. The title is a sentence about what a store does. */
export type Check = (title: string, body: (scene: Scene) => Promise<void>) => void;

export function checksOf(open: OpenStore, keepsData: boolean): Check {
  return (title, body) => {
    it(title, (t) => play(open, temporaryFolder(t), false, body));
    if (keepsData) it(`${title} (reopened between steps)`, (t) => play(open, temporaryFolder(t), true, body));
  };
}

async function play(open: OpenStore, folder: string, reopens: boolean, body: (scene: Scene) => Promise<void>) {
  const stage = new Stage(open, folder, reopens);
  try {
    await body(stage);
    assert.deepEqual(await collect(stage.store.verify()), [], 'the store finds something wrong with itself');
  } finally {
    await stage.store.close();
  }
}

class Stage implements Scene {
  store: TranscriptStore;
  readonly #open: OpenStore;
  readonly #folder: string;
  readonly #reopens: boolean;

  constructor(open: OpenStore, folder: string, reopens: boolean) {
    this.#open = open;
    this.#folder = folder;
    this.#reopens = reopens;
    this.store = open(folder);
  }

  append(...batches: Batch[]): Promise<readonly Appended[]> {
    return this.#step(() => this.store.append(batches));
  }

  async refuse(code: string, ...batches: Batch[]): Promise<void> {
    const isExpected = (error: unknown) => error instanceof KatoError && error.code === code;
    await this.#step(() => assert.rejects(this.store.append(batches), isExpected));
  }

  rederive(...batches: Batch[]): Promise<Appended> {
    return this.#step(() => this.store.rederive(batches));
  }

  forget(...keys: readonly SessionKey[]): Promise<void> {
    return this.#step(() => this.store.forget(...keys));
  }

  drop(...keys: readonly SessionKey[]): Promise<void> {
    return this.#step(() => this.store.drop(...keys));
  }

  events(query: Partial<ReadQuery> = {}): Promise<StoredEvent[]> {
    return readAll(this.store, query);
  }

  raw(source: string): string {
    return rawText(this.store, source);
  }

  async #step<T>(action: () => Promise<T>): Promise<T> {
    const result = await action();
    if (this.#reopens) {
      await this.store.close();
      this.store = this.#open(this.#folder);
    }
    return result;
  }
}

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

export async function readAll(store: TranscriptStore, query: Partial<ReadQuery> = {}): Promise<StoredEvent[]> {
  return (await collect(store.read({ view: 'current', ...query }))).flat();
}

/** The kept bytes of a source, one after the other. They must follow one another without a gap. */
export function rawText(store: TranscriptStore, source: string): string {
  const chunks = [...store.raw(source)];
  let end = 0;
  for (const { offset, bytes, data, packed } of chunks) {
    assert.equal(offset, end, 'a raw chunk does not begin where the one before ends');
    assert.equal(data.length, bytes, 'a raw chunk has another length than it says');
    assert.equal(packed, false);
    end += bytes;
  }
  return Buffer.concat(chunks.map(({ data }) => data)).toString('latin1');
}

/** What events say, shortly: `3 text`, with marks for revisions, replayed and superseded events. */
export function told(events: readonly StoredEvent[]): string[] {
  return events.map(({ event, superseded }) => {
    const text = 'text' in event.payload ? event.payload.text : event.kind;
    const revises = event.revises === undefined ? '' : ` (revises ${event.revises})`;
    return `${event.seq} ${text}${revises}${event.origin === 'replayed' ? ' (replayed)' : ''}${superseded ? ' (superseded)' : ''}`;
  });
}
