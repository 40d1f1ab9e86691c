/**
 * What surrounds a record: which session it belongs to, when it was written, whether it is a copy, and what it says
 * about the session.
 */
import type { EventKind, Origin, Payload } from '../../core/event.ts';
import { booleanAt, field, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { toInstant } from '../shared/instant.ts';
import { lastOf, textHash } from '../shared/text.ts';
import { agentSession, copyOf, sideChainOf } from './chains.ts';
import { type ClaudeState, shortHash } from './state.ts';
import { pickUp } from './strands.ts';
import { carriesQueue } from './versions.ts';

export interface Envelope {
  readonly value: Record<string, unknown>;
  /** The native id of the session that the record belongs to. */
  readonly session: string;
  /** True when that is a sub-agent's. */
  readonly isSubagent: boolean;
  /** True for a sub-agent that is written into its parent's file. */
  readonly isInline: boolean;
  /** True when the file has this record already: a compaction writes the preserved tail again. */
  readonly isRepeated: boolean;
  readonly uuid: string | undefined;
  readonly at: string | undefined;
  readonly turnId: string | undefined;
  readonly type: string;
  /** The record's first byte in the source. */
  readonly offset: number;
  /** The record that this one is a copy of, where the record says so. */
  readonly copyOf: Draft['copyOf'];
}

/** What the path says: the session, or for a sub-agent's file its id and its parent. */
export interface PathHints {
  readonly agentId?: string;
  readonly parent?: string;
  readonly session?: string;
}

/** A draft of this record. */
export function draftOf<K extends EventKind>(
  envelope: Envelope,
  kind: K,
  part: string,
  payload: Payload<K>,
  more: { readonly origin?: Origin; readonly model?: string | undefined; readonly record?: string } & Partial<
    Pick<Draft, 'blobs' | 'sideFile'>
  > = {},
): Draft {
  const { session, uuid, at, turnId, type } = envelope;
  const record = more.record ?? uuid;
  // An id that this decoder has made is the same in the original; the record's own may be another.
  const copied = envelope.copyOf && (record === uuid ? envelope.copyOf : { ...envelope.copyOf, record: record ?? '' });
  const origin = copied ? 'replayed' : (more.origin ?? 'agent');
  const draft = { session, at, turnId, type, copyOf: copied, ...more, record, origin, kind, part, payload };
  return draft as unknown as Draft; // `kind` and `payload` are of one K; TypeScript does not join them in a literal.
}

/** A name from a record, fit to be shown as a type: names of types are short words. */
export function nameOf(name: string | undefined, otherwise: string): string {
  return name === undefined ? otherwise : name.slice(0, 64);
}

const LATEST = 192;

/** The record's envelope, with the state that knows of it. */
export function openEnvelope(
  before: ClaudeState,
  { value, offset }: { readonly value: Record<string, unknown>; readonly offset: number },
  hints: PathHints,
  fallback: string,
): { readonly envelope: Envelope; readonly state: ClaudeState } {
  const uuid = textAt(value, 'uuid');
  const owner = ownerOf(before, value, hints, fallback);
  let state = withHeader(before, value, owner.known ? owner.session : null);
  let session = owner.session;
  const isInline = hints.agentId === undefined && booleanAt(value, 'isSidechain') === true;
  if (isInline) {
    const side = sideChainOf(state, value, uuid);
    state = side.state;
    session = side.session ?? session;
  }
  const isSubagent = hints.agentId !== undefined || session !== owner.session;
  const isRepeated = uuid !== undefined && state.latest.includes(shortHash(uuid));
  if (uuid !== undefined && !isRepeated && !isInline) state = pickUp(state, value, offset);
  if (uuid !== undefined && !isRepeated)
    state = { ...state, latest: lastOf([...state.latest, shortHash(uuid)], LATEST) };
  const envelope: Envelope = {
    value,
    session,
    isSubagent,
    isInline: isInline && isSubagent,
    isRepeated,
    uuid,
    at: toInstant(field(value, 'timestamp')),
    turnId: isInline && isSubagent ? undefined : (state.turn ?? undefined),
    type: typeOf(value),
    offset,
    copyOf: isSubagent ? undefined : copyOf(value, session),
  };
  return { envelope, state };
}

/** The oldest files have no types, only roles. */
function typeOf(value: unknown): string {
  const role = stringAt(field(value, 'message'), 'role') ?? stringAt(value, 'role');
  return nameOf(textAt(value, 'type'), role === 'user' || role === 'assistant' ? role : 'untyped');
}

/** What later records must know of this one's header. */
function withHeader(state: ClaudeState, value: unknown, session: string | null): ClaudeState {
  const version = textAt(value, 'version');
  const queueCarries = version === undefined ? state.queueCarries : carriesQueue(version);
  const written = textAt(value, 'uuid') === undefined ? undefined : textAt(value, 'sessionId');
  const writtenAs = written === undefined ? state.writtenAs : textHash(written);
  return { ...state, session: state.session ?? session, queueCarries, writtenAs };
}

/** The file's own session: its name, or what its first record says. */
function ownerOf(state: ClaudeState, value: unknown, hints: PathHints, fallback: string) {
  if (state.session !== null) return { session: state.session, known: true };
  const written = textAt(value, 'sessionId');
  if (hints.agentId !== undefined) {
    const parent = hints.parent ?? written;
    if (parent === undefined) return { session: fallback, known: false };
    return { session: agentSession(hints.agentId, parent), known: true };
  }
  const session = hints.session ?? written;
  return session === undefined ? { session: fallback, known: false } : { session, known: true };
}

const SESSIONS = 16;

/** What a chain record says about its session, if that is news. */
export function sessionNews(
  state: ClaudeState,
  { value, session, uuid, at, type }: Envelope,
): { readonly drafts: readonly Draft[]; readonly state: ClaudeState } {
  if (uuid === undefined) return { drafts: [], state };
  const payload: Payload<'session.info'> = {
    cwd: textAt(value, 'cwd'),
    gitBranch: textAt(value, 'gitBranch'),
    agentVersion: textAt(value, 'version'),
    entrypoint: textAt(value, 'entrypoint'),
    background: stringAt(value, 'sessionKind') === 'bg' ? true : undefined,
  };
  if (Object.values(payload).every((said) => said === undefined)) return { drafts: [], state };
  const owner = `${shortHash(session)}:`;
  const info = `${owner}${textHash(JSON.stringify(payload))}`;
  if (state.infos.includes(info)) return { drafts: [], state };
  const others = state.infos.filter((known) => !known.startsWith(owner));
  const draft: Draft = {
    session,
    record: uuid,
    at,
    type,
    origin: 'agent',
    kind: 'session.info',
    part: 'info',
    payload,
  };
  return { drafts: [draft], state: { ...state, infos: lastOf([...others, info], SESSIONS) } };
}
