/** Files that could not be taken in: why, and when to try again. */
import { KatoError, systemCode } from '../../core/errors.ts';
import type { Clock, Logger } from '../../core/ports.ts';
import { readingFailure } from '../reading-failure.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;

export interface Failing {
  readonly path: string;
  /** The system's code, or one of kato's. */
  readonly code: string;
  readonly attempts: number;
}

interface Failure extends Failing {
  readonly dueMs: number;
}

export class Failures {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #byPath = new Map<string, Failure>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Takes note of a failure; says so once, until the file is well again or fails in another way. */
  add(path: string, error: unknown): void {
    const code = codeOf(error);
    const before = this.#byPath.get(path);
    const attempts = (before?.attempts ?? 0) + 1;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS);
    const isToldAlready = before?.code === code || (error instanceof KatoError && this.#has(code));
    this.#byPath.set(path, { path, code, attempts, dueMs: this.#clock.monotonicMs() + pauseMs });
    if (!isToldAlready) this.#log.log('warn', 'source-failing', { path, code });
  }

  clear(path: string): void {
    if (this.#byPath.delete(path)) this.#log.log('info', 'source-recovered', { path });
  }

  /** Whether the file failed and need not be tried yet. */
  isPaused(path: string): boolean {
    const failure = this.#byPath.get(path);
    return failure !== undefined && failure.dueMs > this.#clock.monotonicMs();
  }

  get(path: string): Failing | undefined {
    return this.#byPath.get(path);
  }

  due(): readonly string[] {
    return [...this.#byPath.keys()].filter((path) => !this.isPaused(path));
  }

  list(): readonly Failing[] {
    return [...this.#byPath.values()].map(({ path, code, attempts }) => ({ path, code, attempts }));
  }

  #has(code: string): boolean {
    return [...this.#byPath.values()].some((failure) => failure.code === code);
  }
}

function codeOf(error: unknown): string {
  return error instanceof KatoError ? error.code : (readingFailure(error) ?? systemCode(error) ?? 'internal');
}
