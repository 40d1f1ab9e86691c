/**
 * What is known of a log without its events: the fold of its notes. It is small, and its JSON is the log's meta file, so
 * that a store is opened without reading transcripts.
 */

import type { JsonValue } from '../../core/json.ts';
import type { SessionFacts, SessionKey } from '../../core/session.ts';
import type { Position, SessionLink } from '../store.ts';
import type { LogRecord, SourceFlaws, StoredSource } from './record.ts';

/** The offset of a consumer, or that it is deleted, with the commit that said so: several logs may know of one. */
export interface NotedOffset {
  readonly commit: number;
  readonly position?: Position;
  readonly state?: JsonValue;
}

/** Bytes of the log that are not what was written, and are skipped. */
export type Range = readonly [from: number, to: number];

interface FlawsOfSource {
  readonly counts: Map<string, readonly [code: string, about: string, count: number]>;
  readonly quarantined: Map<number, readonly [offset: number, bytes: number, reason: string]>;
}

export class Summary {
  key: SessionKey | undefined;
  number = 0;
  made = 0;
  /** The last commit in this log. */
  commit = 0;
  facts: SessionFacts = {};
  lastSeq = 0;
  lastPosition = 0;
  replacedSeq = 0;
  link: Omit<SessionLink, 'key'> | undefined;
  eventBytes = 0;
  damaged: Range[] = [];
  /** Whether the log was once found shorter than it had been. */
  isCutShort = false;
  readonly blobs = new Map<string, { readonly mediaType: string; readonly bytes: number }>();
  readonly sideFiles = new Map<string, string>();
  /** Sources that have brought events. */
  readonly feeds = new Set<string>();
  readonly sources = new Map<string, StoredSource>();
  /** By source and generation. */
  readonly flaws = new Map<string, FlawsOfSource>();
  /** By source and generation: bytes before packing, and as kept. */
  readonly raw = new Map<string, readonly [bytes: number, kept: number]>();
  readonly offsets = new Map<string, NotedOffset>();
  readonly forgotten = new Map<string, SessionKey>();
  readonly gone = new Map<string, number>();
  readonly wiped = new Map<string, number>();
  readonly removed = new Map<string, number>();
  isOwed = false;

  apply(record: LogRecord, commit: number, lineBytes: number): void {
    this.commit = Math.max(this.commit, commit);
    if (record.v !== undefined) {
      this.key = record.session;
      this.number = record.number ?? 0;
      this.made = record.made ?? 0;
    }
    if (record.replaced !== undefined) {
      this.replacedSeq = record.replaced;
      this.facts = {};
    }
    if (record.event !== undefined) this.#addEvent(record, lineBytes);
    if (record.raw) {
      const [bytes, kept] = this.raw.get(generationOf(record.raw)) ?? [0, 0];
      this.raw.set(generationOf(record.raw), [bytes + record.raw.bytes, kept + record.raw.kept]);
    }
    for (const { source } of record.met ?? []) this.feeds.add(source);
    if (record.facts) this.facts = { ...this.facts, ...record.facts };
    if (record.link) this.link = record.link;
    for (const [sha256, blob] of Object.entries(record.blobs ?? {})) this.blobs.set(sha256, blob);
    for (const [name, sha256] of record.sideFiles ?? []) this.sideFiles.set(name, sha256);
    for (const source of record.sources ?? []) this.sources.set(source.record.id, source);
    for (const flaws of record.flaws ?? []) this.#addFlaws(flaws);
    for (const { consumer, position, state } of record.offsets ?? []) {
      this.offsets.set(consumer, { commit, position, state });
    }
    this.#applyDeletions(record, commit);
  }

  #addEvent({ seq = 0, position = 0, from }: LogRecord, lineBytes: number): void {
    this.lastSeq = Math.max(this.lastSeq, seq);
    this.lastPosition = Math.max(this.lastPosition, position);
    this.eventBytes += lineBytes;
    this.feeds.add(from?.[0] ?? '');
  }

  #addFlaws(flaws: SourceFlaws): void {
    const name = generationOf(flaws);
    const before = this.flaws.get(name);
    const known = before ?? { counts: new Map(), quarantined: new Map() };
    if (flaws.anew) known.counts.clear();
    for (const count of flaws.counts ?? []) known.counts.set(`${count[0]}\0${count[1]}`, count);
    for (const range of flaws.quarantined ?? []) known.quarantined.set(range[0], range);
    this.flaws.set(name, known);
  }

  #applyDeletions(record: LogRecord, commit: number): void {
    for (const key of record.forgotten ?? []) this.forgotten.set(`${key.provider}\0${key.nativeId}`, key);
    for (const name of record.gone ?? []) this.gone.set(name, commit);
    for (const [source, generation] of record.wiped ?? []) this.wiped.set(source, generation);
    for (const consumer of record.removed ?? []) {
      this.offsets.set(consumer, { commit });
      this.removed.set(consumer, commit);
    }
    if (record.positions !== undefined) this.lastPosition = Math.max(this.lastPosition, record.positions);
    if (record.owed !== undefined) this.isOwed = record.owed;
  }

  toJson(): Record<string, unknown> {
    const { key, number, made, commit, facts, lastSeq, lastPosition, replacedSeq, link, eventBytes } = this;
    const plain = { key, number, made, commit, facts, lastSeq, lastPosition, replacedSeq, link, eventBytes };
    return {
      ...plain,
      damaged: this.damaged,
      isCutShort: this.isCutShort,
      isOwed: this.isOwed,
      feeds: [...this.feeds],
      ...Object.fromEntries(MAPS.map((name) => [name, [...this[name]]])),
      flaws: [...this.flaws].map(([name, { counts, quarantined }]) => [
        name,
        [...counts.values()],
        [...quarantined.values()],
      ]),
    };
  }

  /** From JSON that `toJson` made: whoever reads it has seen that its checksum is right. */
  static fromJson(json: Record<string, unknown>): Summary {
    const summary = new Summary();
    const { key, number, made, commit, facts, lastSeq, lastPosition, replacedSeq, link, eventBytes } =
      json as unknown as Summary;
    Object.assign(summary, { key, number, made, commit, facts, lastSeq, lastPosition, replacedSeq, link, eventBytes });
    summary.damaged = [...(json.damaged as Range[])];
    summary.isCutShort = json.isCutShort === true;
    summary.isOwed = json.isOwed === true;
    for (const feed of json.feeds as string[]) summary.feeds.add(feed);
    for (const name of MAPS) {
      const map = summary[name] as Map<string, unknown>;
      for (const [key, value] of json[name] as [string, unknown][]) map.set(key, value);
    }
    type Flaws = [string, (readonly [string, string, number])[], (readonly [number, number, string])[]][];
    for (const [name, counts, quarantined] of json.flaws as Flaws) {
      summary.flaws.set(name, {
        counts: new Map(counts.map((count) => [`${count[0]}\0${count[1]}`, count])),
        quarantined: new Map(quarantined.map((range) => [range[0], range])),
      });
    }
    return summary;
  }
}

const MAPS = ['blobs', 'sideFiles', 'sources', 'raw', 'offsets', 'forgotten', 'gone', 'wiped', 'removed'] as const;

/** A reading of a source from its start. */
export interface Generation {
  readonly source: string;
  readonly generation: number;
}

/** How flaws and raw bytes are keyed. */
export function generationOf({ source, generation }: Generation): string {
  return `${source} ${generation}`;
}
