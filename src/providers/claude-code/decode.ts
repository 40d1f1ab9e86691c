/** The decoder: one record of a Claude Code session file to drafts. What each record means is in `README.md`. */
import { booleanAt, field, isRecord, textAt } from '../../core/json.ts';
import type { Decoded, Decoder, Frame } from '../provider.ts';
import { decodeAssistant } from './assistant.ts';
import { decodeAttachment } from './attachments.ts';
import { contentBlocks } from './blocks.ts';
import { draftOf, type Envelope, nameOf, openEnvelope, type PathHints, sessionNews } from './envelope.ts';
import { decodeAgentMeta, linkSession } from './lineage.ts';
import { decodeQueueOperation } from './queue.ts';
import { decodeRewind } from './rewind.ts';
import { type ClaudeState, initialState } from './state.ts';
import { grow } from './strands.ts';
import { decodeSystem } from './system.ts';
import { decodeTitle } from './titles.ts';
import { decodeUser } from './user.ts';

export function createClaudeDecoder(hints: PathHints, fallbackSession: string): Decoder<ClaudeState> {
  return {
    initial: initialState,
    decode: (state, frame) =>
      frame.role === 'companion'
        ? decodeAgentMeta(state, frame, hints)
        : decodeRecord(state, frame, hints, fallbackSession),
  };
}

function decodeRecord(before: ClaudeState, frame: Frame, hints: PathHints, fallback: string): Decoded<ClaudeState> {
  const value = isRecord(frame.value) ? frame.value : {};
  const { envelope, state } = openEnvelope(before, { value, offset: frame.offset }, hints, fallback);
  const news = sessionNews(state, envelope);
  const linked = linkSession(news.state, envelope, hints);
  const told = decodeByType(linked.state, envelope);
  const decoded = { ...told, state: grow(told.state, envelope) };
  const about = [...news.drafts, ...linked.drafts];
  return decoded.drafts.length > 0
    ? { ...decoded, drafts: [...about, ...decoded.drafts] }
    : { ...decoded, drafts: [...about, draftOf(envelope, 'provider.raw', 'raw', { rawType: envelope.type })] };
}

function decodeByType(state: ClaudeState, envelope: Envelope): Decoded<ClaudeState> {
  const { type, value } = envelope;
  switch (type) {
    case 'user':
      return withShape(decodeUser(state, envelope), envelope);
    case 'assistant':
      return withShape(decodeAssistant(state, envelope), envelope);
    case 'system':
      return { ...decodeSystem(envelope), state };
    case 'attachment':
      return { ...decodeAttachment(state, envelope), state };
    case 'queue-operation':
      return decodeQueueOperation(state, envelope);
    case 'progress':
      return raw(state, envelope, `progress:${nameOf(textAt(field(value, 'data'), 'type'), 'unknown')}`, true);
    case 'custom-title':
    case 'ai-title':
    case 'summary':
      return decodeTitle(state, envelope);
    case 'last-prompt':
      return booleanAt(value, 'explicit') === true ? decodeRewind(state, envelope) : raw(state, envelope, type, true);
    case 'pr-link': {
      const text = textAt(value, 'prUrl');
      if (text === undefined) return raw(state, envelope, type, true);
      const draft = draftOf(envelope, 'provider.info', 'pr-link', { text, subtype: 'pr-link' });
      return { drafts: [draft], diagnostics: [], state };
    }
    case 'untyped':
      return raw(state, envelope, isExport(value) ? 'web-export' : type, isExport(value));
    default:
      return raw(state, envelope, type, RAW_TYPES.has(type));
  }
}

function raw(state: ClaudeState, envelope: Envelope, rawType: string, isKnown: boolean): Decoded<ClaudeState> {
  return {
    drafts: [draftOf(envelope, 'provider.raw', 'raw', { rawType })],
    diagnostics: isKnown ? [] : [{ code: 'unknown-record', about: rawType }],
    state,
  };
}

/** A message whose content is neither text nor a list of blocks says nothing that could be read. */
function withShape(decoded: Decoded<ClaudeState>, { value, type }: Envelope): Decoded<ClaudeState> {
  const content = field(field(value, 'message'), 'content');
  if (contentBlocks(content) !== undefined || (content === undefined && decoded.drafts.length > 0)) return decoded;
  return { ...decoded, diagnostics: [...decoded.diagnostics, { code: 'unexpected-shape', about: type }] };
}

/** What is left of an export of the web version when its records are taken out. */
function isExport(value: unknown): boolean {
  return Array.isArray(field(value, 'loglines'));
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
