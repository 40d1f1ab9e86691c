/** What surrounds a message: the session and turn it belongs to, its id and time, and what it is a copy of. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { EventKind, Origin, Payload } from '../../core/event.ts';
import { field, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { toInstant } from '../shared/instant.ts';
import { jsonText, type Part, partsOf } from './content.ts';

export interface Envelope {
  readonly session: string;
  readonly isSubagent: boolean;
  readonly type: string;
  readonly record: string | undefined;
  readonly at: string | undefined;
  readonly turnId: string | undefined;
  readonly model: string | undefined;
  /** The message, and the parts of its content. */
  readonly value: Record<string, unknown>;
  readonly parts: readonly Part[];
  /** Present when the message repeats older history; `record` where it is known which message. */
  readonly copy?: { readonly record?: string | undefined } | undefined;
}

/** What a message gave. */
export interface Told {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  /** Tool calls whose result is among the drafts. */
  readonly results?: readonly string[];
}

export function openEnvelope(
  value: Record<string, unknown>,
  owner: Pick<Envelope, 'session' | 'isSubagent' | 'turnId'>,
): Envelope {
  const id = textAt(value, 'id');
  return {
    ...owner,
    type: textAt(value, 'type') ?? 'untyped',
    record: id === undefined ? undefined : recordOf(id, owner.session),
    at: toInstant(field(value, 'timestamp')),
    model: textAt(value, 'model'),
    value,
    parts: partsOf(field(value, 'content')),
  };
}

/**
 * The record that a message's id names. Ids are random UUIDs but for one: messages that the agent makes itself, such as the
 * session's context, have an id computed from what they are, the same in every session. It is told apart by the session.
 */
export function recordOf(id: string, session: string): string {
  return /^[0-9a-f]{32}$/.test(id) ? `${id}@${session}` : id;
}

type More = { readonly origin?: Origin; readonly at?: string | undefined } & Partial<Pick<Draft, 'blobs'>>;

/** A draft of this message. A copy is `replayed`, whoever said it first. */
export function draftOf<K extends EventKind>(
  envelope: Envelope,
  kind: K,
  part: string,
  payload: Payload<K>,
  more: More = {},
): Draft {
  const { session, record, turnId, type, copy } = envelope;
  const at = more.at ?? envelope.at;
  const origin = copy ? 'replayed' : (more.origin ?? 'agent');
  const copyOf = copy?.record === undefined ? undefined : { session, record: copy.record };
  const model = kind.startsWith('assistant.') || kind === 'usage' ? envelope.model : undefined;
  const draft = { session, record, at, turnId, type, model, copyOf, ...more, origin, kind, part, payload };
  return { ...draft, at } as unknown as Draft; // `kind` and `payload` are of one K; TypeScript does not join them in a literal.
}

/** A part that no decoder models: kept raw, and counted unless it is known. */
export function rawPart(envelope: Envelope, name: string, part: string, isKnown: boolean): Told {
  const rawType = `${envelope.type}:${name}`;
  const draft = draftOf(envelope, 'provider.raw', part, { rawType });
  return { drafts: [draft], diagnostics: isKnown ? [] : [{ code: 'unknown-block', about: rawType }] };
}

/** The text of a value that is a string, or else its JSON. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : (stringAt(value, 'text') ?? jsonText(value, 2));
}
