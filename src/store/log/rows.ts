/**
 * What is known of each event of a log: where it stands, who has met it, and whether it is in force. Folded once, when
 * the log is first read or written; from then on knowing an event costs the same however long the log is.
 */
import { contentHash, recordHalf } from '../../core/identity.ts';
import { field, numberAt, stringAt } from '../../core/json.ts';
import { type Seen, sightBy } from '../sighting.ts';
import type { Cause, Position, Supersession } from '../store.ts';
import type { Place } from './line.ts';
import type { LogRecord, RawMark } from './record.ts';

export interface Row {
  readonly seq: number;
  readonly position: Position;
  readonly id: string;
  readonly cause: Cause;
  readonly source: string | undefined;
  readonly generation: number;
  readonly revises: number | undefined;
  /** Where the event stood in its source. */
  readonly offset: number | undefined;
  readonly ordinal: number | undefined;
  readonly place: Place;
}

export interface RawPlace extends RawMark {
  readonly place: Place;
}

interface Identity {
  readonly contents: string[];
  readonly seqs: number[];
  readonly seen: Map<string, Seen>;
}

/** What a source finds when it meets an event. `isMoved`: it had not come that far with the event's revisions. */
export type Meeting =
  | { readonly kind: 'known'; readonly sighted: number; readonly isMoved: boolean }
  | { readonly kind: 'news'; readonly revises: number | undefined };

export class Rows {
  readonly all: Row[] = [];
  /** By source. */
  readonly raw = new Map<string, RawPlace[]>();
  readonly #identities = new Map<string, Identity>();
  /** Seqs by the first half of their events' ids. */
  readonly #records = new Map<string, number[]>();
  readonly #retracted = new Set<number>();
  readonly #vanished = new Set<number>();
  #replacedSeq = 0;

  apply(record: LogRecord, place: Place): void {
    if (record.replaced !== undefined) this.#replace(record.replaced);
    if (record.event !== undefined) this.#add(record, place);
    if (record.raw) {
      const chunks = this.raw.get(record.raw.source) ?? [];
      chunks.push({ ...record.raw, place });
      this.raw.set(record.raw.source, chunks);
    }
    for (const { source, generation, events } of record.met ?? []) {
      for (const [id, sighted] of events) this.#see(this.#identities.get(id), source, { generation, sighted });
    }
    for (const seq of record.retracted ?? []) this.#retracted.add(seq);
    for (const seq of record.restored ?? []) this.#retracted.delete(seq);
    for (const [source, generation] of record.swept ?? []) {
      for (const identity of this.#lostBy(source, generation)) this.#lose(identity, source);
    }
  }

  #replace(seq: number): void {
    this.#replacedSeq = seq;
    this.#identities.clear();
    this.#records.clear();
  }

  #add(record: LogRecord, place: Place): void {
    const { seq = 0, position = 0, cause = 'live', from, revises, event } = record;
    const id = stringAt(event, 'id') ?? '';
    const [source, generation] = from ?? [undefined, 0];
    const offset = numberAt(event, 'source', 'offset');
    const ordinal = numberAt(event, 'source', 'ordinal');
    this.all.push({ seq, position, id, cause, source, generation, revises, offset, ordinal, place });
    const identity: Identity = this.#identities.get(id) ?? { contents: [], seqs: [], seen: new Map() };
    this.#identities.set(id, identity);
    this.#see(identity, source ?? '', { generation, sighted: identity.contents.length });
    identity.contents.push(contentOf(event));
    identity.seqs.push(seq);
    const ofRecord = this.#records.get(recordHalf(id));
    if (ofRecord) ofRecord.push(seq);
    else this.#records.set(recordHalf(id), [seq]);
  }

  /** A source that has come further holds the event: whatever had vanished is there again. */
  #see(identity: Identity | undefined, source: string, seen: Seen): void {
    if (!identity) return; // The line of the event is damaged: there is nothing to note it with.
    identity.seen.set(source, seen);
    for (const seq of identity.seqs) this.#vanished.delete(seq);
  }

  #lose({ seen, seqs }: Identity, source: string): void {
    seen.delete(source);
    if (seen.size === 0) for (const seq of seqs) this.#vanished.add(seq);
  }

  #lostBy(source: string, generation: number): Identity[] {
    const isLost = ({ seen }: Identity) => (seen.get(source)?.generation ?? generation) < generation;
    return [...this.#identities.values()].filter(isLost);
  }

  isSuperseded({ seq }: Row): boolean {
    return this.#retracted.has(seq) || this.#vanished.has(seq);
  }

  isRetracted(seq: number): boolean {
    return this.#retracted.has(seq);
  }

  hasRecord(record: string): boolean {
    return this.#records.has(record);
  }

  /** Whether a sweep would change anything. */
  hasLost(source: string, generation: number): boolean {
    return this.#lostBy(source, generation).length > 0;
  }

  /** What content is to the log, when a source meets it under this id. */
  meet(id: string, content: string, source: string, generation: number): Meeting {
    const known = this.#identities.get(id);
    if (!known) return { kind: 'news', revises: undefined };
    const before = known.seen.get(source);
    const found = sightBy(known.contents, before, content, generation);
    if (found.kind === 'revision') return { kind: 'news', revises: known.seqs.at(-1) };
    const isMoved = before?.generation !== generation || before.sighted !== found.sighted;
    return { kind: 'known', sighted: found.sighted, isMoved };
  }

  /** The seqs that a supersession is about, of the present derivation. */
  seqsOf(change: Supersession): readonly number[] {
    if ('records' in change) return change.records.flatMap((record) => this.#records.get(record) ?? []);
    if ('seqs' in change) return this.all.flatMap(({ seq }) => (change.seqs.includes(seq) ? seq : []));
    const rows = this.all.filter(({ seq }) => seq > this.#replacedSeq);
    if ('source' in change) {
      const { source, fromOffset, untilOffset } = change;
      const isIn = ({ offset = -1 }: Row) => offset >= fromOffset && offset < untilOffset;
      return rows.filter((row) => row.source === source && isIn(row)).map(({ seq }) => seq);
    }
    const until = Math.min(...(this.#records.get(change.beforeRecord) ?? []));
    const isMeant = ({ seq, source, ordinal = -1 }: Row) =>
      seq < until && source !== change.exceptSource && ordinal >= change.fromOrdinal;
    return rows.filter(isMeant).map(({ seq }) => seq);
  }
}

/** The content hash of a stored body: the one with which it came, because JSON in is JSON out. */
export function contentOf(event: unknown): string {
  return contentHash(stringAt(event, 'kind') ?? '', stringAt(event, 'model'), JSON.stringify(field(event, 'payload')));
}
