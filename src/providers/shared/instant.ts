/** Times of providers, in the one form that events carry. */

const CANONICAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** A time is only a time if it says its zone: a naive one would have to be guessed. */
const WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$/;

/** An ISO 8601 time with a zone as UTC with milliseconds; absent for everything else. */
export function toInstant(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (CANONICAL.test(value) && !Number.isNaN(Date.parse(value))) return value;
  if (!WITH_ZONE.test(value)) return undefined;
  return fromMs(Date.parse(value));
}

/** Milliseconds since 1970 as an instant; absent when they are not a time between 1970 and 9999. */
function fromMs(ms: unknown): string | undefined {
  if (typeof ms !== 'number' || !(ms >= 0 && ms < 253_402_300_800_000)) return undefined;
  return new Date(ms).toISOString();
}
