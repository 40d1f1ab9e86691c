/**
 * What commands ask of files: making them, beginning in them, writing them anew.
 *
 * Each deed was decided and stored before it is done, and is taken off the list when it is done; killed in between, it is
 * done again, and comes to the same. What cannot be done at the place that was asked for is done among kato's own
 * recordings, where a recording is concerned: the conversation matters more than the place.
 */
import { systemCode } from '../core/errors.ts';
import type { PendingFile } from '../core/ports.ts';
import type { SessionKey } from '../core/session.ts';
import type { Offset, Position, SessionRecord } from '../store/store.ts';
import {
  type Book,
  type CommandOutcome,
  keeping,
  outcomeName,
  type PendingEffect,
  type StoredProgress,
} from './book.ts';
import { headLength } from './formats/front-matter-edit.ts';
import { positionOf } from './hearing.ts';
import { isOwnHead, manifestAfter, withHead } from './mend.ts';
import type { RecorderParts } from './parts.ts';
import { type Places, withoutTitle } from './places.ts';
import type { Effect, Target } from './plan.ts';
import { type Cursor, type Play, play, startOf } from './playback.ts';
import { type Period, type Recording, recordingId } from './recording.ts';
import { beginFile, type Place } from './recording-file.ts';
import type { RootKind } from './write-policy.ts';

/** How far each recording is written. */
export interface ProgressBook {
  readonly get: (recording: string) => StoredProgress | undefined;
  readonly put: (recording: string, progress: StoredProgress) => Promise<void>;
  /** How far a session's commands have been heard: nothing behind is written, for one that ends it may stand there. */
  readonly heardUpTo: (session: SessionKey) => Position;
}

export interface Redirection {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly hint: string;
}

export interface Done {
  readonly book: Book;
  readonly offsets: readonly Offset[];
  /** Where a recording went because it could not be where it was meant to be. */
  readonly redirected?: Redirection;
}

type Beginning = Extract<Effect, { kind: 'go-on' | 'anew' }>;

export function playOf(
  { store, formats, optionsOf }: RecorderParts,
  session: SessionKey,
  { format, periods }: Pick<Recording, 'format' | 'periods'>,
): Play {
  return { store, session, format: formats[format], periods, optionsOf };
}

export class Deeds {
  readonly #parts: RecorderParts;
  readonly #places: Places;
  readonly #progress: ProgressBook;

  constructor(parts: RecorderParts, places: Places, progress: ProgressBook) {
    this.#parts = parts;
    this.#places = places;
    this.#progress = progress;
  }

  /** Does one deed. What comes of it, if it is not what was told already. */
  async carryOut(book: Book, { effect, told }: PendingEffect): Promise<Done> {
    const session = await this.#parts.store.session(book.session);
    if (!session || effect.kind === 'end') return { book, offsets: [] };
    const tell = (change: Partial<CommandOutcome>) =>
      told ? [keeping(outcomeName(told.command), { ...told.outcome, ...change })] : [];
    try {
      if (effect.kind === 'prepare') await this.#prepare(session, effect.target);
      else if (effect.kind === 'export') await this.#exportOnce(session, effect);
      else await this.#begin(book, session, effect);
      return { book, offsets: [] };
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      const [reason, hint] = REASONS[code] ?? [code, 'choose another place'];
      const isBarred = BARRED.has(code);
      const from = 'target' in effect ? effect.target.path : pathOf(book, effect.recording);
      if (isBarred) this.#note('warn', 'write.denied', from, session, { reason });
      const isRecording = effect.kind === 'go-on' || effect.kind === 'anew';
      if (!isRecording) return { book, offsets: tell({ kind: isBarred ? 'denied' : 'failed', reason, hint }) };
      const elsewhere = await this.#redirect(book, session, effect);
      const to = elsewhere.recordings.at(-1)?.path ?? '';
      const offsets = tell({ kind: 'redirected', reason, hint, paths: [to] });
      return { book: elsewhere, offsets, redirected: { from, to, reason, hint } };
    }
  }

