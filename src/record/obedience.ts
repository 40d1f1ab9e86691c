/** Doing what one command asks: from its event to the recordings of its session, and what that means for files. */
import type { EventId } from '../core/event.ts';
import type { SessionKey } from '../core/session.ts';
import type { Cause, Offset, SessionRecord, TranscriptStore } from '../store/store.ts';
import { type Book, bookName, type CommandEvent, type CommandOutcome, keeping, outcomeName } from './book.ts';
import type { Command } from './commands.ts';
import { chosenName, formatOf, resolveDestination } from './destination.ts';
import {
  CommandRate,
  type CommandSource,
  commandOf,
  folderOf,
  positionOf,
  turnFromEnd,
  whyIgnored,
} from './hearing.ts';
import { inheritanceOf } from './inheritance.ts';
import type { RecorderParts } from './parts.ts';
import { type Places, withoutTitle } from './places.ts';
import { type Plan, plan, type Request, redirectedFrom, type Target } from './plan.ts';
import type { Mark, Recording } from './recording.ts';
import { pathElsewhere } from './redirection.ts';
import { withTranscript } from './transcript.ts';
import { type DenialCause, REMEDIES } from './write-policy.ts';

export type Answer = Pick<CommandOutcome, 'kind' | 'reason' | 'hint' | 'asked' | 'paths'>;

interface Denial {
  readonly cause: DenialCause;
  readonly reason: string;
  readonly hint: string;
}

/** Stores the book with these offsets in one step. */
type Commit = (book: Book, offsets: readonly Offset[]) => Promise<void>;

/** Whether what was written of a recording is not there any more. */
type IsGone = (recording: Recording, session: SessionRecord) => boolean;

export class Obedience {
  readonly #parts: RecorderParts;
  readonly #places: Places;
  readonly #commit: Commit;
  readonly #isGone: IsGone;
  readonly #rate = new CommandRate();

  constructor(parts: RecorderParts, places: Places, commit: Commit, isGone: IsGone) {
    this.#parts = parts;
    this.#places = places;
    this.#commit = commit;
    this.#isGone = isGone;
  }

  /** Plans the command and stores what comes of it. Files are not touched yet. */
  async obey(book: Book, event: CommandEvent, cause: Cause, position: number | undefined): Promise<void> {
    const { rules } = this.#parts;
    const source = await this.#sourceOf(event);
    const ignored = whyIgnored(event, cause, source, rules);
    const command = commandOf(event, rules);
    if (ignored !== undefined) return this.#settle(book, event, { kind: 'ignored', reason: ignored, paths: [] });
    if ('error' in command) return this.#settle(book, event, { kind: 'failed', reason: command.error, paths: [] });
    if (command.verb !== 'stop' && this.#rate.isTooFast(bookName(book.session), event.at ?? source?.bornAt, rules)) {
      const reason = `there were more than ${rules.perMinute} commands within a minute (commands.perMinute)`;
      return this.#settle(book, event, { kind: 'denied', reason, paths: [] });
    }
    const session = await this.#sessionFor(book, command, position === undefined);
    if (!session) return this.#settle(book, event, { kind: 'failed', reason: 'the session is not known', paths: [] });
    await this.#run(book, event, command, session);
  }

