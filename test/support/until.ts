/** Waiting for a condition, never for a time: tests that sleep to be right are wrong on a slow day. */
const PATIENCE_MS = 20_000;

/** The first value of `look` that counts as true. Fails after a long while: then it will never come. */
export async function until<T>(
  look: () => T | Promise<T>,
  complaint: string,
  patienceMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(complaint);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
