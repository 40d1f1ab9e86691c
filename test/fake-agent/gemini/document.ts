/**
 * Gemini CLI up to 0.38: a session is one document, written anew, in place, after every change. What is taken back is gone
 * from it without a trace.
 */
import type { Move, Prompt, Round, Turn } from '../story.ts';
import type { Desk, Writer } from '../writer.ts';
import { type Message, modelMessage, noteRound, noteTool, shellWords, toolCall, userMessage } from './messages.ts';
import { Project } from './project.ts';

export class GeminiDocumentWriter implements Writer {
  readonly #desk: Desk;
  readonly #project: Project;
  readonly #session: string;
  readonly #path: string;
  readonly #head: object;
  readonly #messages: Message[] = [];
  readonly #turns: { readonly at: number; readonly said: number[] }[] = [];

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#session = desk.random.uuid();
    this.#project = new Project(desk, this.#session);
    this.#path = this.#project.chat('json');
    this.#head = this.#project.head(desk.log.now());
    desk.log.begins({ nativeId: this.#session, cwd: desk.cwd });
  }

  play(move: Move): void {
    if (move.kind === 'turn') this.#turn(move);
    if (move.kind === 'rewind') this.#rewind(move.turns);
    if (move.kind === 'silence') this.#desk.log.pause(move.ms);
    if (move.kind === 'shell' && this.#messages.length > 0) this.#shell(move.command, move.output);
    // A compaction, a fork and a new process leave nothing in the document.
  }

  end(): void {
    // Gemini CLI writes nothing when it ends.
  }

  #turn(turn: Turn): void {
    if (this.#messages.length === 0) this.#project.open();
    this.#types(turn.prompt);
    for (const round of turn.rounds) this.#round(round);
    if (turn.ending === 'broken-off') {
      this.#rewind(1);
      return;
    }
    this.#desk.log.spoofs('answer', this.#session, turn.answer);
    this.#says(turn.answer);
    this.#add(modelMessage(this.#desk, turn.answer));
  }

  #types(prompt: Prompt): void {
    this.#turns.push({ at: this.#messages.length, said: [] });
    this.#project.log(prompt.text);
    this.#remember(this.#desk.log.types(this.#session, prompt));
    this.#add(userMessage(this.#desk, prompt.text));
  }

  /** The message is there first; the calls of its tools come to it when they have ended. */
  #round(round: Round): void {
    const { log } = this.#desk;
    const { thinking, text = '', tools } = round;
    noteRound(log, this.#session, round);
    const message = modelMessage(this.#desk, text, thinking);
    if (text !== '') this.#says(text);
    this.#add(message);
    const shells = tools.filter(({ kind }) => kind === 'shell');
    for (const tool of shells) noteTool(log, this.#session, tool);
    const toolCalls = shells.map((tool) => toolCall(this.#desk, tool));
    this.#messages[this.#messages.length - 1] = { ...message, toolCalls };
    this.#save();
  }

  #rewind(count: number): void {
    const dropped = this.#turns.splice(Math.max(0, this.#turns.length - count));
    const first = dropped[0];
    if (!first) return;
    this.#desk.log.takesBack(dropped.flatMap(({ said }) => said));
    this.#messages.length = first.at;
    this.#save();
  }

  #shell(command: string, output: string): void {
    this.#desk.log.spoofs('shell-output', this.#session, output);
    this.#add(userMessage(this.#desk, shellWords(command, output)));
  }

  #says(text: string): void {
    this.#remember(this.#desk.log.says('agent', this.#session, text));
  }

  #add(message: Message): void {
    this.#messages.push(message);
    this.#save();
  }

  #save(): void {
    const document = { ...this.#head, lastUpdated: this.#desk.log.now(), messages: this.#messages };
    this.#desk.log.write(this.#path, JSON.stringify(document, undefined, 2));
  }

  #remember(id: number): void {
    this.#turns.at(-1)?.said.push(id);
  }
}
