/** Long work in short slices: reading and storing are synchronous underneath, and would hold up everything else. */
import type { Clock } from '../core/ports.ts';

const SLICE_MS = 6;

/** Lets everything else have its turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Goes through the steps, giving way to others whenever a slice is over. Ends early when `isStopped`. */
export async function inSlices<T>(
  steps: Iterable<T>,
  clock: Clock,
  isStopped: () => boolean,
  each: (step: T) => void,
): Promise<void> {
  let startMs = clock.monotonicMs();
  for (const step of steps) {
    each(step);
    if (clock.monotonicMs() - startMs < SLICE_MS) continue;
    await nextTurn();
    if (isStopped()) return;
    startMs = clock.monotonicMs();
  }
}
