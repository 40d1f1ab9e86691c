/**
 * Whose records are these? Sub-agents in their parent's file, and records that were copied from another session.
 */
import { field, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { lastOf } from '../shared/text.ts';
import { type ClaudeState, isRememberable, type SideChain, shortHash } from './state.ts';

/** A sub-agent is a session of its own; its id is only unique below its parent. */
export function agentSession(agentId: string, parent: string): string {
  return `agent-${agentId}@${parent}`;
}

/** The main session that a sub-agent's session belongs to; any other session is its own. */
export function mainSession(session: string): string {
  return session.startsWith('agent-') ? session.slice(session.indexOf('@') + 1) : session;
}

/**
 * The original of a copied record. `/branch` names it on every record; `--fork-session` only says, on assistant
 * records, in which session the request was made, and keeps the record's id (2.1.329).
 */
export function copyOf(value: unknown, session: string): Draft['copyOf'] {
  const forked = field(value, 'forkedFrom');
  const original = textAt(forked, 'sessionId') ?? textAt(value, 'requestSessionId');
  const record = textAt(forked, 'messageUuid') ?? textAt(value, 'uuid');
  return original === undefined || original === session || record === undefined
    ? undefined
    : { session: original, record };
}

const CHAINS = 12;
const CHAIN_MEMORY = 48;

/**
 * Versions up to 2.0.2x wrote sub-agents into the session's own file. With an `agentId` that names the sub-agent;
 * without, a chain is known by its root, which the chain's records lead back to.
 */
export function sideChainOf(
  state: ClaudeState,
  value: unknown,
  uuid: string | undefined,
): { readonly state: ClaudeState; readonly session?: string } {
  if (state.session === null) return { state };
  const agentId = textAt(value, 'agentId');
  if (agentId !== undefined) return { state, session: agentSession(agentId, state.session) };
  if (!isRememberable(uuid)) return { state };
  const parent = stringAt(value, 'parentUuid');
  const known = parent === undefined ? undefined : shortHash(parent);
  const chain = state.chains.find(({ latest }) => known !== undefined && latest.includes(known));
  const own = shortHash(uuid);
  const grown: SideChain = chain
    ? { root: chain.root, latest: lastOf([...chain.latest, own], CHAIN_MEMORY) }
    : { root: uuid, latest: [own] };
  const chains = lastOf([...state.chains.filter((other) => other !== chain), grown], CHAINS);
  return { state: { ...state, chains }, session: agentSession(grown.root, state.session) };
}
