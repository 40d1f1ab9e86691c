/**
 * A message: what a program says in a session under an id of its own, as a model's interface has it. It becomes one event a
 * part, so that everything that reads events reads it: formats, `kato show`, search.
 */
import { hash } from 'node:crypto';
import { types } from 'node:util';
import { KatoError } from '../core/errors.ts';
import type { Attachment, EventKind, Origin, Payload } from '../core/event.ts';
import type { JsonValue } from '../core/json.ts';
import type { SessionKey } from '../core/session.ts';
import type { Blob } from '../store/store.ts';
import type { Entry, EntryEvent } from './entry.ts';

export const roles = ['user', 'assistant', 'tool', 'system'] as const;
export type Role = (typeof roles)[number];

/** Content that is not text: stored once, whoever attaches it. */
export interface NewAttachment {
  readonly mediaType: string;
  readonly content: Uint8Array;
  readonly name?: string;
}
type Attaching<A> = { readonly attachments?: readonly A[] | undefined };

/** A part of a message. `A` is what its attachments are: content when it is written, a reference when it is read. */
export type Part<A = NewAttachment | Attachment> =
  | ({ readonly kind: 'text' } & Omit<Payload<'user.message'>, 'attachments'> & Attaching<A>)
  | ({ readonly kind: 'thinking' } & Payload<'assistant.thinking'>)
  | ({ readonly kind: 'tool-call' } & Payload<'assistant.tool.call'>)
  | ({ readonly kind: 'tool-result' } & Omit<Payload<'assistant.tool.result'>, 'attachments'> & Attaching<A>);

export interface Message {
  /** The caller's own, unique in the session. The same id is the same message, for ever and for every process. */
  readonly id: string;
  readonly role: Role;
  /** A text is a message of one part. */
  readonly content: string | readonly Part[];
  /** When it was said, by the caller's clock: ISO 8601 in UTC with milliseconds, as `Date` writes it. */
  readonly at?: string | undefined;
  readonly turnId?: string | undefined;
  /** The model that said it. */
  readonly model?: string | undefined;
  /** Who stands behind a user's text; `typed` by a person if absent. */
  readonly origin?: Exclude<Origin, 'agent' | 'replayed'> | undefined;
  readonly usage?: Payload<'usage'> | undefined;
  /** Anything else that belongs to it, kept whole. */
  readonly meta?: JsonValue | undefined;
}

/** The entry of a message. Throws `usage` where a role cannot say a part. */
export function messageEntry(message: Message): Entry {
  const { id, role, at, turnId } = message;
  if (!roles.includes(role)) throw unsayable(message, 'in a session');
  const blobs: Blob[] = [];
  const parts: readonly Part[] =
    typeof message.content === 'string' ? [{ kind: 'text', text: message.content }] : message.content;
  if (parts.length === 0) throw unsayable(message, 'without a part');
  const events = parts.map((part, index) => partEvent(message, part, index, blobs));
  return { class: 'message', id, type: role, at, turnId, blobs, events: [...events, ...notes(message)] };
}

/**
 * The same as a copy that was delivered into another session: nobody has typed it there, and it has cost nothing there.
 */
export function mirrorEntry(from: SessionKey, fromId: string, message: Message): Entry {
  const { usage, ...free } = message;
  const entry = messageEntry({ ...free, ...(message.role === 'user' && { origin: 'automated' }) });
  const copyOf = { session: from, id: message.id };
  return { ...entry, class: 'mirror', id: `${fromId}/${message.id}`, type: `mirror:${message.role}`, copyOf };
}

function partEvent(message: Message, part: Part, index: number, blobs: Blob[]): EntryEvent {
  const { kind, ...payload } = part;
  const attachments = 'attachments' in part ? part.attachments?.map((one) => attach(message, one, blobs)) : undefined;
  const name = 'toolCallId' in part ? `${kind}:${part.toolCallId}` : `${kind}:${index}`;
  const told = { ...payload, ...(attachments && { attachments }) };
  return event(message, name, kindOf(message, kind), told);
}

function notes(message: Message): EntryEvent[] {
  const { usage, meta } = message;
  return [
    ...(usage === undefined ? [] : [event(message, 'usage', 'usage', usage)]),
    ...(meta === undefined ? [] : [event(message, 'meta', 'provider.info', metaPayload(meta))]),
  ];
}

/** Anything as an event's payload: as JSON, whole. Throws `usage` for what is none. */
export function metaPayload(meta: JsonValue): Payload<'provider.info'> {
  try {
    return { text: JSON.stringify(meta), subtype: 'meta' };
  } catch (cause) {
    throw new KatoError('usage', 'cannot append meta: it cannot be written as JSON', { cause });
  }
}

function event(message: Message, part: string, kind: EventKind, payload: object): EntryEvent {
  const body = { kind, payload } as EntryEvent['body']; // The schema is checked when the event is encoded.
  return { part, origin: originOf(message, kind), model: message.model, body };
}

/** What is said to be a copy would be shown nowhere. */
const NO_USERS: readonly (Origin | undefined)[] = ['agent', 'replayed'];

function originOf(message: Message, kind: EventKind): Origin {
  const { origin = 'typed' } = message;
  if (kind === 'user.message') {
    if (NO_USERS.includes(origin)) throw unsayable(message, `of the origin ${JSON.stringify(origin)}`);
    return origin;
  }
  return kind === 'system.message' ? 'injected' : 'agent';
}

const KINDS: Readonly<Record<Part['kind'], Readonly<Partial<Record<Role, EventKind>>>>> = {
  text: { user: 'user.message', assistant: 'assistant.message', system: 'system.message' },
  thinking: { assistant: 'assistant.thinking' },
  'tool-call': { assistant: 'assistant.tool.call' },
  'tool-result': { user: 'assistant.tool.result', tool: 'assistant.tool.result' },
};

function kindOf(message: Message, part: Part['kind']): EventKind {
  const kind = KINDS[part]?.[message.role];
  if (kind === undefined) throw unsayable(message, `with a part of the kind ${JSON.stringify(part)}`);
  return kind;
}

function unsayable({ id, role }: Message, what: string): KatoError {
  return new KatoError('usage', `cannot append message ${JSON.stringify(id)}: ${role} says nothing ${what}`, {
    hint: 'docs/library.md says which parts a role may have',
  });
}

/** The reference to an attachment; its content goes along with the message. */
function attach(message: Message, attachment: NewAttachment | Attachment, blobs: Blob[]): Attachment {
  if (!('content' in attachment)) return attachment;
  const { mediaType, content, name } = attachment;
  if (!types.isUint8Array(content)) throw unsayable(message, 'with an attachment that is no bytes');
  const sha256 = hash('sha256', content, 'hex');
  blobs.push({ sha256, mediaType, content });
  return { mediaType, bytes: content.length, sha256, ...(name !== undefined && { name }) };
}
