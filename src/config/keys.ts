/** Walking settings beside their schema, for what the schema itself words badly: keys that do not exist. */

export type Misplaced =
  | { readonly kind: 'unknown'; readonly path: readonly string[]; readonly known: readonly string[] }
  /** A list where a group of keys belongs. */
  | { readonly kind: 'list'; readonly path: readonly string[] };

/** The first key that is unknown, or list that should be a group, in the order of the file. */
export function findMisplaced(value: unknown, schema: unknown, path: readonly string[] = []): Misplaced | undefined {
  const shape = shapeOf(schema);
  if (typeof value !== 'object' || value === null || shape.kind === 'plain') return undefined;
  if (shape.kind === 'list') {
    const items = Array.isArray(value) ? value : [];
    return first(items.entries(), ([index, item]) => findMisplaced(item, shape.item, [...path, String(index)]));
  }
  if (Array.isArray(value)) return { kind: 'list', path };
  return first(Object.entries(value), ([key, inner]) => {
    const below = [...path, key];
    if (shape.kind === 'record') return findMisplaced(inner, shape.item, below);
    if (Object.hasOwn(shape.entries, key)) return findMisplaced(inner, shape.entries[key], below);
    return { kind: 'unknown', path: below, known: Object.keys(shape.entries) };
  });
}

/** What the walk must know of a schema. */
type Shape =
  | { readonly kind: 'group'; readonly entries: Readonly<Record<string, unknown>> }
  | { readonly kind: 'record'; readonly item: unknown }
  | { readonly kind: 'list'; readonly item: unknown }
  | { readonly kind: 'plain' };

/** The parts of valibot's schemas that are used here. */
interface Parts {
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly wrapped?: unknown;
  readonly options?: readonly unknown[];
  readonly value?: unknown;
  readonly item?: unknown;
}

function shapeOf(schema: unknown): Shape {
  const { entries, wrapped, options, value, item } = schema as Parts; // A schema of `schema.ts`.
  if (entries) return { kind: 'group', entries };
  if (wrapped !== undefined) return shapeOf(wrapped);
  if (typeof value === 'object') return { kind: 'record', item: value };
  if (item !== undefined) return { kind: 'list', item };
  const group = options?.find((option) => typeof option === 'object' && shapeOf(option).kind === 'group');
  return group === undefined ? { kind: 'plain' } : shapeOf(group);
}

function first<T, R>(items: Iterable<T>, find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
