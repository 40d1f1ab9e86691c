/**
 * A session as its program goes on with it: the fold of its events, and before them of the history that it shares.
 *
 *     messages   by record, in the order of their first event; the latest revision of each part
 *     summary    of the latest compaction: the messages before it are left out, but for those that it keeps
 *     state      the fold of the patches
 *
 * It reads sessions of any provider; of those that kato took in, a record is a message.
 */
import { segmentsOf } from '../app/lineage.ts';
import type { Attachment, KatoEvent, Origin, Payload } from '../core/event.ts';
import { recordHalf } from '../core/identity.ts';
import { type JsonValue, parseJson, toJson } from '../core/json.ts';
import type { SessionKey } from '../core/session.ts';
import type { Position, StoredEvent, TranscriptStore } from '../store/store.ts';
import { type Part, type Role, roles } from './message.ts';
import { noSession } from './refusals.ts';
import { foldState, initialState, type SessionState } from './state.ts';

export interface LoadOptions {
  /** As of this seq; absent: as of now. */
  readonly atSeq?: number;
  /** Every message, also those that a compaction has summed up. */
  readonly whole?: boolean;
}

export interface LoadedMessage {
  readonly id: string;
  readonly role: Role;
  readonly parts: readonly Part<Attachment>[];
  /** Its text parts, a line each. */
  readonly text: string;
  /** The seq of its last event: a fork there has the message whole. */
  readonly seq: number;
  /** The session of the history that has it; absent for the session's own. */
  readonly inherited?: SessionKey;
  readonly at?: string;
  readonly turnId?: string;
  readonly model?: string;
  readonly origin: Origin;
  /** For a delivered copy: the id of the session that it was said in, and its own id there. */
  readonly mirrorOf?: { readonly sessionId: string; readonly id: string };
  readonly usage?: Payload<'usage'>;
  readonly meta?: JsonValue;
}

export interface LoadedMeta {
  readonly id: string;
  readonly payload: JsonValue;
}

export interface LoadedSession {
  readonly messages: readonly LoadedMessage[];
  /** What stands for the messages before; absent where nothing was compacted. */
  readonly summary?: string;
  readonly state: SessionState;
  readonly meta: readonly LoadedMeta[];
  /** The session's last seq that was looked at, and its position: `subscribe` goes on behind it. */
  readonly seq: number;
  readonly position: Position;
  /** The native id of a session of the history that is not in the store any more. */
  readonly missing?: string;
}

/** Throws `session-not-found`. */
export async function loadSession(
  store: TranscriptStore,
  key: SessionKey,
  { atSeq = Number.MAX_SAFE_INTEGER, whole = false }: LoadOptions,
): Promise<LoadedSession> {
  if (!(await store.session(key))) throw noSession(key);
  const { segments, missing } = await segmentsOf(store, key, true);
  const fold = new LoadFold(whole);
  for (const [index, segment] of segments.entries()) {
    const isOwn = index === segments.length - 1;
    // An agent's copies of its history are needed only where that itself is not there.
    const showsCopies = index === 0 && missing !== undefined;
    for await (const stored of eventsUntil(store, segment.key, isOwn ? atSeq : segment.untilSeq)) {
      fold.add(stored, { inherited: isOwn ? undefined : segment.key, showsCopies });
    }
  }
  return { ...fold.result(), ...(missing !== undefined && { missing }) };
}

