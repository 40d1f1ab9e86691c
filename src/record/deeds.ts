/**
 * What commands ask of files: making them, beginning in them, writing them anew.
 *
 * Each deed was decided and stored before it is done, and is taken off the list when it is done; killed in between, it is
 * done again, and comes to the same. What cannot be done at the place that was asked for is done among kato's own
 * recordings, where a recording is concerned: the conversation matters more than the place.
 */
import { KatoError, systemCode } from '../core/errors.ts';
import type { EventId } from '../core/event.ts';
import type { GrowingFile } from '../core/ports.ts';
import type { Offset, SessionRecord, TranscriptStore } from '../store/store.ts';
import {
  type Book,
  type CommandOutcome,
  keeping,
  outcomeName,
  type PendingEffect,
  type ProgressBook,
  type StoredProgress,
} from './book.ts';
import type { Claims } from './claims.ts';
import { chosenName } from './destination.ts';
import { headIn, MOST_HEAD_BYTES } from './formats/front-matter-edit.ts';
import { positionOf } from './hearing.ts';
import { manifestAfter, withHead } from './mend.ts';
import type { RecorderParts } from './parts.ts';
import { type Places, withoutTitle } from './places.ts';
import type { Effect, Target } from './plan.ts';
import { playOf } from './play-of.ts';
import { type Cursor, type Play, play, startOf } from './playback.ts';
import { recordingId } from './recording.ts';
import { beginFile, type Place } from './recording-file.ts';
import { type Beginning, isPlanned, pathElsewhere, type Redirected, redirect } from './redirection.ts';
import { BARRED, refusal, refusalInWords } from './refusals.ts';
import { Rewriting, readWhole } from './rewriting.ts';
import { withTranscript } from './transcript.ts';
import type { RootKind } from './write-policy.ts';

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

/** Of a new file with a head, which is there or not: how far it is written can be worked out again. */
const RIDES = { rides: true };

type ExportEffect = Extract<Effect, { kind: 'export' }>;

export class Deeds {
  readonly #parts: RecorderParts;
  readonly #places: Places;
  readonly #progress: ProgressBook;
  readonly #claims: Claims;
  readonly #rewriting: Rewriting;

  constructor(parts: RecorderParts, places: Places, progress: ProgressBook, claims: Claims) {
    this.#parts = parts;
    this.#places = places;
    this.#progress = progress;
    this.#claims = claims;
    this.#rewriting = new Rewriting(parts, progress);
  }

