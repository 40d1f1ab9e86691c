/**
 * The store for programs that write transcripts themselves: an agent, a chat gateway.
 *
 * Every verb is one batch to the store's one write verb: it is there whole or not at all, and durable when the promise
 * resolves. What comes again under its id is there already, whichever instance or process sends it: so whoever was killed,
 * or does not know whether an answer was lost, says it again. Order is that of the calls of one process.
 *
 *     waits for the disk    start, append, compact, fork, mirror, meta, endTurn: one sync for all that is given at once
 *     rides                 patch, and meta that says so: written at once, synced with the next that waits. A power cut
 *                           may take what rode last; a killed process loses nothing of it
 *
 * Nothing that is said here steers kato: its commands come from the files of agents alone.
 */
import { randomUUID } from 'node:crypto';
import { KatoError } from '../core/errors.ts';
import type { ParentLink, Payload } from '../core/event.ts';
import type { JsonValue } from '../core/json.ts';
import { type SessionKey, sessionId } from '../core/session.ts';
import { emptyBatch, type Position, type SessionLink, type StoredEvent, type TranscriptStore } from '../store/store.ts';
import { type Entry, type EntryEvent, partOf } from './entry.ts';
import { type LoadedSession, type LoadOptions, loadSession } from './load.ts';
import { type Message, messageEntry, metaPayload, mirrorEntry } from './message.ts';
import { forgotten, nameOf, noSession, refuseOddId, refuseOddKey } from './refusals.ts';
import { type Operation, patchEntry } from './state.ts';
import { Bell, follow, type SubscribeOptions } from './subscribe.ts';

/** What is known of a session when it starts. */
export type SessionStart = Pick<Payload<'session.info'>, 'title' | 'cwd' | 'gitBranch' | 'model' | 'agentVersion'> & {
  readonly at?: string;
};

/** Under which id, and when. Without an id it is another one each time: saying it again says it twice. */
export interface Stamp {
  readonly id?: string;
  readonly at?: string;
}

export interface Compaction {
  readonly id: string;
  /** What stands for the messages before it. */
  readonly summary: string;
  /** The first of the messages that stay as they are; absent: none does. */
  readonly keepFrom?: string;
  readonly at?: string;
}

export interface TurnEnd {
  readonly id: string;
  /** In a word, such as `stop` or `error`. */
  readonly reason?: string;
  readonly at?: string;
}

/**
 * Writers say whether anything was new. All throw what the store throws, `usage` for what cannot be stored, and
 * `session-not-found` for a session that was forgotten: it is not written again.
 */
export interface Transcripts {
  /** For reading: events, attachments, sessions. */
  readonly store: TranscriptStore;
  start(session: SessionKey, info?: SessionStart): Promise<boolean>;
  /** All of them or none. Other content under a known id is a revision: it may change parts and add some. */
  append(session: SessionKey, ...messages: readonly Message[]): Promise<boolean>;
  patch(session: SessionKey, operations: readonly Operation[], stamp?: Stamp): Promise<boolean>;
  compact(session: SessionKey, compaction: Compaction): Promise<boolean>;
  /** A new session that shares this one's history up to a seq, without a copy of it. Throws `usage` where it cannot. */
  fork(session: SessionKey, atSeq: number, child: SessionStart & { readonly nativeId: string }): Promise<SessionKey>;
  load(session: SessionKey, options?: LoadOptions): Promise<LoadedSession>;
  /** Notes in `to` that a message of `from` was delivered there. */
  mirror(from: SessionKey, to: SessionKey, message: Message): Promise<boolean>;
  meta(session: SessionKey, payload: JsonValue, stamp?: Stamp & { readonly rides?: boolean }): Promise<boolean>;
  endTurn(session: SessionKey, turn: TurnEnd): Promise<boolean>;
  /** Events behind a position, and those that come, until the signal, `close`, or the end of the loop. */
  subscribe(after: Position, options?: SubscribeOptions): AsyncIterable<StoredEvent>;
  /** Ends subscriptions and closes the store. */
  close(): Promise<void>;
}

/** Takes over a store of any engine. */
export function openTranscripts(store: TranscriptStore): Transcripts {
  return new StoreTranscripts(store);
}

class StoreTranscripts implements Transcripts {
  readonly store: TranscriptStore;
  readonly #bell = new Bell();
  readonly #ending = new AbortController();

  constructor(store: TranscriptStore) {
    this.store = store;
  }

  async start(session: SessionKey, info: SessionStart = {}): Promise<boolean> {
    return this.#write(session, [startEntry(info)]);
  }

  async append(session: SessionKey, ...messages: readonly Message[]): Promise<boolean> {
    return this.#write(session, messages.map(messageEntry));
  }

  async patch(session: SessionKey, operations: readonly Operation[], stamp: Stamp = {}): Promise<boolean> {
    return this.#write(session, [patchEntry(stamp.id ?? randomUUID(), stamp.at, operations)], { rides: true });
  }

  async compact(session: SessionKey, compaction: Compaction): Promise<boolean> {
    return this.#write(session, [compactionEntry(compaction)]);
  }

