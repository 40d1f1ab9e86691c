/**
 * Which session comes from which: a sub-agent from a call of its parent, a fork from the session that it was copied
 * from. Each link is told once, where the first record shows it; the sub-agent's line stands in its parent.
 */
import type { ParentLink, Payload } from '../../core/event.ts';
import { field, isRecord, stringAt, textAt } from '../../core/json.ts';
import type { Decoded, Draft, Frame } from '../provider.ts';
import { textHash } from '../shared/text.ts';
import { joinedText } from './blocks.ts';
import { agentSession, mainSession } from './chains.ts';
import { draftOf, type Envelope, type PathHints } from './envelope.ts';
import { type ClaudeState, type SpecialCall, tellOnce } from './state.ts';

interface Linked {
  readonly drafts: readonly Draft[];
  readonly state: ClaudeState;
}

/** Where the record's session comes from, if this record is the first to show it. */
export function linkSession(state: ClaudeState, envelope: Envelope, hints: PathHints): Linked {
  if (envelope.uuid === undefined) return { drafts: [], state };
  if (envelope.isInline) return linkInline(state, envelope);
  return envelope.isSubagent ? linkSubagent(state, envelope, hints) : linkFork(state, envelope);
}

/** A sub-agent in a file of its own. The file beside it knows more, and is read before. */
function linkSubagent(before: ClaudeState, envelope: Envelope, hints: PathHints): Linked {
  const { isNews, state } = tellOnce(before, envelope.session);
  const parent = hints.parent ?? textAt(envelope.value, 'sessionId');
  if (!isNews || parent === undefined) return { drafts: [], state };
  const link = { nativeId: parent, relation: 'subagent' } as const;
  return { drafts: [draftOf(envelope, 'session.info', 'parent', { parent: link })], state };
}

/** A sub-agent in its parent's file: found by the words of its prompt, which the call has too. */
function linkInline(before: ClaudeState, envelope: Envelope): Linked {
  const { isNews, state } = tellOnce(before, envelope.session);
  if (!isNews || state.session === null) return { drafts: [], state };
  const call = callWithPrompt(state, envelope.value);
  const toolCallId = call === undefined ? {} : { toolCallId: call.id };
  const link: ParentLink = { nativeId: state.session, relation: 'subagent', ...toolCallId };
  const child = draftOf(envelope, 'session.info', 'parent', { parent: link });
  const told = tellOnce(call === undefined ? state : claim(state, call), lineName(state.session, envelope.session));
  const line = lineOf({ ...envelope, session: state.session }, { nativeId: envelope.session, ...toolCallId });
  return { drafts: told.isNews ? [child, line] : [child], state: told.state };
}

function lineName(parent: string, child: string): string {
  return `${parent}>${child}`;
}

function callWithPrompt({ calls }: ClaudeState, value: unknown): SpecialCall | undefined {
  const words = joinedText(field(field(value, 'message'), 'content'));
  const hash = textHash(words);
  return calls.find(({ prompt }) => prompt === hash);
}

/** Two calls may have the same prompt: each starts one sub-agent. */
function claim(state: ClaudeState, call: SpecialCall): ClaudeState {
  const { prompt: _, ...claimed } = call;
  return { ...state, calls: state.calls.map((other) => (other === call ? claimed : other)) };
}

/** A person's fork, or, where a background process wrote the file, the same conversation gone on. */
function linkFork(state: ClaudeState, envelope: Envelope): Linked {
  const original = envelope.copyOf?.session;
  if (original === undefined || original === state.fork) return { drafts: [], state };
  const isBackground = stringAt(envelope.value, 'sessionKind') === 'bg';
  const parent: ParentLink = { nativeId: original, relation: isBackground ? 'continuation' : 'fork' };
  // Not the copied record's own word: its original says nothing of the kind.
  const record = `fork:${original}`;
  const link = draftOf({ ...envelope, copyOf: undefined }, 'session.info', 'parent', { parent }, { record });
  return { drafts: [link], state: { ...state, fork: original } };
}

/** The line in a parent for the sub-agent that a call's result names. A sub-agent that goes on later is the same one. */
export function linkStarted(
  before: ClaudeState,
  envelope: Envelope,
  { toolCallId, agentId, structured }: { toolCallId: string; agentId: string; structured: unknown },
): Linked {
  const nativeId = agentSession(agentId, mainSession(envelope.session));
  const { isNews, state } = tellOnce(before, lineName(envelope.session, nativeId));
  if (!isNews) return { drafts: [], state };
  const description = textAt(structured, 'description');
  const agentType = textAt(structured, 'agentType');
  const subagent = {
    nativeId,
    toolCallId,
    ...(description !== undefined && { description }),
    ...(agentType !== undefined && { agentType }),
  };
  return { drafts: [lineOf(envelope, subagent)], state };
}

function lineOf(envelope: Envelope, subagent: NonNullable<Payload<'session.info'>['subagent']>): Draft {
  return draftOf(envelope, 'session.info', `subagent:${subagent.nativeId}`, { subagent });
}

/** `agent-<id>.meta.json`: which call started the sub-agent, and which other sub-agent, if it was one. */
export function decodeAgentMeta(
  before: ClaudeState,
  { value, name = '' }: Frame,
  { agentId, parent }: PathHints,
): Decoded<ClaudeState> {
  if (agentId === undefined || parent === undefined) return { drafts: [], diagnostics: [], state: before };
  const session = agentSession(agentId, parent);
  const record = `companion:${name.split('/').at(-1)}`;
  const base = { session, record, type: 'agent-meta', origin: 'agent' } as const;
  if (!isRecord(value)) {
    const raw: Draft = { ...base, part: 'raw', kind: 'provider.raw', payload: { rawType: 'agent-meta' } };
    return { drafts: [raw], diagnostics: [{ code: 'unexpected-shape', about: 'agent-meta' }], state: before };
  }
  const caller = textAt(value, 'parentAgentId');
  const toolCallId = textAt(value, 'toolUseId');
  const title = textAt(value, 'description');
  const link: ParentLink = {
    nativeId: caller === undefined ? parent : agentSession(caller, parent),
    relation: 'subagent',
    ...(toolCallId !== undefined && { toolCallId }),
  };
  const payload = { ...(title !== undefined && { title, titleFrom: 'agent' as const }), parent: link };
  const draft: Draft = { ...base, part: 'info', kind: 'session.info', payload };
  return { drafts: [draft], diagnostics: [], state: tellOnce(before, session).state };
}
