/**
 * One log: `<name>.twin.jsonl`, which is only ever appended to, and `<name>.meta.json`, the fold of its notes up to some
 * commit. The meta file is replaced now and then, and when the store is closed; what it does not cover yet is folded
 * from the twin. A log without a meta file is whole: it is made again.
 *
 * A meta file that is damaged or of a later version closes the log: reading and writing it fail, with an error that says
 * what to do, and nothing of it is touched.
 */
import { KatoError } from '../../core/errors.ts';
import { isRecord, numberAt, parseJson } from '../../core/json.ts';
import { type Commit, isDamagedTail, isLine, readCommits, readGoodLines } from './commits.ts';
import type { Disk } from './disk.ts';
import { decodeLine, encodeLine, type Place } from './line.ts';
import { LOG_VERSION, type LogRecord } from './record.ts';
import { Rows } from './rows.ts';
import { Summary } from './summary.ts';

/** A meta file's content, and the stamp of the file that it was read from. */
export interface IndexEntry {
  readonly stamp: string;
  readonly meta: Record<string, unknown>;
}

/** The twin may grow by this much before its meta file is replaced: so little is folded at opening. */
const META_EVERY_BYTES = 1024 * 1024;

export class Ledger {
  readonly name: string;
  readonly twin: string;
  readonly #folder: string;
  readonly #meta: string;
  readonly #disk: Disk;
  summary = new Summary();
  /** Bytes of the twin that are committed and folded. */
  length = 0;
  /** Why it is closed. */
  failure: KatoError | undefined;
  /** The last commit, when it is also in other logs and it is not known yet whether it is there. */
  held: Commit | undefined;
  #metaLength = -1;
  #rows: Rows | undefined;

  constructor(disk: Disk, folder: string, name: string) {
    this.#disk = disk;
    this.#folder = folder;
    this.name = name;
    this.twin = `${folder}/${name}.twin.jsonl`;
    this.#meta = `${folder}/${name}.meta.json`;
  }

  /**
   * Reads what is known of the log. With an entry of the index, if it is still that of the meta file. The store's own log
   * has no session to close: a damaged meta file is made again.
   */
  load(entry?: IndexEntry, isOwn = false): void {
    this.summary = new Summary();
    this.length = 0;
    this.#metaLength = -1;
    this.#rows = undefined;
    this.failure = undefined;
    this.held = undefined;
    try {
      this.#loadMeta(entry, isOwn);
      this.#admitShort();
      this.advance();
    } catch (error) {
      if (!(error instanceof KatoError)) throw error;
      this.failure = error;
      this.#salvageCounters();
    }
  }

