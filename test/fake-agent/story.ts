/**
 * A conversation as a person and an agent have it, before anything is written: moves, drawn from a seed.
 *
 * The story knows no format. What an agent cannot do (Gemini CLI does not fork) its writer leaves out or does its own way.
 */
import type { Random } from '../bench/random.ts';
import { codeLines, paragraph, sentence, WORDS } from '../bench/words.ts';
import { CommandLines } from './commands.ts';
import type { Command } from './script.ts';

export interface Prompt {
  readonly text: string;
  readonly commands: readonly Command[];
  /** A part of the text that looks like a command and is none. */
  readonly unmeant?: string;
}

export type Tool =
  | { readonly kind: 'shell'; readonly command: string; readonly output: string }
  | { readonly kind: 'delegate'; readonly prompt: string; readonly rounds: readonly Round[]; readonly report: string };

/** One answer of the model: what it thinks, says and wants done. */
export interface Round {
  readonly thinking?: string;
  readonly text?: string;
  readonly tools: readonly Tool[];
}

export interface Turn {
  readonly kind: 'turn';
  readonly prompt: Prompt;
  readonly rounds: readonly Round[];
  /** The last words of the agent. */
  readonly answer: string;
  /** Typed while the agent works, taken in at a tool's result. */
  readonly steering?: Prompt;
  /** Typed while the agent works and taken back into the editor: never sent. */
  readonly pulledBack?: string;
  /** What the person says to a declined tool, where the agent asks. */
  readonly feedback?: Prompt;
  /** `broken-off`: the person presses Esc in the answer. `declined`: the person declines a tool. */
  readonly ending: 'done' | 'broken-off' | 'declined';
  /** The prompt was typed while the turn before was running. */
  readonly isQueued: boolean;
  /** What a hook says at the end of the turn. */
  readonly hook?: string;
}

export type Move =
  | Turn
  /** The person goes back by so many turns; the next turn stands in their place. */
  | { readonly kind: 'rewind'; readonly turns: number }
  | { readonly kind: 'compact'; readonly summary: string }
  /** The session goes on under a new id; `isMarked`: in the more explicit of the agent's two ways, if it has two. */
  | { readonly kind: 'fork'; readonly isMarked: boolean }
  /** The agent ends and is started again with the same session. */
  | { readonly kind: 'resume' }
  /** A `!` command of the person, with its output. */
  | { readonly kind: 'shell'; readonly command: string; readonly output: string }
  | { readonly kind: 'silence'; readonly ms: number };

export interface StoryOptions {
  readonly turns: number;
  /** The folder of the destinations that commands name. */
  readonly notes: string;
}

/** A story of so many turns. The first move is a turn. */
export function tellStory(random: Random, { turns, notes }: StoryOptions): readonly Move[] {
  const teller = new Teller(random, new CommandLines(random, notes));
  const moves: Move[] = [];
  for (let turn = 0; turn < turns; turn++) {
    if (turn > 0) moves.push(...teller.between());
    moves.push(teller.turn(turn > 0 && moves.at(-1)?.kind === 'turn'));
  }
  return moves;
}

class Teller {
  readonly #random: Random;
  readonly #lines: CommandLines;
  readonly #typed: Prompt[] = [];

  constructor(random: Random, lines: CommandLines) {
    this.#random = random;
    this.#lines = lines;
  }

