/**
 * Two tails in the order of their source, though one of them was stored first: a new derivation of the session, made of
 * what both sides have. As it was written, the store keeps what came later behind what it had: what is recorded from it
 * stays what it was.
 */
import type { KatoEvent } from '../../core/event.ts';
import type { SessionFacts, SessionKey } from '../../core/session.ts';
import { contentOf } from '../log/rows.ts';
import { PageBuilder } from '../page.ts';
import { type Batch, emptyBatch, type TranscriptStore } from '../store.ts';
import type { LogEvent } from './log-side.ts';
import type { SourcePlan } from './source-plan.ts';

export interface Ordering {
  readonly store: TranscriptStore;
  readonly key: SessionKey;
  readonly sources: SourcePlan;
  /** What only the log has, all of it from one source. */
  readonly fresh: readonly LogEvent[];
  /** Seqs, as they were written, of events that the agent took back: those of the log stand behind all others. */
  readonly retracted: readonly number[];
}

interface Entry {
  readonly id: string;
  readonly content: string;
  readonly json: string;
  readonly source: string | undefined;
  readonly generation: number;
  readonly offset: number | undefined;
  readonly superseded: boolean;
}

export async function orderedBatches(ordering: Ordering): Promise<readonly Batch[]> {
  const { store, key, sources, fresh } = ordering;
  const session = await store.session(key);
  const end = session?.lastSeq ?? 0;
  const retracted = new Set(ordering.retracted);
  const entries = await entriesIn(store, key, retracted);
  for (const [index, event] of fresh.entries()) {
    insert(entries, toEntry(event, sources, retracted.has(end + index + 1)));
  }
  const first = end + fresh.length + 1;
  const seqs = entries.flatMap(({ superseded }, index) => (superseded ? first + index : []));
  const told = runsOf(entries).map((run) => batchOf(key, run, sources, session?.facts ?? {}));
  const marks: Batch = { ...emptyBatch, superseded: [{ key, seqs, inForce: false }] };
  return [...told.map((batch, index) => (index === 0 ? { ...batch, replaces: [key] } : batch)), marks];
}

async function entriesIn(store: TranscriptStore, key: SessionKey, retracted: ReadonlySet<number>): Promise<Entry[]> {
  const found: Entry[] = [];
  for await (const page of store.read({ key, view: 'current' })) {
    for (const { event, superseded: isMarked } of page) {
      const superseded = isMarked || retracted.has(event.seq);
      const { file, generation = 0, offset } = event.source;
      const content = contentOf(event);
      found.push({ id: event.id, content, json: bodyOf(event), source: file, generation, offset, superseded });
    }
  }
  return found;
}

/** An event as it came, without what the store has added. */
function bodyOf({ v: _, seq: __, session: ___, revises: ____, source, ...body }: KatoEvent): string {
  const { file: _file, generation: _generation, ...place } = source;
  const { payload, ...head } = body;
  return JSON.stringify({ ...head, source: place, payload });
}

function toEntry(event: LogEvent, sources: SourcePlan, superseded: boolean): Entry {
  const { id, content, json, source, generation, offset } = event;
  const of = source === undefined ? 0 : (sources.generationOf(source, generation) ?? 0);
  return { id, content, json, source, generation: of, offset, superseded };
}

/** Before the first of those behind which only others of its source stand that come later in it. */
function insert(entries: Entry[], entry: Entry): void {
  let index = entries.length;
  const isLater = (other: Entry | undefined) =>
    other?.source === entry.source && (other?.offset ?? -1) > (entry.offset ?? -1);
  while (isLater(entries[index - 1])) index -= 1;
  entries.splice(index, 0, entry);
}

/** Events of the same reading that follow one another. */
function runsOf(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const runs: Entry[][] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    if (run && run[0]?.source === entry.source && run[0]?.generation === entry.generation) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}

function batchOf(key: SessionKey, run: readonly Entry[], sources: SourcePlan, facts: SessionFacts): Batch {
  const builder = new PageBuilder();
  for (const { id, content, json } of run) builder.add(id, content, json);
  const { source, generation = 0 } = run[0] ?? {};
  const part = { key, facts, pages: [builder.build(true)], blobs: [], sideFiles: [] };
  const from = source === undefined ? undefined : sources.at(source, generation);
  return { ...emptyBatch, cause: 'reprocess', sessions: [part], source: from };
}
