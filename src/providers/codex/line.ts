/**
 * One line of a rollout, opened: its type whatever the generation of the format, and what surrounds it.
 *
 *     {"timestamp", "ordinal"?, "type", "payload": {"type"?, …}, "metadata"?}     since September 2025
 *     {"id", "timestamp", "instructions", "git"?}  {"type": "message", …}  {"record_type": "state"}     before
 */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { EventKind, Origin, Payload } from '../../core/event.ts';
import { at, field, isRecord, numberAt, textAt } from '../../core/json.ts';
import type { Draft, Frame, Retraction } from '../provider.ts';
import { toInstant } from '../shared/instant.ts';
import type { CodexState } from './state.ts';

export interface Line {
  /** The type of the envelope: `session_meta`, `response_item`, … */
  readonly type: string;
  /** The type of what is inside: `message`, `user_message`, …; empty when there is none. */
  readonly subtype: string;
  readonly payload: Record<string, unknown>;
  readonly value: Record<string, unknown>;
  readonly session: string;
  readonly at: string | undefined;
  readonly ordinal: number | undefined;
  /** The turn that the line itself names. */
  readonly namedTurn: string | undefined;
  readonly turnId: string | undefined;
  /** The provider's own id of the record. */
  readonly record: string | undefined;
  /** The model of the turn. */
  readonly model: string | undefined;
  readonly offset: number;
  /** True for a copy of an ancestor's line; `parent` is the ancestor, where known. */
  readonly isReplayed: boolean;
  readonly parent: string | undefined;
  /** The prompt that the line just before told, if it did. */
  readonly fresh: string | null;
}

/** What a line came to. */
export interface Told {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  readonly retractions?: readonly Retraction[];
  readonly state: CodexState;
}

/** The line before it is known whether it is a copy. */
export function openLine({ value, offset }: Frame, state: CodexState, fallback: string): Line {
  const record = isRecord(value) ? value : {};
  const wrapped = field(record, 'payload');
  const payload = isRecord(wrapped) ? wrapped : record;
  const type = typeOf(record, isRecord(wrapped));
  const subtype = textAt(payload, 'type') ?? (type === 'response_item' ? bareItem(payload) : undefined) ?? '';
  const ordinal = numberAt(record, 'ordinal');
  const named = namedTurn(payload);
  return {
    type,
    subtype: type === subtype ? '' : subtype,
    payload,
    value: record,
    session: state.session ?? fallback,
    at: toInstant(field(record, 'timestamp')),
    ordinal: ordinal !== undefined && Number.isSafeInteger(ordinal) && ordinal >= 0 ? ordinal : undefined,
    namedTurn: named,
    turnId: named ?? state.turn ?? undefined,
    record: type === 'response_item' ? textAt(payload, 'id') : undefined,
    model: state.model ?? undefined,
    offset,
    isReplayed: false,
    parent: undefined,
    fresh: state.fresh,
  };
}

const BARE_ITEMS: ReadonlySet<string> = new Set([
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'local_shell_call',
  'web_search_call',
]);

/** The envelope's type; lines without an envelope are told by what they hold. */
function typeOf(record: Record<string, unknown>, isWrapped: boolean): string {
  const type = textAt(record, 'type');
  if (isWrapped) return type ?? 'untyped';
  if (type !== undefined) return BARE_ITEMS.has(type) ? 'response_item' : type;
  if (textAt(record, 'role') !== undefined) return 'response_item';
  if (textAt(record, 'record_type') !== undefined) return `record_type:${textAt(record, 'record_type')}`;
  const isMeta = textAt(record, 'id') !== undefined && textAt(record, 'timestamp') !== undefined;
  return isMeta ? 'session_meta' : 'untyped';
}

/** Items without a type are messages when they have a role. */
function bareItem(payload: Record<string, unknown>): string | undefined {
  return textAt(payload, 'role') === undefined ? undefined : 'message';
}

/** The turn stands in different places, by version and by record. */
function namedTurn(payload: Record<string, unknown>): string | undefined {
  return (
    textAt(payload, 'turn_id') ??
    textAt(payload, 'internal_chat_message_metadata_passthrough', 'turn_id') ??
    textAt(payload, 'metadata', 'turn_id')
  );
}

interface More extends Partial<Pick<Draft, 'blobs'>> {
  readonly origin?: Origin;
  readonly model?: string | undefined;
  readonly record?: string | undefined;
}

/** A draft of this line. */
export function draftOf<K extends EventKind>(
  line: Line,
  kind: K,
  part: string,
  payload: Payload<K>,
  more: More = {},
): Draft {
  const { session, at: time, ordinal, turnId, parent, isReplayed } = line;
  const record = more.record ?? line.record;
  const draft = {
    session,
    record,
    at: time,
    ordinal,
    turnId,
    type: nameOf(line),
    ...more,
    origin: isReplayed ? 'replayed' : (more.origin ?? 'agent'),
    ...(isReplayed && record !== undefined && parent !== undefined && { copyOf: { session: parent, record } }),
    kind,
    part,
    payload,
  };
  return draft as unknown as Draft; // `kind` and `payload` are of one K; TypeScript does not join them in a literal.
}

/** A draft of what the model said or did. */
export function agentDraft<K extends EventKind>(
  line: Line,
  kind: K,
  part: string,
  payload: Payload<K>,
  more: More = {},
): Draft {
  return draftOf(line, kind, part, payload, { ...more, model: line.model });
}

/** The line's type for people: `response_item:message`. */
export function nameOf({ type, subtype, payload }: Line): string {
  const item = subtype === 'item_completed' ? textAt(at(payload, 'item'), 'type') : undefined;
  return [type, subtype, item].filter((part) => part !== undefined && part !== '').join(':');
}

export function told(state: CodexState, ...drafts: readonly Draft[]): Told {
  return { drafts, diagnostics: [], state };
}

/** A line that is kept raw: known, but nothing that a transcript shows, or told already by its other carrier. */
export function raw(state: CodexState, line: Line): Told {
  return told(state, rawDraft(line));
}

export function rawDraft(line: Line, part = 'raw'): Draft {
  return draftOf(line, 'provider.raw', part, { rawType: nameOf(line) });
}

/** A line of a type that no version seen so far writes. */
export function unknown(state: CodexState, line: Line): Told {
  return { ...raw(state, line), diagnostics: [{ code: 'unknown-record', about: nameOf(line) }] };
}
