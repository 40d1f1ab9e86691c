/**
 * The conversation of `kato demo`, as an agent writes it: records of a Claude Code session (the shape of 2.1.329), each
 * appended to the session's file when it is said. The words are made up; the times are those of the telling.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const SESSION = '5eed0004-7ea0-4000-8000-000000000004';
const VERSION = '2.1.329';

export interface Said {
  readonly by: 'you' | 'agent';
  readonly text: string;
}

/** The person asks, sees that this is worth keeping, and types the command; then both go on. */
export const conversation: readonly Said[] = [
  { by: 'you', text: 'How long should white tea stand?' },
  { by: 'agent', text: 'Four minutes, with water of 80 °C. Boiling water makes it bitter.' },
  { by: 'you', text: '::capture notes/tea.md' },
  { by: 'agent', text: 'That line is not for me.' },
  { by: 'you', text: 'And the second time?' },
  { by: 'agent', text: 'One minute more each time:\n\n```text\nfirst   4 min\nsecond  5 min\nthird   6 min\n```' },
];

/** An agent that has nothing but a session file. */
export class DemoAgent {
  readonly #file: string;
  readonly #cwd: string;
  #latest: string | null = null;
  #count = 0;

  /** `projects` is the folder of Claude Code's sessions, `cwd` the one that the conversation is about. */
  constructor(projects: string, cwd: string) {
    const folder = join(projects, cwd.replace(/[^A-Za-z0-9]/g, '-'));
    mkdirSync(folder, { recursive: true });
    mkdirSync(cwd, { recursive: true });
    this.#file = join(folder, `${SESSION}.jsonl`);
    this.#cwd = cwd;
  }

  say({ by, text }: Said): void {
    this.#count += 1;
    const uuid = `5eed0004-0000-4000-8000-${String(this.#count).padStart(12, '0')}`;
    const record = {
      parentUuid: this.#latest,
      isSidechain: false,
      cwd: this.#cwd,
      sessionId: SESSION,
      version: VERSION,
      entrypoint: 'cli',
      ...(by === 'you' ? asked(text) : answered(text, this.#count)),
      uuid,
      timestamp: new Date().toISOString(),
    };
    appendFileSync(this.#file, `${JSON.stringify(record)}\n`);
    this.#latest = uuid;
  }
}

function asked(text: string) {
  const origin = { origin: { kind: 'human' }, promptSource: 'typed', turnOrigin: 'human' };
  return { type: 'user', message: { role: 'user', content: text }, ...origin };
}

function answered(text: string, number: number) {
  const content = [{ type: 'text', text }];
  const usage = { input_tokens: 10 * number, output_tokens: text.length };
  const envelope = { type: 'message', role: 'assistant', model: 'claude-sonnet-5', stop_reason: 'end_turn' };
  return { type: 'assistant', message: { id: `msg_demo_live_${number}`, ...envelope, content, usage } };
}
