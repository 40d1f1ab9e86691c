import { field, stringAt } from '../../core/json.ts';
import type { Provider, SourceMatch } from '../provider.ts';
import { createClaudeDecoder } from './decode.ts';
import type { PathHints } from './envelope.ts';

/** Claude Code: `~/.claude/projects`. See README.md in this folder. */
export const claudeCode: Provider = {
  id: 'claude-code',
  label: 'Claude Code',
  decoderVersion: 1,
  roots({ home, variables }) {
    const configured =
      variables.CLAUDE_CONFIG_DIR?.split(',')
        .map((path) => path.trim())
        .filter((path) => path !== '') ?? [];
    if (configured.length > 0) return configured.map((path) => `${path}/projects`);
    const xdg = variables.XDG_CONFIG_HOME ?? `${home}/.config`;
    return [`${home}/.claude/projects`, `${xdg}/claude/projects`];
  },
  match: matchClaude,
  mayContain: (folder) => !/(^|\/)(tool-results|scripts|memory|file-history)$/.test(folder),
  recognise: recogniseClaude,
  createDecoder: (match) => createClaudeDecoder((match.hints ?? {}) as PathHints, match.nativeId ?? match.family),
};

const AGENT = /^agent-([A-Za-z0-9_-]+)$/;

/*
 *     <project>/<session>.jsonl                           a session
 *     <project>/agent-<id>.jsonl                          a sub-agent, 2.0.2x to 2.0.6x
 *     <project>/<session>/subagents/…/agent-<id>.jsonl    a sub-agent, later, with a .meta.json beside it
 *     <project>/<session>/tool-results/<file>             complete output of a tool
 */
function matchClaude(path: string): SourceMatch | undefined {
  const parts = path.split('/');
  const file = parts.at(-1) ?? '';
  if (!file.endsWith('.jsonl') || file.endsWith('.tmp') || parts.length < 2) return undefined;
  const stem = file.slice(0, -'.jsonl'.length);
  const [, agentId] = AGENT.exec(stem) ?? [];
  const folder = parts.slice(0, -1).join('/');
  const subagents = parts.indexOf('subagents');
  if (agentId !== undefined && subagents >= 1) {
    const parent = parts[subagents - 1] ?? '';
    const sideFolder = [...parts.slice(0, subagents), 'tool-results'].join('/');
    const nativeId = `agent-${agentId}@${parent}`;
    return {
      framing: 'jsonl',
      nativeId,
      family: nativeId,
      companions: [`${folder}/${stem}.meta.json`],
      sideFolder,
      hints: { agentId, parent },
    };
  }
  if (agentId !== undefined) return { framing: 'jsonl', family: stem, hints: { agentId } };
  if (subagents >= 0) return undefined;
  if (stem === 'chat') return { framing: 'jsonl', nativeId: parts.at(-2) ?? stem, family: parts.at(-2) ?? stem };
  return {
    framing: 'jsonl',
    nativeId: stem,
    family: stem,
    sideFolder: `${folder}/${stem}/tool-results`,
    hints: { session: stem },
  };
}

/** A copy of a session file somewhere, or an export of the web version: an object with `loglines`. */
function recogniseClaude(first: unknown, name: string): SourceMatch | undefined {
  const stem = name.replace(/\.jsonl?$/, '');
  if (Array.isArray(field(first, 'loglines'))) {
    return { framing: 'document', family: stem, list: { property: 'loglines', key: 'uuid' } };
  }
  const type = stringAt(first, 'type');
  const isChain = typeof field(first, 'uuid') === 'string' && field(first, 'parentUuid') !== undefined;
  const isOther = type !== undefined && OPENING_TYPES.has(type);
  if (!isChain && !isOther) return undefined;
  const [, agentId] = AGENT.exec(stem) ?? [];
  return { framing: 'jsonl', family: stem, ...(agentId !== undefined && { hints: { agentId } }) };
}

/** Records without a place in the chain that may open a file. */
const OPENING_TYPES: ReadonlySet<string> = new Set([
  'summary',
  'queue-operation',
  'file-history-snapshot',
  'custom-title',
  'ai-title',
  'mode',
  'permission-mode',
  'last-prompt',
]);
