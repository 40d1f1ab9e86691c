/** How long to wait before what failed is tried again: twice as long each time, up to a minute. */

const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/** What ran this long before it failed is taken as sound: the next wait is the first one again. */
export const STEADY_MS = 60_000;

/** The wait after so many failures in a row, from 1. */
export function backOffMs(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
}
