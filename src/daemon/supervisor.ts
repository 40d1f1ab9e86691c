/**
 * Components, started in order and stopped in reverse; one that fails is started again, later each time, and the others
 * never notice.
 *
 *     waiting ──start──► running ──failure──► (stop it) ──► waiting, until the next attempt is due
 *        ▲                                        └─ it does not stop ──► failed, and left alone
 *        └────────────── start rejects ──────────────┘
 *
 * `failed` is for good, because a second one beside it would do everything twice. Nothing here waits without end: a start
 * that takes too long is waited for no longer, and the next component gets its turn; a stop that takes too long is left behind.
 */
import { describeError, placeOf } from '../core/errors.ts';
import type { Clock, Logger } from '../core/ports.ts';
import { backOffMs, STEADY_MS } from './back-off.ts';
import type { Component } from './component.ts';

export interface Timer {
  /** Calls once, after so long, unless the returned function is called first. */
  after(ms: number, action: () => void): () => void;
}

export interface SupervisorOptions {
  readonly components: readonly Component[];
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Logger;
  /** How long a start may keep the next component waiting. */
  readonly startMs: number;
  /** How long a component that failed may take to stop before it is given up. */
  readonly stopMs: number;
}

export interface ComponentState {
  readonly name: string;
  readonly state: 'running' | 'waiting' | 'failed';
  /** When it came into this state. */
  readonly since: string;
  /** Starts that were tried. */
  readonly attempts: number;
  readonly lastError?: { readonly code: string; readonly message: string };
}

export interface Supervisor {
  /** Resolves when every component has been started, or has failed once, or is being waited for no longer. */
  start(): Promise<void>;
  /** Stops all within about so long; the names of those that did not stop. No component is started again after this. */
  stop(withinMs: number): Promise<readonly string[]>;
  state(): readonly ComponentState[];
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const kept = options.components.map((component) => new Kept(component, options));
  return {
    async start() {
      for (const one of kept) await withinMs(one.start(), options.startMs, options.timer);
    },
    async stop(wholeMs) {
      const left: string[] = [];
      const end = options.clock.monotonicMs() + wholeMs;
      for (const one of kept) one.retire();
      for (const one of [...kept].reverse()) {
        // Half of what is left, so that one that hangs leaves time for the others.
        const share = Math.max(0, (end - options.clock.monotonicMs()) / 2);
        if (!(await one.stop(share))) left.push(one.name);
      }
      return left;
    },
    state: () => kept.map((one) => one.state()),
  };
}

/** One component with what became of it. */
class Kept {
  readonly name: string;
  readonly #component: Component;
  readonly #options: SupervisorOptions;
  #state: ComponentState['state'] = 'waiting';
  #since: string;
  #runningSinceMs = 0;
  #attempts = 0;
  #failures = 0;
  #lastError: ComponentState['lastError'];
  #isRetired = false;
  #cancelRetry = () => {};
  /** Counts starts: what an earlier one reports late is not about this one. */
  #run = 0;

  constructor(component: Component, options: SupervisorOptions) {
    this.name = component.name;
    this.#component = component;
    this.#options = options;
    this.#since = options.clock.now();
  }

  state(): ComponentState {
    const error = this.#lastError && { lastError: this.#lastError };
    return { name: this.name, state: this.#state, since: this.#since, attempts: this.#attempts, ...error };
  }

  async start(): Promise<void> {
    if (this.#isRetired) return;
    this.#attempts += 1;
    this.#run += 1;
    const run = this.#run;
    const onFailure = (error: unknown) => void this.#fail(error, run);
    try {
      await this.#component.start(onFailure);
    } catch (error) {
      return this.#fail(error, run);
    }
    if (run !== this.#run) return; // It failed while it was being started.
    this.#runningSinceMs = this.#options.clock.monotonicMs();
    this.#become('running');
    this.#options.log.log('info', 'component.started', { component: this.name, attempts: this.#attempts });
  }

  /** No start from here on. */
  retire(): void {
    this.#isRetired = true;
    this.#cancelRetry();
  }

  /** Whether it stopped in time. */
  async stop(ms: number): Promise<boolean> {
    this.#run += 1;
    const stopped = await withinMs(this.#stopped(), ms, this.#options.timer);
    this.#become(stopped === true ? 'waiting' : 'failed');
    if (stopped !== true) this.#options.log.log('warn', 'component.left-behind', { component: this.name });
    return stopped === true;
  }

  async #fail(error: unknown, run: number): Promise<void> {
    if (run !== this.#run || this.#isRetired) return;
    const wasSteady =
      this.#state === 'running' && this.#options.clock.monotonicMs() - this.#runningSinceMs >= STEADY_MS;
    this.#failures = wasSteady ? 1 : this.#failures + 1;
    this.#lastError = describeError(error);
    const { code } = this.#lastError;
    const waitMs = backOffMs(this.#failures);
    this.#options.log.log('error', 'component.failed', { component: this.name, code, at: placeOf(error), waitMs });
    if (!(await this.stop(this.#options.stopMs)) || this.#isRetired) return;
    this.#cancelRetry = this.#options.timer.after(waitMs, () => void this.start());
  }

  async #stopped(): Promise<boolean> {
    try {
      await this.#component.stop();
      return true;
    } catch (error) {
      const facts = { component: this.name, code: describeError(error).code, at: placeOf(error) };
      this.#options.log.log('warn', 'component.stop-failed', facts);
      return true; // It has ended, if badly; whoever starts it again finds out.
    }
  }

  #become(state: ComponentState['state']): void {
    this.#state = state;
    this.#since = this.#options.clock.now();
  }
}

/** What the promise gives, or nothing when that takes too long. */
async function withinMs<T>(promise: Promise<T>, ms: number, timer: Timer): Promise<T | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = timer.after(ms, () => resolve(undefined));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}
