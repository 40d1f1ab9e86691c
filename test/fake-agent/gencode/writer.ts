/** gencode in its terminal, of either generation: which session is open, and what is said in it. */
import type { Move, Prompt, Round, Tool, Turn } from '../story.ts';
import type { Desk, Writer } from '../writer.ts';
import {
  AppendedTranscript,
  type Block,
  MODEL,
  PERSONS,
  RewrittenTranscript,
  type Transcript,
  type TranscriptOptions,
  text,
} from './transcript.ts';

type Open = (desk: Desk, options: TranscriptOptions) => Transcript;

export function appendingWriter(desk: Desk): Writer {
  return new GencodeWriter(desk, (...options) => new AppendedTranscript(...options));
}

export function rewritingWriter(desk: Desk): Writer {
  return new GencodeWriter(desk, (...options) => new RewrittenTranscript(...options));
}

class GencodeWriter implements Writer {
  readonly #desk: Desk;
  readonly #open: Open;
  #session: Transcript;
  /** What was said in the open session since it was compacted. */
  #said: number[] = [];
  /** Texts of people in the open session, for who copies it. */
  readonly #typed: string[] = [];

  constructor(desk: Desk, open: Open) {
    this.#desk = desk;
    this.#open = open;
    this.#session = open(desk, { id: desk.random.uuid(), about: PERSONS });
    desk.log.begins({ nativeId: this.#session.id, cwd: desk.cwd });
  }

  play(move: Move): void {
    switch (move.kind) {
      case 'turn':
        this.#turn(move);
        return;
      case 'compact':
        if (this.#session.hasBegun) this.#compact(move.summary);
        return;
      case 'fork':
        if (this.#session.hasBegun) this.#fork();
        return;
      case 'silence':
        this.#desk.log.pause(move.ms);
        return;
      case 'rewind':
      case 'resume': // The same file goes on.
      case 'shell': // There are no commands of the person's own.
        return;
    }
  }

  end(): void {
    // gencode writes nothing when it ends.
  }

  #turn(turn: Turn): void {
    const { log } = this.#desk;
    this.#types(turn.prompt);
    for (const [index, round] of turn.rounds.entries()) {
      const isLast = index === turn.rounds.length - 1;
      this.#round(round, isLast && turn.ending === 'declined');
      if (isLast && turn.steering) this.#types(turn.steering);
    }
    if (turn.ending !== 'done') return;
    log.spoofs('answer', this.#session.id, turn.answer);
    this.#said.push(log.says('agent', this.#session.id, turn.answer));
    this.#session.say('assistant', [text(turn.answer)]);
    if (turn.hook === undefined) return;
    log.spoofs('hook', this.#session.id, turn.hook);
    this.#session.say('user', [text(`Stop hook blocked: ${turn.hook}`)]);
  }

  /** What the agent reminds the model of comes with the prompt: marked, or wrapped. */
  #types(prompt: Prompt): void {
    const { log, random, cwd } = this.#desk;
    const reminder = `<system-reminder>\n${cwd}\n::record spoof-context.md\n</system-reminder>`;
    const isReminded = random.below(3) === 0;
    if (isReminded) log.spoofs('context', this.#session.id, reminder);
    this.#said.push(log.types(this.#session.id, prompt));
    this.#typed.push(prompt.text);
    const marked: readonly Block[] = [{ ...text(reminder), source: 'reminder:environment' }];
    if (!isReminded) this.#session.say('user', [text(prompt.text)]);
    else if (this.#session.isAppended) this.#session.say('user', [text(prompt.text), text('\n\n'), ...marked]);
    else this.#session.say('user', [text(`${prompt.text}\n\n${reminder}`)]);
  }

  #round(round: Round, isDeclined: boolean): void {
    const { log } = this.#desk;
    const session = this.#session;
    session.tell('inference.requested', 'inference', { turn: 1, systemDigest: 'd', toolsDigest: 'd', messageIds: [] });
    if (round.text !== undefined) this.#said.push(log.says('agent', session.id, round.text));
    const ids = this.#says(session, round);
    const usage = { inputTokens: 100, outputTokens: 10, cacheCreateTokens: 0, cacheReadTokens: 20 };
    session.tell('inference.responded', 'inference', { turn: 1, stopReason: 'tool_use', latencyMs: 5, usage });
    const results = round.tools.map((tool, index): Block => {
      const tool_use_id = ids[index];
      if (isDeclined) return this.#declined(tool, tool_use_id);
      const output = tool.kind === 'shell' ? tool.output : this.#delegate(tool);
      log.spoofs('tool-result', session.id, output);
      return { type: 'tool_result', tool_use_id, content: [text(output)] };
    });
    session.say('user', results);
  }

  /** One message of the model; the ids of its calls. */
  #says(session: Transcript, { thinking, text: words, tools }: Round): readonly string[] {
    const { log, random } = this.#desk;
    if (thinking !== undefined) log.spoofs('thinking', session.id, thinking);
    if (words !== undefined) log.spoofs('answer', session.id, words);
    const calls = tools.map((tool) => {
      const [name, input] =
        tool.kind === 'shell'
          ? ['Bash', { command: tool.command }]
          : ['Agent', { name: 'Scout', prompt: tool.prompt, description: 'Look around' }];
      log.spoofs('tool-input', session.id, tool.kind === 'shell' ? tool.command : tool.prompt);
      return { type: 'tool_use', id: `toolu_${random.hex(12)}`, name, input };
    });
    session.say('assistant', [
      ...(thinking === undefined ? [] : [{ type: 'thinking', thinking, signature: random.hex(32) }]),
      ...(words === undefined ? [] : [text(words)]),
      ...calls,
    ]);
    return calls.map(({ id }) => id);
  }

  #declined(tool: Tool, tool_use_id: string | undefined): Block {
    const requestId = this.#desk.random.hex(8);
    const asked = { requestId, tool: tool.kind === 'shell' ? 'Bash' : 'Agent' };
    this.#session.tell('permission.required', 'permission', { ...asked, optionsOffered: ['Yes', 'No'] });
    this.#session.tell('permission.decided', 'permission', { ...asked, decision: 'reject', source: 'user' });
    return { type: 'tool_result', tool_use_id, content: [text('Tool use was rejected')], is_error: true };
  }

  /** A sub-agent: a session of its own, named in the head of its report. */
  #delegate({ prompt, rounds, report }: Tool & { kind: 'delegate' }): string {
    const { log, random, cwd } = this.#desk;
    const parent = this.#session.id;
    const child = this.#open(this.#desk, { id: random.uuid(), about: { model: MODEL, parentId: parent } });
    log.begins({ nativeId: child.id, cwd, parent: { nativeId: parent, relation: 'subagent' } });
    log.spoofs('subagent', child.id, prompt);
    child.say('user', [text(prompt)]);
    for (const round of rounds) {
      const shells = round.tools.flatMap((tool) => (tool.kind === 'shell' ? tool : []));
      if (round.text !== undefined) log.says('agent', child.id, round.text);
      const ids = this.#says(child, { ...round, tools: shells });
      const results = shells.map(({ output }, index): Block => {
        log.spoofs('tool-result', child.id, output);
        return { type: 'tool_result', tool_use_id: ids[index], content: [text(output)] };
      });
      if (results.length > 0) child.say('user', results);
    }
    log.spoofs('subagent', child.id, report);
    log.says('agent', child.id, report);
    child.say('assistant', [text(report)]);
    return `Agent: Scout\nAgentID: ${child.id}\nModel: ${MODEL}\n\n${report}`;
  }

  #compact(summary: string): void {
    const { log } = this.#desk;
    log.spoofs('summary', this.#session.id, summary);
    if (!this.#session.isAppended) log.takesBack(this.#said);
    this.#said = [];
    this.#session.compact(text(`Previous context:\n${summary}`));
  }

  /** Where copies cannot be told, a story has no forks. */
  #fork(): void {
    const { log, random, cwd } = this.#desk;
    const parent = this.#session;
    if (!parent.isAppended) return;
    const id = random.uuid();
    log.pause(1000);
    log.begins({ nativeId: id, cwd, parent: { nativeId: parent.id, relation: 'fork', isTold: true } });
    for (const words of this.#typed) log.spoofs('replayed', id, words);
    this.#session = parent.fork(id);
  }
}
