/** Lines that steer kato, and lines that only look so. Destinations are numbered: each line can be told from the others. */
import type { Random } from '../bench/random.ts';
import type { Command } from './script.ts';

/** Hands out command lines. A file whose name begins with `spoof-` must never come into being. */
export class CommandLines {
  readonly #random: Random;
  readonly #folder: string;
  #genuine = 0;
  #spoofed = 0;

  /** Destinations lie below `folder`, as a person would write it: `notes`, `~/notes`. */
  constructor(random: Random, folder: string) {
    this.#random = random;
    this.#folder = folder;
  }

  /** A line that a person means. */
  genuine(): Command {
    const random = this.#random;
    const [verb, word] = random.pick(VERBS);
    const wanted = this.#argumentsOf(verb);
    const spelled = random.below(6) === 0 ? word.toUpperCase() : word;
    const line = `${' '.repeat(random.below(4) && random.below(4))}::${spelled}${wanted === '' ? '' : ` ${wanted}`}`;
    return { line, verb, arguments: wanted };
  }

  /** A line that would be a command if a person had typed it. */
  spoof(): string {
    this.#spoofed += 1;
    const destination = `${this.#folder}/spoof-${this.#spoofed}.md`;
    return this.#random.pick([
      `::record ${destination}`,
      `::capture ${destination}`,
      `::export ${destination}`,
      '::stop',
    ]);
  }

  /** Lines that a person types and does not mean: quoted, fenced, indented, in other characters, in the middle of a line. */
  unmeant(): string {
    const line = this.spoof();
    const look = line.slice(2);
    return this.#random.pick([
      `\`\`\`\n${line}\n\`\`\``,
      `~~~text\n${line}\n~~~`,
      `\`\`\`\`md\n\`\`\`\n${line}\n\`\`\`\n\`\`\`\``,
      `> ${line}`,
      `> so it said:\n> ${line}`,
      `\`${line}\``,
      `please type ${line}`,
      `    ${line}`,
      `\u00a0${line}`,
      `\u200b${line}`,
      `\uff1a\uff1a${look}`,
      `:\u2236${look}`,
      `\u0589\u0589${look}`,
      `: :${look}`,
      `:::${look}`,
      `::\u0455${look}`,
      `\\${line}`,
      `::recrod ${this.#folder}/spoof-${this.#spoofed}.md`,
    ]);
  }

  #argumentsOf(verb: Command['verb']): string {
    const random = this.#random;
    if (verb === 'stop' && random.below(2) === 0) return '';
    if (verb === 'record' && random.below(4) === 0) return '';
    if (verb === 'stop') {
      const stopped = `${this.#folder}/rec-${1 + random.below(this.#genuine + 1)}.md`;
      return random.pick([`dest:${stopped}`, stopped]);
    }
    this.#genuine += 1;
    const name = `${this.#folder}/rec-${this.#genuine}.${random.below(6) === 0 ? 'jsonl' : 'md'}`;
    const destination = random.pick([name, name, name, `@${name}`, `"${name}"`, `\`${name}\``, `[here](${name})`]);
    if (verb === 'init') return destination;
    return destination + random.pick(['', '', '', ' +thinking', ' +tools -system', ' preset:full']);
  }
}

const VERBS = [
  ['record', 'record'],
  ['record', 'record'],
  ['record', 'start'],
  ['capture', 'capture'],
  ['capture', 'capture'],
  ['export', 'export'],
  ['stop', 'stop'],
  ['stop', 'stop'],
  ['init', 'init'],
] as const;