  /** Does one deed. What comes of it, if it is not what was told already. */
  async carryOut(book: Book, pending: PendingEffect, session: SessionRecord): Promise<Done> {
    const { effect, told } = pending;
    if (effect.kind === 'end') return { book, offsets: [] };
    try {
      if (effect.kind === 'prepare') await this.#prepare(session, effect.target);
      else if (effect.kind === 'export') await this.#exportOnce(session, effect);
      else await this.#begin(book, session, effect);
      return { book, offsets: [] };
    } catch (error) {
      const code = refusedBy(error);
      if (code === undefined) throw error;
      const [reason, hint] = refusalInWords(code);
      const isBarred = BARRED.has(code);
      const from = 'target' in effect ? effect.target.path : pathOf(book, effect.recording);
      if (isBarred) this.#note('warn', 'write.denied', from, session, { reason });
      const isRecording = effect.kind === 'go-on' || effect.kind === 'anew';
      if (!isRecording) return { book, offsets: telling(told, { kind: isBarred ? 'denied' : 'failed', reason, hint }) };
      const { book: elsewhere, path: to, joined } = await this.#redirect(book, session, effect, error);
      const redirected = { from, to, reason, hint };
      const offsets = [pending, ...joined].flatMap((one) => tellingOf(one, redirected));
      return { book: elsewhere, offsets, redirected };
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

  /** A new file with its head. One that stands already stays as it is; it must be one that may be recorded to. */
  async #prepare(session: SessionRecord, target: Target): Promise<void> {
    const { root, components, kind } = this.#placeOf(target, session);
    const { files, formats, headOf } = this.#parts;
    const file = files.grow(root, components, { create: false }) ?? files.grow(root, components, { create: true });
    if (!file) return;
    try {
      const id = recordingId(session.key, target.path);
      if (kind === 'project' && !this.#progress.get(id) && hasBody(file)) throw refusal('not-ours');
      if (file.sizeBytes() > 0) return;
      const cursor = startOf({ format: formats[target.format] });
      await this.#progress.put(id, await writeHead(file, headOf(session, target.format, id), cursor));
    } finally {
      file.close();
    }
  }

  async #begin(book: Book, session: SessionRecord, effect: Beginning): Promise<void> {
    const recording = book.recordings.find(({ id }) => id === effect.recording);
    if (!recording) return;
    const { files, headOf } = this.#parts;
    const place = this.#placeOf(recording, session);
    if (!(await this.#claims.take(session.key, recording))) throw refusal('taken');
    const playing = playOf(this.#parts, session.key, recording);
    const known = this.#progress.get(recording.id);
    const file = files.grow(place.root, place.components, { create: false });
    const isThere = file !== undefined && file.sizeBytes() > 0;
    const isForeign = file !== undefined && hasBody(file);
    file?.close();
    // Where writing is allowed by default, only what kato has made may be written to, and notes that are still empty.
    const isOurs = known ?? (effect.kind === 'go-on' && this.#progress.get(effect.continues ?? ''));
    if (isForeign && !isOurs && place.kind === 'project') throw refusal('not-ours');
    const isPrepared = known?.manifest.bodyBytes === 0 && !known.cursor.begun && known.cursor.period === 0;
    // Without a recording before, what is known is of one that is no more: this one goes on below it.
    const isResumed = effect.kind === 'go-on' && effect.before !== undefined && known !== undefined && !isPrepared;
    // Emptied before the period before this one was written: it goes on as it would have without being stopped.
    const isBehind = isResumed && file !== undefined && known.cursor.period < recording.periods.length - 1;
    if (isBehind || (isResumed && isThere)) return;
    if (effect.kind === 'anew' && isThere && (known || effect.overwrite)) {
      return this.#rewriting.write(session, recording, place, effect);
    }
    // Later commands can have been heard by now: what was never begun begins with its first period. So does a file that is
    // gone: it is made again, with all that it should hold.
    const cursor = await this.#cursorAt(session, playing, isResumed && file ? recording.periods.length - 1 : 0);
    if (known && isThere && isPrepared) return this.#progress.put(recording.id, { ...known, cursor });
    const head = headOf(session, recording.format, recording.id);
    const begun = beginFile({ files, place, recording: playing }, head, cursor);
    await this.#progress.put(recording.id, begun);
    const made = file ? undefined : files.grow(place.root, place.components, { create: true });
    try {
      if (made && head !== '') await this.#progress.put(recording.id, await writeHead(made, head, begun.cursor), RIDES);
    } finally {
      made?.close();
    }
  }

  /** Before the first event of a period. */
  async #cursorAt({ key }: SessionRecord, playing: Play, index: number): Promise<Cursor> {
    const from = playing.periods[index]?.from;
    const position = from && (await positionOf(this.#parts.store, key, from.event));
    return { ...startOf(playing), period: index, ...(position !== undefined && { after: position - 1 }) };
  }

  /** Whether there is a file with this body already, word for word. */
  async #isBody(place: Place, playing: Play): Promise<boolean> {
    const found = this.#readIfPossible(place);
    if (found.length === 0) return false;
    const head = headIn(found).length;
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
      return readWhole(this.#parts, place);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return Buffer.alloc(0); // What is wrong with it is said when it is written to.
    }
  }

  /** The recording goes on in the generated file among kato's own recordings. */
  async #redirect(book: Book, session: SessionRecord, effect: Beginning, failure: unknown): Promise<Redirected> {
    const { recordings, nameFor } = this.#parts;
    const failing = book.recordings.filter(({ id }) => id === effect.recording);
    const { path: asked, format } = failing[0] ?? ({ path: '', format: 'markdown' } as const);
    const generated = `${recordings}/${chosenName(failing, format, recordings) ?? nameFor(session, format)}`;
    const path = pathElsewhere(book, { asked, format, generated, mayJoin: (one) => !isPlanned(book, one) });
    if (path === asked) throw failure; // There is nowhere else to go.
    this.#note('info', 'write.granted', path, session, { root: recordings });
    const redirected = redirect(book, effect, path);
    await this.#begin(redirected.book, session, redirected.effect);
    return redirected;
  }

  #exportOnce(session: SessionRecord, effect: ExportEffect): Promise<void> {
    const { event } = effect.period.until ?? { event: '' as EventId };
    return withTranscript(this.#parts, session.key, event, async (store) => {
      const whole = await store.session(session.key);
      if (!whole) throw new KatoError('source-unreadable', `cannot read session ${session.id}`);
      await this.#exportFrom(store, whole, effect);
    });
  }

  async #exportFrom(store: TranscriptStore, session: SessionRecord, { target, period, overwrite }: ExportEffect) {
    const { root, components, kind } = this.#placeOf(target, session);
    const { files, clock, headOf } = this.#parts;
    // Where writing is allowed by default, what stands is left alone, unless it is a recording of this session.
    const id = recordingId(session.key, target.path);
    const isReplaced = overwrite && (kind !== 'project' || this.#progress.get(id));
    const parts = { ...this.#parts, store };
    const playing = playOf(parts, session.key, { format: target.format, periods: [period] });
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
      const isBarred = overwrite && systemCode(error) === 'EEXIST'; // It would have been replaced otherwise.
      throw isBarred ? refusal('not-ours') : error;
    }
  }
}

/** At once, as long as the file is empty: what others write stands below it. How far the file is written by that. */
async function writeHead(file: GrowingFile, head: string, cursor: Cursor): Promise<StoredProgress> {
  const bytes = Buffer.from(head);
  file.append(bytes);
  await file.sync();
  return { cursor, manifest: withHead(manifestAfter(undefined, bytes.length, bytes, 0), bytes), lead: '' };
}

/** What is told of a command that was told something else before. */
function telling(told: PendingEffect['told'], change: Partial<CommandOutcome>): readonly Offset[] {
  return told ? [keeping(outcomeName(told.command), { ...told.outcome, ...change })] : [];
}

function tellingOf({ effect, told }: PendingEffect, { from, to, reason, hint }: Redirection): readonly Offset[] {
  if (effect.kind !== 'end') return telling(told, { kind: 'redirected', reason, hint, asked: from, paths: [to] });
  return telling(told, { paths: told?.outcome.paths.map((path) => (path === from ? to : path)) ?? [] });
}

/** Whether anything stands in a file but front matter. */
function hasBody(file: GrowingFile): boolean {
  if (file.sizeBytes() > MOST_HEAD_BYTES) return true;
  const bytes = Buffer.from(file.read(0, file.sizeBytes()));
  return bytes.subarray(headIn(bytes).length).toString().trim() !== '';
}

const NEWLINE = 0x0a;

function pathOf({ recordings }: Book, recording: string): string {
  return recordings.find(({ id }) => id === recording)?.path ?? '';
}

/** What a place, or the agent's file, is refused by; absent for what is wrong with kato's own store, which passes. */
function refusedBy(error: unknown): string | undefined {
  const isOwn = error instanceof KatoError && error.code !== 'source-unreadable';
  return isOwn ? undefined : systemCode(error);
}
