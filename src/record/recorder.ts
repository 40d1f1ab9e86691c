/**
 * The recorder: commands from the log → recordings → files.
 *
 * It is told which sessions have something new. For each, one at a time: all commands that it has not heard yet are
 * planned, and what they lead to is stored before any file is touched; then what they ask of files is done; then every
 * recording of the session is brought up to the end of the log, or of its period. Only the periods say what belongs to a
 * file, so it does not matter how far the log had got when a command was heard. Killed anywhere, the next start does the rest: a command
 * is done once because its outcome is stored under its event's id in the same step as what it leads to.
 *
 * What fails stands alone: a session, or a recording, is tried again later and later by `retry`, and the others go on.
 */
import { KatoError, placeOf, systemCode } from '../core/errors.ts';
import type { SessionKey } from '../core/session.ts';
import { type Batch, emptyBatch, type Offset, type Position, type SessionRecord } from '../store/store.ts';
import {
  type Book,
  bookName,
  type CommandEvent,
  type CommandOutcome,
  type Heard,
  heardName,
  keeping,
  kept,
  outcomeName,
  progressName,
  RECORDER,
  type StoredProgress,
} from './book.ts';
import type { Command } from './commands.ts';
import { type Condition, Conditions, Delays } from './conditions.ts';
import { Deeds, type Done, playOf } from './deeds.ts';
import { growHead } from './head-growth.ts';
import { firstOwnWords, inheritedBook } from './inheritance.ts';
import { type Answer, Obedience } from './obedience.ts';
import type { RecorderParts } from './parts.ts';
import type { Recording } from './recording.ts';
import { advance, type Place } from './recording-file.ts';
import { judge } from './write-policy.ts';

