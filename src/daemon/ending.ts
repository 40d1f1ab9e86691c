/**
 * Why and when a daemon ends: it is asked to, gets a signal, or something has gone wrong that nobody expected.
 *
 * The first signal ends it in good order, a second one at once. The end of a terminal is the end of what runs in it, and
 * nothing to a daemon that was detached from it. After an error that nobody caught the state of the process is not to be
 * trusted: it is noted, without a word of what was being worked on, and the daemon ends as well as it can.
 */
import { constants } from 'node:os';
import { describeError, placeOf } from '../core/errors.ts';
import type { Logger } from '../core/ports.ts';

export type Reason = 'asked' | 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'crash';

export interface Ending {
  /** Resolves once, with the first reason. */
  readonly reason: Promise<Reason>;
  /** Ends the daemon because somebody asked for it. */
  ask(): void;
}

export interface EndingOptions {
  /** Without a terminal whose end would mean anything. */
  readonly detached: boolean;
  readonly log: Logger;
}

/** Listens from now on, for as long as the process lives. */
export function listenForEnding({ detached, log }: EndingOptions): Ending {
  const { promise, resolve } = Promise.withResolvers<Reason>();
  let isEnding = false;
  const end = (reason: Reason) => {
    isEnding = true;
    resolve(reason);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (signal === 'SIGHUP' && detached) return;
      if (isEnding) process.exit(128 + constants.signals[signal]);
      end(signal);
    });
  }
  let hasCrashed = false;
  const crash = (error: unknown) => {
    const { code, message } = describeError(error);
    const at = placeOf(error);
    log.log('error', 'daemon.crashed', { code, message, at });
    if (hasCrashed) return; // Where nobody reads what is printed, printing is the next crash.
    hasCrashed = true;
    process.stderr.write(`kato: unexpected failure: ${message} (${code})${at === undefined ? '' : `\n    ${at}`}\n`);
    end('crash');
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  return { reason: promise, ask: () => end('asked') };
}
