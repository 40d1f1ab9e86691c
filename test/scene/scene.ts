/**
 * A person's home in which fake agents write, the real daemon records, and the person edits what it wrote.
 *
 *   chats       one script each, performed step by step, in a project folder of its own
 *   daemon      started, killed, ended and started again by the commands that a person would use
 *   trace       what was done, one line each: with the seed, all that is needed to see a failure again
 */
import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '../bench/random.ts';
import type { Habit } from '../fake-agent/habits.ts';
import { Player, perform } from '../fake-agent/player.ts';
import { type Format, providerOf } from '../fake-agent/script.ts';
import { writeScript } from '../fake-agent/write-script.ts';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';

/** What befalls session files here. An agent that deletes a session that nobody has read yet takes it with it. */
const HABITS: readonly Habit[] = ['torn', 'burst', 'replace', 'truncate', 'same-size', 'rotate', 'splice'];

export interface ChatOptions {
  readonly format: Format;
  readonly seed: number;
  readonly turns: number;
}

/** One script in the making. */
export interface Chat extends ChatOptions {
  readonly name: string;
  readonly provider: string;
  /** The project folder; destinations are relative to it. */
  readonly cwd: string;
  readonly player: Player;
}

export interface SceneOptions {
  readonly keepsAll: boolean;
  readonly random: Random;
  readonly chats: readonly ChatOptions[];
}

export class Scene {
  readonly home: DaemonHome;
  readonly chats: readonly Chat[];
  readonly keepsAll: boolean;
  readonly trace: string[] = [];
  /** Sessions of which a recording was asked for from outside the chat. */
  readonly asked = new Set<string>();
  readonly startedAtMs = performance.now();
  #pid: number | undefined;

  constructor(t: { after(fn: () => void): void }, { keepsAll, random, chats }: SceneOptions) {
    this.home = new DaemonHome(t);
    this.keepsAll = keepsAll;
    this.#writeConfig();
    // The agents' clocks run from now on: commands count from kato's first start.
    const start = new Date(Date.now() + 60_000);
    this.chats = chats.map((options, index) => this.#chat(options, index, random, start));
  }

  #chat(options: ChatOptions, index: number, random: Random, start: Date): Chat {
    const { format, seed, turns } = options;
    const name = `${format}-${index}`;
    const cwd = this.home.path('work', name);
    mkdirSync(cwd, { recursive: true });
    const notes = random.below(2) === 0 ? 'notes' : `~/notes/${name}`;
    const habits = HABITS.filter(() => random.below(3) === 0);
    const script = writeScript({ format, seed, turns, start, cwd, notes, habits });
    this.note(`${name}: seed ${seed}, ${script.steps.length} steps, ${notes}, habits ${habits.join(' ') || 'none'}`);
    return { ...options, name, cwd, provider: providerOf[format].id, player: new Player(script, this.home.folder) };
  }

  #writeConfig(): void {
    mkdirSync(this.home.kato, { mode: 0o700 });
    mkdirSync(this.home.path('notes'));
    const settings = [
      'version: 1',
      `autoGenerateSnapshots: ${this.keepsAll}`,
      'write: { roots: [~/notes] }',
      'commands: { perMinute: 0 }',
    ];
    writeFileSync(join(this.home.kato, 'config.yaml'), `${settings.join('\n')}\n`, { mode: 0o600 });
  }

  note(line: string): void {
    this.trace.push(`${((performance.now() - this.startedAtMs) / 1000).toFixed(3)} ${line}`);
  }

  get isRunning(): boolean {
    return this.#pid !== undefined;
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  start(): void {
    this.#pid = this.home.start();
    this.note(`start: ${this.#pid}`);
  }

  restart(): void {
    this.home.ok(['restart']);
    this.#pid = this.home.start();
    this.note(`restart: ${this.#pid}`);
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const pid = this.#pid;
    if (pid === undefined) return;
    this.note(signal);
    kill(pid, signal);
    await until(() => !isAlive(pid) && !this.home.isHeld, 'the end of the daemon');
    this.#pid = undefined;
  }

  /** The next steps of a chat; how many were done. */
  play({ name, player }: Chat, steps: number): number {
    const from = player.done;
    for (let count = 0; count < steps && player.step(); count++);
    if (player.done > from) this.note(`${name}: steps to ${player.done}`);
    return player.done - from;
  }

  /** The first step of a chat, seen by the daemon: what no agent dates counts from there. */
  async meet(chat: Chat): Promise<void> {
    this.play(chat, 1);
    interface Status {
      readonly providers: readonly { readonly id: string; readonly sources: number }[];
      readonly lag: readonly object[];
    }
    const isMet = ({ providers, lag }: Status) =>
      lag.length === 0 && providers.some(({ id, sources }) => id === chat.provider && sources > 0);
    await until(() => isMet(this.home.json(['status'])), 'the first look at a session');
  }

  /** A part of the next write of a chat; the rest comes with its next step. */
  tear({ name, player }: Chat, random: Random): void {
    const next = player.next();
    if (next?.kind !== 'append' || next.bytes.length < 2) return;
    const bytes = next.bytes.subarray(0, 1 + random.below(next.bytes.length - 1));
    perform({ ...next, bytes }, this.home.folder);
    this.note(`${name}: ${bytes.length} of ${next.bytes.length} bytes of step ${player.done + 1}`);
  }

  /** Asks for a recording from outside the chat. Whether it was granted. */
  ask(verb: 'record' | 'capture', session: string, dest: string): boolean {
    const { status } = this.home.run([verb, session, dest]);
    this.note(`kato ${verb} ${session} ${dest}: ${status}`);
    if (status === 0) this.asked.add(session);
    return status === 0;
  }

  stopRecording(session: string, dest: string): void {
    const { status } = this.home.run(['stop-recording', session, `dest:${dest}`]);
    this.note(`kato stop-recording ${session} ${dest}: ${status}`);
  }

  /** Puts the folder and the trace aside for whoever looks into a failure: where they lie. */
  keepAside(name: string, flaws: readonly string[]): string {
    const folder = join(tmpdir(), `kato-failed-${name}`);
    rmSync(folder, { recursive: true, force: true });
    cpSync(this.home.folder, folder, { recursive: true, filter: (path) => !/(?:\.sock|lock\.holder)$/.test(path) });
    appendFileSync(join(folder, 'trace.txt'), `${[...this.trace, ...flaws].join('\n')}\n`);
    return folder;
  }
}
