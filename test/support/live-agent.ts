/** Agents that write their session files line by line, as the real ones do: for tests of what kato does meanwhile. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TestHome } from './cli.ts';
import {
  claudeSession,
  codexSession,
  geminiSession,
  gencodeSession,
  type Said,
  type SessionFile,
} from './session-files.ts';

export const agentNames = ['claude-code', 'codex', 'gemini-cli', 'gencode'] as const;
export type AgentName = (typeof agentNames)[number];

const MAKERS = {
  'claude-code': claudeSession,
  codex: codexSession,
  'gemini-cli': geminiSession,
  gencode: gencodeSession,
} as const satisfies Record<AgentName, unknown>;

interface AgentOptions {
  readonly id?: string;
  readonly agent?: AgentName;
  /** The folder that the agent works in, below the person's home. */
  readonly folder?: string;
  /** What was said before, and stands in the file from the first write on. */
  readonly past?: readonly Said[];
}

/** One session of an agent. What it writes has the time of now. */
export class LiveAgent {
  readonly id: string;
  readonly agent: AgentName;
  readonly cwd: string;
  /** The session's file. */
  readonly path: string;
  readonly #said: Said[];
  #written = 0;

  constructor(
    home: TestHome,
    { id = 'a11ce000-0000-4000-8000-000000000001', agent, folder = 'toy', past = [] }: AgentOptions = {},
  ) {
    this.id = id;
    this.agent = agent ?? 'claude-code';
    this.cwd = home.path(folder);
    this.#said = [...past];
    this.path = home.path(this.#file().path);
    for (const path of [dirname(this.path), this.cwd]) mkdirSync(path, { recursive: true });
    if (this.agent === 'gemini-cli') this.#writeProjectRoot();
    if (past.length > 0) this.flush();
  }

  /** The person types this. */
  type(...texts: readonly string[]): void {
    for (const text of texts) this.#said.push({ by: 'user', text, at: new Date().toISOString() });
    this.flush();
  }

  /** The model answers. */
  answer(...texts: readonly string[]): void {
    for (const text of texts) this.#said.push({ by: 'model', text, at: new Date().toISOString() });
    this.flush();
  }

  /** The next line begins, and its end is not written yet. */
  typeTorn(text: string): void {
    this.#said.push({ by: 'user', text, at: new Date().toISOString() });
    const { text: whole } = this.#file();
    const rest = Buffer.from(whole).subarray(this.#written);
    this.#append(rest.subarray(0, Math.floor(rest.length / 2)));
  }

  /** Writes records of another kind, one a line. What is said afterwards does not follow them in the chain of a session. */
  append(...records: readonly object[]): void {
    appendFileSync(this.path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  /** Writes whatever is not written yet. */
  flush(): void {
    this.#append(Buffer.from(this.#file().text).subarray(this.#written));
  }

  #append(bytes: Uint8Array): void {
    appendFileSync(this.path, bytes);
    this.#written += bytes.length;
  }

  #file(): SessionFile {
    const session = { id: this.id, said: this.#said, cwd: this.cwd };
    return MAKERS[this.agent](session);
  }

  #writeProjectRoot(): void {
    writeFileSync(this.path.replace(/chats\/[^/]*$/, '.project_root'), this.cwd);
  }
}
