/**
 * A log as a migration reads it: every line, in order, and nothing of a log that is not whole.
 *
 * A line that is damaged, a raw chunk that is missing, a blob that is not what its name says: then it is not known what
 * else would have to be brought over, and the log is left where it is.
 */
import { numberAt, stringAt } from '../../core/json.ts';
import { type SessionKey, sessionId } from '../../core/session.ts';
import type { SourceRecord } from '../../core/source.ts';
import { isLine, readGoodLines } from '../log/commits.ts';
import type { Folder } from '../log/folder.ts';
import type { Ledger } from '../log/ledger.ts';
import type { LogRecord, Met, SourceFlaws } from '../log/record.ts';
import { readBlob } from '../log/records.ts';
import { contentOf, type RawPlace } from '../log/rows.ts';
import { generationOf } from '../log/summary.ts';
import type { Cause } from '../store.ts';
import type { Found } from './compare.ts';
import type { Reason } from './report.ts';

/** An event of a log, with all that a batch must know to bring it. */
export interface LogEvent extends Found {
  readonly position: number;
  readonly cause: Cause;
  readonly generation: number;
  readonly json: string;
}

/** What a log says, line by line, as far as its order matters. */
export type Step =
  | { readonly kind: 'event'; readonly event: LogEvent }
  /** A source met the event again, in one of its revisions. */
  | { readonly kind: 'met'; readonly event: LogEvent; readonly source: string | undefined; readonly generation: number }
  | { readonly kind: 'swept'; readonly source: string; readonly generation: number }
  | { readonly kind: 'replaced' };

export interface Obstacle {
  readonly reason: Reason;
  readonly what: string;
}

/** Why a log cannot be read as a whole; absent when it can. */
export function obstacleIn(folder: Folder, ledger: Ledger): Obstacle | undefined {
  const { failure, summary, name } = ledger;
  if (failure) return { reason: failure.code === 'store-newer' ? 'newer' : 'damaged', what: failure.message };
  const damaged = (what: string): Obstacle => ({ reason: 'damaged', what: `${name}: ${what}` });
  if (summary.isCutShort) return damaged('was once shorter than what was committed to it');
  const isAside = folder.disk.list(folder.path).some((one) => one.startsWith(`${name}.torn-`));
  if (isAside) return damaged('its end was cut, because a part of it was damaged');
  for (const part of readGoodLines(folder.disk, ledger.twin, 0, ledger.length)) {
    if (!isLine(part)) return damaged(`bytes ${part[0]} to ${part[1]} are not what was stored`);
  }
  for (const [sha256, { bytes }] of summary.blobs) {
    if (!readBlob(folder, sha256, bytes)) return damaged(`blob ${sha256} is not what was stored`);
  }
  return undefined;
}

/** The steps of a log. */
export function* stepsOf(folder: Folder, ledger: Ledger): Generator<Step> {
  let sightings = new Sightings();
  for (const part of readGoodLines(folder.disk, ledger.twin, 0, ledger.length)) {
    if (!isLine(part)) continue;
    const { record } = part;
    if (record.replaced !== undefined) {
      sightings = new Sightings();
      yield { kind: 'replaced' };
    }
    if (record.event !== undefined) {
      const event = toEvent(record);
      const { source, generation } = event;
      for (const met of sightings.before(event)) yield { kind: 'met', event: met, source, generation };
      sightings.add(event);
      yield { kind: 'event', event };
    }
    for (const met of record.met ?? []) {
      const [source, { generation }] = [met.source || undefined, met];
      for (const event of sightings.meet(met)) yield { kind: 'met', event, source, generation };
    }
    for (const [source, generation] of record.swept ?? []) yield { kind: 'swept', source, generation };
  }
}

/** How far each reading has come with the revisions of each event. */
class Sightings {
  readonly #revisions = new Map<string, LogEvent[]>();
  readonly #sighted = new Map<string, number>();

  add(event: LogEvent): void {
    const { id, source = '', generation } = event;
    const known = this.#revisions.get(id) ?? [];
    this.#revisions.set(id, known);
    this.#sighted.set(`${id} ${source} ${generation}`, known.length);
    known.push(event);
  }

  /**
   * What a reading must have met before it brought an event that says what an earlier revision said: else it would have
   * been that one. The log does not note what the event's own line goes beyond.
   */
  before({ id, content, source = '', generation }: LogEvent): readonly LogEvent[] {
    const known = this.#revisions.get(id) ?? [];
    const sighted = this.#sighted.get(`${id} ${source} ${generation}`) ?? -1;
    const same = known.findLastIndex((revision) => revision.content === content);
    return same >= 0 && same >= sighted ? known.slice(sighted + 1, same + 2) : [];
  }

