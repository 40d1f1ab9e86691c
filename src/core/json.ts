/**
 * Looking at values of unknown shape.
 *
 * Agents' records enter as `unknown`. Everything that reads them goes through these functions, so that a missing key,
 * a wrong type or a key such as `__proto__` is an absent value and never an exception.
 */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** A JSON object: not null, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own property `key` of a record; absent for everything else, inherited properties included. */
export function field(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A nested property: `at(record, 'message', 'usage')`. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) current = field(current, key);
  return current;
}

/** The property as a string, absent when it is anything else. The empty string is a string. */
export function stringAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The property as a string with at least one character. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  return stringAt(value, ...path) || undefined;
}

/** The property as a finite number. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

/** The property as a boolean. */
export function booleanAt(value: unknown, ...path: readonly string[]): boolean | undefined {
  const found = at(value, ...path);
  return typeof found === 'boolean' ? found : undefined;
}

/** The property as an array; empty when it is anything else. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Parses text that may not be JSON. Absent when it is not. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not JSON is an answer here; who needs a diagnostic makes one.
  }
}

/** A parsed value as JSON again: the one place where `unknown` from a parser becomes `JsonValue`. */
export function toJson(value: unknown): JsonValue {
  return value === undefined ? null : (value as JsonValue); // What JSON.parse returned is JSON by construction.
}
