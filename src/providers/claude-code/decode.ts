/** The decoder: one record of a Claude Code session file to drafts. What each record means is in `README.md`. */
import type { Payload } from '../../core/event.ts';
import { booleanAt, field, isRecord, textAt } from '../../core/json.ts';
import type { Decoded, Decoder, Draft, Frame } from '../provider.ts';
import { textHash } from '../shared/text.ts';
import { decodeAssistant } from './assistant.ts';
import { agentSession, draftOf, type Envelope, openEnvelope, type PathHints, sessionNews } from './envelope.ts';
import { decodeQueueOperation } from './queue.ts';
import { type ClaudeState, initialState } from './state.ts';
import { decodeAttachment, decodeSystem } from './system.ts';
import { decodeUser } from './user.ts';

export function createClaudeDecoder(hints: PathHints, fallbackSession: string): Decoder<ClaudeState> {
  return {
    initial: initialState,
    decode: (state, frame) =>
      frame.role === 'companion'
        ? decodeAgentMeta(state, frame, hints)
        : decodeRecord(state, frame.value, hints, fallbackSession),
  };
}

function decodeRecord(before: ClaudeState, value: unknown, hints: PathHints, fallback: string): Decoded<ClaudeState> {
  const record = isRecord(value) ? value : {};
  const opened = openEnvelope(before, record, hints, fallback);
  const { envelope } = opened;
  const news = sessionNews(opened.state, envelope);
  const first = firstOfSubagent(news.state, envelope, hints);
  const decoded = decodeByType(first.state, envelope);
  return { ...decoded, drafts: [...news.drafts, ...first.drafts, ...decoded.drafts] };
}

function decodeByType(state: ClaudeState, envelope: Envelope): Decoded<ClaudeState> {
  const raw = (about: string, isKnown: boolean): Decoded<ClaudeState> => ({
    drafts: [draftOf(envelope, 'provider.raw', 'raw', { rawType: about })],
    diagnostics: isKnown ? [] : [{ code: 'unknown-record', about }],
    state,
  });
  const info = (payload: Payload<'session.info'>): Decoded<ClaudeState> => ({
    drafts: [draftOf(envelope, 'session.info', 'title', payload)],
    diagnostics: [],
    state,
  });
  const { type, value } = envelope;
  switch (type) {
    case 'user':
      return decodeUser(state, envelope);
    case 'assistant':
      return decodeAssistant(state, envelope);
    case 'system':
      return { ...decodeSystem(envelope), state };
    case 'attachment':
      return { ...decodeAttachment(envelope), state };
    case 'queue-operation':
      return { ...decodeQueueOperation(state, envelope), diagnostics: [] };
    case 'progress':
      return raw(`progress:${textAt(value, 'data', 'type') ?? 'unknown'}`, true);
    case 'custom-title':
      return info({ title: textAt(value, 'customTitle'), titleFrom: 'user' });
    case 'ai-title':
      return info({ title: textAt(value, 'aiTitle'), titleFrom: 'agent' });
    case 'summary':
      return ownSummary(state, value)
        ? info({ title: textAt(value, 'summary'), titleFrom: 'summary' })
        : raw('summary', true);
    case 'last-prompt':
      return booleanAt(value, 'explicit') === true ? rewind(state, envelope) : raw(type, true);
    case 'pr-link': {
      const payload = { text: textAt(value, 'prUrl') ?? '', subtype: 'pr-link' };
      return { drafts: [draftOf(envelope, 'provider.info', 'pr-link', payload)], diagnostics: [], state };
    }
    default:
      return raw(type, RAW_TYPES.has(type));
  }
}

/** Types that are known and kept raw: bookkeeping of the agent, and copies of what other records say. */
const RAW_TYPES: ReadonlySet<string> = new Set([
  'file-history-snapshot',
  'file-history-delta',
  'agent-name',
  'agent-setting',
  'agent-color',
  'permission-mode',
  'mode',
  'bridge-session',
  'worktree-state',
  'relocated',
  'frame-link',
  'atis-latch',
  'session-id',
  'started',
  'result',
  'api-request',
  'api-request-shape',
  'api-request-blob',
  'tools-used',
  'cost-state',
]);

/** A summary may speak of any session; it speaks of this one when it names one of its latest records. */
function ownSummary({ latest }: ClaudeState, value: unknown): boolean {
  const leaf = textAt(value, 'leafUuid');
  return leaf !== undefined && latest.includes(leaf);
}

function rewind(state: ClaudeState, envelope: Envelope): Decoded<ClaudeState> {
  const payload = { text: 'The conversation was rewound.', subtype: 'rewind' };
  return { drafts: [draftOf(envelope, 'provider.info', 'rewind', payload)], diagnostics: [], state };
}

/** A sub-agent's first record links it to its parent, and to the call, where a hash of the prompt finds it. */
function firstOfSubagent(
  state: ClaudeState,
  envelope: Envelope,
  hints: PathHints,
): { drafts: Draft[]; state: ClaudeState } {
  const { value, session, isSubagent, uuid } = envelope;
  if (!isSubagent || state.subagents.includes(session) || uuid === undefined) return { drafts: [], state };
  const parent = hints.parent ?? (hints.agentId === undefined ? state.session : textAt(value, 'sessionId'));
  const next = { ...state, subagents: [...state.subagents.slice(-15), session] };
  if (parent === null || parent === undefined) return { drafts: [], state: next };
  const toolCallId = hints.agentId === undefined ? callWithPrompt(state, value) : undefined;
  const link = { nativeId: parent, relation: 'subagent', ...(toolCallId !== undefined && { toolCallId }) } as const;
  return { drafts: [draftOf(envelope, 'session.info', 'parent', { parent: link })], state: next };
}

function callWithPrompt({ calls }: ClaudeState, value: unknown): string | undefined {
  const content = field(field(value, 'message'), 'content');
  const hash = typeof content === 'string' ? textHash(content) : undefined;
  return calls.find(({ prompt }) => prompt !== undefined && prompt === hash)?.id;
}

/** `agent-<id>.meta.json`: which call started the sub-agent, and as what. */
function decodeAgentMeta(
  state: ClaudeState,
  { value, name = '' }: Frame,
  { agentId, parent }: PathHints,
): Decoded<ClaudeState> {
  if (agentId === undefined || parent === undefined || !isRecord(value)) return { drafts: [], diagnostics: [], state };
  const toolCallId = textAt(value, 'toolUseId');
  const title = textAt(value, 'description');
  const draft: Draft = {
    session: agentSession(agentId, parent),
    record: `companion:${name.split('/').at(-1)}`,
    part: 'info',
    type: 'agent-meta',
    origin: 'agent',
    kind: 'session.info',
    payload: {
      ...(title !== undefined && { title, titleFrom: 'agent' }),
      parent: { nativeId: parent, relation: 'subagent', ...(toolCallId !== undefined && { toolCallId }) },
    },
  };
  return { drafts: [draft], diagnostics: [], state };
}
