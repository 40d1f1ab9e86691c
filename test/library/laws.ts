/**
 * The laws of `kato/store` for programs that write transcripts, over every engine: kept open, and, where the engine keeps
 * its data, opened anew after each step. After every law the store must find nothing wrong with itself, and hold nothing
 * but canonical events.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KatoError } from '../../src/core/errors.ts';
import { eventFlaw } from '../../src/core/event.ts';
import type { SessionKey } from '../../src/core/session.ts';
import type { LoadedSession, LoadOptions } from '../../src/library/load.ts';
import type { Message } from '../../src/library/message.ts';
import { openTranscripts, type Transcripts } from '../../src/library/transcripts.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { collect, readAll } from '../store/contract/scene.ts';
import { temporaryFolder } from '../support/derive.ts';
import { engines } from './engines.ts';

/** Transcripts on their stage. */
export class Stage {
  transcripts: Transcripts;
  readonly #open: () => TranscriptStore;
  readonly #reopens: boolean;

  constructor(open: () => TranscriptStore, reopens: boolean) {
    this.#open = open;
    this.#reopens = reopens;
    this.transcripts = openTranscripts(open());
  }

  /** One step of a program; then, perhaps, its next life. */
  async does<T>(action: (transcripts: Transcripts) => Promise<T>): Promise<T> {
    const result = await action(this.transcripts);
    if (this.#reopens) {
      await this.transcripts.close();
      this.transcripts = openTranscripts(this.#open());
    }
    return result;
  }

  append(session: SessionKey, ...messages: readonly Message[]): Promise<boolean> {
    return this.does((transcripts) => transcripts.append(session, ...messages));
  }

  load(session: SessionKey, options?: LoadOptions): Promise<LoadedSession> {
    return this.transcripts.load(session, options);
  }

  /** What must be refused with this code. */
  async refuses(code: string, action: (transcripts: Transcripts) => Promise<unknown>, words = /./): Promise<void> {
    await this.does(async (transcripts) => {
      const isExpected = (error: unknown) =>
        error instanceof KatoError && error.code === code && words.test(error.message);
      await assert.rejects(action(transcripts), isExpected);
    });
  }
}

/** Whoever waits for what never comes is told so. */
export const LONGEST_MS = 60_000;

export type Law = (title: string, body: (stage: Stage) => Promise<void>) => void;

/** Registers laws for every engine. */
export function describeLaws(name: string, laws: (law: Law) => void): void {
  for (const [engine, { open, keepsData }] of Object.entries(engines)) {
    for (const reopens of keepsData ? [false, true] : [false]) {
      describe(`${name}, in ${engine}${reopens ? ', opened anew after each step' : ''}`, () => {
        laws((title, body) => {
          it(title, { timeout: LONGEST_MS }, (t) => {
            const folder = temporaryFolder(t);
            return play(new Stage(() => open(folder), reopens), body);
          });
        });
      });
    }
  }
}

async function play(stage: Stage, body: (stage: Stage) => Promise<void>): Promise<void> {
  try {
    await body(stage);
    const { store } = stage.transcripts;
    assert.deepEqual(await collect(store.verify()), [], 'the store finds something wrong with itself');
    for (const { event } of await readAll(store)) assert.equal(eventFlaw(event), undefined);
  } finally {
    await stage.transcripts.close();
  }
}

export const chat: SessionKey = { provider: 'toy-agent', nativeId: 'chat-1' };

export function keyOf(nativeId: string): SessionKey {
  return { ...chat, nativeId };
}

/** A user's and an assistant's messages in turn: `m1`, `m2`, … */
export function talk(...texts: readonly string[]): Message[] {
  return texts.map((content, index) => ({
    id: `m${index + 1}`,
    role: index % 2 === 0 ? 'user' : 'assistant',
    content,
  }));
}

/** What was said, shortly: `m1 user: hello`. */
export function told({ messages }: LoadedSession): string[] {
  return messages.map(({ id, role, text }) => `${id} ${role}: ${text}`);
}
