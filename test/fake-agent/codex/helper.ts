/** Sub-agents of Codex: a thread of their own. Those of the second generation begin with what their parent has seen. */
import type { Tool } from '../story.ts';
import type { Desk } from '../writer.ts';
import type { PaginatedThread } from './paginated.ts';
import { HELPER_PATH, MAIN_PATH } from './rollout.ts';

interface Delegation {
  readonly tool: Tool & { readonly kind: 'delegate' };
  /** Of the call. */
  readonly id: string;
  /** Begins a thread with these metadata. */
  readonly open: (meta: object) => PaginatedThread;
}

/** Runs a sub-agent, of one generation or the other. */
export function delegate(desk: Desk, parent: PaginatedThread, delegation: Delegation): void {
  desk.log.pause(5);
  if (desk.random.below(2) === 0) delegateAlone(desk, parent, delegation);
  else delegateWithHistory(desk, parent, delegation);
}

function delegateAlone(desk: Desk, parent: PaginatedThread, { tool, id, open }: Delegation): void {
  const spawn = { parent_thread_id: parent.id, depth: 1, agent_nickname: 'Newton' };
  const helper = open({ ...metaOf(parent, spawn), agent_nickname: 'Newton' });
  const collab = { sender_thread_id: parent.id, receiver_thread_ids: [helper.id], prompt: tool.prompt };
  desk.log.spoofs('subagent', parent.id, tool.prompt);
  parent.item({ type: 'CollabAgentToolCall', id, tool: 'spawn_agent', status: 'completed', ...collab });
  parent.output(id, JSON.stringify({ agent_id: helper.id, nickname: 'Newton' }));
  begins(desk, helper, parent);
  helper.task(tool.prompt);
  work(helper, tool);
  const status = JSON.stringify({ agent_id: helper.id, status: { completed: tool.report } });
  const note = `<subagent_notification>\n${status}\n</subagent_notification>`;
  parent.injected('multi_agent.subagent_notification', note, 'subagent');
}

function delegateWithHistory(desk: Desk, parent: PaginatedThread, { tool, id, open }: Delegation): void {
  const copies = parent.copied;
  const spawn = { parent_thread_id: parent.id, depth: 1, agent_path: HELPER_PATH };
  // Its own metadata and its parent's come first, a hint to the model last.
  const subagent_history_start_ordinal = copies.length + 3;
  const fork = { forked_from_id: parent.id, subagent_history_start_ordinal, agent_path: HELPER_PATH };
  const helper = open({ ...metaOf(parent, spawn), ...fork, multi_agent_version: 'v2' });
  const activity = { agent_thread_id: helper.id, agent_path: HELPER_PATH };
  parent.item({ type: 'SubAgentActivity', id, kind: 'started', ...activity });
  parent.output(id, JSON.stringify({ task_name: HELPER_PATH }));
  begins(desk, helper, parent);
  helper.task(tool.prompt, (thread) => {
    thread.line('session_meta', parent.meta());
    for (const { type, payload } of copies) {
      const [first] = (payload.content ?? []) as readonly { readonly text?: string }[];
      if (payload.role === 'user') desk.log.spoofs('replayed', helper.id, first?.text ?? '');
      thread.line(type, payload);
    }
    const content = [{ type: 'input_text', text: 'You are now a newly spawned child agent.' }];
    const message = { type: 'message', id: `msg_${desk.random.hex(20)}`, role: 'developer', content };
    const marks = { content_item_kinds: ['multi_agent.usage_hint'] };
    thread.line('response_item', { ...message, internal_chat_message_metadata_passthrough: marks });
  });
  work(helper, tool);
  desk.log.spoofs('subagent', parent.id, tool.report);
  parent.tells({ author: HELPER_PATH, recipient: MAIN_PATH }, 'Message Type: FINAL_ANSWER\nPayload:\n', tool.report);
  parent.item({ type: 'SubAgentActivity', id: `completed-${helper.id}`, kind: 'completed', ...activity });
}

function metaOf(parent: PaginatedThread, thread_spawn: object): object {
  const source = { subagent: { thread_spawn } };
  return { source, thread_source: 'subagent', parent_thread_id: parent.id, session_id: parent.id };
}

function begins({ log, cwd }: Desk, helper: PaginatedThread, parent: PaginatedThread): void {
  log.begins({ nativeId: helper.id, cwd, parent: { nativeId: parent.id, relation: 'subagent' } });
}

function work(helper: PaginatedThread, { rounds, report }: Delegation['tool']): void {
  for (const { thinking, text, tools } of rounds) {
    if (thinking !== undefined) helper.thinks(thinking);
    if (text !== undefined) helper.says(text, 'commentary');
    for (const tool of tools) if (tool.kind === 'shell') helper.ran(tool, helper.call(tool));
  }
  helper.endTask(report);
}
