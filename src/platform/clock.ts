import type { Clock, Timers } from '../core/ports.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  monotonicMs: () => performance.now(),
};

let timeZone: string | undefined;

/** The name of the zone that the process began with. Asked for late: it takes as long as all else that a start does. */
export function systemTimeZone(): string {
  timeZone ??= Intl.DateTimeFormat().resolvedOptions().timeZone;
  return timeZone;
}

/** Node's timers. They do not keep a process alive that has nothing else to do. */
export const systemTimers: Timers = {
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