  /** What is known of the session. Of one that is not kept, only what is recorded needs more than that. */
  async #sessionFor(book: Book, command: Command, isHeard: boolean): Promise<SessionRecord | undefined> {
    const { store, keep } = this.#parts;
    const { session: key } = book;
    const session = await store.session(key);
    if (!isHeard || command.verb === 'stop') return session;
    const isRecorded = command.verb === 'record' || command.verb === 'capture';
    const named = session && this.#named(book, command, session);
    if (session && (!isRecorded || (named && 'error' in named))) return session;
    await keep(key);
    return store.session(key);
  }

  /** The same from outside the chat: at the end of what there is. */
  async ask(book: Book, command: Command, session: SessionRecord): Promise<Answer> {
    const named = this.#named(book, command, session);
    if (named && 'error' in named) return { kind: 'failed', reason: named.error, paths: [] };
    const end = await lastEvent(this.#parts.store, session.key);
    if (!end) return { kind: 'failed', reason: 'nothing has been said in the session yet', paths: [] };
    const request = await this.#request(book, command, session, named, { before: end, behind: end });
    const planned = plan(book, { ...request, isOutside: true });
    const target = this.#targetOf(planned);
    const denied = target && this.#whyDenied(target, session);
    if (target && denied) return { kind: 'denied', ...(await this.#remedied(denied, target)), paths: [target.path] };
    const asked = planned.effects.map((effect) => ({ effect }));
    await this.#commit({ ...book, ...planned.state, pending: [...book.pending, ...asked] }, []);
    return outcomeOf(planned);
  }

  async #run(book: Book, event: CommandEvent, command: Command, session: SessionRecord): Promise<void> {
    const asked = this.#named(book, command, session);
    if (asked && 'error' in asked) return this.#settle(book, event, { kind: 'failed', reason: asked.error, paths: [] });
    const { message, number } = event.payload;
    const mark = (line: number): Mark => ({ event: message as EventId, line });
    const marks = { before: mark(number), behind: mark(number + 1) };
    const request = await this.#request(book, command, session, asked, marks);
    const planned = plan(book, request);
    const target = this.#targetOf(planned);
    const denied = target && this.#whyDenied(target, session);
    if (!target || !denied) return this.#settle(book, event, outcomeOf(planned), planned);
    if (command.verb !== 'record' && command.verb !== 'capture')
      return this.#settle(book, event, { kind: 'denied', ...wordsOf(denied), paths: [target.path] });
    const { recordings, nameFor } = this.#parts;
    const format = 'markdown';
    const generated = `${recordings}/${nameFor(session, format)}`;
    const path = pathElsewhere(book, { asked: target.path, format, generated });
    const named = { path, format } as const;
    const { primary: _, ...elsewhere } = { ...request, named };
    const { state, effects, outcome } = plan(book, elsewhere);
    this.#whyDenied(named, session); // It never is: for the note that it was granted.
    const isDone = outcome.kind === 'done';
    const from = target.path;
    const moved = isDone ? redirectedFrom(state, from, path) : state;
    const kind = isDone ? 'redirected' : outcome.kind;
    await this.#settle(
      book,
      event,
      { kind, ...wordsOf(denied), asked: from, paths: outcome.paths },
      { state: moved, effects, outcome },
    );
  }

  async #request(
    book: Book,
    command: Command,
    session: SessionRecord,
    named: Target | undefined,
    { before, behind }: Pick<Request, 'before' | 'behind'>,
  ): Promise<Request> {
    const { usual, recordings } = this.#parts;
    const running = command.verb === 'record' ? book.recordings.filter(({ on }) => on) : [];
    const isWhole = command.verb === 'capture' || command.verb === 'export';
    return {
      command,
      session: session.key,
      before,
      behind,
      ...(named && { named }),
      ...(book.primary !== undefined && { primary: { path: book.primary, format: formatOf(book.primary) } }),
      generated: { path: `${recordings}/${this.#nameFor(book, session, 'markdown', recordings)}`, format: 'markdown' },
      ...(isWhole && (await this.#reachOf(session.key, behind.event, command.options.last))),
      gone: running.filter((one) => this.#isGone(one, session)).map(({ id }) => id),
      usual,
    };
  }

  /** How far back a command reaches that takes in more than what comes. */
  async #reachOf(
    key: SessionKey,
    event: EventId,
    last: number | undefined,
  ): Promise<Pick<Request, 'inherited' | 'lastTurns'>> {
    const links = await this.#parts.store.links();
    if (last === undefined && !links.some((link) => bookName(link.key) === bookName(key))) return {};
    return withTranscript(this.#parts, key, event, async (store) => {
      const inherited = await inheritanceOf(store, key);
      const at = last === undefined ? undefined : await positionOf(store, key, event);
      const turn = last === undefined || at === undefined ? undefined : await turnFromEnd(store, key, last, at);
      return { inherited, ...(turn !== undefined && { lastTurns: { event: turn as EventId, line: 0 } }) };
    });
  }

  /** The destination that a command names. */
  #named(book: Book, command: Command, session: SessionRecord): Target | { readonly error: string } | undefined {
    const dest =
      command.verb === 'stop' ? (command.target?.by === 'id' ? undefined : command.target?.text) : command.dest;
    if (dest === undefined) return undefined;
    const { userHome, files, nameFor } = this.#parts;
    const context = {
      cwd: folderOf(session.facts),
      userHome,
      isFolder: (path: string) => files.isFolder(path),
      nameFor: (format: Target['format'], folder: string) =>
        command.verb === 'export' ? nameFor(session, format) : this.#nameFor(book, session, format, folder),
    };
    const resolved = resolveDestination(dest, context);
    return command.verb === 'stop' && 'error' in resolved ? undefined : resolved;
  }

  #nameFor({ recordings }: Book, session: SessionRecord, format: Target['format'], folder: string): string {
    return chosenName(recordings, format, folder) ?? this.#parts.nameFor(session, format);
  }

  #targetOf({ effects, state }: Plan): Target | undefined {
    const [effect] = effects;
    if (effect === undefined || effect.kind === 'end') return undefined;
    return 'target' in effect ? effect.target : state.recordings.find(({ id }) => id === effect.recording);
  }

  /** Whether something may be written there; either way it is noted. */
  #whyDenied({ path }: Target, session: SessionRecord): Denial | undefined {
    const { audit, policyFor } = this.#parts;
    const found = this.#places.find(path, policyFor(session));
    const facts = { path: withoutTitle(path), session: session.id };
    if (found.allowed) {
      audit.log('info', 'write.granted', { ...facts, root: found.root.path });
      return undefined;
    }
    audit.log('warn', 'write.denied', { ...facts, reason: found.reason });
    return { cause: found.cause, reason: found.reason, hint: REMEDIES[found.cause] };
  }

  /** Who asks from outside can do at once what allows the folder. What is kept of a chat's command may be read much later. */
  async #remedied({ cause, reason, hint }: Denial, { path }: Target): Promise<Pick<Answer, 'reason' | 'hint'>> {
    if (cause !== 'outside') return { reason, hint };
    return { reason, hint: await this.#parts.allowing(path.slice(0, path.lastIndexOf('/')) || '/') };
  }

  async #settle(book: Book, { id, at, payload, source }: CommandEvent, outcome: Answer, planned?: Plan): Promise<void> {
    const { session } = book;
    const { line, number } = payload;
    const place = { ...(source.offset !== undefined && { offset: source.offset }), number };
    const told: CommandOutcome = { session, line, ...(at !== undefined && { at }), place, ...outcome };
    const asked = planned?.effects.map((effect) => ({ effect, told: { command: id, outcome: told } })) ?? [];
    const next = { ...book, ...planned?.state, pending: [...book.pending, ...asked] };
    await this.#commit(next, [keeping(outcomeName(id), told)]);
  }

  async #sourceOf({ source: { file } }: CommandEvent): Promise<CommandSource | undefined> {
    const record = file === undefined ? undefined : await this.#parts.store.source(file);
    if (!record) return undefined;
    const { provider, path, stat } = record;
    return { provider, path, bornAt: new Date(Number(BigInt(stat.birthNs) / 1_000_000n)).toISOString() };
  }
}

/** Behind everything that a session has so far; absent when it has nothing. */
export async function lastEvent(store: TranscriptStore, key: SessionKey): Promise<Mark | undefined> {
  for await (const page of store.read({ key, view: 'written', backward: true })) {
    const [last] = page;
    if (last) return { event: last.event.id };
  }
  return undefined;
}

function outcomeOf({ outcome }: Plan): Answer {
  if (outcome.kind !== 'done') return outcome;
  const { kind, paths, warning } = outcome;
  return { kind, paths, ...(warning !== undefined && { reason: warning }) };
}

function wordsOf({ reason, hint }: Denial): Pick<Answer, 'reason' | 'hint'> {
  return { reason, hint };
}
