/**
 * Following the log: what it has behind a position, and then what comes, of this process and of all others.
 *
 * What this process appends wakes its subscriptions at once. Other processes tell nobody, so the head of the log is looked
 * at now and then: that is one short look, whatever the size of the log.
 */
import type { SessionKey } from '../core/session.ts';
import type { Position, StoredEvent, TranscriptStore } from '../store/store.ts';

export interface SubscribeOptions {
  /** Only this session; absent: all. */
  readonly session?: SessionKey;
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
  /** How often is looked for what other processes have appended. */
  readonly pollMs?: number;
}

const POLL_MS = 200;

/** Wakes who waits for news. */
export class Bell {
  #waiting: (() => void)[] = [];
  /** How often it was rung: who was looking elsewhere learns from it that it missed a ring. */
  rings = 0;

  ring(): void {
    this.rings += 1;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves at the next ring, after this time, or when a signal tells to end. */
  next(mostMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiting = this.#waiting.filter((one) => one !== wake);
        resolve();
      };
      const timer = setTimeout(wake, mostMs);
      this.#waiting.push(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }
}

/** Events behind a position, in the order of the log, each once; ends when `end` says so. */
export async function* follow(
  store: TranscriptStore,
  after: Position,
  bell: Bell,
  end: AbortSignal,
  { session, pollMs = POLL_MS }: SubscribeOptions,
): AsyncGenerator<StoredEvent> {
  let position = after;
  let looked: Position | undefined;
  while (!end.aborted) {
    const { rings } = bell;
    const head = await store.head();
    if (end.aborted) return; // Before the store is read: it may be closed by now.
    if (head === looked) {
      if (bell.rings === rings) await bell.next(pollMs, end);
      continue;
    }
    looked = head;
    for await (const page of store.read({ ...(session && { key: session }), after: position, view: 'written' })) {
      for (const stored of page) {
        position = stored.position;
        yield stored;
        if (end.aborted) return; // Likewise.
      }
    }
  }
}
