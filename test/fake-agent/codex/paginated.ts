/**
 * A thread of Codex 0.169 with paginated history, seen in November 2026. Lines are numbered across the files of a thread.
 *
 * What a person and the model say stands in an item (`item_completed`) and in a record of what the model saw. A rewind goes
 * on in a second file that says how much of the thread still counts; a fork is a thread that begins with its parent's end.
 */
import type { Prompt, Round, Tool, Turn } from '../story.ts';
import type { Desk } from '../writer.ts';
import { delegate } from './helper.ts';
import {
  execution,
  HELPER_PATH,
  MAIN_PATH,
  MODEL,
  projectRules,
  Rollout,
  type RolloutLine,
  rolloutPath,
  shellWords,
  shownOutput,
  Usage,
  uuid7,
} from './rollout.ts';

export interface ThreadOptions {
  /** The metadata that tell where the thread comes from. */
  readonly meta?: object;
  readonly firstOrdinal?: number;
}

/** A place in a thread to which a rewind or a fork can refer. */
export interface Place {
  readonly ordinal: number;
  readonly bytes: number;
}

interface Standing {
  /** Absent for the first turn of a thread: nobody can go back to before it. */
  readonly from: Place | undefined;
  readonly said: number[];
}

export class PaginatedThread {
  readonly id: string;
  readonly #desk: Desk;
  readonly #meta: object;
  readonly #usage: Usage;
  readonly #turns: Standing[] = [];
  #file: Rollout;
  #turnId = '';
  #copied: RolloutLine[] = [];
  #sequence = 0;
  #hasBegun = false;

