/**
 * What befalls session files beside plain writing, laid over finished steps. Whatever a habit does, the last bytes of a
 * session are those that its agent wrote, but for a signature or a number that nobody said; so the ledger stays true.
 *
 *   torn       a write goes into several, cut anywhere, by preference within a character; a new file is empty first
 *   burst      several appends become one write
 *   replace    the file is written beside itself and renamed over itself
 *   truncate   the file is emptied and written again from its start
 *   same-size  some bytes are overwritten in place
 *   rotate     the file gets another name or folder, and goes on there
 *   splice     a write is broken off and done again behind what is there of it, or behind a run of NUL: the one habit that
 *              leaves damage, so what is damaged is quarantined and nothing that was said is lost
 *   delete     the agent deletes the session when it has ended
 */
import type { Random } from '../bench/random.ts';
import { Disk } from './disk.ts';
import { type Change, type Format, providerOf, type Step } from './script.ts';

export const habits = ['torn', 'burst', 'replace', 'truncate', 'same-size', 'rotate', 'splice', 'delete'] as const;
export type Habit = (typeof habits)[number];

interface HabitOptions {
  readonly format: Format;
  readonly habits: readonly Habit[];
  readonly random: Random;
}

export function withHabits(steps: readonly Step[], options: HabitOptions): readonly Step[] {
  if (options.habits.length === 0) return steps;
  return new Bending(options).bend(options.habits.includes('burst') ? joinBursts(steps, options.random) : steps);
}

/** Appends to one file that follow each other become one, here and there. */
function joinBursts(steps: readonly Step[], random: Random): readonly Step[] {
  const joined: Step[] = [];
  for (const step of steps) {
    const before = joined.at(-1);
    const isNext = before?.kind === 'append' && step.kind === 'append' && before.path === step.path;
    if (isNext && random.below(2) === 0) {
      const bytes = Buffer.concat([before.bytes, step.bytes]);
      joined[joined.length - 1] = { ...before, bytes, facts: [...before.facts, ...step.facts] };
    } else joined.push(step);
  }
  return joined;
}

class Bending {
  readonly #options: HabitOptions;
  readonly #disk = new Disk();
  readonly #steps: Step[] = [];
  /** Where files that were renamed are now. */
  readonly #names = new Map<string, string>();

  constructor(options: HabitOptions) {
    this.#options = options;
  }