  /** What happens between two turns: mostly nothing. */
  between(): readonly Move[] {
    const random = this.#random;
    const die = random.below(20);
    if (die === 0) return [{ kind: 'compact', summary: `${paragraph(random, 3)}\n${this.#maybeSpoof(1)}` }];
    if (die === 1) return [{ kind: 'fork', isMarked: random.below(2) === 0 }];
    if (die === 2) return [{ kind: 'resume' }];
    if (die <= 4) return [{ kind: 'rewind', turns: 1 + random.below(2) }];
    if (die === 5) return [{ kind: 'shell', command: `cat ${random.pick(WORDS)}`, output: this.#output() }];
    if (die === 6) return [{ kind: 'silence', ms: 60_000 * (1 + random.below(1200)) }];
    return [];
  }

  turn(mayBeQueued: boolean): Turn {
    const random = this.#random;
    const rounds = Array.from({ length: random.below(4) }, () => this.#round(true));
    const hasTools = rounds.length > 0;
    const die = random.below(24);
    const isDeclined = die <= 2 && hasTools;
    return {
      kind: 'turn',
      prompt: this.#prompt(),
      rounds,
      answer: this.#answer(),
      ...(hasTools && random.below(6) === 0 && { steering: this.#prompt() }),
      ...(hasTools && random.below(12) === 0 && { pulledBack: `${sentence(random, 4)}\n${this.#lines.spoof()}` }),
      ...(isDeclined && random.below(2) === 0 && { feedback: this.#prompt() }),
      ending: die === 3 ? 'broken-off' : isDeclined ? 'declined' : 'done',
      isQueued: mayBeQueued && random.below(6) === 0,
      ...(random.below(6) === 0 && { hook: `${sentence(random, 5)}\n${this.#lines.spoof()}` }),
    };
  }

  #round(mayDelegate: boolean): Round {
    const random = this.#random;
    const tools = Array.from({ length: 1 + (random.below(4) === 0 ? 2 : 0) }, () => this.#tool(mayDelegate));
    return {
      ...(random.below(2) === 0 && { thinking: `${paragraph(random, 2)}${this.#maybeSpoof(6)}` }),
      ...(random.below(3) > 0 && { text: this.#answer() }),
      tools,
    };
  }

  #tool(mayDelegate: boolean): Tool {
    const random = this.#random;
    if (mayDelegate && random.below(10) === 0) {
      const rounds = Array.from({ length: 1 + random.below(2) }, () => this.#round(false));
      const prompt = `${sentence(random, 8)}\n${this.#lines.spoof()}`;
      return { kind: 'delegate', prompt, rounds, report: this.#answer() };
    }
    const command = `echo ${random.pick(WORDS)}${random.below(8) === 0 ? ` <<'EOF'\n${this.#lines.spoof()}\nEOF` : ''}`;
    return { kind: 'shell', command, output: this.#output() };
  }

  #output(): string {
    const random = this.#random;
    return `${codeLines(random, 1 + random.below(8))}${this.#maybeSpoof(3)}`;
  }

  #answer(): string {
    const random = this.#random;
    return this.#dressed(paragraph(random, 1 + random.below(3))) + this.#maybeSpoof(4);
  }

  /** One in so many times: a line of its own that looks like a command. */
  #maybeSpoof(oneIn: number): string {
    return this.#random.below(oneIn) === 0 ? `\n${this.#lines.spoof()}` : '';
  }

  #prompt(): Prompt {
    const random = this.#random;
    const again = random.below(8) === 0 ? this.#typed.findLast(({ commands }) => commands.length === 0) : undefined;
    if (again) return again;
    const parts: string[] = [];
    const commands: Command[] = [];
    if (random.below(5) > 0) parts.push(this.#dressed(sentence(random, 3 + random.below(12))));
    for (let count = random.below(4) === 0 ? 1 + random.below(3) : 0; count > 0; count--) {
      const command = this.#lines.genuine();
      // A message is trimmed when it is sent.
      const line = parts.length === 0 ? command.line.trimStart() : command.line;
      commands.push({ ...command, line });
      parts.push(line);
    }
    const unmeant = parts.length > 0 && random.below(5) === 0 ? this.#lines.unmeant() : undefined;
    if (unmeant !== undefined) parts.push(unmeant);
    if (parts.length === 0 || random.below(3) === 0) parts.push(this.#dressed(sentence(random, 4)));
    const text = parts.join(random.below(5) === 0 ? '\n\n' : '\n').trim();
    const prompt = { text, commands, ...(unmeant !== undefined && { unmeant }) };
    this.#typed.push(prompt);
    return prompt;
  }

  /** Words as people and models write them: other scripts, code, blanks at the end of lines, blank lines, marks. */
  #dressed(words: string): string {
    const random = this.#random;
    if (random.below(3) > 0) return words;
    return random.pick([
      `${words} 🐈‍⬛ naïve 猫が好き Ω≈ç`,
      `${words}\n\n\n${sentence(random, 3)}`,
      `${words}   \n\t${sentence(random, 3)}`,
      `${words}\n\`\`\`ts\n${codeLines(random, 3)}\n\n\n\`\`\`\nand then`,
      `# ${words}\n<b>"quoted" \\n \\\\ &amp;</b>`,
      `${words}\u2028${sentence(random, 2)}\u00a0x`,
      `שלום ${words} e\u0301`,
      `${words} ${'𝒳'.repeat(1 + random.below(200))}.`,
    ]);
  }
}
