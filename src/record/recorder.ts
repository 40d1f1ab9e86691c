/**
 * The recorder: commands from the log → recordings → files.
 *
 * It is told which sessions have something new. For each, one at a time: all commands that it has not heard yet are
 * planned, and what they lead to is stored before any file is touched; then what they ask of files is done; then every
 * recording of the session is brought up to the end of the log, or of its period. Only the periods say what belongs to a
 * file, so it does not matter how far the log had got when a command was heard. Killed anywhere, the next start does the rest: a command
 * is done once because its outcome is stored under its event's id in the same step as what it leads to.
 */
import { KatoError, systemCode } from '../core/errors.ts';
import type { SessionKey } from '../core/session.ts';
import { type Batch, emptyBatch, type Offset, type SessionRecord } from '../store/store.ts';
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
import { Deeds, playOf } from './deeds.ts';
import { growHead } from './head-growth.ts';
import { type Answer, Obedience } from './obedience.ts';
import type { RecorderParts } from './parts.ts';
import type { Recording } from './recording.ts';
import { advance, type FileNote, type Place } from './recording-file.ts';
import { judge } from './write-policy.ts';

/** What is known of a recording beside what is stored. */
export interface Condition {
  /** Why it does not go on; absent when it does. A system code, or `gone`. */
  readonly failure?: string;
  readonly notes: readonly FileNote[];
  readonly tries: number;
}

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #obedience: Obedience;
  readonly #deeds: Deeds;
  readonly #books = new Map<string, Book>();
  readonly #progress = new Map<string, StoredProgress>();
  readonly #conditions = new Map<string, Condition>();
  /** How far the commands of each session have been heard; others: up to where the recorder began. */
  readonly #heard = new Map<string, number>();
  /** What each file's head was last seen to hold. */
  readonly #heads = new Map<string, string>();
  readonly #queues = new Map<string, Promise<void>>();
  #from = 0;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#obedience = new Obedience(parts, (book, offsets) => this.#commit(book, offsets));
    this.#deeds = new Deeds(parts, {
      get: (id) => this.#progress.get(id),
      put: async (id, progress) => {
        await parts.store.append([
          { ...emptyBatch, offsets: [keeping(progressName(id), progress, progress.cursor.after)] },
        ]);
        this.#progress.set(id, progress);
      },
    });
  }

  /** Takes up what was left: commands that nobody heard, files that are behind. Resolves when all of it is done. */
  async start(): Promise<void> {
    const { store } = this.#parts;
    for (const offset of await store.offsets('recordings/')) {
      const book = kept<Book>(offset);
      if (book) this.#books.set(bookName(book.session), book);
    }
    for (const offset of await store.offsets('recording/')) {
      const progress = kept<StoredProgress>(offset);
      if (progress) this.#progress.set(offset.consumer.slice('recording/'.length), progress);
    }
    const head = await store.head();
    this.#from = (await store.offset(RECORDER))?.position ?? head;
    const sessions = new Map([...this.#books.values()].map(({ session }) => [bookName(session), session]));
    for await (const page of store.read({ view: 'written', after: this.#from })) {
      for (const { event } of page) sessions.set(bookName(event.session), event.session);
    }
    for (const offset of await store.offsets('heard/')) {
      const heard = kept<Heard>(offset);
      if (heard) sessions.set(bookName(heard.session), heard.session);
    }
    await this.taken([...sessions.values()]);
    await store.append([{ ...emptyBatch, offsets: [keeping(RECORDER, null, head)], rides: true }]);
  }

  /** Waits for what is being done. To be called when nothing more is taken in. */
  async stop(): Promise<void> {
    await Promise.all(this.#queues.values());
    const head = await this.#parts.store.head();
    await this.#parts.store.append([{ ...emptyBatch, offsets: [keeping(RECORDER, null, head)] }]);
  }

  /** These sessions have something new. Resolves when it is in their recordings. */
  async taken(keys: readonly SessionKey[]): Promise<void> {
    await Promise.all(keys.map((key) => this.#enqueue(key, () => this.#follow(key))));
  }

  /** Does what is asked from outside the chat: from the end of the conversation so far. What came of it. */
  async ask(key: SessionKey, command: Command): Promise<Answer> {
    let outcome: Answer = { kind: 'failed', reason: 'the session is not known', paths: [] };
    await this.#enqueue(key, async () => {
      if (command.verb !== 'stop' && !this.isRecorded(key)) await this.#parts.keep(key);
      await this.#follow(key);
      const session = await this.#parts.store.session(key);
      const book = this.#books.get(bookName(key)) ?? { session: key, recordings: [], pending: [] };
      if (session) outcome = await this.#obedience.ask(book, command, session);
      await this.#follow(key);
    });
    return outcome;
  }

  /** Whether a session is being recorded: its transcript must be kept. */
  isRecorded(key: SessionKey): boolean {
    return this.#books.get(bookName(key))?.recordings.some(({ on }) => on) ?? false;
  }

  /** Tries again what could not be written. */
  async retry(): Promise<void> {
    const behind = [...this.#books.values()].filter(({ recordings }) =>
      recordings.some(({ id }) => this.#conditions.get(id)?.failure !== undefined),
    );
    await this.taken(behind.map(({ session }) => session));
  }

  recordings(): readonly (Recording & { readonly session: SessionKey; readonly condition: Condition | undefined })[] {
    return [...this.#books.values()].flatMap(({ session, recordings }) =>
      recordings.map((recording) => ({ ...recording, session, condition: this.#conditions.get(recording.id) })),
    );
  }

  /** One thing at a time for each session; a failure is told, and does not stop what comes after it. */
  #enqueue(key: SessionKey, action: () => Promise<void>): Promise<void> {
    const name = bookName(key);
    const next = (this.#queues.get(name) ?? Promise.resolve()).then(action).catch((error: unknown) => {
      const code = error instanceof KatoError ? error.code : (systemCode(error) ?? 'internal');
      this.#parts.log.log('error', 'recorder.failed', { session: key.nativeId, provider: key.provider, code });
    });
    this.#queues.set(name, next);
    void next.then(() => {
      if (this.#queues.get(name) === next) this.#queues.delete(name);
    });
    return next;
  }

  async #follow(key: SessionKey): Promise<void> {
    await this.#hearUnkept(key);
    await this.#hear(key);
    await this.#finishPending(key);
    for (const recording of this.#books.get(bookName(key))?.recordings ?? []) await this.#bringUp(key, recording);
  }

  /** Commands in the log behind what was heard. */
  async #hear(key: SessionKey): Promise<void> {
    const { store } = this.#parts;
    const name = bookName(key);
    for await (const page of store.read({ key, view: 'written', after: this.#heard.get(name) ?? this.#from })) {
      for (const { event, position, cause } of page) {
        if (event.kind === 'user.kato-command') await this.#obey(key, event, cause, position);
        this.#heard.set(name, position);
      }
    }
  }

  async #hearUnkept(key: SessionKey): Promise<void> {
    const { store } = this.#parts;
    for (const offset of await store.offsets('heard/')) {
      const heard = kept<Heard>(offset);
      if (!heard || bookName(heard.session) !== bookName(key)) continue;
      await this.#obey(key, heard.event, 'live', undefined);
      await store.append([{ ...emptyBatch, offsets: [keeping(heardName(heard.event.id), null)], rides: true }]);
    }
  }

  async #obey(
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
  async #finishPending(key: SessionKey): Promise<void> {
    for (;;) {
      const book = this.#books.get(bookName(key));
      const [next, ...rest] = book?.pending ?? [];
      if (!book || !next) return;
      const { book: after, offsets } = await this.#deeds.carryOut({ ...book, pending: rest }, next);
      await this.#commit(after, offsets);
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
    if (!verdict.allowed || root === undefined) return this.#failed(recording, verdict.allowed ? 'ENOENT' : 'denied');
    try {
      const { events, notes, isGone } = await advance(
        {
          files: this.#parts.files,
          place: { root, components: verdict.components },
          recording: { ...playOf(this.#parts, key, recording), upTo: this.#heard.get(bookName(key)) ?? this.#from },
          store: (next, { rides }) => this.#storeProgress(recording.id, next, rides),
        },
        progress,
      );
      if (isGone) return this.#failed(recording, 'gone');
      if (events > 0) await this.#growHead(session, recording, { root, components: verdict.components });
      const known = this.#conditions.get(recording.id);
      if (events > 0 || known?.failure !== undefined) {
        const all = [...new Set([...(known?.notes ?? []), ...notes])];
        this.#conditions.set(recording.id, { notes: all, tries: 0 });
      }
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      this.#failed(recording, code);
    }
  }

  /** The head says who takes part; it is looked at when that may have changed. */
  async #growHead(session: SessionRecord, recording: Recording, place: Place): Promise<void> {
    const { files, clock, headListsOf } = this.#parts;
    const lists = headListsOf(session, recording.format, recording.id);
    const said = JSON.stringify(lists);
    if (Object.keys(lists).length === 0 || this.#heads.get(recording.id) === said) return;
    const grown = growHead({ files, place, time: clock.now() }, lists);
    this.#heads.set(recording.id, said);
    const progress = this.#progress.get(recording.id);
    if (grown === 0 || !progress) return;
    const { manifest } = progress;
    const longer = { ...progress, manifest: { ...manifest, length: manifest.length + grown } };
    await this.#storeProgress(recording.id, longer, true);
  }

  async #storeProgress(id: string, next: StoredProgress, rides: boolean): Promise<void> {
    const isWritten = next.manifest.length !== this.#progress.get(id)?.manifest.length;
    const lastWriteAt = isWritten ? this.#parts.clock.now() : this.#progress.get(id)?.lastWriteAt;
    const stored = { ...next, ...(lastWriteAt !== undefined && { lastWriteAt }) };
    const offsets = [keeping(progressName(id), stored, next.cursor.after)];
    await this.#parts.store.append([{ ...emptyBatch, offsets, rides }]);
    this.#progress.set(id, stored);
  }

  #failed({ id, path }: Recording, failure: string): void {
    const before = this.#conditions.get(id);
    this.#conditions.set(id, { notes: before?.notes ?? [], failure, tries: (before?.tries ?? 0) + 1 });
    if (before?.failure !== failure) this.#parts.log.log('warn', 'recording.paused', { path, code: failure });
  }
}
