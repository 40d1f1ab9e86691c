/** The folder that Gemini CLI keeps for a project, and the small files in it. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path/posix';
import type { Desk } from '../writer.ts';

export class Project {
  readonly #desk: Desk;
  readonly #session: string;
  readonly #slug: string;
  readonly #folder: string;
  readonly #prompts: object[] = [];
  readonly #minute: string;

  constructor(desk: Desk, session: string) {
    this.#desk = desk;
    this.#session = session;
    this.#slug =
      basename(desk.cwd)
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'project';
    this.#folder = `.gemini/tmp/${this.#slug}`;
    this.#minute = desk.log.now().slice(0, 16).replace(':', '-');
  }

  /** The session's file. */
  chat(suffix: 'json' | 'jsonl'): string {
    return `${this.#folder}/chats/session-${this.#minute}-${this.#session.slice(0, 8)}.${suffix}`;
  }

  helper(id: string): string {
    return `${this.#folder}/chats/${this.#session}/${id}.jsonl`;
  }

  /** Registers the project, as a first start in its folder does. */
  open(): void {
    const { log, cwd } = this.#desk;
    log.write('.gemini/projects.json', JSON.stringify({ projects: { [cwd]: this.#slug } }, undefined, 2));
    log.write(`${this.#folder}/.project_root`, cwd);
  }

  head(time: string): object {
    const projectHash = createHash('sha256').update(this.#desk.cwd).digest('hex');
    return { sessionId: this.#session, projectHash, startTime: time, lastUpdated: time, kind: 'main' };
  }

  /** What was typed, in a file that is written anew each time. */
  log(message: string): void {
    const { log } = this.#desk;
    const entry = { sessionId: this.#session, messageId: this.#prompts.length, type: 'user', message };
    this.#prompts.push({ ...entry, timestamp: log.now() });
    log.write(`${this.#folder}/logs.json`, JSON.stringify(this.#prompts, undefined, 2));
  }
}
