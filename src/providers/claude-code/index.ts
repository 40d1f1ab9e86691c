import { field, numberAt, stringAt, textAt } from '../../core/json.ts';
import type { Provider, SourceMatch } from '../provider.ts';
import { agentSession } from './chains.ts';
import { createClaudeDecoder } from './decode.ts';
import type { PathHints } from './envelope.ts';

/** Claude Code: `~/.claude/projects`. See README.md in this folder. */
export const claudeCode: Provider = {
  id: 'claude-code',
  label: 'Claude Code',
  decoderVersion: 2,
  roots({ home, variables }) {
    const configured =
      variables.CLAUDE_CONFIG_DIR?.split(',')
        .map((path) => path.trim())
        .filter((path) => path !== '') ?? [];
    if (configured.length > 0) return configured.map((path) => `${path}/projects`);
    const xdg = variables.XDG_CONFIG_HOME || `${home}/.config`;
    return [`${home}/.claude/projects`, `${xdg}/claude/projects`];
  },
  retention: {
    settings: 'settings.json',
    setting: 'cleanupPeriodDays',
    days: (settings) => numberAt(settings, 'cleanupPeriodDays') ?? DEFAULT_DAYS,
  },
  match: matchClaude,
  mayContain: (folder) => !/(^|\/)(tool-results|scripts|memory|file-history)$/.test(folder),
  recognise: recogniseClaude,
  createDecoder: (match) => createClaudeDecoder((match.hints ?? {}) as PathHints, match.nativeId ?? match.family),
};

/** Seen in 2.1: transcripts that were not changed for so long are deleted when it starts. */
const DEFAULT_DAYS = 30;

const AGENT = /^agent-([A-Za-z0-9_-]+)$/;

/*
 *     <project>/<session>.jsonl                           a session
 *     <project>/<session>/chat.jsonl                      a session, in the oldest layout
 *     <project>/agent-<id>.jsonl                          a sub-agent, 2.0.2x to 2.0.6x
 *     <project>/<session>/subagents/…/agent-<id>.jsonl    a sub-agent, later, with a .meta.json beside it
 *     <project>/<session>/tool-results/<file>             complete output of a tool
 */
function matchClaude(path: string): SourceMatch | undefined {
  const parts = path.split('/');
  const file = parts.at(-1) ?? '';
  if (!file.endsWith('.jsonl') || parts.length < 2) return undefined;
  const stem = file.slice(0, -'.jsonl'.length);
  if (stem === '') return undefined;
  const [, agentId] = AGENT.exec(stem) ?? [];
  const folder = parts.slice(0, -1).join('/');
  const subagents = parts.lastIndexOf('subagents');
  if (agentId !== undefined && subagents >= 1) {
    const parent = parts[subagents - 1] ?? '';
    const nativeId = agentSession(agentId, parent);
    return {
      framing: 'jsonl',
      nativeId,
      family: nativeId,
      companions: [`${folder}/${stem}.meta.json`],
      sideFolder: [...parts.slice(0, subagents), 'tool-results'].join('/'),
      hints: { agentId, parent },
    };
  }
  if (agentId !== undefined) return { framing: 'jsonl', family: stem, hints: { agentId } };
  if (subagents >= 0) return undefined;
  const session = stem === 'chat' && parts.length > 2 ? (parts.at(-2) ?? stem) : stem;
  const sideFolder = stem === session ? `${folder}/${stem}/tool-results` : `${folder}/tool-results`;
  return { framing: 'jsonl', nativeId: session, family: session, sideFolder, hints: { session } };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A copy of a session file somewhere, or an export of the web version: an object with `loglines`. */
function recogniseClaude(first: unknown, name: string): SourceMatch | undefined {
  const stem = name.replace(/\.jsonl?$/, '');
  const loglines = field(first, 'loglines');
  if (Array.isArray(loglines)) {
    const session =
      textAt(
        loglines.find((line) => textAt(line, 'sessionId') !== undefined),
        'sessionId',
      ) ?? stem;
    const list = { property: 'loglines', key: 'uuid' };
    return { framing: 'document', nativeId: session, family: session, list, hints: { session } };
  }
  if (!isSessionRecord(first)) return undefined;
  const [, agentId] = AGENT.exec(stem) ?? [];
  if (agentId !== undefined) return { framing: 'jsonl', family: stem, hints: { agentId } };
  const session = UUID.test(stem) ? stem : (textAt(first, 'sessionId') ?? stem);
  return { framing: 'jsonl', nativeId: session, family: session, hints: { session } };
}

function isSessionRecord(first: unknown): boolean {
  const type = stringAt(first, 'type');
  if (typeof field(first, 'uuid') === 'string' && field(first, 'parentUuid') !== undefined) return true;
  const hasOwner = ['sessionId', 'leafUuid', 'messageId'].some((key) => textAt(first, key) !== undefined);
  return type !== undefined && OPENING_TYPES.has(type) && hasOwner;
}

/** Records without a place in the chain that may open a file. */
const OPENING_TYPES: ReadonlySet<string> = new Set([
  'summary',
  'queue-operation',
  'file-history-snapshot',
  'custom-title',
  'ai-title',
  'agent-name',
  'agent-setting',
  'mode',
  'permission-mode',
  'last-prompt',
  'atis-latch',
]);
