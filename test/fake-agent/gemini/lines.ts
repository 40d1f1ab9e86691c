/**
 * Gemini CLI 0.61: a session is a log of changes to one list of messages. Each line is a write of its own, and a line with
 * the time follows. `#list` is that list, as the agent would write it out whole.
 */
import type { Move, Prompt, Round, Tool, Turn } from '../story.ts';
import type { Desk, Writer } from '../writer.ts';
import {
  listed,
  type Message,
  modelMessage,
  noteRound,
  noteTool,
  shellWords,
  toolCall,
  userMessage,
} from './messages.ts';
import { Project } from './project.ts';

interface Standing {
  readonly id: string;
  readonly at: number;
  readonly said: number[];
}

export class GeminiWriter implements Writer {
  readonly #desk: Desk;
  readonly #project: Project;
  readonly #session: string;
  readonly #path: string;
  #list: Message[] = [];
  #turns: Standing[] = [];
  #isOpen = false;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#session = desk.random.uuid();
    this.#project = new Project(desk, this.#session);
    this.#path = this.#project.chat('jsonl');
    desk.log.begins({ nativeId: this.#session, cwd: desk.cwd });
  }

  play(move: Move): void {
    switch (move.kind) {
      case 'turn':
        this.#open();
        this.#turn(move);
        return;
      case 'rewind':
        this.#rewind(move.turns);
        return;
      case 'compact':
        this.#compress(move.summary);
        return;
      case 'fork': // There are no forks: the session is gone on with.
      case 'resume':
        this.#isOpen = false;
        return;
      case 'shell':
        this.#shell(move.command, move.output);
        return;
      case 'silence':
        this.#desk.log.pause(move.ms);
        return;
    }
  }

  end(): void {
    // Gemini CLI writes nothing when it ends.
  }

  /** A process opens the session: a head, the context alone on the list, and then what there was. */
  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const isNew = this.#desk.log.sizeOf(this.#path) === 0;
    if (isNew) this.#project.open();
    this.#write(this.#project.head(this.#desk.log.tick()));
    const context = this.#context();
    this.#set({ messages: [context] });
    if (isNew) {
      this.#list = [context];
      return;
    }
    this.#write({ $set: { sessionId: this.#session } });
    const timestamp = this.#desk.log.tick(200);
    const rest = this.#list.filter(({ id }) => id !== context.id).map((message) => ({ ...listed(message), timestamp }));
    this.#list = [context, ...rest];
    this.#set({ messages: this.#list });
  }

  #context(): Message {
    const words = `<session_context>\nThis is the Gemini CLI. We are setting up the context for our chat.\nThe folder:\n${this.#desk.cwd}\n::record spoof-context.md\n</session_context>`;
    this.#desk.log.spoofs('context', this.#session, words);
    const content = [{ text: words }];
    return { id: CONTEXT, timestamp: this.#desk.log.tick(50), type: 'user', content };
  }

