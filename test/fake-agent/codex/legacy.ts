/**
 * A thread of Codex 0.142 with legacy history: what is said stands in an event and in a record of what the model saw, few
 * of which have ids. A fork begins with the parent's lines under new times; a rewind is a line that takes turns back.
 */
import type { Prompt, Round, Tool, Turn } from '../story.ts';
import type { Desk } from '../writer.ts';
import {
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

/** A turn that stands: what a fork copies of it. */
interface Standing {
  readonly lines: RolloutLine[];
  readonly said: number[];
  readonly isCopied: boolean;
}

export class LegacyThread {
  readonly id: string;
  readonly #desk: Desk;
  readonly #file: Rollout;
  readonly #meta: object;
  readonly #usage: Usage;
  readonly #turns: Standing[] = [];
  readonly #head: RolloutLine[] = [];
  #turnId = '';
  #hasBegun = false;

  constructor(desk: Desk, parent?: LegacyThread) {
    this.#desk = desk;
    this.#usage = new Usage(desk.random);
    this.id = uuid7(desk.random, desk.log.nowMs());
    this.#file = new Rollout(desk, rolloutPath(desk.log.now(), this.id));
    this.#meta = parent ? { forked_from_id: parent.id } : {};
    if (parent) this.#copy(parent);
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  turn(turn: Turn): void {
    this.#begin();
    this.#startTask();
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
    this.#says(turn.answer, 'final_answer');
    if (turn.hook !== undefined) this.#injected(`<hook_prompt>\n${turn.hook}\n</hook_prompt>`, 'hook');
    this.#event('task_complete', { turn_id: this.#turnId, last_agent_message: turn.answer });
  }

  /** The last turns are taken back, with a line that says how many prompts are; one that was typed meanwhile counts, too. */
  rewind(count: number): void {
    const own = this.#turns.findLastIndex(({ isCopied }) => isCopied) + 1;
    const dropped = this.#turns.splice(Math.max(own, this.#turns.length - count));
    if (dropped.length === 0) return;
    this.#desk.log.takesBack(dropped.flatMap(({ said }) => said));
    const prompts = dropped.flatMap(({ lines }) => lines).filter(({ payload }) => payload.type === 'user_message');
    // The line belongs to no turn: a fork does not copy it with one.
    this.#file.line('event_msg', { type: 'thread_rolled_back', num_turns: prompts.length });
  }

  compact(summary: string): void {
    if (!this.#hasBegun) return;
    this.#desk.log.spoofs('summary', this.id, summary);
    const kept = { type: 'message', role: 'user', content: [{ type: 'input_text', text: summary }] };
    this.#line('compacted', { message: summary, replacement_history: [kept] });
    this.#event('context_compacted', {});
    this.#turns.length = 0;
  }

  shell(command: string, output: string): void {
    if (!this.#hasBegun) return;
    this.#injected(shellWords(command, output), 'shell-output');
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#file.line('session_meta', this.#sessionMeta());
    this.#injected(projectRules(this.#desk.cwd), 'context');
  }

  #sessionMeta(): object {
    const { log, cwd } = this.#desk;
    const who = { originator: 'codex_cli_rs', cli_version: '0.142.0', source: 'cli', thread_source: 'user' };
    const git = { commit_hash: 'abc123', branch: 'main' };
    return { id: this.id, timestamp: log.now(), cwd, ...who, model_provider: 'openai', git, ...this.#meta };
  }

  /** The parent's metadata and turns, after the thread's own metadata. */
  #copy(parent: LegacyThread): void {
    const { log } = this.#desk;
    log.begins({
      nativeId: this.id,
      cwd: this.#desk.cwd,
      parent: { nativeId: parent.id, relation: 'fork', isTold: true },
    });
    this.#hasBegun = true;
    this.#file.line('session_meta', this.#sessionMeta());
    this.#file.line('session_meta', parent.#sessionMeta());
    for (const { type, payload } of parent.#head) this.#file.line(type, payload);
    for (const { lines } of parent.#turns) {
      for (const { type, payload } of lines) {
        if (payload.type === 'user_message') log.spoofs('replayed', this.id, String(payload.message));
        this.#file.line(type, payload);
      }
      this.#turns.push({ lines, said: [], isCopied: true });
    }
  }

  #startTask(): void {
    this.#turnId = uuid7(this.#desk.random, this.#desk.log.nowMs());
    this.#turns.push({ lines: [], said: [], isCopied: false });
    const started_at = Math.floor(this.#desk.log.nowMs() / 1000);
    this.#event('task_started', { turn_id: this.#turnId, started_at, model_context_window: 258400 });
    const policy = { approval_policy: 'on-request', sandbox_policy: { type: 'workspace-write' } };
    this.#line('turn_context', {
      turn_id: this.#turnId,
      cwd: this.#desk.cwd,
      ...policy,
      model: MODEL,
      summary: 'auto',
    });
  }

  #types(prompt: Prompt): void {
    const { log } = this.#desk;
    log.append('.codex/history.jsonl', { session_id: this.id, ts: Math.floor(log.nowMs() / 1000), text: prompt.text });
    this.#remember(log.types(this.id, prompt));
    const content = [{ type: 'input_text', text: prompt.text }];
    this.#line('response_item', { type: 'message', role: 'user', content });
    this.#event('user_message', { message: prompt.text, images: [], local_images: [], text_elements: [] });
  }

  #says(text: string, phase: 'commentary' | 'final_answer'): void {
    this.#desk.log.spoofs('answer', this.id, text);
    this.#remember(this.#desk.log.says('agent', this.id, text));
    this.#event('agent_message', { message: text, phase });
    const content = [{ type: 'output_text', text }];
    this.#line('response_item', { type: 'message', role: 'assistant', content, phase });
    const { total, last } = this.#usage.next();
    const info = { total_token_usage: total, last_token_usage: last, model_context_window: 258400 };
    this.#event('token_count', { info, rate_limits: null });
  }

  #round({ thinking, text, tools }: Round, steering?: Prompt): void {
    if (thinking !== undefined) {
      this.#desk.log.spoofs('thinking', this.id, thinking);
      this.#event('agent_reasoning', { text: thinking });
      const summary = [{ type: 'summary_text', text: thinking }];
      const encrypted_content = this.#desk.random.hex(80);
      this.#line('response_item', { type: 'reasoning', summary, content: null, encrypted_content });
    }
    if (text !== undefined) this.#says(text, 'commentary');
    for (const tool of tools) this.#ran(tool.kind === 'shell' ? tool : asShell(tool));
    if (steering) this.#types(steering);
  }

  #ran({ command, output }: Tool & { kind: 'shell' }): void {
    const { log, random } = this.#desk;
    const call_id = `call_${random.hex(20)}`;
    const call = { type: 'function_call', name: 'exec_command', arguments: JSON.stringify({ cmd: command }), call_id };
    log.spoofs('tool-input', this.id, command);
    this.#line('response_item', call);
    log.spoofs('tool-result', this.id, output);
    this.#line('response_item', { type: 'function_call_output', call_id, output: shownOutput(random, output) });
  }

  #decline(round: Round): void {
    if (round.text !== undefined) this.#says(round.text, 'commentary');
    this.#abort();
  }

  #abort(): void {
    this.#injected('<turn_aborted>\nThe user interrupted the previous turn on purpose.\n</turn_aborted>', 'context');
    this.#event('turn_aborted', { reason: 'interrupted', turn_id: this.#turnId });
  }

  #injected(text: string, carrier: 'hook' | 'context' | 'shell-output'): void {
    this.#desk.log.spoofs(carrier, this.id, text);
    this.#line('response_item', { type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
  }

  #event(type: string, payload: object): void {
    this.#line('event_msg', { type, ...payload });
  }

  #line(type: string, payload: object): void {
    const line: RolloutLine = { type, payload: payload as RolloutLine['payload'] };
    (this.#turns.at(-1)?.lines ?? this.#head).push(line);
    this.#file.line(type, payload);
  }

  #remember(id: number): void {
    this.#turns.at(-1)?.said.push(id);
  }
}

/** Sub-agents came later. */
function asShell({ prompt, report }: Tool & { kind: 'delegate' }): Tool & { kind: 'shell' } {
  return { kind: 'shell', command: `ask <<'EOF'\n${prompt}\nEOF`, output: report };
}
