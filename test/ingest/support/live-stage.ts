/** A stage with live ingest on it: real files and a real store; clock and timers are played by the test. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { Clock, FolderWatcher, LogLevel, Timers, WatchEvent } from '../../../src/core/ports.ts';
import { type SessionKey, sessionId } from '../../../src/core/session.ts';
import type { Heard } from '../../../src/ingest/heard.ts';
import { createLiveIngest, type LiveIngest, type LiveOptions } from '../../../src/ingest/live.ts';
import { createNodeWatcher } from '../../../src/platform/node-watch.ts';
import { claudeCode } from '../../../src/providers/claude-code/index.ts';
import { commandPayloads } from '../../../src/record/commands.ts';
import type { TranscriptStore } from '../../../src/store/store.ts';
import { collect } from '../../store/contract/scene.ts';
import { until } from '../../support/until.ts';
import { engines, openStage, type Stage } from './stage.ts';

/** A clock that stands until it is moved, with timers that run when it is. */
export class PlayedTime implements Clock, Timers {
  #nowMs: number;
  #monotonicMs = 0;
  #due = new Set<{ readonly atMs: number; readonly action: () => void }>();

  constructor(start: string) {
    this.#nowMs = Date.parse(start);
  }

  now(): string {
    return new Date(this.#nowMs).toISOString();
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const one = { atMs: this.#monotonicMs + delayMs, action };
    this.#due.add(one);
    return () => this.#due.delete(one);
  }

  /** Lets time pass, one timer after the other. */
  pass(ms: number): void {
    const endMs = this.#monotonicMs + ms;
    for (;;) {
      const [next] = [...this.#due].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#due.delete(next);
      this.#move(next.atMs);
      next.action();
    }
    this.#move(endMs);
  }

  #move(toMs: number): void {
    this.#nowMs += toMs - this.#monotonicMs;
    this.#monotonicMs = toMs;
  }
}

/** A watcher that tells nothing by itself: every notification gets lost, but those that a test gives. */
export class MuteWatcher implements FolderWatcher {
  /** What it fails with; absent: it watches. */
  refuses: string | undefined;
  readonly #listeners = new Set<(event: WatchEvent) => void>();

  watch(_folder: string, { onEvent }: Parameters<FolderWatcher['watch']>[1]) {
    if (this.refuses !== undefined) throw Object.assign(new Error(this.refuses), { code: this.refuses });
    this.#listeners.add(onEvent);
    return { close: () => this.#listeners.delete(onEvent) };
  }

  get count(): number {
    return this.#listeners.size;
  }

  tell(event: WatchEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

export class LiveStage {
  readonly stage: Stage;
  readonly time = new PlayedTime('2026-11-20T12:00:00.000Z');
  readonly logged: string[] = [];
  /** Sessions as they were announced. */
  readonly taken: string[] = [];
  readonly recorded = new Set<string>();
  live: LiveIngest;
  readonly #options: LiveOptions;

  constructor(stage: Stage, options: Partial<LiveOptions> & { readonly keep?: boolean } = {}) {
    const { keep = true, ...more } = options;
    this.stage = stage;
    this.#options = {
      store: stage.store,
      files: stage.counting.files,
      watcher: createNodeWatcher(),
      clock: this.time,
      timers: this.time,
      log: { log: (level: LogLevel, event, facts = {}) => this.logged.push(`${level} ${event} ${facts.code ?? ''}`) },
      roots: [{ provider: claudeCode, path: stage.root, keep }],
      commandsIn: (text) => commandPayloads(text, { prefix: '' }),
      isKept: ({ nativeId }) => this.recorded.has(nativeId),
      onTaken: (keys) => this.taken.push(...keys.map(({ nativeId }) => nativeId)),
      ...more,
    };
    this.live = createLiveIngest(this.#options);
  }

  /** Ends this live ingest and begins another one on the same store, as a restart of the daemon does. */
  async restart(): Promise<void> {
    await this.live.stop();
    this.live = createLiveIngest(this.#options);
    await this.live.start();
  }

  /** Waits until people have said this, as the store has it. */
  async untilSaid(...texts: string[]): Promise<void> {
    let said: string[] = [];
    const isSaid = async () => {
      said = await this.stage.said();
      return said.join('\n') === texts.join('\n');
    };
    await until(isSaid, `said was ${said.join(', ')}`).catch(() => assert.deepEqual(said, texts));
  }

  /** Lets so many seconds pass, and whatever they bring end. */
  async seconds(count: number): Promise<void> {
    for (let second = 0; second < count; second++) {
      this.time.pass(1000);
      await settle();
    }
  }

  /** The lines of commands that were heard in sessions that are not kept. */
  async heard(): Promise<Heard[]> {
    return (await this.stage.store.offsets('heard/')).map(({ state }) => state as unknown as Heard);
  }
}

/** Lets everything go on that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export function claudeKey(nativeId: string): SessionKey & { readonly id: string } {
  const key = { provider: 'claude-code', nativeId };
  return { ...key, id: sessionId(key) };
}

type LiveTest = (live: LiveStage, stage: Stage, t: TestContext) => Promise<void>;

/** Registers a test for each engine. It begins before the live ingest does. */
export function onLive(
  title: string,
  options: Partial<LiveOptions> & { readonly keep?: boolean },
  body: LiveTest,
): void {
  for (const [engine, open] of Object.entries(engines)) {
    it(`${title} (${engine})`, async (t) => {
      const stage = openStage(t, open as (folder: string) => TranscriptStore);
      const live = new LiveStage(stage, options);
      try {
        await body(live, stage, t);
      } finally {
        await live.live.stop();
      }
      assert.deepEqual(await collect(stage.store.verify()), []);
      await stage.store.close();
    });
  }
}
