/** How help is laid out: as wide as the terminal, 80 columns on a pipe. */
import type { Help } from 'commander';
import { wrap } from './terminal.ts';

const INDENT = 2;
const BETWEEN = 2;

/** An option or a command and what it is for; where there is little room beside it, below it. */
export function helpItem(this: Help, term: string, termWidth: number, description: string): string {
  const columns = this.helpWidth ?? 80;
  const start = INDENT + termWidth + BETWEEN;
  const head = `${' '.repeat(INDENT)}${term}`;
  if (description === '') return head;
  if (columns - start < this.minWidthToWrap)
    return `${head}\n${wrap(`${' '.repeat(3 * INDENT)}${description}`, columns)}`;
  const lines = wrap(description, columns - start).split('\n');
  return `${head.padEnd(start)}${lines.join(`\n${' '.repeat(start)}`)}`;
}

/** Broken between words, but for the examples: those are there to be copied. */
export function helpText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (/^ {2}(?:kato|eval) /.test(line) ? line : wrap(line, columns, line.startsWith(' ') ? 4 : 0)))
    .join('\n');
}
