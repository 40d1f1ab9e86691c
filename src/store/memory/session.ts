/** One session as the memory engine keeps it: the rows of its log, and what is known about them. */
import { isDeepStrictEqual } from 'node:util';
import { recordHalf } from '../../core/identity.ts';
import { mergeFacts, mergeParent, type SessionFacts, type SessionKey, sessionId } from '../../core/session.ts';
import { composeEvent } from '../compose.ts';
import { contentAt, type EventPage, idAt, linesOf } from '../page.ts';
import { type Seen, sightBy } from '../sighting.ts';
import type { Cause, SessionLink, SessionRecord, SideFile, StoredEvent, Supersession } from '../store.ts';

/** Where an event came from: the source's id and generation, and why it was appended. */
export interface Arrival {
  readonly source: string | undefined;
  readonly generation: number;
  readonly cause: Cause;
}

interface Row extends Arrival {
  readonly position: number;
  readonly seq: number;
  readonly id: string;
  readonly body: unknown;
  readonly revises: number | undefined;
}

/** The revisions of one event, and by source who has met them. */
interface Identity {
  readonly contents: readonly string[];
  readonly seqs: readonly number[];
  readonly seen: ReadonlyMap<string, Seen>;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

export class Session {
  readonly key: SessionKey;
  readonly blobs = new Set<string>();
  readonly sideFiles = new Map<string, string>();
  /** Counts whatever is changed. */
  changes = 0;
  #facts: SessionFacts = {};
  #link: SessionLink | undefined;
  readonly #rows: Row[] = [];
  /** Rows up to here were replaced by a reprocess. */
  #replacedSeq = 0;
  readonly #identities = new Map<string, Identity>();
  readonly #retracted = new Set<number>();
  readonly #vanished = new Set<number>();

  constructor(key: SessionKey) {
    this.key = key;
  }

  get link(): SessionLink | undefined {
    return this.#link;
  }

  /** Ids of the events of the present derivation. */
  get ids(): Iterable<string> {
    return this.#identities.keys();
  }

  record(): SessionRecord {
    const last = this.#rows.at(-1);
    const place = { lastSeq: last?.seq ?? 0, lastPosition: last?.position ?? 0 };
    return { key: this.key, id: sessionId(this.key), facts: this.#facts, ...place };
  }

  events(): readonly StoredEvent[] {
    return this.#rows.map((row) => this.#stored(row));
  }

  isCurrent({ event }: StoredEvent): boolean {
    return event.seq > this.#replacedSeq;
  }

  replaceDerivation(): void {
    this.changes += 1;
    this.#replacedSeq = this.#rows.length;
    this.#facts = {};
    this.#identities.clear();
  }

  addFacts(facts: SessionFacts): void {
    const merged = mergeFacts(this.#facts, facts);
    if (!isDeepStrictEqual(merged, this.#facts)) this.changes += 1;
    this.#facts = merged;
  }

  addSideFile({ name, sha256 }: SideFile): void {
    if (this.sideFiles.get(name) !== sha256) this.changes += 1;
    this.sideFiles.set(name, sha256);
  }

  /** What was found out about a parent holds as long as no other one, and no other place in it, is told. */
  setLink(link: SessionLink): void {
    const parent = mergeParent(this.#link?.parent, link.parent);
    const isSame = this.#link?.parent.nativeId === parent.nativeId && this.#link.parent.ordinal === parent.ordinal;
    const merged = { ...(isSame && this.#link), ...link, parent };
    if (!isDeepStrictEqual(merged, this.#link)) this.changes += 1;
    this.#link = merged;
  }

  /** Adds what is new of a page; the rows that were added. `takePosition` gives the next position of the log. */
  addPage(page: EventPage, arrival: Arrival, takePosition: () => number): readonly { readonly revises?: number }[] {
    const before = this.#rows.length;
    const lines = linesOf(page);
    for (let index = 0; index < page.count; index++) {
      const id = hex(idAt(page, index));
      const content = hex(contentAt(page, index));
      const known = this.#identities.get(id);
      if (!this.#meet(id, content, arrival)) continue;
      const seq = this.#rows.length + 1;
      const body = JSON.parse(Buffer.from(lines[index] ?? []).toString('utf8'));
      this.#rows.push({ ...arrival, position: takePosition(), seq, id, body, revises: known?.seqs.at(-1) });
    }
    this.changes += this.#rows.length - before;
    return this.#rows.slice(before).map(({ revises }) => (revises === undefined ? {} : { revises }));
  }

  /** Notes that a source has met an event. True when that is news: the event is the next row. */
  #meet(id: string, content: string, { source = '', generation }: Arrival): boolean {
    const known = this.#identities.get(id) ?? { contents: [], seqs: [], seen: new Map<string, Seen>() };
    const found = sightBy(known.contents, known.seen.get(source), content, generation);
    const sighted = found.kind === 'known' ? found.sighted : known.contents.length;
    const seen = new Map(known.seen).set(source, { generation, sighted });
    if (!isDeepStrictEqual(seen, known.seen)) {
      this.changes += 1;
      for (const seq of known.seqs) this.#mark(this.#vanished, seq, false);
    }
    const isNews = found.kind === 'revision';
    const contents = isNews ? [...known.contents, content] : known.contents;
    const seqs = isNews ? [...known.seqs, this.#rows.length + 1] : known.seqs;
    this.#identities.set(id, { contents, seqs, seen });
    return isNews;
  }

  supersede(change: Supersession): void {
    if ('seqs' in change) {
      for (const { seq } of this.#rows)
        if (change.seqs.includes(seq)) this.#mark(this.#retracted, seq, !change.inForce);
      return;
    }
    const rows = this.#rows.slice(this.#replacedSeq);
    const until = 'fromOrdinal' in change ? rows.findIndex(({ id }) => recordHalf(id) === change.beforeRecord) : -1;
    for (const row of until < 0 ? rows : rows.slice(0, until)) {
      if (isMeant(row, change)) this.#mark(this.#retracted, row.seq, !('inForce' in change && change.inForce));
    }
  }

  /** Ends a new generation of a source: what it held before and holds no more has vanished, unless another one holds it. */
  sweep(source: string, generation: number): void {
    for (const [id, identity] of this.#identities) {
      if ((identity.seen.get(source)?.generation ?? generation) >= generation) continue;
      const seen = new Map(identity.seen);
      seen.delete(source);
      this.#identities.set(id, { ...identity, seen });
      if (seen.size === 0) for (const seq of identity.seqs) this.#mark(this.#vanished, seq, true);
    }
  }

  #mark(marks: Set<number>, seq: number, isMarked: boolean): void {
    if (marks.has(seq) === isMarked) return;
    if (isMarked) marks.add(seq);
    else marks.delete(seq);
    this.changes += 1;
  }

  #stored(row: Row): StoredEvent {
    const placed = { ...row, key: this.key, sessionId: sessionId(this.key), link: this.#link };
    const superseded = this.#retracted.has(row.seq) || this.#vanished.has(row.seq);
    return { position: row.position, event: composeEvent(row.body, placed), cause: row.cause, superseded };
  }
}

function isMeant({ id, source, body }: Row, change: Exclude<Supersession, { readonly seqs: unknown }>): boolean {
  if ('records' in change) return change.records.includes(recordHalf(id));
  const place = (body as { source: { offset?: number; ordinal?: number } }).source;
  if ('fromOrdinal' in change) return source !== change.exceptSource && (place.ordinal ?? -1) >= change.fromOrdinal;
  const offset = place.offset ?? -1;
  return source === change.source && offset >= change.fromOffset && offset < change.untilOffset;
}