  /** The revisions that were met. A note stands behind the events of its batch: it may be from before one of them. */
  meet({ source, generation, events }: Met): readonly LogEvent[] {
    return events.flatMap(([id, sighted]) => {
      const reading = `${id} ${source} ${generation}`;
      if ((this.#sighted.get(reading) ?? -1) >= sighted) return [];
      this.#sighted.set(reading, sighted);
      return this.#revisions.get(id)?.[sighted] ?? [];
    });
  }
}

function toEvent({ seq = 0, position = 0, cause = 'live', from, event }: LogRecord): LogEvent {
  const offset = numberAt(event, 'source', 'offset');
  return {
    seq,
    position,
    id: stringAt(event, 'id') ?? '',
    content: contentOf(event),
    cause,
    source: from?.[0] || undefined,
    generation: from?.[1] ?? 0,
    ...(offset !== undefined && { offset }),
    json: JSON.stringify(event),
  };
}

/** The events of the present derivation. */
export function presentOf(steps: readonly Step[]): readonly LogEvent[] {
  const start = steps.findLastIndex(({ kind }) => kind === 'replaced') + 1;
  return steps.slice(start).flatMap((step) => (step.kind === 'event' ? step.event : []));
}

/** Seqs of events that the agent took back. */
export function retractedIn(ledger: Ledger, steps: readonly Step[]): readonly number[] {
  const rows = ledger.rows();
  return steps.flatMap((step) => (step.kind === 'event' && rows.isRetracted(step.event.seq) ? step.event.seq : []));
}

/** The sources whose records belong to the session; for none, those whose session has no log. */
export function sourcesOf(folder: Folder, key: SessionKey | undefined): readonly SourceRecord[] {
  const all = [...folder.ledgers.registry.sources.values()].sort((a, b) => a.number - b.number);
  const isOf = ({ provider, nativeId }: SourceRecord) => {
    if (key) return provider === key.provider && nativeId === key.nativeId;
    return nativeId === undefined || !folder.ledgers.byName(sessionId({ provider, nativeId }));
  };
  return all.flatMap(({ record }) => (isOf(record) ? record : []));
}

/** A generation of a source as the logs hold it. */
export interface Reading {
  readonly generation: number;
  readonly chunks: readonly { readonly ledger: Ledger; readonly chunk: RawPlace }[];
  readonly counts: NonNullable<SourceFlaws['counts']>;
  readonly quarantined: NonNullable<SourceFlaws['quarantined']>;
}

/** What is kept of a source, by generation, oldest first. Early bytes stand in the store's own log. */
export function readingsOf(folder: Folder, source: string): readonly Reading[] {
  const ledgers = [...folder.ledgers.all()].filter(({ failure }) => !failure);
  const names = new Set(ledgers.flatMap(({ summary }) => [...summary.raw.keys(), ...summary.flaws.keys()]));
  const own = [...names].filter((name) => name.startsWith(`${source} `) && !folder.ledgers.isWiped(name));
  const generations = own.map((name) => Number(name.slice(source.length + 1))).sort((a, b) => a - b);
  return generations.map((generation) => readingOf(ledgers, source, generation));
}

function readingOf(ledgers: readonly Ledger[], source: string, generation: number): Reading {
  const name = generationOf({ source, generation });
  const chunks = ledgers
    .filter(({ summary }) => summary.raw.has(name))
    .flatMap((ledger) => (ledger.rows().raw.get(source) ?? []).map((chunk) => ({ ledger, chunk })))
    .filter(({ chunk }) => chunk.generation === generation)
    .sort((a, b) => a.chunk.offset - b.chunk.offset);
  const counts = new Map<string, readonly [string, string, number]>();
  const quarantined = new Map<number, readonly [number, number, string]>();
  for (const { summary } of ledgers) {
    for (const [of, count] of summary.flaws.get(name)?.counts ?? []) {
      if (count[2] > (counts.get(of)?.[2] ?? 0)) counts.set(of, count);
    }
    for (const [offset, range] of summary.flaws.get(name)?.quarantined ?? []) quarantined.set(offset, range);
  }
  return { generation, chunks, counts: [...counts.values()], quarantined: [...quarantined.values()] };
}
