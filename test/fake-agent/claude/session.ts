/**
 * One session file of Claude Code, and the files of its sub-agents. Several records go into one write, as they do there.
 *
 * `chain` is the branch that is alive: what a fork copies, and where a rewind goes back to.
 */
import type { Random } from '../../bench/random.ts';
import type { StepLog } from '../step-log.ts';
import type { Prompt, Round, Tool, Turn } from '../story.ts';
import type { Desk } from '../writer.ts';
import { Answer, Chain, type ChainRecord, encodePath } from './records.ts';

/** A turn that stands: where it begins in the chain, and what was said in it. */
interface Standing {
  readonly from: number;
  readonly said: number[];
}

export class ClaudeSession {
  readonly id: string;
  readonly chain: Chain;
  readonly alive: ChainRecord[] = [];
  readonly #desk: Desk;
  readonly #log: StepLog;
  readonly #random: Random;
  readonly #path: string;
  readonly #turns: Standing[] = [];
  #back: Standing | undefined;
  #prompts = 0;

  constructor(desk: Desk, id: string) {
    this.#desk = desk;
    this.#log = desk.log;
    this.#random = desk.random;
    this.id = id;
    this.chain = new Chain(desk, { sessionId: id });
    this.#path = `.claude/projects/${encodePath(desk.cwd)}/${id}.jsonl`;
  }

  /** One write. What belongs to the chain is remembered. */
  write(...records: readonly object[]): void {
    this.alive.push(...records.filter(isInChain));
    this.#log.append(this.#path, ...records);
  }

  /** What a process writes when it opens the session. */
  bookkeeping(): readonly object[] {
    const sessionId = this.id;
    return [
      { type: 'mode', mode: 'normal', sessionId },
      { type: 'permission-mode', permissionMode: 'default', sessionId },
      { type: 'atis-latch', atis: '', sessionId },
    ];
  }

  /** The next prompt stands in the place of these turns. */
  rewind(turns: number): void {
    const dropped = this.#turns.splice(Math.max(0, this.#turns.length - turns));
    const first = dropped[0];
    if (!first) return;
    this.#back = { from: first.from, said: [...dropped.flatMap(({ said }) => said), ...(this.#back?.said ?? [])] };
  }