  #turn(turn: Turn): void {
    this.#types(turn.prompt, true);
    for (const [index, round] of turn.rounds.entries()) {
      const isLast = index === turn.rounds.length - 1;
      if (isLast && turn.ending === 'declined') {
        this.#decline(round);
        return;
      }
      this.#round(round);
      if (isLast && turn.steering) this.#types(turn.steering, false);
    }
    if (turn.ending === 'broken-off') {
      this.#breakOff();
      return;
    }
    this.#desk.log.spoofs('answer', this.#session, turn.answer);
    this.#says(turn.answer);
    this.#append(modelMessage(this.#desk, turn.answer));
    if (turn.hook !== undefined) {
      const text = `<hook_context>${turn.hook}</hook_context>`;
      this.#desk.log.spoofs('hook', this.#session, turn.hook);
      this.#append(userMessage(this.#desk, [{ text }]));
    }
  }

  #types(prompt: Prompt, isTurn: boolean): void {
    const message = userMessage(this.#desk, [{ text: prompt.text }]);
    if (isTurn) this.#turns.push({ id: message.id, at: this.#list.length, said: [] });
    this.#project.log(prompt.text);
    this.#remember(this.#desk.log.types(this.#session, prompt));
    this.#append(message);
  }

  #round(round: Round, isDeclined = false): void {
    const { log } = this.#desk;
    const { thinking, text = '', tools } = round;
    noteRound(log, this.#session, round);
    const message = modelMessage(this.#desk, text, thinking);
    if (text !== '') this.#says(text);
    this.#append(message);
    const calls = tools.map((tool) => {
      noteTool(log, this.#session, tool);
      const agentId = tool.kind === 'delegate' && !isDeclined ? this.#delegate(tool) : undefined;
      return toolCall(this.#desk, tool, { ...(agentId !== undefined && { agentId }), isDeclined });
    });
    const whole = { ...message, toolCalls: calls };
    this.#list[this.#list.length - 1] = whole;
    this.#write(whole);
    if (isDeclined) return;
    this.#append(
      userMessage(
        this.#desk,
        calls.flatMap(({ result }) => result),
      ),
    );
  }

  /** A sub-agent: a file of its own, in a folder that is named after the session. */
  #delegate(tool: Tool & { kind: 'delegate' }): string {
    const { log, random, cwd } = this.#desk;
    const id = random.uuid();
    const path = this.#project.helper(id);
    log.begins({ nativeId: id, cwd, parent: { nativeId: this.#session, relation: 'subagent' } });
    const head = { ...this.#project.head(log.tick()), sessionId: id, kind: 'subagent', directories: [cwd] };
    log.append(path, head);
    const write = (message: Message) => {
      log.append(path, message);
      log.append(path, { $set: { lastUpdated: log.now() } });
    };
    log.spoofs('subagent', id, tool.prompt);
    write(userMessage(this.#desk, [{ text: tool.prompt }]));
    for (const round of tool.rounds) {
      noteRound(log, id, round);
      const message = modelMessage(this.#desk, round.text ?? '', round.thinking);
      if (round.text !== undefined) log.says('agent', id, round.text);
      write(message);
      const inner = round.tools.filter(({ kind }) => kind === 'shell');
      for (const shell of inner) noteTool(log, id, shell);
      const toolCalls = inner.map((shell) => toolCall(this.#desk, shell));
      log.append(path, { ...message, toolCalls });
      write(
        userMessage(
          this.#desk,
          toolCalls.flatMap(({ result }) => result),
        ),
      );
    }
    log.spoofs('subagent', id, tool.report);
    log.says('agent', id, tool.report);
    write(modelMessage(this.#desk, tool.report));
    return id;
  }

  /** A declined tool: all of history once more, under new ids, then the list without the declined prompt. */
  #decline(round: Round): void {
    this.#round({ ...round, tools: round.tools.slice(0, 1) }, true);
    this.#note('Request cancelled.');
    const declined = this.#turns.pop();
    if (!declined) return;
    const kept = joined(this.#list.slice(0, declined.at).map(listed));
    const timestamp = this.#desk.log.tick(50);
    this.#list = [];
    this.#turns = [];
    for (const message of kept) {
      for (const part of message.content as readonly { readonly text?: string }[]) {
        if (part.text !== undefined) this.#desk.log.spoofs('replayed', this.#session, part.text);
      }
      this.#append({ ...message, id: this.#desk.random.uuid(), timestamp });
    }
    this.#desk.log.takesBack(declined.said);
    this.#set({ messages: this.#list });
  }

  /** Esc in an answer: what was written of it is lost, and the prompt leaves the list. */
  #breakOff(): void {
    this.#note('Request cancelled.');
    const broken = this.#turns.pop();
    if (!broken) return;
    this.#desk.log.takesBack(broken.said);
    this.#list.length = broken.at;
    this.#set({ messages: this.#list.map(listed) });
  }

  #rewind(count: number): void {
    if (!this.#isOpen) return;
    const dropped = this.#turns.splice(Math.max(0, this.#turns.length - count));
    const first = dropped[0];
    if (!first) return;
    this.#desk.log.takesBack(dropped.flatMap(({ said }) => said));
    this.#write({ $rewindTo: first.id });
    this.#list.length = first.at;
    this.#set({ messages: this.#list.map(listed) });
  }

  /** `/compress`: the list becomes the context, a summary, an answer that no model gave, and the newest messages. */
  #compress(summary: string): void {
    if (!this.#isOpen || this.#list.length < 3) return;
    const { log, random } = this.#desk;
    this.#write({ $set: {} });
    const timestamp = log.tick();
    const text = `<state_snapshot>\n${summary}\n</state_snapshot>`;
    log.spoofs('summary', this.#session, text);
    const snapshot: Message = { id: random.uuid(), timestamp, type: 'user', content: [{ text }] };
    const thanks = [{ text: 'Got it. Thanks for the additional context!' }];
    const answer: Message = { id: random.uuid(), timestamp, type: 'gemini', content: thanks };
    const newest = this.#list.slice(this.#turns.at(-1)?.at ?? this.#list.length);
    const kept = newest.map((message) => ({ ...listed(message), id: random.uuid(), timestamp }));
    this.#list = [this.#context(), snapshot, answer, ...kept];
    this.#turns = [];
    this.#set({ messages: this.#list });
    this.#note('');
  }

  #shell(command: string, output: string): void {
    if (!this.#isOpen) return;
    this.#desk.log.spoofs('shell-output', this.#session, output);
    this.#append(userMessage(this.#desk, [{ text: shellWords(command, output) }]));
  }

  #says(text: string): void {
    this.#remember(this.#desk.log.says('agent', this.#session, text));
  }

  /** A note is in the file, but never on a list. */
  #note(content: string): void {
    const { log, random } = this.#desk;
    this.#write({ id: random.uuid(), timestamp: log.tick(), type: 'info', content });
    this.#set({});
  }

  #append(message: Message): void {
    this.#list.push(message);
    this.#write(message);
    this.#set({});
  }

  #set(change: object): void {
    this.#write({ $set: { ...change, lastUpdated: this.#desk.log.now() } });
  }

  #write(line: object): void {
    this.#desk.log.append(this.#path, line);
  }

  #remember(id: number): void {
    this.#turns.at(-1)?.said.push(id);
  }
}

/** Computed by the agent from what the context says: the same in every session of a project. */
const CONTEXT = 'd04923d38bb0f6017037e74183378ef4';

/** Neighbours in one role become one message, but for results of tools. */
function joined(messages: readonly Message[]): readonly Message[] {
  const list: Message[] = [];
  for (const message of messages) {
    const before = list.at(-1);
    if (before?.type === 'user' && message.type === 'user' && isWords(before) && isWords(message)) {
      list[list.length - 1] = { ...before, content: [...partsOf(before), ...partsOf(message)] };
    } else list.push(message);
  }
  return list;
}

function isWords(message: Message): boolean {
  return partsOf(message).every((part) => 'text' in (part as object));
}

function partsOf(message: Message): readonly unknown[] {
  return Array.isArray(message.content) ? message.content : [{ text: message.content }];
}