type Redirection = NonNullable<Done['redirected']>;

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #obedience: Obedience;
  readonly #deeds: Deeds;
  readonly #books = new Map<string, Book>();
  readonly #progress = new Map<string, StoredProgress>();
  readonly #conditions: Conditions;
  /** How far the commands of each session have been heard; others: up to where the recorder began. */
  readonly #heard = new Map<string, number>();
  /** What each file's head was last seen to hold. */
  readonly #heads = new Map<string, string>();
  readonly #queues = new Map<string, Promise<void>>();
  /** Sessions with commands that stand in no transcript and are not done yet, by name. */
  readonly #unkept = new Map<string, SessionKey>();
  /** Sessions that could not be followed; a name is a session's, like that of its book. */
  readonly #stuck = new Map<string, SessionKey>();
  readonly #delays: Delays;
  #from = 0;
  /** The end of the log when the recorder was opened: what comes behind it is told by `taken`. */
  #opened = 0;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#delays = new Delays(parts.clock);
    this.#conditions = new Conditions(parts.log, this.#delays);
    this.#obedience = new Obedience(parts, (book, offsets) => this.#commit(book, offsets));
    this.#deeds = new Deeds(parts, {
      get: (id) => this.#progress.get(id),
      put: (id, progress) => this.#storeProgress(id, progress, false),
      heardUpTo: (key) => this.#heardUpTo(key),
    });
  }

  /** Opens and takes up what was left. */
  async start(): Promise<void> {
    await this.open();
    await this.takeUp();
    await this.takeUpUnkept();
  }

  /** Reads what is recorded. All sessions in the log must be linked, and those that come to it before they are told. */
  async open(): Promise<void> {
    const { store } = this.#parts;
    for (const offset of await store.offsets('recordings/')) {
      const book = kept<Book>(offset);
      if (book) this.#books.set(bookName(book.session), book);
    }
    for (const offset of await store.offsets('recording/')) {
      const progress = kept<StoredProgress>(offset);
      if (progress) this.#progress.set(offset.consumer.slice('recording/'.length), progress);
    }
    for (const offset of await store.offsets('heard/')) {
      const heard = kept<Heard>(offset);
      if (heard) this.#unkept.set(bookName(heard.session), heard.session);
    }
    this.#opened = await store.head();
    this.#from = (await store.offset(RECORDER))?.position ?? this.#opened;
  }

  /** Takes up what was left: commands in the log that nobody heard, files that are behind. */
  async takeUp(): Promise<void> {
    const { store } = this.#parts;
    const behind = new Map([...this.#books.values()].map(({ session }) => [bookName(session), session]));
    for (const { key, lastPosition } of await store.sessions()) {
      if (lastPosition > this.#from) behind.set(bookName(key), key);
    }
    const upTo = this.#opened;
    await Promise.all([...behind.values()].map((key) => this.#enqueue(key, () => this.#follow(key, upTo))));
    if (this.#stuck.size > 0) return;
    await store.append([{ ...emptyBatch, offsets: [keeping(RECORDER, null, upTo)], rides: true }]);
  }

  /** The same for commands that stand in no transcript. Their sessions can be kept by now. */
  async takeUpUnkept(): Promise<void> {
    await this.taken([...this.#unkept.values()]);
  }

  /** These sessions have commands that stand in no transcript; `taken` comes when they are linked. */
  heardUnkept(keys: readonly SessionKey[]): void {
    for (const key of keys) this.#unkept.set(bookName(key), key);
  }

  /** Waits for what is being done. To be called when nothing more is taken in. */
  async stop(): Promise<void> {
    await Promise.all(this.#queues.values());
    const { store } = this.#parts;
    const head = await store.head();
    const isHeard = ({ key, lastPosition }: SessionRecord) =>
      lastPosition <= (this.#heard.get(bookName(key)) ?? this.#from);
    // Something that nobody told of is looked for by the next start.
    if (this.#stuck.size > 0 || !(await store.sessions()).every(isHeard)) return;
    await store.append([{ ...emptyBatch, offsets: [keeping(RECORDER, null, head)] }]);
  }

  /** These sessions have something new. Resolves when it is in their recordings. */
  async taken(keys: readonly SessionKey[]): Promise<void> {
    await Promise.all(keys.map((key) => this.#enqueue(key, () => this.#follow(key))));
  }

  /** Does what is asked from outside the chat: from the end of the conversation so far. What came of it. */
  async ask(key: SessionKey, command: Command): Promise<Answer> {
    const asked = Promise.withResolvers<Answer>();
    await this.#enqueue(key, async () => {
      try {
        asked.resolve(await this.#obey(key, command));
      } catch (error) {
        asked.reject(error); // Whoever asked is told; what is left undone is tried again like all else.
        throw error;
      }
    });
    return asked.promise;
  }

  async #obey(key: SessionKey, command: Command): Promise<Answer> {
    if (command.verb !== 'stop' && !this.isRecorded(key)) await this.#parts.keep(key);
    await this.#follow(key);
    const session = await this.#parts.store.session(key);
    if (!session) return { kind: 'failed', reason: 'the session is not known', paths: [] };
    const book = this.#books.get(bookName(key)) ?? { session: key, recordings: [], pending: [] };
    const answer = await this.#obedience.ask(book, command, session);
    const moved = (await this.#follow(key)).find(({ from }) => answer.paths.includes(from));
    return moved ? { kind: 'redirected', reason: moved.reason, paths: [moved.to] } : answer;
  }

  /** Whether a session is being recorded: its transcript must be kept. */
  isRecorded(key: SessionKey): boolean {
    return this.#books.get(bookName(key))?.recordings.some(({ on }) => on) ?? false;
  }

  /** Tries again what could not be done and is due: a full disk, a folder that was not there. */
  async retry(): Promise<void> {
    const isDue = ({ id }: Recording) => this.#conditions.get(id)?.failure !== undefined && this.#delays.isOver(id);
    const behind = [...this.#books.values()].filter(({ recordings }) => recordings.some(isDue));
    const stuck = [...this.#stuck].filter(([name]) => this.#delays.isOver(name)).map(([, key]) => key);
    await this.taken([...behind.map(({ session }) => session), ...stuck]);
  }

  /**
   * Does this while nothing else is done for these sessions; what is kept of them is then read anew: it may have been
   * changed, or be gone.
   */
  async aside<T>(keys: readonly SessionKey[], action: () => Promise<T>): Promise<T> {
    const left = Promise.withResolvers<void>();
    const named = new Map(keys.map((key) => [bookName(key), key]));
    const entered = [...named.values()].map((key) => {
      const turn = Promise.withResolvers<void>();
      void this.#enqueue(key, () => {
        turn.resolve();
        return left.promise;
      });
      return turn.promise;
    });
    try {
      await Promise.all(entered);
      return await action();
    } finally {
      await Promise.all([...named.values()].map((key) => this.#readAnew(key))).finally(left.resolve);
    }
  }

  async #readAnew(key: SessionKey): Promise<void> {
    const { store } = this.#parts;
    const name = bookName(key);
    const before = this.#books.get(name)?.recordings ?? [];
    const book = kept<Book>(await store.offset(name));
    if (book) this.#books.set(name, book);
    else this.#books.delete(name);
    for (const { id } of before) {
      const progress = kept<StoredProgress>(await store.offset(progressName(id)));
      if (progress) this.#progress.set(id, progress);
      else this.#progress.delete(id);
      this.#heads.delete(id);
    }
  }

  recordings(): readonly (Recording & { readonly session: SessionKey; readonly condition: Condition | undefined })[] {
    return [...this.#books.values()].flatMap(({ session, recordings }) =>
      recordings.map((recording) => ({ ...recording, session, condition: this.#conditions.get(recording.id) })),
    );
  }

  /** One thing at a time for each session; a failure is told, and does not stop what comes after it. */
  #enqueue(key: SessionKey, action: () => Promise<unknown>): Promise<void> {
    const name = bookName(key);
    const next = (this.#queues.get(name) ?? Promise.resolve()).then(action).then(
      () => {
        if (this.#stuck.delete(name)) this.#delays.clear(name);
      },
      (error: unknown) => {
        if (!this.#stuck.has(name)) {
          const facts = { session: key.nativeId, provider: key.provider, code: codeOf(error), at: placeOf(error) };
          this.#parts.log.log('error', 'recorder.failed', facts);
        }
        this.#stuck.set(name, key);
        this.#delays.add(name);
      },
    );
    this.#queues.set(name, next);
    void next.then(() => {
      if (this.#queues.get(name) === next) this.#queues.delete(name);
    });
    return next;
  }

  /** Does what is new of a session; the recordings that went elsewhere by that. */
  async #follow(key: SessionKey, upTo = Number.MAX_SAFE_INTEGER): Promise<readonly Redirection[]> {
    const isTold = upTo === Number.MAX_SAFE_INTEGER;
    await this.#inherit(key, isTold);
    if (this.#unkept.has(bookName(key)) && isTold) await this.#hearUnkept(key);
    await this.#hear(key, upTo);
    const redirected = await this.#finishPending(key);
    for (const recording of this.#books.get(bookName(key))?.recordings ?? []) await this.#bringUp(key, recording);
    return redirected;
  }

  /**
   * What is recorded of the session that this one continues goes on in this one. Decided once, at its first own words.
   */
  async #inherit(key: SessionKey, mayKeep: boolean): Promise<void> {
    const { store, linkOf, keep } = this.#parts;
    const own = this.#books.get(bookName(key)) ?? { session: key, recordings: [], pending: [] };
    const link = own.isHeir ? undefined : await linkOf(key);
    if (link?.parent.relation !== 'continuation' || !link.resolved) return;
    const parent = this.#books.get(bookName({ provider: key.provider, nativeId: link.parent.nativeId }));
    if (parent?.recordings.some(({ on }) => on) && mayKeep) await keep(key);
    const first = await firstOwnWords(store, key);
    if (first !== undefined) await this.#commit(inheritedBook(own, parent, first), []);
  }

  /** Commands in the log behind what was heard. */
  async #hear(key: SessionKey, upTo: number): Promise<void> {
    const { store } = this.#parts;
    const name = bookName(key);
    for await (const page of store.read({ key, view: 'written', after: this.#heardUpTo(key) })) {
      for (const { event, position, cause } of page) {
        if (position > upTo) return;
        if (event.kind === 'user.kato-command') await this.#obeyChat(key, event, cause, position);
        this.#heard.set(name, position);
      }
    }
  }

  #heardUpTo(key: SessionKey): Position {
    return this.#heard.get(bookName(key)) ?? this.#from;
  }

  async #hearUnkept(key: SessionKey): Promise<void> {
    const { store } = this.#parts;
    this.#unkept.delete(bookName(key)); // What is heard from here on is told again.
    try {
      const all = (await store.offsets('heard/')).flatMap((offset) => kept<Heard>(offset) ?? []);
      const own = all.filter(({ session }) => bookName(session) === bookName(key));
      for (const { event } of own.sort(asTyped)) {
        await this.#obeyChat(key, event, 'live', undefined);
        await store.append([{ ...emptyBatch, offsets: [keeping(heardName(event.id), null)], rides: true }]);
      }
    } catch (error) {
      this.#unkept.set(bookName(key), key);
      throw error;
    }
  }

  async #obeyChat(
    key: SessionKey,
    event: CommandEvent,
    cause: 'live' | 'import' | 'reprocess',
    position: number | undefined,
  ) {
    const { store } = this.#parts;
    if (kept<CommandOutcome>(await store.offset(outcomeName(event.id)))) return;
    const book = this.#books.get(bookName(key)) ?? { session: key, recordings: [], pending: [] };
    await this.#obedience.obey(book, event, cause, position);
  }

  /** Stores what a command has led to, in one step, and keeps it in mind. */
  async #commit(book: Book, offsets: readonly Offset[]): Promise<void> {
    const batch: Batch = { ...emptyBatch, offsets: [keeping(bookName(book.session), book), ...offsets] };
    await this.#parts.store.append([batch]);
    this.#books.set(bookName(book.session), book);
  }

  /** Does what was decided and is not done yet. */
  async #finishPending(key: SessionKey): Promise<readonly Redirection[]> {
    const moved: Redirection[] = [];
    for (;;) {
      const book = this.#books.get(bookName(key));
      const [next, ...rest] = book?.pending ?? [];
      if (!book || !next) return moved;
      const { book: after, offsets, redirected } = await this.#deeds.carryOut({ ...book, pending: rest }, next);
      await this.#commit(after, offsets);
      if (redirected) moved.push(redirected);
    }
  }

  /** Brings a file up to the end of the log, or of its last period. */
  async #bringUp(key: SessionKey, recording: Recording): Promise<void> {
    const progress = this.#progress.get(recording.id);
    if (!progress) return; // It has not been begun yet.
    if (!recording.on && progress.cursor.period >= recording.periods.length) return;
    const session = await this.#parts.store.session(key);
    if (!session) return;
    const verdict = judge(recording.path, this.#parts.policyFor(session));
    const root = verdict.allowed ? this.#parts.files.resolve(verdict.root.path) : undefined;
    if (!verdict.allowed || root === undefined)
      return this.#conditions.fail(recording, verdict.allowed ? 'ENOENT' : 'denied');
    try {
      const { events, notes, isGone } = await advance(
        {
          files: this.#parts.files,
          place: { root, components: verdict.components },
          recording: { ...playOf(this.#parts, key, recording), upTo: this.#heardUpTo(key) },
          store: (next, { rides }) => this.#storeProgress(recording.id, next, rides),
        },
        progress,
      );
      if (isGone) return this.#conditions.fail(recording, 'gone');
      if (events > 0) await this.#growHead(session, recording, { root, components: verdict.components });
      this.#conditions.goOn(recording, notes);
    } catch (error) {
      this.#conditions.fail(recording, codeOf(error), placeOf(error));
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
    const manifest = growHead({ files, place, time: clock.now() }, lists, progress.manifest);
    this.#heads.set(recording.id, said);
    if (manifest) await this.#storeProgress(recording.id, { ...progress, manifest }, true);
  }

  async #storeProgress(id: string, next: StoredProgress, rides: boolean): Promise<void> {
    const before = this.#progress.get(id);
    const { length, bodyBytes } = next.manifest;
    const isWritten = before ? length !== before.manifest.length : bodyBytes > 0;
    const lastWriteAt = isWritten ? this.#parts.clock.now() : before?.lastWriteAt;
    const stored = { ...next, ...(lastWriteAt !== undefined && { lastWriteAt }) };
    const offsets = [keeping(progressName(id), stored, next.cursor.after)];
    await this.#parts.store.append([{ ...emptyBatch, offsets, rides }]);
    this.#progress.set(id, stored);
  }
}

/** In the order in which they stand in the session's file; by their times where it has several. */
function asTyped({ event: a }: Heard, { event: b }: Heard): number {
  const isSameFile = a.source.file === b.source.file;
  if (!isSameFile && a.at !== b.at) return (a.at ?? '') < (b.at ?? '') ? -1 : 1;
  return (a.source.offset ?? 0) - (b.source.offset ?? 0) || a.payload.number - b.payload.number;
}

function codeOf(error: unknown): string {
  return error instanceof KatoError ? error.code : (systemCode(error) ?? 'internal');
}
