/** One session's log into the store, in one step; or why not. */
import { isDeepStrictEqual } from 'node:util';
import type { SessionKey } from '../../core/session.ts';
import type { Folder } from '../log/folder.ts';
import type { Ledger } from '../log/ledger.ts';
import { contentOf } from '../log/rows.ts';
import { emptyBatch, type Offset, type Position, type TranscriptStore } from '../store.ts';
import { compareSides, type Found } from './compare.ts';
import { orderedBatches } from './in-order.ts';
import { type LogEvent, obstacleIn, presentOf, retractedIn, type Step, sourcesOf, stepsOf } from './log-side.ts';
import { type NoteRules, settleNotes, type ToPosition } from './notes.ts';
import type { Outcome, SessionReport } from './report.ts';
import { batchesOf } from './session-plan.ts';
import { SourcePlan } from './source-plan.ts';

export interface SessionMove {
  readonly folder: Folder;
  readonly store: TranscriptStore;
  readonly ledger: Ledger;
  readonly notes: readonly Offset[];
  readonly rules: NoteRules;
  readonly dryRun: boolean;
}

/** Without what comes after it: whether the log can be set aside. */
export type Moved = Omit<SessionReport, 'setAside'>;

export async function migrateSession(move: SessionMove): Promise<Moved> {
  const { folder, store, ledger } = move;
  const key = ledger.summary.key;
  const nothing = {
    log: ledger.name,
    ...(key && { session: key }),
    outcome: 'left',
    events: 0,
    onlyInStore: 0,
  } as const;
  const obstacle = obstacleIn(folder, ledger);
  if (obstacle || !key) return { ...nothing, reason: 'damaged', ...obstacle };
  if (await isForgotten(store, key)) return { ...nothing, reason: 'forgotten' };
  const steps = [...stepsOf(folder, ledger)];
  const sides = compareSides(presentOf(steps), await eventsIn(store, key));
  if (sides.kind === 'apart') return { ...nothing, reason: sides.reason, difference: sides.difference };
  const known = await store.session(key);
  const end = { seq: known?.lastSeq ?? 0, position: await store.head() };
  const isNew = end.seq === 0;
  const told = isNew ? steps : tailOf(steps, sides.fresh);
  const sources = new SourcePlan(folder, store);
  const inTheWay = (await lookAtSources(move, key, told, sources)) ?? (await whyNotInOrder(store, key, sides, sources));
  if (inTheWay) return { ...nothing, onlyInStore: sides.onlyInStore, ...inTheWay };
  const added = told.flatMap((step) => (step.kind === 'event' ? step.event : []));
  const outcome = known && added.length === 0 ? 'already-there' : isNew ? 'imported' : 'tail-kept';
  const places = new Places(sides.pairs, added, end);
  const anew = sides.isOutOfOrder ? sides.fresh : [];
  const moved = await bringOver({ ...move, key, steps, told, sources, places, outcome, anew });
  return { ...nothing, events: added.length, onlyInStore: sides.onlyInStore, outcome, ...moved };
}

interface Bringing extends SessionMove {
  readonly key: SessionKey;
  readonly steps: readonly Step[];
  /** Those of them that the store is to be told. */
  readonly told: readonly Step[];
  readonly sources: SourcePlan;
  readonly places: Places;
  readonly outcome: Outcome;
  /** Events of the log that belong between those of the store. */
  readonly anew: readonly LogEvent[];
}

/** What came in between; absent when all has been brought over, or would be. */
async function bringOver(bringing: Bringing): Promise<Partial<Moved> | undefined> {
  const { folder, store, ledger, rules, notes, dryRun, key, steps, told, sources, places, outcome, anew } = bringing;
  const { offsets, differing } = await settleNotes(store, notes, rules, places.toPosition);
  if (differing.length > 0) {
    return { outcome: 'left', events: 0, reason: 'notes-differ', what: differing.join(', ') };
  }
  if (dryRun) return undefined;
  const own = sourcesOf(folder, key);
  const retracted = retractedIn(ledger, steps).flatMap((seq) => places.seqOf(seq) ?? []);
  const plan = { folder, ledger, key, sources, own, steps: told, retracted, offsets };
  const putInOrder = () => orderedBatches({ store, key, sources, fresh: anew, retracted });
  const batches = await batchesOf({ ...plan, ...(anew.length > 0 && { putInOrder }) }, outcome === 'already-there');
  if (batches.length > 0) await store.append(batches);
  return differenceLeft(bringing, offsets);
}

