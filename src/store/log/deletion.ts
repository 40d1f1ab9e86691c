/**
 * Forgetting sessions, or dropping them. First a commit to the store's own log says what is deleted, and takes over what
 * others still need: checkpoints, and what consumers have noted of other things. From then on the sessions are gone.
 * Then their files are removed, and logs that hold anything else of them are written anew without it. A crash in between
 * leaves a note that this is owed, and the next process that writes does it.
 */
import type { SessionKey } from '../../core/session.ts';
import { sessionId } from '../../core/session.ts';
import type { Offset } from '../store.ts';
import { removeOtherBlobs } from './blobs.ts';
import type { Change, Folder } from './folder.ts';
import type { Ledger } from './ledger.ts';
import type { StoredSource } from './record.ts';
import { sessionOf } from './registry.ts';
import { type Generation, generationOf } from './summary.ts';

/** Alone. `isRemembered`: the sessions are not taken in again, and what consumers have noted of them goes as well. */
export function deleteSessions(folder: Folder, keys: readonly SessionKey[], isRemembered: boolean): void {
  const names = new Set(keys.map(sessionId));
  const deleted = [...folder.ledgers.all()].filter(({ name }) => names.has(name));
  const sources = keys.flatMap((key) => folder.ledgers.registry.sourcesOf(key));
  const isNew = keys.some((key) => !folder.ledgers.isForgotten(key));
  if (deleted.length > 0 || sources.length > 0 || (isRemembered && isNew)) {
    const stage = folder.begin();
    stage.tell(folder.ledgers.own, {
      ...(isRemembered && { forgotten: keys, removed: consumersOf(folder, names) }),
      gone: deleted.map(({ name }) => name),
      wiped: sources.map(({ record }) => [record.id, generationsOf(record.checkpoint.generation, isRemembered)]),
      positions: folder.ledgers.positions,
      owed: true,
    });
    const offsets = offsetsKept(folder, deleted);
    stage.tell(folder.ledgers.own, { sources: sourcesKept(folder, deleted, isRemembered ? [] : sources), offsets });
    stage.endBatch();
    folder.commit(stage, false);
  }
  settleDeletion(folder);
}

function generationsOf(generation: number, isRemembered: boolean): number {
  return isRemembered ? Number.MAX_SAFE_INTEGER : Math.abs(generation);
}

function consumersOf({ ledgers: { registry } }: Folder, names: ReadonlySet<string>): string[] {
  return [...registry.offsets].flatMap(([consumer, offset]) => {
    const key = sessionOf(offset);
    return key && names.has(sessionId(key)) ? [consumer] : [];
  });
}

/** What is known only from logs that are deleted; what was just removed is not known any more. */
function offsetsKept({ ledgers: { registry } }: Folder, deleted: readonly Ledger[]): Offset[] {
  const consumers = new Set(deleted.flatMap(({ summary }) => [...summary.offsets.keys()]));
  return [...consumers].flatMap((consumer) => {
    const { position, state = null } = registry.offsets.get(consumer) ?? {};
    return position === undefined ? [] : [{ consumer, position, state }];
  });
}

/** Checkpoints stay; those of dropped sessions begin again. */
function sourcesKept(
  { ledgers: { registry } }: Folder,
  deleted: readonly Ledger[],
  dropped: readonly StoredSource[],
): StoredSource[] {
  const isDropped = new Set(dropped.map(({ record }) => record.id));
  const ids = new Set(deleted.flatMap(({ summary }) => [...summary.sources.keys()]));
  const kept = [...ids].flatMap((id) => (isDropped.has(id) ? [] : (registry.sources.get(id) ?? [])));
  return [...kept, ...dropped.map(unread)];
}

function unread({ record, number }: StoredSource): StoredSource {
  const { checkpoint, version, probe: _, ...rest } = record;
  const generation = 0 - Math.abs(checkpoint.generation);
  const begun = { cursor: null, state: null, endBytes: 0, companions: {}, unswept: false, generation };
  return { record: { ...rest, checkpoint: { ...checkpoint, ...begun }, version: version + 1 }, number };
}

/** Alone. Does what a deletion owes, if one does. */
export function settleDeletion(folder: Folder): void {
  if (!folder.ledgers.own.summary.isOwed) return;
  folder.replaceLogs((ledger) => (isTouched(folder, ledger) ? without(folder) : undefined));
  removeOtherBlobs(folder.disk, folder.path, folder.ledgers.registry.blobs);
  const stage = folder.begin();
  stage.tell(folder.ledgers.own, { owed: false });
  stage.endBatch();
  folder.commit(stage, false);
}

/** Whether a log may hold anything of what was deleted. */
function isTouched(folder: Folder, ledger: Ledger): boolean {
  const { summary } = ledger;
  if (ledger === folder.ledgers.own) return true;
  const isWiped = [...summary.raw.keys(), ...summary.flaws.keys()].some((of) => folder.ledgers.isWiped(of));
  return isWiped || [...summary.offsets.keys()].some((consumer) => folder.ledgers.own.summary.removed.has(consumer));
}

/** What is left of a line without what was deleted. What was noted since then stays. */
function without({ ledgers }: Folder): Change {
  const { removed } = ledgers.own.summary;
  const isWiped = ({ source, generation }: Generation) => ledgers.isWiped(generationOf({ source, generation }));
  return (record, commit) => {
    if (record.raw && isWiped(record.raw)) return undefined;
    const flaws = record.flaws?.filter((one) => !isWiped(one));
    const offsets = record.offsets?.filter(({ consumer }) => commit > (removed.get(consumer) ?? 0));
    return { ...record, ...(flaws && { flaws }), ...(offsets && { offsets }) };
  };
}