  /** A prompt that was typed while the turn before was running goes into the queue first. */
  turn(turn: Turn, before: readonly object[] = []): void {
    const queued = turn.isQueued && !this.#back && before.length === 0;
    if (queued) {
      this.#log.spoofs('request-log', this.id, turn.prompt.text);
      this.write(this.#queue('enqueue', turn.prompt.text));
      this.write(this.#queue('dequeue'));
    }
    const promptId = this.#prompt(turn.prompt, queued ? 'queued' : 'typed', before);
    for (const [index, round] of turn.rounds.entries()) {
      const isLast = index === turn.rounds.length - 1;
      if (isLast && turn.ending === 'declined') {
        this.#decline(round, promptId, turn.feedback);
        if (!turn.feedback) return;
        break;
      }
      this.#round(round, promptId, isLast ? turn : undefined);
    }
    if (turn.ending === 'broken-off') {
      this.#breakOff(turn.answer, promptId);
      return;
    }
    this.#says(turn.answer, new Answer(this.#desk, this.chain, 'end_turn'));
    this.#endTurn(turn);
  }

  #prompt(prompt: Prompt, promptSource: string, before: readonly object[]): string {
    const promptId = this.#random.uuid();
    const back = this.#back;
    this.#back = undefined;
    const parent = back ? (this.alive[back.from]?.parentUuid as string | null) : this.chain.tip;
    if (back) {
      this.#log.takesBack(back.said);
      this.alive.splice(back.from);
    }
    this.#prompts += 1;
    const position = { promptIndex: this.#prompts, turnIndex: this.#prompts };
    const marks = { permissionMode: 'default', origin: { kind: 'human' }, promptSource, turnOrigin: 'human' };
    const record = this.chain.user(prompt.text, { promptId, ...marks, turnPosition: position }, parent);
    const standing = { from: this.alive.length + before.filter(isInChain).length, said: [] };
    this.#turns.push(standing);
    // A fork without marks gives the prompts that it copies the id of its first own one.
    const opening = before.map((other) => ('promptId' in other ? { ...other, promptId } : other));
    const lines: object[] = [...opening, this.#snapshot(record.uuid), record];
    if (back) lines.push({ type: 'last-prompt', leafUuid: NOWHERE, explicit: true, sessionId: this.id });
    this.#remember(this.#log.types(this.id, prompt));
    this.write(...lines);
    this.#log.append('.claude/history.jsonl', {
      display: prompt.text,
      pastedContents: {},
      timestamp: this.#log.nowMs(),
      project: this.#desk.cwd,
      sessionId: this.id,
    });
    this.#context(prompt.text);
    return promptId;
  }

  /** What the harness adds to a prompt, and its record of the request: the prompt once more, in the model's shape. */
  #context(text: string): void {
    const [hash, shapeHash] = [this.#random.hex(64), this.#random.hex(64)];
    const content = [{ type: 'text', text }];
    const isFirst = this.#prompts === 1;
    const status = `git status at the start\n${text}`;
    const attachments = isFirst
      ? [
          this.chain.attachment({ type: 'model', identity: { modelId: 'm' }, text: 'You are a model.' }, 'A model.'),
          this.chain.attachment({ type: 'session_context', context: { gitStatus: status } }, status),
          this.chain.attachment({ type: 'date', date: this.#log.now().slice(0, 10) }, 'A date.'),
        ]
      : [];
    const shape = { system: [{ type: 'text', text: 'Be of use.' }], tools: [] };
    this.#log.spoofs('request-log', this.id, text);
    if (isFirst) this.#log.spoofs('context', this.id, text);
    this.write(
      ...attachments,
      ...(isFirst ? [{ type: 'api-request-shape', sessionId: this.id, shapeHash, shape }] : []),
      { type: 'api-request-blob', sessionId: this.id, hash, message: { role: 'user', content } },
      { type: 'api-request', sessionId: this.id, id: this.#random.uuid(), timestamp: this.#log.tick(50), shapeHash },
    );
  }

  #round(round: Round, promptId: string, turn: Turn | undefined): void {
    const calls = this.#ask(round);
    if (turn?.pulledBack !== undefined) {
      this.#log.spoofs('pulled-back', this.id, turn.pulledBack);
      this.write(this.#queue('enqueue', turn.pulledBack));
      this.write(this.#queue('popAll', turn.pulledBack));
    }
    const steering = turn?.steering;
    if (steering) {
      this.#log.spoofs('request-log', this.id, steering.text);
      this.write(this.#queue('enqueue', steering.text));
    }
    const answered = this.#random.below(2) === 0 ? calls.toReversed() : calls;
    for (const call of answered) this.#result(call, promptId);
    if (steering) this.#absorb(steering);
  }

  /** What the model says and calls, each block in a record, all in one write. */
  #ask({ thinking, text, tools }: Round): readonly Call[] {
    const answer = new Answer(this.#desk, this.chain, 'tool_use');
    const records: ChainRecord[] = [];
    if (thinking !== undefined) {
      this.#log.spoofs('thinking', this.id, thinking);
      const signature = this.#random.hex(64);
      records.push(answer.block({ type: 'thinking', thinking, signature }, { thinkingDurationMs: 20 }));
    }
    if (text !== undefined) {
      this.#log.spoofs('answer', this.id, text);
      records.push(answer.block({ type: 'text', text }));
      this.#remember(this.#log.says('agent', this.id, text));
    }
    const calls = tools.map((tool): Call => {
      const id = `toolu_01${this.#random.hex(22)}`;
      this.#log.spoofs('tool-input', this.id, tool.kind === 'shell' ? tool.command : tool.prompt);
      const record = answer.block({ type: 'tool_use', id, ...callOf(tool) }, { toolInputStreamMs: 3 });
      records.push(record);
      return { id, tool, uuid: record.uuid };
    });
    this.write(...records);
    return calls;
  }

  #result({ id, tool, uuid }: Call, promptId: string): void {
    const accept = { decision: 'accept', source: 'config', reasonType: 'mode' };
    const marks = { promptId, sourceToolAssistantUUID: uuid, permissionDecision: accept };
    if (tool.kind === 'delegate') {
      this.#delegate({ id, tool }, marks);
      return;
    }
    const content = [{ tool_use_id: id, type: 'tool_result', content: tool.output, is_error: false }];
    const toolUseResult = { stdout: tool.output, stderr: '', interrupted: false, isImage: false };
    this.#log.spoofs('tool-result', this.id, tool.output);
    this.write(this.chain.user(content, { ...marks, toolUseResult, sandboxed: false }, uuid));
  }

  /** A sub-agent: a file of its own; what it found is told to the session by a notification. */
  #delegate({ id, tool }: { id: string; tool: Tool & { kind: 'delegate' } }, marks: object): void {
    const agentId = `a${this.#random.hex(16)}`;
    const launched = `Async agent launched successfully.\nagentId: ${agentId} (internal ID)`;
    const content = [{ tool_use_id: id, type: 'tool_result', content: [{ type: 'text', text: launched }] }];
    const toolUseResult = {
      isAsync: true,
      status: 'async_launched',
      agentId,
      description: 'Help',
      prompt: tool.prompt,
    };
    this.write(this.chain.user(content, { ...marks, toolUseResult }));
    const folder = `${this.#path.slice(0, -'.jsonl'.length)}/subagents`;
    const meta = { agentType: 'general-purpose', isBuiltIn: true, description: 'Help', toolUseId: id, spawnDepth: 1 };
    this.#log.write(`${folder}/agent-${agentId}.meta.json`, JSON.stringify(meta));
    new Helper(this.#desk, { path: `${folder}/agent-${agentId}.jsonl`, agentId, parent: this.id }).run(tool);
    this.#log.write(`${folder}/agent-${agentId}.meta.json`, JSON.stringify({ ...meta, finished: true }));
    const note = `<task-notification>\n<task-id>${agentId}</task-id>\n<tool-use-id>${id}</tool-use-id>\n<status>completed</status>\n<result>${tool.report}</result>\n</task-notification>`;
    this.#log.spoofs('subagent', this.id, tool.report);
    this.write(this.#queue('enqueue', note));
    const origin = { kind: 'task-notification', producer: 'session-task', runId: this.#random.hex(8) };
    const marksOfNote = {
      promptId: this.#random.uuid(),
      origin,
      promptSource: 'system',
      turnOrigin: 'task_notification',
    };
    this.write(this.#queue('dequeue'), this.chain.user(note, { ...marksOfNote, queueSkipAttachments: true }));
  }

  /** A prompt that is taken in at a tool's result is an attachment. */
  #absorb(prompt: Prompt): void {
    const [commandUuid, deliveryId] = [this.#random.uuid(), this.#random.uuid()];
    const timestamp = this.#log.now();
    this.#log.spoofs('request-log', this.id, prompt.text);
    const removal = { ...this.#queue('remove', prompt.text), reason: 'absorbed_mid_turn', commandUuid, deliveryId };
    const names = {
      source_uuid: commandUuid,
      delivery_id: deliveryId,
      commandMode: 'prompt',
      origin: { kind: 'human' },
    };
    const attachment = { type: 'queued_command', prompt: prompt.text, ...names, timestamp, humanTurn: true };
    this.#remember(this.#log.types(this.id, prompt));
    this.write(removal, this.chain.attachment(attachment, prompt.text));
  }

  /** A refusal ends the turn, unless the person says what to do instead: those words stand in the call's result. */
  #decline(round: Round, promptId: string, feedback?: Prompt): void {
    for (const { id, uuid } of this.#ask({ ...round, tools: round.tools.slice(0, 1) })) {
      const told = feedback
        ? `${REFUSED}To tell you how to proceed, the user said:\n${feedback.text}`
        : `${REFUSED}STOP.`;
      const content = [{ tool_use_id: id, type: 'tool_result', content: told, is_error: true }];
      const permissionDecision = { decision: 'reject', source: 'user_reject', reasonCode: 'unknown' };
      const toolUseResult = feedback ? `Error: ${told}` : 'User rejected tool use';
      const marks = { promptId, toolUseResult, sourceToolAssistantUUID: uuid, permissionDecision };
      const denial = { toolDenialKind: 'user-rejected', toolDenialBeforeRun: true };
      const words = feedback ? { userFeedback: feedback.text, holdsPersonsWords: true } : {};
      if (feedback) this.#remember(this.#log.types(this.id, feedback));
      this.write(this.chain.user(content, { ...marks, ...denial, ...words }));
    }
    if (feedback) return;
    this.write(this.chain.user([{ type: 'text', text: '[Request interrupted by user for tool use]' }], { promptId }));
  }

  #breakOff(answer: string, promptId: string): void {
    const record = new Answer(this.#desk, this.chain, null).block(
      { type: 'text', text: answer },
      { isAbortedMidStream: true },
    );
    this.#log.spoofs('answer', this.id, answer);
    this.#remember(this.#log.says('agent', this.id, answer));
    const content = [{ type: 'text', text: '[Request interrupted by user]' }];
    this.write(record, this.chain.user(content, { promptId, interruptedMessageId: record.uuid }));
  }

  #says(text: string, answer: Answer): void {
    const record = answer.block({ type: 'text', text });
    this.#log.spoofs('answer', this.id, text);
    this.#remember(this.#log.says('agent', this.id, text));
    this.write(record);
  }

  #endTurn({ hook, prompt }: Turn): void {
    const records: object[] = [];
    if (hook !== undefined) {
      this.#log.spoofs('hook', this.id, hook);
      const names = { hookName: 'Stop', hookEvent: 'Stop', toolUseID: this.#random.uuid() };
      records.push(this.chain.attachment({ type: 'hook_additional_context', content: [hook], ...names }, hook));
      records.push(this.chain.user(`Stop hook feedback:\n${hook}`, { isMeta: true }));
    }
    const isMeta = { durationMs: this.#random.below(9000), messageCount: this.alive.length, isMeta: false };
    const end = this.chain.record('system', { subtype: 'turn_duration', ...isMeta });
    records.push(end);
    this.#log.spoofs('request-log', this.id, prompt.text);
    records.push({ type: 'last-prompt', lastPrompt: prompt.text, leafUuid: end.uuid, sessionId: this.id });
    this.write(...records);
  }

  /** A person cannot go back to before this point. */
  settle(): void {
    this.#turns.length = 0;
  }

  #remember(id: number): void {
    this.#turns.at(-1)?.said.push(id);
  }

  #queue(operation: string, content?: string): object {
    const head = { type: 'queue-operation', operation, timestamp: this.#log.tick(100), sessionId: this.id };
    return { ...head, ...(content !== undefined && { content }) };
  }

  #snapshot(messageId: string): object {
    const snapshot = { messageId, trackedFileBackups: {}, timestamp: this.#log.now() };
    return { type: 'file-history-snapshot', messageId, snapshot, isSnapshotUpdate: false };
  }
}

interface Call {
  readonly id: string;
  readonly tool: Tool;
  readonly uuid: string;
}

function isInChain(record: object): record is ChainRecord {
  return 'parentUuid' in record;
}

const NOWHERE = '00000000-0000-0000-0000-000000000000';
const REFUSED =
  "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the new_string was NOT written to the file). ";

function callOf(tool: Tool): object {
  if (tool.kind === 'shell') return { name: 'Bash', input: { command: tool.command, description: 'Run it' } };
  return { name: 'Agent', input: { description: 'Help', prompt: tool.prompt, subagent_type: 'general-purpose' } };
}

/** A sub-agent of a session. */
class Helper {
  readonly #desk: Desk;
  readonly #path: string;
  readonly #chain: Chain;
  readonly #session: string;
  readonly #parent: string;

  constructor(desk: Desk, { path, agentId, parent }: { path: string; agentId: string; parent: string }) {
    this.#desk = desk;
    this.#path = path;
    this.#parent = parent;
    this.#session = `agent-${agentId}@${parent}`;
    this.#chain = new Chain(desk, { sessionId: parent, agentId });
  }

  run({ prompt, rounds, report }: Tool & { kind: 'delegate' }): void {
    const { log, random, cwd } = this.#desk;
    const session = this.#session;
    log.begins({ nativeId: session, cwd, parent: { nativeId: this.#parent, relation: 'subagent' } });
    log.spoofs('subagent', session, prompt);
    const promptId = random.uuid();
    log.append(this.#path, this.#chain.user(prompt, { promptId }));
    for (const { text, tools } of rounds) {
      const answer = new Answer(this.#desk, this.#chain, 'tool_use');
      for (const tool of tools) {
        if (tool.kind !== 'shell') continue;
        const id = `toolu_01${random.hex(22)}`;
        const said = text === undefined ? [] : [answer.block({ type: 'text', text })];
        if (text !== undefined) log.says('agent', session, text);
        const call = answer.block({ type: 'tool_use', id, ...callOf(tool) });
        log.append(this.#path, ...said, call);
        const content = [{ tool_use_id: id, type: 'tool_result', content: tool.output, is_error: false }];
        log.spoofs('tool-result', session, tool.output);
        log.append(this.#path, this.#chain.user(content, { promptId, sourceToolAssistantUUID: call.uuid }));
        break;
      }
    }
    log.spoofs('subagent', session, report);
    log.says('agent', session, report);
    const block = new Answer(this.#desk, this.#chain, 'end_turn').block({ type: 'text', text: report });
    log.append(this.#path, block);
  }
}