  constructor(desk: Desk, { meta = {}, firstOrdinal = 0 }: ThreadOptions = {}) {
    this.#desk = desk;
    this.#meta = meta;
    this.#usage = new Usage(desk.random);
    this.id = uuid7(desk.random, desk.log.nowMs());
    this.#file = new Rollout(desk, rolloutPath(desk.log.now(), this.id), firstOrdinal);
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  end(): Place {
    return this.#file.end();
  }

  turn(turn: Turn): void {
    this.#beginTurn();
    this.#types(turn.prompt);
    for (const [index, round] of turn.rounds.entries()) {
      const isLast = index === turn.rounds.length - 1;
      if (isLast && turn.ending === 'declined') {
        this.#decline(round);
        return;
      }
      this.#round(round, isLast ? turn.steering : undefined);
    }
    if (turn.ending === 'broken-off') {
      this.#abort();
      return;
    }
    this.says(turn.answer, 'final_answer');
    this.#count();
    if (turn.hook !== undefined) this.injected('hooks.stop', `<hook_prompt>\n${turn.hook}\n</hook_prompt>`, 'hook');
    this.#file.event('task_complete', { turn_id: this.#turnId, last_agent_message: turn.answer });
  }

  /** The task of a sub-agent: marked like a person's words, or, with other history before it, a message between agents. */
  task(prompt: string, before?: (thread: PaginatedThread) => void): void {
    if (before) {
      this.#sessionMeta({});
      before(this);
      this.#hasBegun = true;
    }
    this.#beginTurn();
    this.#desk.log.spoofs('subagent', this.id, prompt);
    if (before) this.tells({ author: MAIN_PATH, recipient: HELPER_PATH }, `Message Type: NEW_TASK\nPayload:\n`, prompt);
    else this.#userMessage(prompt);
  }

  /** A message from one agent to another. */
  tells(between: { readonly author: string; readonly recipient: string }, head: string, text: string): void {
    this.line('inter_agent_communication_metadata', { trigger_turn: true });
    const content = [
      { type: 'input_text', text: head },
      { type: 'encrypted_content', encrypted_content: text },
    ];
    this.#response({ type: 'agent_message', id: this.#id('amsg'), ...between, content });
  }

  endTask(report: string): void {
    this.#desk.log.spoofs('subagent', this.id, report);
    this.says(report, 'final_answer');
    this.#file.event('task_complete', { turn_id: this.#turnId, last_agent_message: report });
  }

  /** The next turn stands in the place of these: the thread goes on in a file of its own. */
  rewind(count: number): void {
    const earliest = this.#turns.findIndex((turn) => turn.from !== undefined);
    if (earliest < 0) return;
    const dropped = this.#turns.splice(Math.max(earliest, this.#turns.length - count));
    const from = dropped[0]?.from;
    if (!from) return;
    const { log, random } = this.#desk;
    const rollout = uuid7(random, log.nowMs() + 1000);
    log.pause(2000);
    this.#file = new Rollout(this.#desk, rolloutPath(log.now(), this.id, rollout), from.ordinal);
    const { ordinal, bytes } = from;
    log.takesBack(dropped.flatMap(({ said }) => said));
    this.#sessionMeta({ history_base: { thread_id: this.id, end_ordinal_exclusive: ordinal, end_byte_offset: bytes } });
  }

  settle(): void {
    this.#turns.length = 0;
  }

  /** A compaction: a summary in the shape of an answer, then the history that replaces the old one. */
  compact(summary: string): void {
    if (!this.#hasBegun) return;
    this.#startTask();
    this.#desk.log.spoofs('summary', this.id, summary);
    const content = [{ type: 'output_text', text: summary }];
    const message = { type: 'message', id: this.#id('msg'), role: 'assistant', content, phase: 'final_answer' };
    this.#response(message, ['unknown'], { compaction_output: true });
    this.#count();
    const kept = {
      type: 'message',
      id: this.#id('msg'),
      role: 'user',
      content: [{ type: 'input_text', text: summary }],
    };
    this.#desk.log.spoofs('summary', this.id, summary);
    const windows = { window_number: 1, window_id: uuid7(this.#desk.random, this.#desk.log.nowMs()) };
    this.line('compacted', { message: summary, replacement_history: [kept], ...windows });
    this.#turnContext();
    this.item({ type: 'ContextCompaction', id: this.#id('cc') });
    this.#file.event('task_complete', { turn_id: this.#turnId, last_agent_message: null });
    this.settle();
  }

  shell(command: string, output: string): void {
    if (!this.#hasBegun) return;
    this.#startTask();
    const id = this.#id('call');
    this.#desk.log.spoofs('shell-output', this.id, output);
    this.item(execution(id, command, output, 'user_shell'));
    this.injected('shell.user_command', shellWords(command, output), 'shell-output');
    this.#file.event('task_complete', { turn_id: this.#turnId, last_agent_message: null });
  }

  #beginTurn(): void {
    const isFirst = !this.#hasBegun;
    const from = isFirst ? undefined : this.end();
    if (isFirst) this.#sessionMeta({});
    this.#hasBegun = true;
    this.#startTask();
    if (isFirst) this.#context();
    this.#turnContext();
    this.#turns.push({ from, said: [] });
  }

  #context(): void {
    const { cwd } = this.#desk;
    const rules = '<permissions instructions>\nAsk.\n</permissions instructions>';
    this.injected('permissions.instructions', rules, 'context', 'developer');
    this.injected('agents_md.instructions', projectRules(cwd), 'context');
    const where = `<environment_context>\n  <cwd>${cwd}</cwd>\n</environment_context>`;
    this.injected('environments.environment_context', where, 'context');
    this.line('world_state', { full: true, state: { model: MODEL } });
  }

  #sessionMeta(more: object): void {
    this.line('session_meta', this.meta(more));
  }

  meta(more: object = {}): object {
    const { log, cwd } = this.#desk;
    return {
      account_scoped: true,
      session_id: this.id,
      id: this.id,
      timestamp: log.now(),
      cwd,
      runtime_workspace_roots: [cwd],
      originator: 'codex-tui',
      cli_version: '0.169.0',
      source: 'cli',
      thread_source: 'user',
      model_provider: 'mock',
      history_mode: 'paginated',
      base_instructions: { text: 'Be of use.' },
      git: { commit_hash: 'abc123', branch: 'main' },
      ...this.#meta,
      ...more,
    };
  }

  /** What a sub-agent that begins with its parent's history copies: what the model saw of the turn. */
  get copied(): readonly RolloutLine[] {
    return this.#copied;
  }

  line(type: string, payload: object, more: object = {}): void {
    const isSeen = type === 'response_item' || type === 'turn_context';
    if (isSeen) this.#copied.push({ type, payload: payload as RolloutLine['payload'] });
    this.#file.line(type, payload, more);
  }

  #startTask(): void {
    this.#copied = [];
    this.#turnId = uuid7(this.#desk.random, this.#desk.log.nowMs());
    const turn_attribution = { turn_id: this.#turnId, turn_trigger: 'user', root_turn_id: this.#turnId };
    const started_at = Math.floor(this.#desk.log.nowMs() / 1000);
    this.#file.event('task_started', {
      turn_attribution,
      turn_id: this.#turnId,
      started_at,
      model_context_window: 258400,
    });
  }

  #turnContext(): void {
    const policy = { approval_policy: 'on-request', sandbox_policy: { type: 'workspace-write' } };
    this.line('turn_context', {
      turn_id: this.#turnId,
      cwd: this.#desk.cwd,
      ...policy,
      model: MODEL,
      summary: 'none',
    });
  }

  #types(prompt: Prompt): void {
    const { log } = this.#desk;
    const ts = Math.floor(log.nowMs() / 1000);
    log.append('.codex/history.jsonl', { session_id: this.id, ts, text: prompt.text });
    this.#remember(log.types(this.id, prompt));
    this.#userMessage(prompt.text);
  }

  #userMessage(text: string): void {
    const { random } = this.#desk;
    const content = [{ type: 'input_text', text }];
    const message = { type: 'message', id: this.#id('msg'), role: 'user', content };
    this.#response(message, ['user.text'], {}, 'user');
    const said = [{ type: 'text', text, text_elements: [] }];
    this.item({
      type: 'UserMessage',
      id: uuid7(random, this.#desk.log.nowMs()),
      client_id: random.uuid(),
      content: said,
    });
  }

  says(text: string, phase: 'commentary' | 'final_answer'): void {
    const id = this.#id('msg');
    this.#desk.log.spoofs('answer', this.id, text);
    this.#remember(this.#desk.log.says('agent', this.id, text));
    this.item({ type: 'AgentMessage', id, content: [{ type: 'Text', text }], phase });
    const content = [{ type: 'output_text', text, annotations: [] }];
    this.#response({ type: 'message', status: 'completed', id, role: 'assistant', content, phase }, ['unknown']);
  }

  thinks(text: string): void {
    const id = this.#id('rs');
    this.#desk.log.spoofs('thinking', this.id, text);
    this.item({ type: 'Reasoning', id, summary_text: [text], raw_content: [] });
    const summary = [{ type: 'summary_text', text }];
    this.#response({ type: 'reasoning', id, summary, content: null, encrypted_content: this.#desk.random.hex(80) });
  }

  #round(round: Round, steering?: Prompt): void {
    if (round.thinking !== undefined) this.thinks(round.thinking);
    if (round.text !== undefined) this.says(round.text, 'commentary');
    const calls = round.tools.map((tool) => ({ tool, id: this.#call(tool) }));
    for (const { tool, id } of calls) {
      if (tool.kind === 'shell') this.ran(tool, id);
      else delegate(this.#desk, this, { tool, id, open: (meta) => new PaginatedThread(this.#desk, { meta }) });
    }
    this.#count();
    if (steering) this.#types(steering);
  }

  #call(tool: Tool): string {
    const call_id = this.#id('call');
    const [name, args] =
      tool.kind === 'shell' ? ['exec_command', { cmd: tool.command }] : ['spawn_agent', { message: tool.prompt }];
    this.#desk.log.spoofs('tool-input', this.id, tool.kind === 'shell' ? tool.command : tool.prompt);
    const namespace = tool.kind === 'shell' ? {} : { namespace: 'multi_agent_v1' };
    const call = { type: 'function_call', status: 'completed', id: this.#id('fc'), name, ...namespace };
    this.#response({ ...call, arguments: JSON.stringify(args), call_id });
    return call_id;
  }

  ran(tool: Tool & { kind: 'shell' }, id: string): void {
    this.#desk.log.spoofs('tool-result', this.id, tool.output);
    this.item(execution(id, tool.command, tool.output, 'unified_exec_startup'));
    this.output(id, shownOutput(this.#desk.random, tool.output));
  }

  call(tool: Tool): string {
    return this.#call(tool);
  }

  output(call_id: string, output: string): void {
    this.#response({ type: 'function_call_output', id: this.#id('fco'), call_id, output });
  }

  #decline(round: Round): void {
    const tool = round.tools.find(({ kind }) => kind === 'shell');
    if (tool) this.output(this.#call(tool), 'aborted by user after 3.3s');
    this.#abort();
  }

  /** Esc: the answer that was being written is lost. */
  #abort(): void {
    const told = '<turn_aborted>\nThe user interrupted the previous turn on purpose.\n</turn_aborted>';
    this.injected('generic.turn_aborted', told, 'context');
    this.#file.event('turn_aborted', { turn_id: this.#turnId, reason: 'interrupted' });
  }

  #count(): void {
    const { total, last } = this.#usage.next();
    const usage = { turn_token_usage: last, thread_token_usage: total };
    this.line('token_usage_record', {
      thread_id: this.id,
      turn_id: this.#turnId,
      response_id: this.#id('resp'),
      ...usage,
    });
    const info = { total_token_usage: total, last_token_usage: last, model_context_window: 258400 };
    this.#file.event('token_count', { info, rate_limits: null });
  }

  injected(kind: string, text: string, carrier: 'hook' | 'context' | 'shell-output' | 'subagent', role = 'user'): void {
    this.#desk.log.spoofs(carrier, this.id, text);
    const message = { type: 'message', id: this.#id('msg'), role, content: [{ type: 'input_text', text }] };
    this.#response(message, [kind], {}, 'harness');
  }

  #response(payload: object, kinds?: readonly string[], metadata: object = {}, provenance?: string): void {
    const marks = {
      turn_id: this.#turnId,
      ...(kinds && { create_time: this.#desk.log.nowMs() / 1000, content_item_kinds: kinds }),
      ...(provenance !== undefined && { content_item_metadata: [{ provenance: { type: provenance } }] }),
    };
    this.#sequence += 1;
    const sequence = { history_sequence: this.#sequence, sampled_through_sequence: 0, client_authored: false };
    const more = { internal_chat_message_metadata_passthrough: marks };
    this.line('response_item', { ...payload, ...more }, { metadata: { ...sequence, ...metadata } });
  }

  item(item: object): void {
    const ms = this.#desk.log.nowMs();
    const turn = { thread_id: this.id, turn_id: this.#turnId };
    this.#file.event('item_completed', { ...turn, item, started_at_ms: ms, completed_at_ms: ms });
  }

  #remember(id: number): void {
    this.#turns.at(-1)?.said.push(id);
  }

  #id(prefix: string): string {
    return `${prefix}_${uuid7(this.#desk.random, this.#desk.log.nowMs())}`;
  }
}
