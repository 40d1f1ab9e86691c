/**
 * Which events of a session each side has, and whether what only one has can be given a place.
 *
 *     log    a b c d e        log    a b c d e       log    a b c d e
 *     store  a b c            store  a b c x y       store  a b x d e
 *            a tail more             two tails              diverged
 *
 * Never by length and never by time: an event is the same when its id and its content are. A tail of the log goes behind
 * what the store has when the store has nothing of its own. Where both have a tail, their places in one source say in
 * which order they go.
 */
import type { Difference, EventPlace, Reason } from './report.ts';

/** An event of one side, in the order of its session. */
export interface Found extends EventPlace {
  /** The hash of what it says. */
  readonly content: string;
  readonly source: string | undefined;
}

export type Comparison<L extends Found, S extends Found> =
  | {
      readonly kind: 'comparable';
      /** Events that the store has not, in order; they go behind what it has. */
      readonly fresh: readonly L[];
      readonly onlyInStore: number;
      /** Whether something that only the store has stands behind some of them in their source. */
      readonly isOutOfOrder: boolean;
      /** For each event of the log that both have, the one of the store. */
      readonly pairs: ReadonlyMap<L, S>;
    }
  | { readonly kind: 'apart'; readonly reason: Reason; readonly difference: Difference };

export function compareSides<L extends Found, S extends Found>(
  log: readonly L[],
  store: readonly S[],
): Comparison<L, S> {
  const named = nameAll(store);
  const byName = new Map(store.map((event, index) => [named[index] ?? '', event]));
  const logNames = nameAll(log);
  const inLog = new Set(logNames);
  const isFresh = (index: number) => !byName.has(logNames[index] ?? '');
  const fresh = log.filter((_, index) => isFresh(index));
  const extra = store.filter((_, index) => !inLog.has(named[index] ?? ''));
  const pairs = new Map(
    log.flatMap((event, index) => {
      const other = byName.get(logNames[index] ?? '');
      return other ? [[event, other] as const] : [];
    }),
  );
  const isOutOfOrder = fresh.length > 0 && extra.length > 0 && !isBehind(fresh, extra);
  const found = { kind: 'comparable', fresh, onlyInStore: extra.length, pairs, isOutOfOrder } as const;
  if (fresh.length === 0) return found;
  const reason = whyApart(log, store, fresh, extra);
  if (reason === undefined) return found;
  return { kind: 'apart', reason, difference: firstDifference(log, store, logNames, named) };
}

/** Id and content, and the how-manieth of its kind: what was said twice under one id is two events. */
function nameAll(events: readonly Found[]): string[] {
  const counts = new Map<string, number>();
  return events.map(({ id, content }) => {
    const name = `${id} ${content}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return `${name} ${count}`;
  });
}

/** Why the log's events cannot go behind those of the store; absent when they can. */
function whyApart(
  log: readonly Found[],
  store: readonly Found[],
  fresh: readonly Found[],
  extra: readonly Found[],
): Reason | undefined {
  const own = new Set(extra.map(({ id }) => id));
  if (fresh.some(({ id }) => own.has(id))) return 'other-content';
  if (!isTail(log, fresh) || !isTail(store, extra)) return 'diverged';
  return extra.length === 0 || haveOneSource([...fresh, ...extra]) ? undefined : 'order-unknown';
}

function isTail(all: readonly Found[], part: readonly Found[]): boolean {
  return part.length === 0 || all[all.length - part.length] === part[0];
}

/** Whether all have a place in the same source. */
function haveOneSource(events: readonly Found[]): boolean {
  const source = events[0]?.source;
  return source !== undefined && events.every((event) => event.source === source && event.offset !== undefined);
}

/** Whether these stand behind those in their source. */
function isBehind(later: readonly Found[], earlier: readonly Found[]): boolean {
  const first = later.reduce((least, { offset = -1 }) => Math.min(least, offset), Number.MAX_SAFE_INTEGER);
  return earlier.every(({ offset = Number.MAX_SAFE_INTEGER }) => offset < first);
}

function firstDifference(
  log: readonly Found[],
  store: readonly Found[],
  logNames: readonly string[],
  storeNames: readonly string[],
): Difference {
  let index = 0;
  while (index < log.length && logNames[index] === storeNames[index]) index += 1;
  const [ours, theirs] = [log[index], store[index]];
  return { ...(ours && { log: placeOf(ours) }), ...(theirs && { store: placeOf(theirs) }) };
}

function placeOf({ seq, id, offset }: EventPlace): EventPlace {
  return { seq, id, ...(offset !== undefined && { offset }) };
}