  #loadMeta(entry: IndexEntry | undefined, isOwn: boolean): void {
    const stamp = this.#disk.stat(this.#meta)?.stamp;
    if (stamp === undefined) return;
    const meta = stamp === entry?.stamp ? entry.meta : this.#readMeta();
    if (!meta && isOwn) return;
    if (!meta) {
      throw new KatoError('store-corrupt', `cannot read ${this.#meta}: not what was written`, {
        hint: `the other sessions are not affected; move the file away, and it is made again from ${this.twin}`,
      });
    }
    this.summary = Summary.fromJson(meta);
    this.length = numberAt(meta, 'length') ?? 0;
    this.#metaLength = this.length;
  }

  /** Absent when it is damaged. */
  #readMeta(): Record<string, unknown> | undefined {
    const bytes = this.#disk.read(this.#meta, 0, this.#disk.stat(this.#meta)?.bytes ?? 0);
    this.#refuseNewer(numberAt(parseJson(bytes.toString('utf8')), 'v'), this.#meta);
    const meta = decodeLine(bytes);
    return isRecord(meta) ? meta : undefined;
  }

  #refuseNewer(version: number | undefined, path: string): void {
    if (version === undefined || version <= LOG_VERSION) return;
    throw new KatoError(
      'store-newer',
      `cannot read ${path}: its version is ${version}, this kato knows versions up to ${LOG_VERSION}`,
      { hint: 'upgrade kato; the file was not touched, and the other sessions are not affected' },
    );
  }

  /** A twin that lacks what was committed is read from its start, for what it still has; its counters go on. */
  #admitShort(): void {
    if ((this.#disk.stat(this.twin)?.bytes ?? 0) >= this.length) return;
    const { key, number, made, commit, lastSeq, lastPosition } = this.summary;
    this.summary = Object.assign(new Summary(), { key, number, made, commit, lastSeq, lastPosition, isCutShort: true });
    this.length = 0;
  }

  /** What a closed log has given to events is not given again. */
  #salvageCounters(): void {
    const bytes = this.#disk.stat(this.twin)?.bytes ?? 0;
    this.summary = new Summary();
    this.held = undefined;
    for (const part of readGoodLines(this.#disk, this.twin, 0, bytes)) {
      if (isLine(part)) this.summary.apply(part.record, part.record.end ?? 0, 0);
    }
  }

  /** Folds what stands behind what is known, up to a place: what others have committed. */
  advance(until: number = this.#disk.stat(this.twin)?.bytes ?? 0): void {
    for (const commit of readCommits(this.#disk, this.twin, this.length, until)) {
      this.#takeHeld();
      this.held = commit;
    }
    if (this.held && this.held.with.length === 0) this.#takeHeld();
  }

  /** Ends the doubt about the last commit: all its parts are there, or it is a torn tail. */
  settle(isWhole: boolean): void {
    if (isWhole) this.#takeHeld();
    this.held = undefined;
  }

  #takeHeld(): void {
    if (!this.held) return;
    const { lines, number, damaged, end } = this.held;
    this.held = undefined;
    for (const { record, place } of lines) {
      this.#refuseNewer(record.v, this.twin);
      this.apply(record, number, place);
    }
    this.summary.damaged.push(...damaged);
    this.summary.commit = Math.max(this.summary.commit, number);
    this.length = end;
  }

  /** Folds a line that is committed, or about to be. */
  apply(record: LogRecord, commit: number, place: Place): void {
    this.summary.apply(record, commit, place.bytes);
    this.#rows?.apply(record, place);
  }

  /** The events: all lines are read, once. */
  rows(): Rows {
    this.refuseClosed();
    if (this.#rows) return this.#rows;
    const rows = new Rows();
    const known = new Set(this.summary.damaged.map(([from]) => from));
    for (const part of readGoodLines(this.#disk, this.twin, 0, this.length)) {
      if (isLine(part)) rows.apply(part.record, part.place);
      else if (!known.has(part[0])) this.summary.damaged.push(part);
    }
    this.#rows = rows;
    return rows;
  }

  refuseClosed(): void {
    if (this.failure) throw this.failure;
  }

  /** A line as it was written; absent when it is damaged by now. */
  read({ offset, bytes }: Place): LogRecord | undefined {
    const found = decodeLine(this.#disk.read(this.twin, offset, offset + bytes));
    if (found === undefined) this.#noteDamage(offset, offset + bytes);
    return found as LogRecord | undefined; // The checksum says that we wrote it.
  }

  #noteDamage(from: number, to: number): void {
    if (this.summary.damaged.every(([known]) => known !== from)) this.summary.damaged.push([from, to]);
  }

  /**
   * Cuts what is behind the last commit, durably, so that nothing is ever appended behind a torn line. A tail that may
   * have been whole once is kept beside the log. False when there was none.
   */
  cutTail(): boolean {
    const bytes = this.#disk.stat(this.twin)?.bytes ?? 0;
    if (bytes <= this.length) return false;
    if (isDamagedTail([...readGoodLines(this.#disk, this.twin, this.length, bytes)])) {
      const aside = `${this.#folder}/${this.name}.torn-${this.length}`;
      this.#disk.append(aside, this.#disk.read(this.twin, this.length, bytes));
      this.#disk.sync(aside);
      this.#disk.syncFolder(this.#folder);
    }
    this.#disk.cut(this.twin, this.length);
    this.#disk.sync(this.twin);
    return true;
  }

  /** Writes the log anew with what a change leaves of each line. Each commit keeps its number. */
  rewrite(change: (record: LogRecord, commit: number) => LogRecord | undefined): void {
    const lines: Buffer[] = [];
    let records: LogRecord[] = [];
    for (const part of readGoodLines(this.#disk, this.twin, 0, this.length)) {
      if (!isLine(part)) continue; // Nobody knows of which session it was.
      const { end, of: _, with: __, sum: ___, ...record } = part.record;
      records.push(record);
      if (end === undefined) continue;
      const kept = records.flatMap((one) => change(one, end) ?? []);
      const last = { ...kept.at(-1), end, ...(kept.length > 1 && { of: kept.length }) };
      lines.push(...[...kept.slice(0, -1), last].map((one) => encodeLine(JSON.stringify(one))));
      records = [];
    }
    this.#disk.remove(this.#meta);
    replaceFile(this.#disk, this.#folder, this.twin, Buffer.concat(lines));
  }

  /** Whether, with a twin of this length, so much was appended since that the meta file should be replaced. */
  isMetaDue(length: number = this.length): boolean {
    return length - Math.max(0, this.#metaLength) >= META_EVERY_BYTES;
  }

  /** Replaces the meta file, unless it covers the twin already. What it says is in the twin, so it may be lost. */
  writeMeta(): void {
    if (this.failure || this.length === this.#metaLength || this.length === 0) return;
    const json = JSON.stringify({ v: LOG_VERSION, length: this.length, ...this.summary.toJson() });
    replaceFile(this.#disk, this.#folder, this.#meta, encodeLine(json));
    this.#metaLength = this.length;
  }

  /** What the index says of it; absent when the meta file would not say the same. */
  toEntry(): IndexEntry | undefined {
    const stamp = this.#disk.stat(this.#meta)?.stamp;
    if (this.failure || stamp === undefined || this.length !== this.#metaLength) return undefined;
    return { stamp, meta: { v: LOG_VERSION, length: this.length, ...this.summary.toJson() } };
  }
}

/** A file that is replaced is the old one or the new one at any time, also after a power cut. */
export function replaceFile(disk: Disk, folder: string, path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`;
  disk.remove(temporary);
  disk.append(temporary, bytes);
  disk.sync(temporary);
  disk.rename(temporary, path);
  disk.syncFolder(folder);
}
