/**
 * Agents that start agents: links from a thread to its sub-agents, and the messages between them.
 *
 * A parent names its child in the output of `spawn_agent` (first generation), or in what the interface showed:
 * `collab_agent_spawn_end`, `CollabAgentToolCall`, `sub_agent_activity` or `SubAgentActivity`. Each child is linked once.
 */
import { field, isRecord, listAt, parseJson, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { lastOf } from '../shared/text.ts';
import { type Call, decodeBareCall, findCall } from './calls.ts';
import { closeCarriers } from './carriers.ts';
import { draftOf, type Line, raw, rawDraft, type Told, told } from './line.ts';
import type { CodexState } from './state.ts';

const SUBAGENTS = 128;

interface Link {
  readonly nativeId: string;
  readonly toolCallId?: string | undefined;
  readonly agentType?: string | undefined;
  readonly description?: string | undefined;
}

/** Links a sub-agent, unless that has been done. A copied line links nothing: its sub-agents are the ancestor's. */
function linkSubagent(state: CodexState, line: Line, { nativeId, toolCallId, agentType, description }: Link): Told {
  if (line.isReplayed || nativeId === line.session || state.subagents.includes(nativeId)) return told(state);
  const subagent = {
    nativeId,
    ...(toolCallId !== undefined && { toolCallId }),
    ...(agentType !== undefined && { agentType }),
    ...(description !== undefined && { description }),
  };
  const subagents = lastOf([...state.subagents, nativeId], SUBAGENTS);
  return told({ ...state, subagents }, draftOf(line, 'session.info', `subagent:${nativeId}`, { subagent }));
}

/** The sub-agent that a call's output names: `{"agent_id", "nickname"?}`. */
export function subagentFromOutput(state: CodexState, line: Line, toolCallId: string, output: unknown): Told {
  const parsed = typeof output === 'string' && output.startsWith('{') ? parseJson(output) : undefined;
  const nativeId = textAt(parsed, 'agent_id');
  if (nativeId === undefined) return told(state);
  return linkSubagent(state, line, { nativeId, toolCallId, description: textAt(parsed, 'nickname') });
}

/** `collab_agent_spawn_end`. */
export function decodeSpawnEnd(state: CodexState, line: Line): Told {
  const { payload } = line;
  const nativeId = textAt(payload, 'new_thread_id');
  if (nativeId === undefined) return raw(state, line);
  return linkOrRaw(state, line, {
    nativeId,
    toolCallId: textAt(payload, 'call_id'),
    agentType: textAt(payload, 'new_agent_role'),
    description: textAt(payload, 'new_agent_nickname'),
  });
}

/** `sub_agent_activity` and `SubAgentActivity`: the first one names the call. */
export function decodeActivity(state: CodexState, line: Line, source: unknown): Told {
  const nativeId = textAt(source, 'agent_thread_id');
  if (nativeId === undefined || stringAt(source, 'kind') !== 'started') return raw(state, line);
  const toolCallId = textAt(source, 'id') ?? textAt(source, 'event_id');
  return linkOrRaw(state, line, { nativeId, toolCallId, description: textAt(source, 'agent_path') });
}

function linkOrRaw(state: CodexState, line: Line, link: Link): Told {
  const linked = linkSubagent(state, line, link);
  return linked.drafts.length > 0 ? linked : raw(state, line);
}

/** A `CollabAgentToolCall` item: a call of its own inside a script, else what the call's output says as well. */
export function decodeCollabCall(before: CodexState, line: Line, item: unknown): Told {
  const id = textAt(item, 'id') ?? '';
  const tool = textAt(item, 'tool') ?? 'agent';
  const isKnown = findCall(before, id) !== undefined;
  const input = { prompt: stringAt(item, 'prompt') ?? null, receiver_thread_ids: listAt(item, 'receiver_thread_ids') };
  const called = isKnown ? told(before) : decodeBareCall(before, line, { id, name: tool, input } satisfies Call);
  if (!/^spawn_?agent$/i.test(tool)) return isKnown ? raw(before, line) : called;
  let { state } = called;
  const drafts: Draft[] = [...called.drafts];
  for (const receiver of listAt(item, 'receiver_thread_ids')) {
    if (typeof receiver !== 'string') continue;
    const agent = listAt(item, 'receiver_agents').find((one) => textAt(one, 'thread_id') === receiver);
    const link = {
      nativeId: receiver,
      toolCallId: id,
      agentType: textAt(agent, 'agent_role'),
      description: textAt(agent, 'agent_nickname'),
    };
    const linked = linkSubagent(state, line, link);
    state = linked.state;
    drafts.push(...linked.drafts);
  }
  return told(state, ...(drafts.length > 0 ? drafts : [rawDraft(line)]));
}

/**
 * `agent_message`: one agent to another. To a sub-agent, the first is its task: a prompt. The task's words may stand in
 * `encrypted_content` as plain text; what is really encrypted is never shown.
 */
export function decodeAgentMail(before: CodexState, line: Line): Told {
  const state = closeCarriers(before, 'prompt');
  const blocks = listAt(line.payload, 'content');
  const isTask =
    state.isSubagent && blocks.some((block) => /^Message Type: NEW_TASK$/m.test(stringAt(block, 'text') ?? ''));
  const drafts = blocks.map((block, index): Draft => {
    const text = stringAt(block, 'text');
    if (text !== undefined) return mail(line, index, text, isTask && !isHeader(text));
    const sealed = stringAt(block, 'encrypted_content');
    if (sealed === undefined || isEncrypted(sealed)) return rawDraft(line, `raw:${index}`);
    return mail(line, index, sealed, isTask);
  });
  return drafts.length > 0 ? told(state, ...drafts) : raw(state, line);
}

function mail(line: Line, index: number, text: string, isPrompt: boolean): Draft {
  if (isPrompt) return draftOf(line, 'user.message', `text:${index}`, { text }, { origin: 'subagent' });
  const payload = { text, subtype: 'agent-message' };
  return draftOf(line, 'system.message', `text:${index}`, payload, { origin: 'injected' });
}

/** The head of a message, with nothing behind `Payload:`. */
function isHeader(text: string): boolean {
  return text.startsWith('Message Type: ') && text.trimEnd().endsWith('\nPayload:');
}

/** A Fernet token, or one long run of base64: no words. */
function isEncrypted(text: string): boolean {
  return text.startsWith('gAAAA') || (text.length >= 64 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(text));
}

/** `inter_agent_communication`, before 0.144: the same as a flat record. */
export function decodeMailRecord(before: CodexState, line: Line): Told {
  const content = field(line.payload, 'content');
  const sealed = stringAt(line.payload, 'encrypted_content');
  const texts = [content, sealed].filter((text) => typeof text === 'string' && text !== '' && !isEncrypted(text));
  const isTask = before.isSubagent && field(line.payload, 'trigger_turn') === true;
  const drafts = texts.map((text, index) => mail(line, index, String(text), isTask));
  if (drafts.length === 0 || isRecord(content)) return raw(before, line);
  return told(closeCarriers(before, 'prompt'), ...drafts);
}
