/** The person edits recordings meanwhile, in the ways of editors. Every line that they write can be told from all others. */
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { headLength } from '../../src/record/formats/front-matter-edit.ts';
import type { Random } from '../bench/random.ts';

const LINE = /^user-edit-[0-9]+$/;

export class Editor {
  readonly #random: Random;
  /** What was written where. */
  readonly #edits = new Map<string, string[]>();
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get count(): number {
    return this.#count;
  }

  hasEdited(path: string): boolean {
    return this.#edits.has(path);
  }

  /** A line at the end: safe at any time, because nothing is read before. */
  append(path: string): string {
    const line = this.#line(path);
    const isOpen = existsSync(path) && /[^\n]$/.test(readFileSync(path, 'utf8')); // Left so by the person.
    const before = isOpen ? '\n' : this.#random.pick(['', '\n', '\n\n']);
    appendFileSync(path, `${before}${line}${this.#random.pick(['', '\n'])}`);
    return `${line} at the end of ${basename(path)}`;
  }

  /** A line somewhere, saved as editors do it: a new file takes the place of the old one. Nobody else may write meanwhile. */
  insert(path: string): string {
    const line = this.#line(path);
    const text = readFileSync(path, 'utf8');
    const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1).filter((end) => end >= headLength(text));
    const at = ends.length === 0 ? text.length : this.#random.pick(ends);
    const isEnd = at === text.length && !text.endsWith('\n');
    writeFileSync(`${path}~`, `${text.slice(0, at)}${isEnd ? '\n' : ''}${line}\n${text.slice(at)}`, { mode: 0o600 });
    renameSync(`${path}~`, path);
    return `${line} at ${at} of ${text.length} in ${basename(path)}`;
  }

  #line(path: string): string {
    this.#count += 1;
    const line = `user-edit-${this.#count}`;
    this.#edits.set(path, [...(this.#edits.get(path) ?? []), line]);
    return line;
  }

  /**
   * The person's lines that are neither in a file nor in a backup beside it. One without an end may have kato's words
   * behind it, when it was written in the moment between kato's look at the file and its write.
   */
  missing(): readonly string[] {
    return [...this.#edits].flatMap(([path, lines]) => {
      const texts = withBackups(path).map((one) => readFileSync(one, 'utf8'));
      const isThere = (line: string) => texts.some((text) => new RegExp(`^${line}(?![0-9])`, 'm').test(text));
      return lines.filter((line) => !isThere(line)).map((line) => `${line} of ${path}`);
    });
  }
}

function withBackups(path: string): readonly string[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter(
    (name) => name === basename(path) || name.startsWith(`${basename(path)}.bak`),
  );
  return names.map((name) => join(folder, name));
}

/** A text as it was before the person's lines came in between. */
export function withoutInsertions(text: string): string {
  return text.replace(/^user-edit-[0-9]+\n/gm, '');
}

/**
 * A text without the person's lines, and without blank ones: they part what kato wrote from what the person did. Nor with
 * kato's head, which stands below a line that was written in the moment between the making of a file and its first words.
 */
export function withoutEdits(text: string): string {
  const lines = text.replace(/^---\nid: .*?\n---\n/ms, '').split('\n');
  return lines.filter((line) => !LINE.test(line) && line.trim() !== '').join('\n');
}
