/**
 * What surrounds a record: which session it belongs to, when it was written, and what it says about the session.
 */
import type { EventKind, Origin, Payload } from '../../core/event.ts';
import { booleanAt, field, isRecord, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { toInstant } from '../shared/instant.ts';
import { lastOf, textHash } from '../shared/text.ts';
import type { ClaudeState, SideChain } from './state.ts';

export interface Envelope {
  readonly value: Record<string, unknown>;
  /** The native id of the session that the record belongs to. */
  readonly session: string;
  /** True when that is a sub-agent's. */
  readonly isSubagent: boolean;
  readonly uuid: string | undefined;
  readonly at: string | undefined;
  readonly turnId: string | undefined;
  readonly type: string;
  /** The record that this one is a copy of, where the record says so. */
  readonly copyOf: Draft['copyOf'];
}

/** What the path says: for a sub-agent's file, its id and its parent. */
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
  const { session, uuid, at, turnId, type, copyOf } = envelope;
  const origin = copyOf ? 'replayed' : (more.origin ?? 'agent');
  const draft = { session, record: uuid, at, turnId, type, copyOf, ...more, origin, kind, part, payload };
  return draft as unknown as Draft; // `kind` and `payload` are of one K; TypeScript does not join them in a literal.
}

export function agentSession(agentId: string, parent: string): string {
  return `agent-${agentId}@${parent}`;
}

const CHAIN_MEMORY = 64;
const CHAINS = 16;
const LATEST = 32;

/** The record's envelope, with the state that knows of it. */
export function openEnvelope(
  before: ClaudeState,
  value: Record<string, unknown>,
  hints: PathHints,
  fallback: string,
): { readonly envelope: Envelope; readonly state: ClaudeState } {
  const uuid = textAt(value, 'uuid');
  const owner = ownerOf(before, value, hints, fallback);
  let state: ClaudeState = before.session === null && owner.known ? { ...before, session: owner.session } : before;
  const version = textAt(value, 'version');
  if (version !== undefined && version !== state.version) state = { ...state, version };
  let session = owner.session;
  let isSubagent = hints.agentId !== undefined;
  if (!isSubagent && booleanAt(value, 'isSidechain') === true) {
    const side = sideChainOf(state, value, uuid);
    state = side.state;
    if (side.root !== undefined) {
      session = side.root;
      isSubagent = true;
    }
  }
  if (uuid !== undefined) state = { ...state, latest: lastOf([...state.latest, uuid], LATEST) };
  const envelope: Envelope = {
    value,
    session,
    isSubagent,
    uuid,
    at: toInstant(field(value, 'timestamp')),
    turnId: state.turn ?? undefined,
    type: textAt(value, 'type') ?? 'untyped',
    copyOf: copyOf(value),
  };
  return { envelope, state };
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

/** A copy made by `/branch` names its original. */
function copyOf(value: unknown): Draft['copyOf'] {
  const forkedFrom = field(value, 'forkedFrom');
  if (!isRecord(forkedFrom)) return undefined;
  const session = textAt(forkedFrom, 'sessionId');
  const record = textAt(forkedFrom, 'messageUuid');
  return session === undefined || record === undefined ? undefined : { session, record };
}

/**
 * Early versions wrote sub-agents into the session's own file. With an `agentId` that names the sub-agent; without, a
 * chain is known by its root, which the chain's records lead back to.
 */
function sideChainOf(state: ClaudeState, value: unknown, uuid: string | undefined) {
  const session = state.session ?? '';
  const agentId = textAt(value, 'agentId');
  if (agentId !== undefined) return { state, root: agentSession(agentId, session) };
  if (uuid === undefined) return { state, root: undefined };
  const parent = stringAt(value, 'parentUuid');
  const chain = parent === undefined ? undefined : state.chains.find(({ latest }) => latest.includes(parent));
  const grown: SideChain = chain
    ? { root: chain.root, latest: lastOf([...chain.latest, uuid], CHAIN_MEMORY) }
    : { root: uuid, latest: [uuid] };
  const chains = lastOf([...state.chains.filter((other) => other !== chain), grown], CHAINS);
  return { state: { ...state, chains }, root: agentSession(grown.root, session) };
}

/** What a chain record says about its session, if that is news. */
export function sessionNews(
  state: ClaudeState,
  { value, session, isSubagent, uuid, at, type }: Envelope,
): { readonly drafts: readonly Draft[]; readonly state: ClaudeState } {
  if (uuid === undefined) return { drafts: [], state };
  const payload: Payload<'session.info'> = {
    cwd: textAt(value, 'cwd'),
    gitBranch: textAt(value, 'gitBranch'),
    agentVersion: textAt(value, 'version'),
    entrypoint: textAt(value, 'entrypoint'),
    background: stringAt(value, 'sessionKind') === 'bg' ? true : undefined,
  };
  const info = textHash(JSON.stringify([isSubagent ? session : '', payload]));
  if (info === state.info || Object.values(payload).every((value) => value === undefined)) return { drafts: [], state };
  const draft = {
    session,
    record: uuid,
    at,
    type,
    origin: 'agent',
    kind: 'session.info',
    part: 'info',
    payload,
  } as const;
  return { drafts: [draft], state: { ...state, info } };
}
