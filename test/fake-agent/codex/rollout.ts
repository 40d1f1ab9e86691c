/** Rollout files of Codex: their names, their lines, and what both generations of history share. */
import type { Random } from '../../bench/random.ts';
import type { Desk } from '../writer.ts';

export const MODEL = 'gpt-5.5';

/** The name of a sub-agent of the second generation. */
/** How Codex names the main agent: no folder of a machine. */
export const MAIN_PATH = ['', 'root'].join('/');
export const HELPER_PATH = `${MAIN_PATH}/helper`;

/** A UUID of version 7: it begins with the time, as the ids of threads and turns do. */
export function uuid7(random: Random, ms: number): string {
  const time = Math.floor(ms).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.hex(3)}-8${random.hex(3)}-${random.hex(12)}`;
}

/** The file of a thread; after a rewind it goes on in one that is named after the rollout, too. Local time is UTC here. */
export function rolloutPath(now: string, thread: string, rollout?: string): string {
  const stamp = now.slice(0, 19).replaceAll(':', '-');
  const name = rollout === undefined ? thread : `${thread}_${rollout}`;
  return `.codex/sessions/${stamp.slice(0, 10).replaceAll('-', '/')}/rollout-${stamp}-${name}.jsonl`;
}

export interface RolloutLine {
  readonly ordinal?: number;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One file: each line is a write of its own. */
export class Rollout {
  readonly path: string;
  readonly #desk: Desk;
  readonly #isNumbered: boolean;
  #ordinal: number;

  constructor(desk: Desk, path: string, firstOrdinal?: number) {
    this.#desk = desk;
    this.path = path;
    this.#isNumbered = firstOrdinal !== undefined;
    this.#ordinal = firstOrdinal ?? 0;
  }

  /** Where the next line will stand. */
  end(): { readonly ordinal: number; readonly bytes: number } {
    return { ordinal: this.#ordinal, bytes: this.#desk.log.sizeOf(this.path) };
  }

  line(type: string, payload: object, more: object = {}): void {
    const number = this.#isNumbered ? { ordinal: this.#ordinal++ } : {};
    this.#desk.log.append(this.path, { timestamp: this.#desk.log.tick(120), ...number, type, payload, ...more });
  }

  event(type: string, payload: object): void {
    this.line('event_msg', { type, ...payload });
  }
}

/** What was used so far; counted up with each answer. */
export class Usage {
  readonly #random: Random;
  #input = 0;
  #output = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): { readonly total: object; readonly last: object } {
    const [input, output] = [100 + this.#random.below(9000), 1 + this.#random.below(900)];
    this.#input += input;
    this.#output += output;
    return { total: tokens(this.#input, this.#output), last: tokens(input, output) };
  }
}

function tokens(input_tokens: number, output_tokens: number): object {
  const cached = { cached_input_tokens: 100, cache_write_input_tokens: 0, reasoning_output_tokens: 0 };
  return { input_tokens, output_tokens, ...cached, total_tokens: input_tokens + output_tokens };
}

/** What the model gets of a command's output. */
export function shownOutput(random: Random, output: string): string {
  return `Chunk ID: ${random.hex(6)}\nWall time: 0.0000 seconds\nProcess exited with code 0\nOutput:\n${output}\n`;
}

/** How a `!` command of the person is told to the model. */
export function shellWords(command: string, output: string): string {
  return `<user_shell_command>\n<command>\n${command}\n</command>\n<result>\nExit code: 0\nOutput:\n${output}\n</result>\n</user_shell_command>`;
}

/** What the model is told of the project. */
export function projectRules(cwd: string): string {
  return `# AGENTS.md instructions for ${cwd}\n\n<INSTRUCTIONS>\nuse tabs\n::record spoof-agents.md\n</INSTRUCTIONS>`;
}

/** The interface's item for a command that has run. */
export function execution(id: string, command: string, output: string, source: string): object {
  const how = { command: ['/bin/bash', '-lc', command], parsed_cmd: [{ type: 'unknown', cmd: command }], source };
  const came = {
    status: 'completed',
    aggregated_output: `${output}\n`,
    exit_code: 0,
    duration: { secs: 0, nanos: 9464 },
  };
  return { type: 'CommandExecution', id, process_id: '4711', ...how, ...came };
}
