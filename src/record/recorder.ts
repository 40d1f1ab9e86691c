/**
 * The recorder: commands from the log → recordings → files.
 *
 * It is told which sessions have something new. For each, one at a time: all commands that it has not heard yet are
 * planned, and what they lead to is stored before any file is touched; then what they ask of files is done; then every
 * recording of the session is brought up to the end of the log, or of its period. Only the periods say what belongs to a
 * file, so it does not matter how far the log had got when a command was heard. Killed anywhere, the next start does the
 * rest: a command is done once because its outcome is stored under its event's id in the same step as what it leads to.
 *
 * What fails stands alone: a session, or a recording, is tried again later and later by `retry`, and the others go on.
 */
import { placeOf } from '../core/errors.ts';
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
  type ProgressBook,
  RECORDER,
} from './book.ts';
import { Claims } from './claims.ts';
import type { Command } from './commands.ts';
import { type Condition, Delays } from './conditions.ts';
import { Deeds, type Redirection } from './deeds.ts';
import { firstOwnWords, handedOver, inheritedBook, isOwed } from './inheritance.ts';
import { type Answer, lastEvent, Obedience } from './obedience.ts';
import type { RecorderParts } from './parts.ts';
import { Places } from './places.ts';
import { codeOf, RecordedFiles } from './recorded-files.ts';
import type { Recording } from './recording.ts';

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #obedience: Obedience;
  readonly #deeds: Deeds;
  readonly #books = new Map<string, Book>();
  readonly #files: RecordedFiles;
  /** How far the commands of each session have been heard; others: up to where the recorder began. */
  readonly #heard = new Map<string, number>();
  readonly #queues = new Map<string, Promise<void>>();
  /** Sessions with commands that stand in no transcript and are not done yet, by name. */
  readonly #unkept = new Map<string, SessionKey>();
  /** Sessions that could not be followed; a name is a session's, like that of its book. */
  readonly #stuck = new Map<string, SessionKey>();
  /** Sessions whose transcripts were asked for in this turn, by the names of their books. */
  readonly #beginning = new Set<string>();
  readonly #delays: Delays;
  #from = 0;
  /** The end of the log when the recorder was opened: what comes behind it is told by `taken`. */
  #opened = 0;

  constructor(parts: RecorderParts) {
    this.#parts = { ...parts, keep: (key) => this.#keep(key, parts.keep) };
    this.#delays = new Delays(parts.clock);
    const places = new Places(parts.files);
    this.#files = new RecordedFiles(parts, places, this.#delays);
    this.#obedience = new Obedience(
      this.#parts,
      places,
      (book, offsets) => this.#commit(book, offsets, false),
      (recording, session) => this.#files.isGone(recording, session),
    );
    const progress: ProgressBook = {
      get: (id) => this.#files.progressOf(id),
      put: (id, next, options = { rides: false }) => this.#files.store(id, next, options),
      heardUpTo: (key) => this.#heardUpTo(key),
    };
    const hasBegun = (id: string) => this.#files.progressOf(id) !== undefined;
    const claims = new Claims(parts, { recordings: () => this.recordings(), hasBegun });
    this.#deeds = new Deeds(parts, places, progress, claims);
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
    await this.#files.open();
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
    await Promise.all([...behind.values()].map((key) => this.#followNext(key, upTo)));
    if (this.#stuck.size > 0) return;
    await store.append([{ ...emptyBatch, offsets: [keeping(RECORDER, null, upTo)], rides: true }]);
  }

  /** The same for commands that stand in no transcript. Their sessions can be kept by now. */
  async takeUpUnkept(): Promise<void> {
    await this.taken([...this.#unkept.values()]);
  }

  /** Has transcripts built again that were deleted while something of them was to be written. Ingest must run. */
  async takeUpDropped(): Promise<void> {
    const turns: Promise<void>[] = [];
    for (const book of [...this.#books.values()]) {
      if (!(await this.#isDropped(book))) continue;
      const { session } = book;
      const takeUp = async () => {
        await this.#parts.keep(session);
        await this.#follow(session);
      };
      turns.push(this.#enqueue(session, takeUp));
    }
    await Promise.all(turns);
  }

  async #isDropped({ session, recordings, pending }: Book): Promise<boolean> {
    if (recordings.some(({ id, on }) => on && this.#files.progressOf(id)?.anchor !== undefined)) return true;
    const isBehind = ({ id, on, periods }: Recording) =>
      on || (this.#files.progressOf(id)?.cursor.period ?? periods.length) < periods.length;
    if (pending.length === 0 && !recordings.some(isBehind)) return false;
    return (await this.#parts.store.session(session)) === undefined;
  }

  /** These sessions have commands that stand in no transcript; `taken` comes when they are linked. */
  heardUnkept(keys: readonly SessionKey[]): void {
    for (const key of keys) this.#unkept.set(bookName(key), key);
  }

  /** Waits for what is being done. To be called when nothing more is taken in. */
  async stop(): Promise<void> {
    while (this.#queues.size > 0) await Promise.all(this.#queues.values()); // One turn may ask for another.
    const { store } = this.#parts;
    const head = await store.head();
    const isHeard = ({ key, lastPosition }: SessionRecord) =>
      lastPosition <= (this.#heard.get(bookName(key)) ?? this.#from);
    // Something that nobody told of is looked for by the next start.
    if (this.#stuck.size > 0 || !(await store.sessions()).every(isHeard)) return;
    await store.append([{ ...emptyBatch, offsets: [keeping(RECORDER, null, head)], rides: true }]);
  }

  /** These sessions have something new. Resolves when it is in their recordings. */
  async taken(keys: readonly SessionKey[]): Promise<void> {
    await Promise.all(keys.map((key) => this.#followNext(key)));
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
    if (!moved) return answer;
    const { from, to, reason, hint } = moved;
    return { kind: 'redirected', reason, hint, asked: from, paths: [to] };
  }

  /** Whether a session is being recorded, or is about to be: its transcript must be kept. */
  isRecorded(key: SessionKey): boolean {
    if (this.#beginning.has(bookName(key))) return true;
    return this.#books.get(bookName(key))?.recordings.some(({ on }) => on) ?? false;
  }

  /** Between its transcript and its recording, too, a session goes on being kept: what is written then must not be missing. */
  #keep(key: SessionKey, keep: RecorderParts['keep']): Promise<void> {
    this.#beginning.add(bookName(key));
    return keep(key);
  }

  /** Tries again what could not be done and is due: a full disk, a folder that was not there. */
  async retry(): Promise<void> {
    const isDue = ({ id }: Recording) => this.#files.conditionOf(id)?.failure !== undefined && this.#delays.isOver(id);
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
    for (const { id } of before) await this.#files.reload(id);
  }

  recordings(): readonly (Recording & { readonly session: SessionKey; readonly condition: Condition | undefined })[] {
    return [...this.#books.values()].flatMap(({ session, recordings }) =>
      recordings.map((recording) => ({ ...recording, session, condition: this.#files.conditionOf(recording.id) })),
    );
  }

  /** One thing at a time for each session; a failure is told, and does not stop what comes after it. */
  #enqueue(key: SessionKey, action: () => Promise<unknown>): Promise<void> {
    const name = bookName(key);
    const turn = (this.#queues.get(name) ?? Promise.resolve()).then(action);
    const next = turn
      .finally(() => this.#beginning.delete(name))
      .then(
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

  /** Follows a session in its turn. What it has taken over ends in the session that it continues, in that one's turn. */
  async #followNext(key: SessionKey, upTo?: Position): Promise<void> {
    await this.#enqueue(key, () => this.#follow(key, upTo));
    const heir = this.#books.get(bookName(key));
    const parent = heir?.heirOf;
    if (!parent || !isOwed(this.#books.get(bookName(parent)), heir)) return;
    await this.#enqueue(parent, async () => {
      await this.#follow(parent, upTo);
      const book = this.#books.get(bookName(parent));
      const end = await lastEvent(this.#parts.store, parent);
      if (!book || !end || !isOwed(book, heir)) return;
      await this.#commit(handedOver(book, heir, end), [], false);
      await this.#follow(parent, upTo);
    });
  }

  /** Does what is new of a session; the recordings that went elsewhere by that. */
  async #follow(key: SessionKey, upTo = Number.MAX_SAFE_INTEGER): Promise<readonly Redirection[]> {
    const isTold = upTo === Number.MAX_SAFE_INTEGER;
    await this.#inherit(key, isTold);
    if (this.#unkept.has(bookName(key)) && isTold) await this.#hearUnkept(key);
    await this.#hear(key, upTo);
    const [finished] = await Promise.allSettled([this.#finishPending(key)]); // What fails there stops no other recording.
    const upToNow = this.#heardUpTo(key);
    for (const recording of this.#books.get(bookName(key))?.recordings ?? [])
      await this.#files.bringUp(key, recording, upToNow);
    if (finished.status === 'rejected') throw finished.reason;
    return finished.value;
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
    if (first !== undefined) await this.#commit(inheritedBook(own, parent, first), [], false);
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

  /** Stores what a command has led to, in one step, and keeps it in mind. `rides`: it can be worked out again. */
  async #commit(book: Book, offsets: readonly Offset[], rides: boolean): Promise<void> {
    const batch: Batch = { ...emptyBatch, offsets: [keeping(bookName(book.session), book), ...offsets], rides };
    await this.#parts.store.append([batch]);
    this.#books.set(bookName(book.session), book);
  }

  /** Does what was decided and is not done yet. Where the transcript was deleted meanwhile, it waits for that to be built. */
  async #finishPending(key: SessionKey): Promise<readonly Redirection[]> {
    const moved: Redirection[] = [];
    for (;;) {
      const book = this.#books.get(bookName(key));
      const [next, ...rest] = book?.pending ?? [];
      const session = next && (await this.#parts.store.session(key));
      if (!book || !next || !session) return moved;
      const {
        book: after,
        offsets,
        redirected,
      } = await this.#deeds.carryOut({ ...book, pending: rest }, next, session);
      await this.#commit(after, offsets, true);
      if (redirected) moved.push(redirected);
    }
  }
}

/** In the order in which they stand in the session's file; by their times where it has several. */
function asTyped({ event: a }: Heard, { event: b }: Heard): number {
  const isSameFile = a.source.file === b.source.file;
  if (!isSameFile && a.at !== b.at) return (a.at ?? '') < (b.at ?? '') ? -1 : 1;
  return (a.source.offset ?? 0) - (b.source.offset ?? 0) || a.payload.number - b.payload.number;
}
