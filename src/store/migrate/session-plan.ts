/**
 * The batches that bring a session over: they are appended in one step. A session that the store does not have is told
 * from its first line, every reading of its sources and every derivation, so that the store knows of it all that the log
 * knew. Of one that it has, the tail is told.
 */
import type { SessionKey } from '../../core/session.ts';
import type { SourceRecord } from '../../core/source.ts';
import type { Folder } from '../log/folder.ts';
import type { Ledger } from '../log/ledger.ts';
import { getBlob } from '../log/records.ts';
import { PAGE_BYTES, PageBuilder } from '../page.ts';
import { type Batch, type Cause, emptyBatch, type Offset, type SessionPart } from '../store.ts';
import type { LogEvent, Step } from './log-side.ts';
import type { SourcePlan } from './source-plan.ts';

export interface SessionPlan {
  readonly folder: Folder;
  readonly ledger: Ledger;
  readonly key: SessionKey;
  readonly sources: SourcePlan;
  readonly own: readonly SourceRecord[];
  /** From the first that the store does not have. */
  readonly steps: readonly Step[];
  /** Seqs in the store of events that are not in force. */
  readonly retracted: readonly number[];
  readonly offsets: readonly Offset[];
  /** What puts all of it in order, when the tail that is told is not behind what the store has. */
  readonly putInOrder?: () => Promise<readonly Batch[]>;
}

/** `isThere`: nothing is told of the session itself, of which the store may know later things. */
export async function batchesOf(plan: SessionPlan, isThere: boolean): Promise<readonly Batch[]> {
  const { key, own, sources, steps, offsets, putInOrder } = plan;
  const bytes = await sources.bytes(own);
  const told = new Telling(key, sources).tell(steps);
  const ordered = (await putInOrder?.()) ?? []; // Behind the others: each batch expects the source as it then is.
  const rest = isThere ? [] : [restOf(plan)];
  const notes = offsets.length > 0 ? [{ ...emptyBatch, offsets }] : [];
  return [...bytes, ...told, ...ordered, ...sources.end(own), ...rest, ...notes];
}

function restOf(plan: SessionPlan): Batch {
  const { ledger, key, retracted } = plan;
  const { facts, link } = ledger.summary;
  return {
    ...emptyBatch,
    sessions: [{ ...partOf(key, []), facts, ...filesOf(plan) }],
    superseded: retracted.length > 0 ? [{ key, seqs: retracted, inForce: false }] : [],
    links: link ? [{ key, ...link }] : [],
  };
}

function filesOf({ folder, ledger }: SessionPlan): Pick<SessionPart, 'blobs' | 'sideFiles'> {
  const blobs = [...ledger.summary.blobs.keys()].flatMap((sha256) => getBlob(folder, sha256) ?? []);
  return { blobs, sideFiles: [...ledger.summary.sideFiles].map(([name, sha256]) => ({ name, sha256 })) };
}

function partOf(key: SessionKey, pages: SessionPart['pages']): SessionPart {
  return { key, facts: {}, pages, blobs: [], sideFiles: [] };
}

/** Where the events of a batch come from. */
interface Arrival {
  readonly source: string | undefined;
  readonly generation: number;
  readonly cause: Cause;
}

/** Steps as batches: as many of them in one as have come from the same reading in the same way. */
class Telling {
  readonly #key: SessionKey;
  readonly #sources: SourcePlan;
  readonly #batches: Batch[] = [];
  #arrival: Arrival = { source: undefined, generation: 0, cause: 'import' };
  #pages: SessionPart['pages'][number][] = [];
  #builder = new PageBuilder();
  #replaces = false;

  constructor(key: SessionKey, sources: SourcePlan) {
    this.#key = key;
    this.#sources = sources;
  }

  tell(steps: readonly Step[]): readonly Batch[] {
    for (const step of steps) this.#take(step);
    this.#flush();
    return this.#batches;
  }

  #take(step: Step): void {
    if (step.kind === 'event') this.#add(step.event, step.event);
    else if (step.kind === 'met') this.#add(step.event, { ...step, cause: this.#arrival.cause });
    else if (step.kind === 'swept') this.#sweep(step);
    else this.#replace();
  }

  #replace(): void {
    this.#flush();
    this.#replaces = true;
  }

  #sweep({ source, generation }: Extract<Step, { readonly kind: 'swept' }>): void {
    this.#flush();
    const of = this.#sources.generationOf(source, generation);
    if (of !== undefined) this.#batches.push({ ...emptyBatch, source: this.#sources.at(source, of), sweep: true });
  }

  #add({ id, content, json }: LogEvent, { source, generation, cause }: Arrival): void {
    const of = source === undefined ? 0 : this.#sources.generationOf(source, generation);
    if (of === undefined) return; // A reading that the store never had has nothing to tell it.
    const now = this.#arrival;
    if (now.source !== source || now.generation !== of || now.cause !== cause) this.#flush();
    this.#arrival = { source, generation: of, cause };
    this.#builder.add(id, content, json);
    if (this.#builder.bytes >= PAGE_BYTES) this.#pages.push(this.#builder.build(true));
  }

  #flush(): void {
    if (this.#builder.count > 0) this.#pages.push(this.#builder.build(true));
    const { source, generation, cause } = this.#arrival;
    const replaces = this.#replaces ? [this.#key] : undefined;
    if (this.#pages.length === 0 && !replaces) return;
    this.#batches.push({
      ...emptyBatch,
      cause,
      ...(source !== undefined && { source: this.#sources.at(source, generation) }),
      sessions: [partOf(this.#key, this.#pages)],
      replaces,
    });
    this.#pages = [];
    this.#replaces = false;
  }
}
