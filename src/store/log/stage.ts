/**
 * What an append is about to write: per log its lines, in order, folded already. Nothing is on the disk before the folder
 * commits the stage; when that fails, or the append is refused half-way, the logs that it touched are read again.
 */
import type { SessionKey } from '../../core/session.ts';
import type { Blob } from '../store.ts';
import type { Ledger } from './ledger.ts';
import { encodeLine, type Place } from './line.ts';
import { LOG_VERSION, type LogRecord } from './record.ts';
import type { Registry } from './registry.ts';

interface StagedLine {
  json: string;
  /** Filled in when the line has its place. */
  readonly place: { offset: number; bytes: number };
  /** Whether a note may still be written in it. */
  readonly isOpen: boolean;
  readonly isEvent: boolean;
}

/** Where logs come from, and what is counted over all of them. */
export interface Logs {
  readonly own: Ledger;
  /** The log of a session. Throws when it is closed. */
  find(key: SessionKey): Ledger | undefined;
  /** A new one, that is not on the disk yet. */
  create(key: SessionKey): Ledger;
  isForgotten(key: SessionKey): boolean;
  nextNumber(): number;
  nextPosition(): number;
  /** The last one that was given. */
  readonly positions: number;
  all(): Iterable<Ledger>;
  readonly registry: Registry;
}

type Note = { -readonly [K in keyof LogRecord]: LogRecord[K] };

export class Stage {
  readonly logs: Logs;
  readonly commit: number;
  readonly #lines = new Map<Ledger, StagedLine[]>();
  /** Of the batch at work. */
  readonly #notes = new Map<Ledger, Note>();
  /** Content that is to be stored before the logs name it. */
  readonly blobs: Blob[] = [];
  /** Lines and notes since it was asked for. */
  #changes = 0;

  constructor(logs: Logs, commit: number) {
    this.logs = logs;
    this.commit = commit;
  }

  get ledgers(): readonly Ledger[] {
    return [...this.#lines.keys()];
  }

  /** The log of a session, made if need be. */
  open(key: SessionKey): Ledger {
    const known = this.logs.find(key);
    if (known) return known;
    const number = this.logs.nextNumber();
    const made = this.logs.create(key);
    this.addLine(made, { v: LOG_VERSION, session: key, number, made: this.commit });
    return made;
  }

  /** Adds a line, with its text if there is one already. */
  addLine(ledger: Ledger, record: LogRecord, json?: string): void {
    const lines = this.#linesOf(ledger);
    const place = { offset: 0, bytes: 0 };
    const isEvent = record.event !== undefined;
    lines.push({ json: json ?? JSON.stringify(record), place, isEvent, isOpen: isEvent });
    ledger.apply(record, this.commit, place);
    this.#changes += 1;
  }

  /** Folds a piece of a note, and notes it. */
  tell(ledger: Ledger, part: LogRecord): void {
    this.#linesOf(ledger);
    ledger.apply(part, this.commit, { offset: 0, bytes: 0 });
    this.note(ledger, part);
  }

  /** Notes what is folded already. */
  note(ledger: Ledger, part: LogRecord): void {
    this.#linesOf(ledger);
    this.#notes.set(ledger, mergeNotes(this.#notes.get(ledger) ?? {}, part));
    this.logs.registry.addRecord(part, this.commit);
    this.#changes += 1;
  }

  /** The lines of a log, whose events are read before anything is folded into them that is not on the disk. */
  #linesOf(ledger: Ledger): StagedLine[] {
    const known = this.#lines.get(ledger);
    if (known) return known;
    ledger.rows();
    const lines: StagedLine[] = [];
    this.#lines.set(ledger, lines);
    if (ledger === this.logs.own && ledger.length === 0) this.addLine(ledger, { v: LOG_VERSION, made: this.commit });
    return lines;
  }

  takeChanges(): number {
    const changes = this.#changes;
    this.#changes = 0;
    return changes;
  }

  /** Writes the notes of a batch down: in the line of its event if it has brought one, else in a line of their own. */
  endBatch(): void {
    for (const [ledger, note] of this.#notes) {
      const lines = this.#lines.get(ledger) ?? [];
      const last = lines.at(-1);
      const json = JSON.stringify(note);
      if (last?.isOpen) lines[lines.length - 1] = { ...last, json: joined(last.json, json), isOpen: false };
      else lines.push({ json, place: { offset: 0, bytes: 0 }, isEvent: false, isOpen: false });
    }
    this.#notes.clear();
  }

  /** The bytes of each log's commit. The places of its lines are known from now on. */
  encode(): ReadonlyMap<Ledger, Buffer> {
    const names = this.ledgers.map(({ name }) => name);
    const encoded = this.ledgers.map((ledger) => {
      const lines = this.#lines.get(ledger) ?? [];
      const others = names.filter((name) => name !== ledger.name);
      const end = {
        end: this.commit,
        ...(lines.length > 1 && { of: lines.length }),
        ...(others.length > 0 && { with: others }),
      };
      let offset = ledger.length;
      const parts = lines.map(({ json, place, isEvent }, index) => {
        const bytes = encodeLine(index === lines.length - 1 ? joined(json, JSON.stringify(end)) : json);
        Object.assign(place, { offset, bytes: bytes.length } satisfies Place);
        offset += bytes.length;
        if (isEvent) ledger.summary.eventBytes += bytes.length;
        return bytes;
      });
      return [ledger, Buffer.concat(parts)] as const;
    });
    return new Map(encoded);
  }
}

/** Two objects' texts as one object's. */
function joined(first: string, second: string): string {
  return `${first.slice(0, -1)},${second.slice(1)}`;
}

function mergeNotes(before: Note, part: LogRecord): Note {
  const merged: Note = { ...before };
  const record = merged as Record<string, unknown>;
  for (const [key, value] of Object.entries(part)) {
    const known = record[key];
    if (Array.isArray(known) && Array.isArray(value)) record[key] = [...known, ...value];
    else if ((key === 'facts' || key === 'blobs') && known) record[key] = { ...known, ...value };
    else record[key] = value;
  }
  const [retracted, restored] = [part.retracted, part.restored];
  if (retracted && merged.restored) merged.restored = merged.restored.filter((seq) => !retracted.includes(seq));
  if (restored && merged.retracted) merged.retracted = merged.retracted.filter((seq) => !restored.includes(seq));
  return merged;
}
