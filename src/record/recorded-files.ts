/**
 * The files of all recordings: how far each is written, how it is doing, and bringing it up to date.
 *
 * What is known of a file is stored as `recording/<id>`; nothing but this writes it while a recorder runs.
 */
import { KatoError, placeOf, systemCode } from '../core/errors.ts';
import type { SessionKey } from '../core/session.ts';
import { emptyBatch, type Offset, type Position, type SessionRecord } from '../store/store.ts';
import { positionOfAnchor } from './anchors.ts';
import { keeping, kept, progressName, type StoredProgress } from './book.ts';
import { type Condition, Conditions, type Delays } from './conditions.ts';
import { growHead } from './head-growth.ts';
import type { RecorderParts } from './parts.ts';
import { type Places, withoutTitle } from './places.ts';
import { playOf } from './play-of.ts';
import type { Recording } from './recording.ts';
import { advance, beginFile, type Place, type RecordingFileParts } from './recording-file.ts';
import { BARRED } from './refusals.ts';

export class RecordedFiles {
  readonly #parts: RecorderParts;
  readonly #places: Places;
  readonly #conditions: Conditions;
  readonly #progress = new Map<string, StoredProgress>();
  /** What each file's head was last seen to hold. */
  readonly #heads = new Map<string, string>();

  constructor(parts: RecorderParts, places: Places, delays: Delays) {
    this.#parts = parts;
    this.#places = places;
    this.#conditions = new Conditions(parts.log, delays);
  }

  async open(): Promise<void> {
    for (const offset of await this.#parts.store.offsets('recording/')) this.#take(offset);
  }

  /** Reads again what is stored of a recording: somebody else has changed it. */
  async reload(id: string): Promise<void> {
    this.#progress.delete(id);
    this.#heads.delete(id);
    const offset = await this.#parts.store.offset(progressName(id));
    if (offset) this.#take(offset);
  }

  #take(offset: Offset): void {
    const progress = kept<StoredProgress>(offset);
    if (progress) this.#progress.set(offset.consumer.slice(progressName('').length), progress);
  }

  /** How far a file is written; absent when it was not begun. */
  progressOf(id: string): StoredProgress | undefined {
    return this.#progress.get(id);
  }

  conditionOf(id: string): Condition | undefined {
    return this.#conditions.get(id);
  }

  /** Whether something was written, and its file is not there any more. */
  isGone({ id, path }: Recording, session: SessionRecord): boolean {
    if ((this.#progress.get(id)?.manifest.length ?? 0) === 0) return false;
    const found = this.#places.find(path, this.#parts.policyFor(session));
    if (!found.allowed) return false;
    try {
      const file = this.#parts.files.grow(found.place.root, found.place.components, { create: false });
      file?.close();
      return file === undefined;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false; // Something is there: what is wrong with it is said when it is written to.
    }
  }

  /** Brings a file up to the end of the log, or of its last period. */
  async bringUp(key: SessionKey, recording: Recording, upTo: Position): Promise<void> {
    const progress = await this.#placed(key, recording);
    if (!progress) return; // It has not been begun yet, or its transcript is not as far again as it was.
    if (!recording.on && progress.cursor.period >= recording.periods.length) return;
    const session = await this.#parts.store.session(key);
    if (!session) return;
    const found = this.#places.find(recording.path, this.#parts.policyFor(session));
    if (!found.allowed) return this.#fail(recording, session, found.cause === 'missing' ? 'ENOENT' : 'denied');
    const { place } = found;
    const { files, headOf } = this.#parts;
    const work = { files, place, recording: { ...playOf(this.#parts, key, recording), upTo } };
    const store: RecordingFileParts['store'] = (next, { rides }) => this.store(recording.id, next, { rides });
    try {
      const { owesHead, ...known } = progress;
      const head = () => headOf(session, recording.format, recording.id);
      const from = owesHead ? { ...known, lead: beginFile(work, head()).lead } : progress;
      const settle = async () => void (await this.#parts.store.append([emptyBatch]));
      const { events, isGone } = await advance({ ...work, store, settle }, from);
      if (isGone) return this.#fail(recording, session, 'gone');
      const stale = this.#conditions.get(recording.id)?.headFailure;
      this.#conditions.goOn(recording, events > 0 ? await this.#tryHead(session, recording, place) : stale);
    } catch (error) {
      this.#fail(recording, session, codeOf(error), placeOf(error));
    }
  }

  /** How far a file is written, in the log of now. */
  async #placed(key: SessionKey, { id }: Recording): Promise<StoredProgress | undefined> {
    const progress = this.#progress.get(id);
    if (!progress?.anchor) return progress;
    const { anchor, cursor, ...rest } = progress;
    const after = await positionOfAnchor(this.#parts.store, key, anchor);
    if (after === undefined) return undefined;
    const found = { ...rest, cursor: { ...cursor, after } };
    this.#progress.set(id, found);
    return found;
  }

  /** It does not go on. What the rules forbid is noted as such, once. */
  #fail(recording: Recording, { id }: SessionRecord, failure: string, at?: string): void {
    const isNews = this.#conditions.fail(recording, failure, at);
    if (!isNews || (failure !== 'denied' && !BARRED.has(failure))) return;
    const facts = { path: withoutTitle(recording.path), session: id, reason: failure };
    this.#parts.audit.log('warn', 'write.denied', facts);
  }

  /** Why the head cannot grow, if it cannot: what was said is in the file all the same. */
  async #tryHead(session: SessionRecord, recording: Recording, place: Place): Promise<string | undefined> {
    try {
      await this.#growHead(session, recording, place);
      return undefined;
    } catch (error) {
      if (error instanceof KatoError || systemCode(error) === undefined) throw error;
      return systemCode(error);
    }
  }

  /** The head says who takes part; it is looked at when that may have changed. */
  async #growHead(session: SessionRecord, recording: Recording, place: Place): Promise<void> {
    const { files, clock, headListsOf } = this.#parts;
    const lists = headListsOf(session, recording.format, recording.id);
    const said = JSON.stringify(lists);
    if (Object.keys(lists).length === 0 || this.#heads.get(recording.id) === said) return;
    const progress = this.#progress.get(recording.id);
    if (!progress) return;
    const settle = () => this.store(recording.id, progress, { rides: false });
    const work = { files, place, time: clock.now(), work: recording.id, settle };
    const manifest = await growHead(work, lists, progress.manifest);
    this.#heads.set(recording.id, said);
    if (manifest) await this.store(recording.id, { ...progress, manifest }, { rides: true });
  }

  /** Stores how far a file is. `rides`: it can be worked out again. */
  async store(id: string, next: StoredProgress, { rides }: { readonly rides: boolean }): Promise<void> {
    const before = this.#progress.get(id);
    const { length, bodyBytes } = next.manifest;
    const isWritten = before ? length !== before.manifest.length : bodyBytes > 0;
    const lastWriteAt = isWritten ? this.#parts.clock.now() : before?.lastWriteAt;
    const { anchor: _, ...placed }: StoredProgress = next; // What is stored from here on has a place in the log of now.
    const stored = { ...placed, ...(lastWriteAt !== undefined && { lastWriteAt }) };
    const offsets = [keeping(progressName(id), stored, next.cursor.after)];
    await this.#parts.store.append([{ ...emptyBatch, offsets, rides }]);
    this.#progress.set(id, stored);
  }
}

export function codeOf(error: unknown): string {
  return error instanceof KatoError ? error.code : (systemCode(error) ?? 'internal');
}