  async fork(session: SessionKey, atSeq: number, child: Parameters<Transcripts['fork']>[2]): Promise<SessionKey> {
    const { nativeId, ...info } = child;
    const key = { provider: session.provider, nativeId };
    const facts = await this.#forkable(session, atSeq);
    const [last] = await this.store.pick(session, [atSeq]);
    const link = { key, parent: { nativeId: session.nativeId, relation: 'fork', ...placeOf(last) } as const };
    if (await this.#isForked(link, atSeq)) return key;
    const { cwd, gitBranch, agentVersion } = facts;
    const entry = startEntry({ cwd, gitBranch, agentVersion, ...info }, link.parent);
    await this.#write(key, [entry], {
      links: [{ ...link, resolved: { parentSeq: atSeq, copied: [], settled: true } }],
    });
    return key;
  }

  load(session: SessionKey, options: LoadOptions = {}): Promise<LoadedSession> {
    return loadSession(this.store, session, options);
  }

  async mirror(from: SessionKey, to: SessionKey, message: Message): Promise<boolean> {
    refuseOddKey(from);
    return this.#write(to, [mirrorEntry(from, sessionId(from), message)]);
  }

  async meta(
    session: SessionKey,
    payload: JsonValue,
    { id = randomUUID(), at, rides = false }: Parameters<Transcripts['meta']>[2] = {},
  ): Promise<boolean> {
    return this.#write(session, [noteEntry({ class: 'meta', id, at }, metaPayload(payload))], { rides });
  }

  async endTurn(session: SessionKey, { id, reason = 'stop', at }: TurnEnd): Promise<boolean> {
    const payload = { text: reason, subtype: 'turn-end' };
    return this.#write(session, [noteEntry({ class: 'turn-end', id, at, turnId: id }, payload)]);
  }

  subscribe(after: Position, options: SubscribeOptions = {}): AsyncIterable<StoredEvent> {
    const signals = [this.#ending.signal, ...(options.signal ? [options.signal] : [])];
    return follow(this.store, after, this.#bell, AbortSignal.any(signals), options);
  }

  close(): Promise<void> {
    this.#ending.abort();
    return this.store.close();
  }

  /** Nothing is waited for before the store has the batch: the order of calls is the order of the log. */
  async #write(
    key: SessionKey,
    entries: readonly Entry[],
    { rides = false, links = [] }: { readonly rides?: boolean; readonly links?: readonly SessionLink[] } = {},
  ): Promise<boolean> {
    refuseOddKey(key);
    for (const entry of entries) refuseOddId(entry);
    const part = partOf(key, entries);
    if (part.pages.length === 0) return false;
    const [appended] = await this.store.append([{ ...emptyBatch, cause: 'live', sessions: [part], links, rides }]);
    const isNew = appended !== undefined && appended.events > 0;
    if (isNew) this.#bell.ring();
    else if (!(await this.store.session(key))) throw forgotten(key);
    return isNew;
  }

  async #forkable(session: SessionKey, atSeq: number) {
    const record = await this.store.session(session);
    if (!record) throw noSession(session);
    if (Number.isSafeInteger(atSeq) && atSeq >= 0 && atSeq <= record.lastSeq) return record.facts;
    throw new KatoError(
      'usage',
      `cannot fork session ${nameOf(session)} at ${atSeq}: its last seq is ${record.lastSeq}`,
      {
        hint: '`load` tells the seq of each message',
      },
    );
  }

  /** Whether the fork is there already. Throws `usage` for a session of that name that is another one. */
  async #isForked({ key, parent }: SessionLink, atSeq: number): Promise<boolean> {
    if (!(await this.store.session(key))) return false;
    const known = (await this.store.links()).find((link) => nameOf(link.key) === nameOf(key));
    const isOfIt = known?.parent.nativeId === parent.nativeId;
    if (isOfIt && (known.resolved?.parentSeq === atSeq || isSamePlace(known.parent, parent))) return true;
    throw new KatoError('usage', `cannot fork into session ${nameOf(key)}: it is there already, and is another one`, {
      hint: 'choose another id for the fork',
    });
  }
}

/**
 * What finds the place again when the parent is derived anew and its events get other seqs. What a program wrote keeps its
 * seqs, and was read nowhere.
 */
function placeOf(last: StoredEvent | undefined): Pick<ParentLink, 'record' | 'ordinal' | 'byteOffset'> {
  const { offset, nativeId, ordinal } = last?.event.source ?? {};
  if (offset === undefined) return {};
  if (nativeId !== undefined) return { record: nativeId };
  return ordinal === undefined ? { byteOffset: offset + 1 } : { ordinal: ordinal + 1 };
}

function isSamePlace(a: ParentLink, b: ParentLink): boolean {
  if (a.record !== undefined) return a.record === b.record;
  if (a.ordinal !== undefined) return a.ordinal === b.ordinal;
  return a.byteOffset !== undefined && a.byteOffset === b.byteOffset;
}

function startEntry({ at, ...info }: SessionStart, parent?: SessionLink['parent']): Entry {
  const payload = {
    ...info,
    ...(info.title !== undefined && { titleFrom: 'agent' as const }),
    ...(parent && { parent }),
  };
  return { class: 'start', id: '', type: 'start', at, events: [eventOf('start', { kind: 'session.info', payload })] };
}

function compactionEntry({ id, summary, keepFrom, at }: Compaction): Entry {
  const said = eventOf(
    'summary',
    { kind: 'system.message', payload: { text: summary, subtype: 'compaction' } },
    'summary',
  );
  // Before the summary: who folds knows then what stays.
  const kept = { kind: 'provider.info', payload: { text: keepFrom ?? '', subtype: 'kept-from' } } as const;
  return {
    class: 'compaction',
    id,
    type: 'compaction',
    at,
    events: [...(keepFrom === undefined ? [] : [eventOf('kept-from', kept)]), said],
  };
}

function noteEntry(entry: Pick<Entry, 'class' | 'id' | 'at' | 'turnId'>, payload: Payload<'provider.info'>): Entry {
  return { ...entry, type: entry.class, events: [eventOf(entry.class, { kind: 'provider.info', payload })] };
}

function eventOf(part: string, body: EntryEvent['body'], origin: EntryEvent['origin'] = 'agent'): EntryEvent {
  return { part, origin, body };
}
