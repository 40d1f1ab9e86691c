/** Steps in the making: a writer's clock, the sizes of its files, and the facts that its next write makes true. */
import type { Random } from '../bench/random.ts';
import type { Carrier, Change, Command, Fact, Said, SessionFact, Step } from './script.ts';
import type { Prompt } from './story.ts';

const encoder = new TextEncoder();

export class StepLog {
  readonly steps: Step[] = [];
  readonly #random: Random;
  readonly #sizes = new Map<string, number>();
  #facts: Fact[] = [];
  #nowMs: number;
  #writtenMs: number;
  #said = 0;

  constructor(random: Random, start: Date) {
    this.#random = random;
    this.#nowMs = start.getTime();
    this.#writtenMs = this.#nowMs;
  }

  /** The time, some milliseconds later than before. */
  tick(mostMs = 900): string {
    this.#nowMs += 1 + this.#random.below(mostMs);
    return this.now();
  }

  now(): string {
    return new Date(this.#nowMs).toISOString();
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Time in which nothing is written. */
  pause(ms: number): void {
    this.#nowMs += ms;
  }

  /** Somebody says something in what is written next; the number by which it can be taken back. */
  says(by: Said['by'], session: string, text: string, commands: readonly Command[] = []): number {
    const id = this.#said++;
    this.#facts.push({ kind: 'said', said: { id, session, by, text, at: this.now(), commands } });
    return id;
  }

  /** A person types this in what is written next. */
  types(session: string, { text, commands, unmeant }: Prompt): number {
    if (unmeant !== undefined) this.#facts.push({ kind: 'spoof', spoof: { session, carrier: 'prose', line: unmeant } });
    return this.says('person', session, text, commands);
  }

  /** What is written next holds a line that looks like a command; only lines that do are noted. */
  spoofs(carrier: Carrier, session: string, text: string): void {
    const lines = text.split('\n').filter((line) => /^\s*::\S/.test(line));
    for (const line of lines) this.#facts.push({ kind: 'spoof', spoof: { session, carrier, line } });
  }

  begins(session: SessionFact): void {
    this.#facts.push({ kind: 'session', session });
  }

  takesBack(ids: readonly number[]): void {
    if (ids.length > 0) this.#facts.push({ kind: 'taken-back', ids });
  }

  sizeOf(path: string): number {
    return this.#sizes.get(path) ?? 0;
  }

  /** One write with these records, one a line. */
  append(path: string, ...records: readonly unknown[]): void {
    this.appendText(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  appendText(path: string, text: string): void {
    const bytes = encoder.encode(text);
    const offset = this.sizeOf(path);
    this.#sizes.set(path, offset + bytes.length);
    this.#add({ kind: 'append', path, offset, bytes });
  }

  /** Writes the whole file anew, in place. */
  write(path: string, text: string): void {
    const bytes = encoder.encode(text);
    this.#sizes.set(path, bytes.length);
    this.#add({ kind: 'write', path, bytes });
  }

  /** Writes the whole file anew, under another name, and renames it. */
  replace(path: string, text: string): void {
    const bytes = encoder.encode(text);
    this.#sizes.set(path, bytes.length);
    this.#add({ kind: 'replace', path, bytes });
  }

  #add(change: Change): void {
    this.steps.push({ ...change, afterMs: this.#nowMs - this.#writtenMs, facts: this.#facts, isWhole: true });
    this.#writtenMs = this.#nowMs;
    this.#facts = [];
  }
}
