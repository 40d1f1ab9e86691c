/**
 * Asking a person. Lines are taken from a queue of their own: what is typed or pasted before its question is asked
 * would otherwise be lost.
 */
import { createInterface, type Interface } from 'node:readline';
import { type CliContext, fitted } from './context.ts';

/** The exit status of a command that its user broke off: as of any program that an interrupt ends. */
export const BROKEN_OFF = 130;

export class Prompt {
  readonly #lines: Interface;
  readonly #say: (text: string) => void;
  readonly #fit: (text: string) => string;
  readonly #typed: string[] = [];
  #isEnded = false;
  #wake: () => void = () => {};

  constructor({ services: { streams } }: CliContext) {
    this.#say = (text) => void streams.stderr.write(text);
    this.#fit = (text) => fitted(text, streams.stderr);
    this.#lines = createInterface({ input: streams.stdin, output: streams.stderr });
    this.#lines.on('line', (line) => {
      this.#typed.push(line);
      this.#wake();
    });
    this.#lines.on('close', () => {
      this.#isEnded = true;
      this.#wake();
    });
  }

  /** The next line that is typed, without spaces around it; absent when the input ends, or is broken off. */
  async ask(question: string): Promise<string | undefined> {
    const shown = this.#fit(question);
    const before = shown.lastIndexOf('\n') + 1;
    this.#say(shown.slice(0, before));
    this.#lines.setPrompt(shown.slice(before));
    const isAhead = this.#typed.length > 0;
    if (!isAhead && !this.#isEnded) this.#lines.prompt();
    while (this.#typed.length === 0 && !this.#isEnded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    const line = this.#typed.shift();
    if (isAhead) this.#say(`${this.#lines.getPrompt()}${line}\n`);
    if (line === undefined) this.#say('\n');
    return line?.trim();
  }

  close(): void {
    this.#lines.close();
  }
}

/** Whether a person says yes; anything else is a no. */
export async function agreed(context: CliContext, question: string): Promise<boolean> {
  const prompt = new Prompt(context);
  try {
    return /^y(es)?$/i.test((await prompt.ask(`${question} [y/N] `)) ?? '');
  } finally {
    prompt.close();
  }
}
