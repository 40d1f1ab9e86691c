/** What keeps recordings from going on, and when it is worth another try. Nothing of this is stored: a start tries all. */
import type { Clock, Logger } from '../core/ports.ts';
import { withoutTitle } from './places.ts';
import type { Recording } from './recording.ts';

/** What is known, beside what is stored, of a recording that is not as it should be. */
export interface Condition {
  /** Why it does not go on; absent when it does. A system code, `gone`, `denied`, or one of kato's codes. */
  readonly failure?: string;
  /** Why its head does not tell who takes part by now; its text goes on. A system code. */
  readonly headFailure?: string;
}

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/** Later and later, up to a minute. */
export class Delays {
  readonly #clock: Clock;
  readonly #due = new Map<string, { readonly tries: number; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It has failed, once more. */
  add(name: string): void {
    const tries = (this.#due.get(name)?.tries ?? 0) + 1;
    const waitMs = Math.min(FIRST_MS * 2 ** (tries - 1), LONGEST_MS);
    this.#due.set(name, { tries, atMs: this.#clock.monotonicMs() + waitMs });
  }

  clear(name: string): void {
    this.#due.delete(name);
  }

  isOver(name: string): boolean {
    return (this.#due.get(name)?.atMs ?? 0) <= this.#clock.monotonicMs();
  }
}

export class Conditions {
  readonly #log: Logger;
  readonly #delays: Delays;
  readonly #byRecording = new Map<string, Condition>();

  constructor(log: Logger, delays: Delays) {
    this.#log = log;
    this.#delays = delays;
  }

  get(recording: string): Condition | undefined {
    return this.#byRecording.get(recording);
  }

  /** The recording could not be brought up to date. Said once, until it goes on or fails in another way: then it is news. */
  fail({ id, path }: Recording, failure: string, at?: string): boolean {
    const before = this.#byRecording.get(id);
    this.#byRecording.set(id, { failure });
    this.#delays.add(id);
    if (before?.failure === failure) return false;
    const facts = { path: withoutTitle(path), code: failure, ...(at !== undefined && { at }) };
    this.#log.log('warn', 'recording.paused', facts);
    return true;
  }

  goOn({ id, path }: Recording, headFailure?: string): void {
    const before = this.#byRecording.get(id);
    if (headFailure === undefined) this.#byRecording.delete(id);
    else this.#byRecording.set(id, { headFailure });
    if (headFailure !== undefined && before?.headFailure !== headFailure)
      this.#log.log('warn', 'recording.head-stale', { path: withoutTitle(path), code: headFailure });
    this.#delays.clear(id);
    if (before?.failure !== undefined) this.#log.log('info', 'recording.resumed', { path: withoutTitle(path) });
  }
}
