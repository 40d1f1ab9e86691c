/** What surrounds a record: its type, identity and time, the turn and model it belongs to, and what it is a copy of. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { EventKind, Origin, Payload } from '../../core/event.ts';
import { field, stringAt, textAt } from '../../core/json.ts';
import { type Draft, EVER } from '../provider.ts';
import { toInstant } from '../shared/instant.ts';
import { textHash } from '../shared/text.ts';
import type { GencodeState } from './state.ts';
import { isOfAppender } from './types.ts';

export interface Envelope {
  readonly value: Record<string, unknown>;
  readonly session: string;
  readonly type: string;
  readonly record: string | undefined;
  readonly at: string | undefined;
  readonly notBefore: string | undefined;
  readonly turnId: string | undefined;
  readonly model: string | undefined;
  /** Present when a fork has copied the record; `of` where it is known from which session. */
  readonly copy?: { readonly of?: string | undefined } | undefined;
}

/** What a record gave. */
export interface Told {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What a record gave, and the state that knows of it. */
export interface Decided extends Told {
  readonly state: GencodeState;
}

export function openEnvelope(
  before: GencodeState,
  value: Record<string, unknown>,
  session: string,
): { readonly envelope: Envelope; readonly state: GencodeState } {
  const type = nameOf(textAt(value, 'type'));
  const isAppended = before.isAppended || isOfAppender(type) || stringAt(value, 'sessionId') !== undefined;
  const isOther = !isAppended && type !== 'message.appended';
  const state = { ...before, isAppended, others: before.others + (isOther ? 1 : 0) };
  const copy = copyIn(state, value, session, type);
  const envelope: Envelope = {
    value,
    session,
    type,
    record: recordOf(state, value, session, type),
    at: copy || isTimeMade(state, type) ? undefined : toInstant(field(value, 'time')),
    notBefore: type === 'message.appended' && !isAppended ? (state.notBefore ?? EVER) : undefined,
    turnId: state.turn ?? undefined,
    model: state.model ?? undefined,
    copy,
  };
  return { envelope, state };
}

/**
 * The copy of the first record in a fork of 1.15 keeps its id; it is no copy, but the fork's own. Whatever else a file
 * holds that is written anew is known by its place: its id is another one after each save.
 */
function recordOf(
  { isAppended, others, messages, summary }: GencodeState,
  value: unknown,
  session: string,
  type: string,
) {
  if (type === 'transcript.started') return `started@${session}`;
  if (isAppended) return textAt(value, 'id');
  const place = type === 'message.appended' ? `${messages}.${others}` : `${others}`;
  return `${type}:${place}${summary === null ? '' : `:${textHash(summary)}`}@${session}`;
}

/**
 * To 1.15 each save counted the times of messages up from that of the session, a millisecond each; sub-agents, which are
 * saved in one go when they have ended, have such times to this day.
 */
function isTimeMade({ isAppended, isSubagent }: GencodeState, type: string): boolean {
  return type === 'message.appended' && (!isAppended || isSubagent);
}

/** These are a session's own, whatever their id and time. */
const OWN = /(?:^|\.)(?:started|forked|patched)$/;

/**
 * A fork begins with all records of its parent, each with the time of the fork. To 1.15 and a while longer their ids went
 * on to name the parent; since then the time tells, which no two records of a running session share to the digit, and the
 * version of the schema, which otherwise only the first record has.
 */
function copyIn(
  { isAppended, startedAt }: GencodeState,
  value: unknown,
  session: string,
  type: string,
): { readonly of?: string } | undefined {
  const [, owner] = /^([^:]+):./.exec(stringAt(value, 'id') ?? '') ?? [];
  if (OWN.test(type)) return undefined;
  if (owner !== undefined && owner !== session) return { of: owner };
  const time = textAt(value, 'time');
  const isAsOld = isAppended && time !== undefined && textHash(time) === startedAt;
  return isAsOld && (FINE.test(time) || field(value, 'version') !== undefined) ? {} : undefined;
}

/** The agent's clock counts nanoseconds. Times to the millisecond, of whatever else wrote them, are equal by chance. */
const FINE = /\.\d{4,}/;

type More = { readonly origin?: Origin } & Partial<Pick<Draft, 'blobs' | 'sideFile' | 'record' | 'at'>>;

/** A draft of this record. A copy is `replayed`, whoever said it first. */
export function draftOf<K extends EventKind>(
  envelope: Envelope,
  kind: K,
  part: string,
  payload: Payload<K>,
  more: More = {},
): Draft {
  const { session, at, notBefore, turnId, type, copy } = envelope;
  const record = 'record' in more ? more.record : envelope.record;
  const origin = copy ? 'replayed' : (more.origin ?? 'agent');
  const copyOf =
    copy?.of === undefined || record === undefined ? undefined : { session: copy.of, record: within(record, copy.of) };
  const model = kind.startsWith('assistant.') || kind === 'usage' ? envelope.model : undefined;
  const draft = { session, at, notBefore, turnId, type, model, copyOf, ...more, record, origin, kind, part, payload };
  return draft as unknown as Draft; // `kind` and `payload` are of one K; TypeScript does not join them in a literal.
}

/** An identity that this decoder has made holds the session's name; any other is the same in both sessions. */
function within(record: string, session: string): string {
  const at = record.lastIndexOf('@');
  return at < 0 ? record : `${record.slice(0, at)}@${session}`;
}

/** A line for the person that stands for the record as a whole. */
export function infoOf(envelope: Envelope, part: string, payload: Payload<'provider.info'>): Told {
  return { drafts: [draftOf(envelope, 'provider.info', part, payload)], diagnostics: [] };
}

/** Kept raw; counted as a flaw unless it is known. */
export function rawOf(envelope: Envelope, rawType: string, part = 'raw', flaw?: Diagnostic['code']): Told {
  const draft = draftOf(envelope, 'provider.raw', part, { rawType });
  return { drafts: [draft], diagnostics: flaw ? [{ code: flaw, about: rawType }] : [] };
}

export function joinTold(parts: readonly Told[]): Told {
  return {
    drafts: parts.flatMap(({ drafts }) => drafts),
    diagnostics: parts.flatMap(({ diagnostics }) => diagnostics),
  };
}

export const NOTHING: Told = { drafts: [], diagnostics: [] };

/** A name from a record, fit to be shown as a type: names of types are short words. */
export function nameOf(name: string | undefined): string {
  return name === undefined ? 'untyped' : name.slice(0, 64);
}
