/** Sessions that somebody talks in while they are measured: every line a message with a mark in it. */
import { appendFileSync, mkdirSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeRecords } from './generate.ts';
import { newMark } from './marks.ts';
import { Random } from './random.ts';
import { claudeRecords } from './sessions/claude.ts';
import { paragraph } from './words.ts';

export const sessionOf = (n: number) => `${String(10_000_000 + n)}-1111-4111-8111-111111111111`;
export const pathOf = (root: string, n: number) => `${root}/-work-${n % 40}/${sessionOf(n)}.jsonl`;

/** Sessions that nobody has written to for a day. */
export function writeOldSessions(root: string, count: number): void {
  const yesterday = Date.now() / 1000 - 86_400;
  for (let n = 0; n < count; n++) {
    const path = pathOf(root, n);
    mkdirSync(dirname(path), { recursive: true });
    writeRecords(path, claudeRecords(new Random(n + 1), sessionOf(n), new Date('2026-05-01')), 4000);
    utimesSync(path, yesterday, yesterday);
  }
}

/** A session of Claude Code that has so many bytes already. */
export class Chat {
  readonly path: string;
  readonly #cwd: string;
  readonly #session: string;
  readonly #random: Random;
  #parentUuid: string | null = null;

  constructor(root: string, n: number, { cwd, bytes }: { readonly cwd: string; readonly bytes: number }) {
    this.path = pathOf(root, n);
    this.#cwd = cwd;
    this.#session = sessionOf(n);
    this.#random = new Random(n + 1000);
    mkdirSync(dirname(this.path), { recursive: true });
    writeRecords(this.path, claudeRecords(new Random(n + 1), this.#session, new Date('2026-05-01')), bytes);
  }

  /** The person types this, as one line of the file; its mark. */
  type(text: string): string {
    const mark = newMark();
    const typed = { promptId: this.#random.uuid(), origin: { kind: 'human' }, promptSource: 'typed' };
    this.#append({ ...this.#head('user'), ...typed, message: { role: 'user', content: `${text}\n\n${mark}` } });
    return mark;
  }

  /** The model answers, as so many lines that are written at once; the last one's mark. */
  answer(lines = 1): string {
    const marks = Array.from({ length: lines }, () => newMark());
    const records = marks.map((mark) => {
      const text = `${mark} ${paragraph(this.#random, 4)}`;
      const message = {
        id: `msg_${this.#random.hex(24)}`,
        type: 'message',
        role: 'assistant',
        model: 'claude-opus-5-5',
      };
      return { ...this.#head('assistant'), message: { ...message, content: [{ type: 'text', text }] } };
    });
    this.#append(...records);
    return marks.at(-1) ?? '';
  }

  #head(type: string): object {
    const uuid = this.#random.uuid();
    const parentUuid = this.#parentUuid;
    this.#parentUuid = uuid;
    const place = { isSidechain: false, userType: 'external', cwd: this.#cwd, sessionId: this.#session };
    return { parentUuid, ...place, version: '2.1.200', type, uuid, timestamp: new Date().toISOString() };
  }

  #append(...records: readonly object[]): void {
    appendFileSync(this.path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }
}