  bend(steps: readonly Step[]): readonly Step[] {
    for (const step of steps) {
      const path = this.#names.get(step.path) ?? step.path;
      if (this.#isSession(path)) this.#splice(step, path);
      if (this.#has('torn', 3)) this.#tear({ ...step, path });
      else this.#take({ ...step, path });
      if (this.#isSession(path)) this.#befall(path);
    }
    if (this.#options.habits.includes('delete')) {
      for (const path of this.#disk.paths()) if (this.#isSession(path)) this.#do({ kind: 'delete', path });
    }
    return this.#steps;
  }

  #tear(step: Step): void {
    if (step.kind !== 'append' && step.kind !== 'write') {
      this.#take(step);
      return;
    }
    const { path, bytes, facts } = step;
    if (step.kind === 'write') this.#do({ kind: 'truncate', path, size: 0 }, false);
    else if (step.offset === 0) this.#do({ kind: 'append', path, offset: 0, bytes: bytes.subarray(0, 0) });
    // A small file that is written anew is empty for a moment, but never half there.
    const count = step.kind === 'write' && bytes.length < SMALL_BYTES ? 0 : 1 + this.#random.below(3);
    const cuts = new Set(Array.from({ length: count }, () => this.#cut(bytes)));
    const ends = [...cuts, bytes.length].sort((a, b) => a - b);
    let start = 0;
    for (const end of ends) {
      if (end === start) continue;
      const afterMs = start === 0 ? step.afterMs : 1;
      const isLast = end === bytes.length;
      this.#take({
        kind: 'append',
        path,
        offset: 0,
        bytes: bytes.subarray(start, end),
        afterMs,
        facts: isLast ? facts : [],
        isWhole: isLast,
      });
      start = end;
    }
  }

  /** What stands before a line that is written again: a part of it, or nothing that is anything. */
  #splice(step: Step, path: string): void {
    if (step.kind !== 'append' || !this.#has('splice', 25)) return;
    const line = step.bytes.subarray(0, step.bytes.indexOf(10));
    const part = line.subarray(0, 1 + this.#random.below(line.length - 1));
    const bytes = this.#random.below(3) === 0 ? new Uint8Array(1 + this.#random.below(64)) : part;
    this.#do({ kind: 'append', path, offset: 0, bytes }, false);
  }

  /** Somewhere in these bytes; every other time within a character of several bytes, if there is one. */
  #cut(bytes: Uint8Array): number {
    const at = this.#random.below(bytes.length + 1);
    if (this.#random.below(2) === 0) return at;
    const inside = bytes.findIndex((byte, index) => index >= at && (byte & 0xc0) === 0x80);
    return inside < 0 ? at : inside;
  }

  #befall(path: string): void {
    const content = this.#disk.read(path);
    if (!content || content.length === 0) return;
    if (this.#has('replace', 25)) this.#do({ kind: 'replace', path, bytes: content });
    if (this.#has('same-size', 12)) this.#overwrite(path, content);
    // A save that is one file in the place of another is whole, or is not there.
    const isSaved = this.#options.format === 'gencode-rewritten';
    if (this.#has('truncate', 25)) {
      if (isSaved) this.#do({ kind: 'replace', path, bytes: content });
      else this.#writeAgain(path, content);
    }
    if (this.#has('rotate', 40)) this.#rotate(path);
  }

  #writeAgain(path: string, content: Uint8Array): void {
    this.#do({ kind: 'truncate', path, size: 0 }, false);
    const middle = this.#random.below(content.length);
    for (const [start, end] of [
      [0, middle],
      [middle, content.length],
    ] as const) {
      if (end === start) continue;
      const bytes = content.subarray(start, end);
      this.#do({ kind: 'append', path, offset: start, bytes }, end === content.length);
    }
  }

  #overwrite(path: string, content: Uint8Array): void {
    const found = UNSPOKEN.exec(Buffer.from(content).toString('latin1'));
    if (!found) return;
    const [, before = '', value = ''] = found;
    const bytes = Buffer.from(
      value.replace(/[0-9]/, (digit) => `${(Number(digit) % 8) + 1}`),
      'latin1',
    );
    this.#do({ kind: 'overwrite', path, offset: found.index + before.length, bytes });
  }

  #rotate(path: string): void {
    const original = [...this.#names].find(([, now]) => now === path)?.[0] ?? path;
    const to = rotated(path, this.#options.format);
    if (to === undefined || original !== path) return;
    this.#names.set(original, to);
    this.#do({ kind: 'rename', path, to });
  }

  #do(change: Change, isWhole = true): void {
    this.#take({ ...change, afterMs: 1, facts: [], isWhole });
  }

  /** Where an append begins is known here alone: what came before may have grown. */
  #take(step: Step): void {
    const offset = this.#disk.read(step.path)?.length ?? 0;
    const placed = step.kind === 'append' ? { ...step, offset } : step;
    this.#disk.apply(placed);
    this.#steps.push(placed);
  }

  #isSession(path: string): boolean {
    const { root } = providerOf[this.#options.format];
    if (!path.startsWith(`${root}/`) || path.includes('/subagents/')) return false;
    return /\/(?:[0-9a-f-]{36}|rollout-[^/]*|session-[^/]*)\.jsonl?$/.test(path);
  }

  #has(habit: Habit, oneIn: number): boolean {
    return this.#options.habits.includes(habit) && this.#random.below(oneIn) === 0;
  }

  get #random(): Random {
    return this.#options.random;
  }
}

const SMALL_BYTES = 4096;

/** A signature, a cipher or a count of tokens: the first digit of it may be another one without a word being changed. */
const UNSPOKEN = /("signature":"[a-f]*|"encrypted_content":"[a-f]*|"tokens":\s*\{\s*"input":\s*)([0-9])/;

/** Where an agent or its user would move a session. */
function rotated(path: string, format: Format): string | undefined {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  switch (format) {
    case 'codex':
    case 'codex-legacy':
      return `.codex/archived_sessions/${name}`;
    case 'claude-code': // The folder of the project was renamed, and the sessions went with it.
      return `.claude/projects/${parts[2]}-moved/${name}`;
    case 'gencode': // The same.
      return `.san/projects/${parts[2]}-moved/transcripts/${name}`;
    case 'gencode-rewritten': // Moved and written anew, it is another file.
    case 'gemini-cli':
    case 'gemini-cli-document': // Sub-agents are found beside their session.
      return undefined;
  }
}
