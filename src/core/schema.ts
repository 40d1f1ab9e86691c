/**
 * Shapes as data: one description gives the TypeScript type, the check at run time and the published JSON Schema,
 * so that the three cannot drift apart. Only what events need; config and protocol are validated elsewhere.
 */
import { isRecord, type JsonValue } from './json.ts';

export interface Schema<T> {
  /** The JSON Schema (2020-12) of the shape. */
  readonly json: { readonly [key: string]: JsonValue };
  /** The first place where a value does not fit, as `path: what was expected`; absent when it fits. */
  readonly check: (value: unknown, path: string) => string | undefined;
  /** Never present: carries the type. */
  readonly type?: T;
}
export type Infer<S> = S extends Schema<infer T> ? T : never;

type Shape = Readonly<Record<string, Schema<unknown>>>;
type ObjectOf<R extends Shape, O extends Shape> = { readonly [K in keyof R]: Infer<R[K]> } & {
  readonly [K in keyof O]?: Infer<O[K]> | undefined;
};

function leaf<T>(json: Schema<T>['json'], fits: (value: unknown) => boolean, expected: string): Schema<T> {
  return { json, check: (value, path) => (fits(value) ? undefined : `${path}: expected ${expected}`) };
}

export const string: Schema<string> = leaf({ type: 'string' }, (v) => typeof v === 'string', 'a string');
export const boolean: Schema<boolean> = leaf({ type: 'boolean' }, (v) => typeof v === 'boolean', 'a boolean');
export const integer: Schema<number> = leaf({ type: 'integer' }, (v) => Number.isSafeInteger(v), 'a whole number');
export const number: Schema<number> = leaf({ type: 'number' }, (v) => Number.isFinite(v), 'a number');
/** Any JSON value. */
export const json: Schema<JsonValue> = leaf({}, (v) => v !== undefined, 'a JSON value');

export function matching(pattern: string, expected: string): Schema<string> {
  const regexp = new RegExp(pattern, 'u');
  return leaf({ type: 'string', pattern }, (v) => typeof v === 'string' && regexp.test(v), expected);
}

export function oneOf<const T extends string>(...values: readonly T[]): Schema<T> {
  return leaf({ enum: values }, (v) => values.includes(v as T), `one of ${values.join(', ')}`);
}

export function constant<const T extends string | number>(value: T): Schema<T> {
  return leaf({ const: value }, (v) => v === value, JSON.stringify(value));
}

export function list<T>(of: Schema<T>): Schema<readonly T[]> {
  return {
    json: { type: 'array', items: of.json },
    check: (value, path) => {
      if (!Array.isArray(value)) return `${path}: expected a list`;
      for (const [index, item] of value.entries()) {
        const wrong = of.check(item, `${path}[${index}]`);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  };
}

/** An object with these keys and no others. */
export function object<const R extends Shape, const O extends Shape = Record<never, never>>(
  required: R,
  optional?: O,
): Schema<ObjectOf<R, O>> {
  const shape: Shape = { ...required, ...optional };
  const properties = Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, schema.json]));
  return {
    json: { type: 'object', properties, required: Object.keys(required), additionalProperties: false },
    check: (value, path) => {
      if (!isRecord(value)) return `${path}: expected an object`;
      for (const key of Object.keys(required)) {
        if (value[key] === undefined) return `${path}.${key}: missing`;
      }
      for (const [key, item] of Object.entries(value)) {
        const schema = Object.hasOwn(shape, key) ? shape[key] : undefined;
        if (schema === undefined) return `${path}.${key}: unknown key`;
        const wrong = item === undefined ? undefined : schema.check(item, `${path}.${key}`);
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    },
  };
}

/** Something, or null where it is not known. */
export function nullable<T>(of: Schema<T>): Schema<T | null> {
  return {
    json: { anyOf: [of.json, { type: 'null' }] },
    check: (value, path) => (value === null ? undefined : of.check(value, path)),
  };
}