/** Looks again at what is there now. Positions are others than foreseen when somebody has appended in between. */
async function differenceLeft(
  { store, notes, rules, key, steps }: Bringing,
  written: readonly Offset[],
): Promise<Pick<Moved, 'outcome' | 'reason'> | undefined> {
  const sides = compareSides(presentOf(steps), await eventsIn(store, key));
  if (sides.kind === 'apart' || sides.fresh.length > 0) return { outcome: 'left', reason: 'diverged' };
  const { toPosition } = new Places(sides.pairs, [], { seq: 0, position: 0 });
  const consumers = new Set(written.map(({ consumer }) => consumer));
  const placed = notes.filter(({ consumer }) => consumers.has(consumer)).map((note) => rules.moved(note, toPosition));
  const offsets = placed.filter((note, index) => !isDeepStrictEqual(note, written[index]));
  if (offsets.length > 0) await store.append([{ ...emptyBatch, offsets }]);
  return undefined;
}

async function isForgotten(store: TranscriptStore, { provider, nativeId }: SessionKey): Promise<boolean> {
  return (await store.forgotten()).some((key) => key.provider === provider && key.nativeId === nativeId);
}

interface StoreEvent extends Found {
  readonly position: Position;
}

async function eventsIn(store: TranscriptStore, key: SessionKey): Promise<readonly StoreEvent[]> {
  const found: StoreEvent[] = [];
  for await (const page of store.read({ key, view: 'current' })) {
    for (const { event, position } of page) {
      const { seq, id, source } = event;
      const offset = source.offset !== undefined && { offset: source.offset };
      found.push({ seq, id, content: contentOf(event), position, source: source.file, ...offset });
    }
  }
  return found;
}

/** The session's own sources, and others that have brought events of it, or have met them. */
async function lookAtSources(
  { folder }: SessionMove,
  key: SessionKey,
  told: readonly Step[],
  sources: SourcePlan,
): Promise<Pick<SessionReport, 'reason' | 'what'> | undefined> {
  const own = sourcesOf(folder, key);
  for (const record of own) {
    const other = await sources.look(record);
    if (other !== undefined) return { reason: 'read-otherwise', what: other };
  }
  const gap = sources.firstGap();
  if (gap !== undefined) return { reason: 'damaged', what: gap };
  const ofOthers = new Set(told.flatMap((step) => sourceOf(step) ?? []));
  for (const { id } of own) ofOthers.delete(id);
  for (const id of ofOthers) {
    const record = folder.ledgers.registry.sources.get(id)?.record;
    if (record) await sources.look(record);
  }
  const events = told.flatMap((step) => (step.kind === 'event' ? step.event : []));
  const lost = events.find(
    ({ source, generation }) => source && sources.generationOf(source, generation) === undefined,
  );
  return lost && { reason: 'read-otherwise', what: `source ${lost.source} was read in another way on each side` };
}

/** To be put in order, all that the store has of the session must come from sources that are known here. */
async function whyNotInOrder(
  store: TranscriptStore,
  key: SessionKey,
  { isOutOfOrder }: { readonly isOutOfOrder: boolean },
  sources: SourcePlan,
): Promise<Pick<SessionReport, 'reason' | 'what'> | undefined> {
  if (!isOutOfOrder) return undefined;
  const other = (await eventsIn(store, key)).find(({ source }) => source !== undefined && !sources.knows(source));
  return other && { reason: 'order-unknown', what: `source ${other.source} is known to the store alone` };
}

function sourceOf(step: Step): string | undefined {
  if (step.kind === 'replaced') return undefined;
  return step.kind === 'event' ? step.event.source : step.source;
}

function tailOf(steps: readonly Step[], [first]: readonly LogEvent[]): readonly Step[] {
  return first ? steps.slice(steps.findIndex((step) => step.kind === 'event' && step.event === first)) : [];
}

/** Where events of the log stand in the store, or will stand: behind its end, one after the other. */
class Places {
  readonly #seqs = new Map<number, number>();
  /** Positions in the log and in the store, in order. */
  readonly #positions: (readonly [inLog: Position, inStore: Position])[] = [];

  constructor(
    pairs: ReadonlyMap<LogEvent, StoreEvent>,
    added: readonly LogEvent[],
    end: { readonly seq: number; readonly position: Position },
  ) {
    for (const [event, { seq, position }] of pairs) this.#put(event, seq, position);
    for (const [index, event] of added.entries()) this.#put(event, end.seq + index + 1, end.position + index + 1);
    this.#positions.sort(([a], [b]) => a - b);
  }

  #put(event: LogEvent, seq: number, position: Position): void {
    this.#seqs.set(event.seq, seq);
    this.#positions.push([event.position, position]);
  }

  seqOf(seq: number): number | undefined {
    return this.#seqs.get(seq);
  }

  /** Behind the last event of the session that stands up to there. */
  readonly toPosition: ToPosition = (position) => this.#positions.findLast(([inLog]) => inLog <= position)?.[1] ?? 0;
}