  #placeOf({ path }: { readonly path: string }, session: SessionRecord): Place & { readonly kind: RootKind } {
    const found = this.#places.find(path, this.#parts.policyFor(session));
    if (!found.allowed) throw Object.assign(new Error('no place'), { code: 'ENOENT' });
    return found.place;
  }

  #note(level: 'info' | 'warn', what: string, path: string, { id }: SessionRecord, facts: object): void {
    this.#parts.audit.log(level, what, { path: withoutTitle(path), session: id, ...facts });
  }

  /** A new file with its head. One that stands already stays as it is. */
  async #prepare(session: SessionRecord, target: Target): Promise<void> {
    const { root, components } = this.#placeOf(target, session);
    const { files, formats, headOf } = this.#parts;
    const file = files.grow(root, components, { create: false }) ?? files.grow(root, components, { create: true });
    if (!file) return;
    try {
      if (file.sizeBytes() > 0) return;
      const id = recordingId(session.key, target.path);
      const head = Buffer.from(headOf(session, target.format, id));
      file.append(head);
      await file.sync();
      const manifest = withHead(manifestAfter(undefined, head.length, head, 0), head);
      await this.#progress.put(id, { cursor: startOf({ format: formats[target.format] }), manifest, lead: '' });
    } finally {
      file.close();
    }
  }

  async #begin(book: Book, session: SessionRecord, effect: Beginning): Promise<void> {
    const recording = book.recordings.find(({ id }) => id === effect.recording);
    if (!recording) return;
    const { files, headOf } = this.#parts;
    const place = this.#placeOf(recording, session);
    const playing = playOf(this.#parts, session.key, recording);
    const known = this.#progress.get(recording.id);
    const file = files.grow(place.root, place.components, { create: false });
    const isThere = file !== undefined && file.sizeBytes() > 0;
    file?.close();
    // Where writing is allowed by default, only what kato has made may be written to.
    const isOurs = known ?? (effect.kind === 'go-on' && this.#progress.get(effect.continues ?? ''));
    if (isThere && !isOurs && place.kind === 'project') throw Object.assign(new Error('not ours'), { code: 'EEXIST' });
    const isPrepared = known?.manifest.bodyBytes === 0 && !known.cursor.begun && known.cursor.period === 0;
    if (effect.kind === 'go-on' && known && isThere && !isPrepared) return;
    if (effect.kind === 'anew' && isThere && (known || effect.overwrite)) {
      return this.#writeAnew(session, recording, place, effect, known);
    }
    // Later commands can have been heard by now: what was never begun begins with its first period.
    const isResumed = effect.kind === 'go-on' && known !== undefined && !isPrepared;
    const cursor = await this.#cursorAt(session, playing, isResumed ? recording.periods.length - 1 : 0);
    if (known && isThere && isPrepared) return this.#progress.put(recording.id, { ...known, cursor });
    const head = headOf(session, recording.format, recording.id);
    await this.#progress.put(recording.id, beginFile({ files, place, recording: playing }, head, cursor));
    if (!file) files.grow(place.root, place.components, { create: true })?.close();
  }

  /** Before the first event of a period. */
  async #cursorAt({ key }: SessionRecord, playing: Play, index: number): Promise<Cursor> {
    const from = playing.periods[index]?.from;
    const position = from && (await positionOf(this.#parts.store, key, from.event));
    return { ...startOf(playing), period: index, ...(position !== undefined && { after: position - 1 }) };
  }

  /**
   * A new body. Where the old one is kato's, word for word, what stands above it stays, whoever wrote it; else the file is
   * kept as a backup, and only its front matter stays.
   */
  async #writeAnew(
    session: SessionRecord,
    recording: Recording,
    place: Place,
    { replaces, overwrite }: Extract<Effect, { kind: 'anew' }>,
    known: StoredProgress | undefined,
  ): Promise<void> {
    const { files, clock, headOf } = this.#parts;
    const before = this.#read(place);
    const isOurs = known !== undefined && (await this.#isAsWritten(session, recording, replaces, known, before));
    const above = isOurs ? before.subarray(0, known.manifest.length - known.manifest.bodyBytes) : before;
    const head = above.subarray(0, Buffer.byteLength(headOfText(above.toString('utf8'))));
    const isHeadOnly = isOurs && above.subarray(head.length).toString('utf8').trim() === '';
    const lead =
      isOurs && !overwrite
        ? above
        : Buffer.from(head.length > 0 ? `${head}\n` : headOf(session, recording.format, recording.id));
    const isNewHead = head.length === 0 && !(isOurs && !overwrite);
    const isOwn = isNewHead || (isOurs && isOwnHead(known.manifest, above) && !overwrite);
    const file = files.begin(place.root, place.components, recording.id);
    try {
      file.write(lead.toString('utf8'));
      const progress = await this.#writeBody(file, session, recording, lead);
      const isNeedless = isHeadOnly || (isOurs && !overwrite);
      const isEdited = !this.#read(place).equals(before); // While the new body was made.
      file.commit({ replace: true, backup: !isNeedless || isEdited, time: clock.now() });
      const manifest = isOwn ? withHead(progress.manifest, lead) : progress.manifest;
      await this.#progress.put(recording.id, { ...progress, manifest });
    } catch (error) {
      file.discard();
      throw error;
    }
  }

  async #writeBody(
    file: PendingFile,
    { key }: SessionRecord,
    recording: Recording,
    lead: Buffer,
  ): Promise<StoredProgress> {
    const playing = { ...playOf(this.#parts, key, recording), upTo: this.#progress.heardUpTo(key) };
    let cursor = startOf(playing);
    let last = lead;
    let bodyBytes = 0;
    for await (const piece of play(playing, cursor)) {
      file.write(piece.text);
      if (piece.text !== '') last = Buffer.from(piece.text);
      bodyBytes += Buffer.byteLength(piece.text);
      cursor = piece.cursor;
    }
    return { cursor, manifest: manifestAfter(undefined, lead.length + bodyBytes, last, bodyBytes), lead: '' };
  }

  #read({ root, components }: Place): Buffer {
    const file = this.#parts.files.grow(root, components, { create: false });
    if (!file) return Buffer.alloc(0);
    try {
      return Buffer.from(file.read(0, file.sizeBytes()));
    } finally {
      file.close();
    }
  }

  /** Whether a file's body is byte for byte what the recording wrote. */
  async #isAsWritten(
    { key }: SessionRecord,
    { format }: Recording,
    periods: readonly Period[],
    { manifest }: StoredProgress,
    found: Buffer,
  ): Promise<boolean> {
    if (found.length !== manifest.length) return false;
    const playing = playOf(this.#parts, key, { format, periods });
    const pieces: Buffer[] = [];
    for await (const { text } of play(playing, startOf(playing))) pieces.push(Buffer.from(text));
    const body = Buffer.concat(pieces).subarray(0, manifest.bodyBytes);
    return found.subarray(manifest.length - manifest.bodyBytes).equals(body);
  }

  /** Whether there is a file with this body already, word for word. */
  async #isBody(place: Place, playing: Play): Promise<boolean> {
    const found = this.#readIfPossible(place);
    if (found.length === 0) return false;
    const head = Buffer.byteLength(headOfText(found.toString('utf8')));
    let at = head + (head > 0 && found[head] === NEWLINE ? 1 : 0);
    for await (const { text } of play(playing, startOf(playing))) {
      const bytes = Buffer.from(text);
      if (!found.subarray(at, at + bytes.length).equals(bytes)) return false;
      at += bytes.length;
    }
    return at === found.length;
  }

  #readIfPossible(place: Place): Buffer {
    try {
      return this.#read(place);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return Buffer.alloc(0); // What is wrong with it is said when it is written to.
    }
  }

  /** The recording goes on in the generated file among kato's own recordings. */
  async #redirect(book: Book, session: SessionRecord, effect: Beginning): Promise<Book> {
    const failed = book.recordings.find(({ id }) => id === effect.recording);
    if (!failed) return book;
    const { recordings, nameFor } = this.#parts;
    const path = `${recordings}/${nameFor(session, failed.format)}`;
    this.#note('info', 'write.granted', path, session, { root: recordings });
    const periods = failed.periods.slice(-1);
    const id = recordingId(session.key, path);
    const moved: Recording = { ...failed, id, path, redirectedFrom: failed.path, periods };
    const others = book.recordings.filter(({ id }) => id !== failed.id && id !== moved.id);
    const next: Book = {
      ...book,
      ...(book.primary === failed.path && { primary: path }),
      recordings: [...others, moved],
    };
    await this.#begin(next, session, { kind: 'go-on', recording: moved.id });
    return next;
  }

  async #exportOnce(session: SessionRecord, { target, period, overwrite }: Extract<Effect, { kind: 'export' }>) {
    const { root, components, kind } = this.#placeOf(target, session);
    const { files, clock, headOf } = this.#parts;
    // Where writing is allowed by default, what stands is left alone, unless it is a recording of this session.
    const id = recordingId(session.key, target.path);
    const isReplaced = overwrite && (kind !== 'project' || this.#progress.get(id));
    const playing = playOf(this.#parts, session.key, { format: target.format, periods: [period] });
    const file = files.begin(root, components, id);
    try {
      if (await this.#isBody({ root, components }, playing))
        file.discard(); // Killed when it was written.
      else {
        file.write(headOf(session, target.format, ''));
        for await (const { text } of play(playing, startOf(playing))) file.write(text);
        file.commit({ replace: isReplaced === true, backup: true, time: clock.now() });
      }
      const facts = { provider: session.key.provider, format: target.format };
      this.#note('info', 'export.done', target.path, session, facts);
    } catch (error) {
      file.discard();
      throw error;
    }
  }
}

const NEWLINE = 0x0a;

function headOfText(text: string): string {
  return text.slice(0, headLength(text));
}

function pathOf({ recordings }: Book, recording: string): string {
  return recordings.find(({ id }) => id === recording)?.path ?? '';
}

/** What the system says when the rules forbid what is at the path. */
export const BARRED: ReadonlySet<string> = new Set(['ELOOP', 'ENOTDIR', 'EINVAL', 'ENXIO', 'EMLINK']);

const ELSEWHERE = 'choose another place';
const REAL_PATH = 'give the real path; links are not followed';
const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EEXIST: ['the file exists already, and kato did not make it', 'choose another name'],
  ENOSPC: ['the disk is full', 'free some space, or choose another place'],
  EDQUOT: ['the disk quota is used up', 'free some space, or choose another place'],
  EROFS: ['the disk is read-only', ELSEWHERE],
  EACCES: ['permission denied', 'check the permissions of the folder, or choose another place'],
  EPERM: ['permission denied', 'check the permissions of the folder, or choose another place'],
  ENOENT: ['the folder does not exist', 'make the folder first, or choose another place'],
  ENOTDIR: ['a part of the path is a file or a link', REAL_PATH],
  ELOOP: ['a part of the path is a link', REAL_PATH],
  EISDIR: ['it is a folder', 'put a `/` behind it to write into it'],
  EINVAL: ['it is no regular file', 'choose another name'],
  ENXIO: ['it is no regular file', 'choose another name'],
  EMLINK: ['the file has another name too, a hard link', 'choose another name, or copy the file first'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one'],
};