async function* eventsUntil(store: TranscriptStore, key: SessionKey, untilSeq: number): AsyncGenerator<StoredEvent> {
  for await (const page of store.read({ key, view: 'current' })) {
    for (const stored of page) {
      if (stored.event.seq > untilSeq) return;
      yield stored;
    }
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A message that is being put together; its parts by event id, in the order of their first version. */
interface Building {
  readonly message: Mutable<Omit<LoadedMessage, 'parts' | 'text'>>;
  readonly parts: Map<string, Part<Attachment>>;
}

/** Where an event stands in the history. */
interface Place {
  readonly inherited: SessionKey | undefined;
  readonly showsCopies: boolean;
}

class LoadFold {
  readonly #whole: boolean;
  readonly #byRecord = new Map<string, Building>();
  #context: Building[] = [];
  /** Compactions by record; the last one counts. */
  readonly #compactions = new Map<string, { keepFrom?: string; summary?: string }>();
  #state = initialState;
  readonly #meta = new Map<string, LoadedMeta>();
  #seq = 0;
  #position = 0;

  constructor(whole: boolean) {
    this.#whole = whole;
  }

  add({ event, position, superseded }: StoredEvent, { inherited, showsCopies }: Place): void {
    if (!inherited) {
      this.#seq = event.seq;
      this.#position = position;
    }
    if (superseded || (event.origin === 'replayed' && !showsCopies)) return;
    this.#state = foldState(this.#state, event);
    if (event.kind === 'system.message' && event.payload.subtype === 'compaction') this.#compact(event);
    else if (event.kind === 'provider.info') this.#note(event);
    else if (event.kind === 'usage') this.#amend(event, (message) => ({ ...message, usage: event.payload }));
    else this.#say(event, inherited);
  }

  #compact(event: KatoEvent<'system.message'>): void {
    const compaction = this.#compactionOf(event);
    const isNew = compaction.summary === undefined;
    compaction.summary = event.payload.text;
    if (!isNew || this.#whole) return; // Of a better summary, the messages are left out already.
    const { keepFrom } = compaction;
    const first = this.#context.findIndex(({ message }) => message.id === keepFrom);
    const isKeeping = keepFrom !== undefined;
    this.#context = isKeeping ? this.#context.slice(Math.max(0, first)) : []; // An unknown one keeps all: rather too much.
  }

  #compactionOf(event: KatoEvent): { keepFrom?: string; summary?: string } {
    const name = nameOf(event);
    const known = this.#compactions.get(name) ?? {};
    this.#compactions.set(name, known);
    return known;
  }

  #note(event: KatoEvent<'provider.info'>): void {
    const { text, subtype } = event.payload;
    const { type, nativeId = event.id } = event.source;
    if (subtype === 'kept-from') this.#compactionOf(event).keepFrom = text;
    if (subtype !== 'meta') return;
    const payload = toJson(parseJson(text));
    if (type === 'meta') this.#meta.set(event.id, { id: nativeId, payload });
    else this.#amend(event, (message) => ({ ...message, meta: payload }));
  }

  #amend(event: KatoEvent, change: (message: Building['message']) => Building['message']): void {
    const found = this.#byRecord.get(nameOf(event));
    if (found) Object.assign(found.message, change(found.message), { seq: event.seq });
  }

  #say(event: KatoEvent, inherited: SessionKey | undefined): void {
    const part = partOf(event);
    if (!part) return;
    const name = nameOf(event);
    const known = this.#byRecord.get(name);
    const building = known ?? { message: messageOf(event, inherited), parts: new Map() };
    building.parts.set(event.id, part);
    building.message.seq = event.seq;
    if (known) return;
    this.#byRecord.set(name, building);
    this.#context.push(building);
  }

  result(): LoadedSession {
    const summary = [...this.#compactions.values()].at(-1)?.summary;
    return {
      messages: this.#context.map(({ message, parts: byId }) => {
        const parts = [...byId.values()];
        return { ...message, parts, text: parts.flatMap((part) => (part.kind === 'text' ? part.text : [])).join('\n') };
      }),
      ...(summary !== undefined && { summary }),
      state: this.#state,
      meta: [...this.#meta.values()],
      seq: this.#seq,
      position: this.#position,
    };
  }
}

function nameOf({ id, session }: KatoEvent): string {
  return `${session.id}${recordHalf(id)}`;
}

/** What the first event of a message says about it. */
function messageOf({ id, seq, source, at, turnId, model, origin, kind }: KatoEvent, inherited?: SessionKey) {
  const { type, nativeId = recordHalf(id) } = source;
  const [, mirrored] = /^mirror:(.*)$/.exec(type) ?? [];
  const role = roles.find((one) => one === (mirrored ?? type)) ?? roleOf(kind);
  const slash = nativeId.indexOf('/');
  const mirrorOf = mirrored !== undefined && { sessionId: nativeId.slice(0, slash), id: nativeId.slice(slash + 1) };
  return {
    id: nativeId,
    role,
    seq,
    origin,
    ...(inherited && { inherited }),
    ...(at !== undefined && { at }),
    ...(turnId !== undefined && { turnId }),
    ...(model !== undefined && { model }),
    ...(mirrorOf && { mirrorOf }),
  };
}

function roleOf(kind: KatoEvent['kind']): Role {
  if (kind === 'user.message') return 'user';
  if (kind === 'system.message') return 'system';
  return kind === 'assistant.tool.result' ? 'tool' : 'assistant';
}

function partOf(event: KatoEvent): Part<Attachment> | undefined {
  switch (event.kind) {
    case 'user.message':
    case 'assistant.message':
      return { kind: 'text', ...event.payload };
    case 'system.message':
      return { kind: 'text', text: event.payload.text };
    case 'assistant.thinking':
      return { kind: 'thinking', ...event.payload };
    case 'assistant.tool.call':
      return { kind: 'tool-call', ...event.payload };
    case 'assistant.tool.result':
      return { kind: 'tool-result', ...event.payload };
    case 'user.kato-command':
    case 'user.decision.response':
    case 'assistant.decision.prompt':
    case 'session.info':
    case 'usage':
    case 'provider.info':
    case 'provider.raw':
      return undefined; // Nothing that a model is told.
  }
}
