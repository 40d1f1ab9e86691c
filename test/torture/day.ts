/**
 * A day in small: sessions of all agents that a person has within 20 hours, in some minutes, while the daemon is killed
 * again and again, commands are given inside and outside the chats, and recordings are edited.
 *
 *   sessions    each spread over the whole time, its steps in the rhythm of its script
 *   every s     what is due is written; at times an edit, a command from outside, a look at the daemon's memory
 *   every 30 s  SIGKILL, and `kato start`
 *
 * What must hold in the end is in `../scene/flaws.ts`; beside that the store holds all that was said, and is sound.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../bench/random.ts';
import { formats, type Step } from '../fake-agent/script.ts';
import { Editor } from '../scene/editor.ts';
import { type Chat, Scene } from '../scene/scene.ts';
import { judge, settle } from '../scene/verdict.ts';

export interface DayOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly sessions: number;
  readonly turns: number;
  readonly killEverySeconds: number;
  readonly keepsAll: boolean;
}

export interface DayReport {
  readonly figures: Readonly<Record<string, string | number>>;
  readonly failures: readonly string[];
}

/** All that was written at the end is taken in, on a machine that has other things to do. */
const SETTLE_MS = 300_000;

/** One of a day's chats: when each of its steps is due, in ms from the beginning. */
interface Course {
  readonly chat: Chat;
  readonly dueMs: readonly number[];
}

export async function liveDay(options: DayOptions, t: { after(fn: () => void): void }): Promise<DayReport> {
  return new Day(options, t).live();
}

class Day {
  readonly #options: DayOptions;
  readonly #random: Random;
  readonly #scene: Scene;
  readonly #editor: Editor;
  readonly #courses: readonly Course[];
  readonly #memory: number[] = [];
  readonly #figures = { kills: 0, edits: 0, asked: 0 };
  readonly #asked: { readonly session: string; readonly dest: string }[] = [];

  constructor(options: DayOptions, t: { after(fn: () => void): void }) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const random = this.#random;
    const chats = Array.from({ length: options.sessions }, (_, index) => {
      return { format: formats[index % formats.length] ?? 'codex', seed: random.below(1e9), turns: options.turns };
    });
    this.#scene = new Scene(t, { keepsAll: options.keepsAll, random, chats });
    this.#editor = new Editor(random);
    this.#courses = this.#scene.chats.map((chat) => this.#course(chat));
  }

  /** From somewhere in the first tenth of the day to somewhere in its last. */
  #course(chat: Chat): Course {
    const { minutes } = this.#options;
    const dayMs = minutes * 60_000;
    const steps = stepsOf(chat);
    const total = steps.reduce((sum, { afterMs }) => sum + afterMs, 0);
    const [from, to] = [this.#random.next() * 0.1 * dayMs, (0.9 + this.#random.next() * 0.1) * dayMs];
    let atMs = 0;
    const dueMs = steps.map(({ afterMs }) => {
      atMs += afterMs;
      return from + (atMs / total) * (to - from);
    });
    return { chat, dueMs };
  }

  async live(): Promise<DayReport> {
    const scene = this.#scene;
    scene.start();
    await this.#pass();
    this.#noteMemory(); // Before the daemon is asked for every export.
    if (!scene.isRunning) scene.start();
    const unsettled = await settle(scene, this.#editor, SETTLE_MS);
    const failures = [...unsettled, ...(await judge(scene, this.#editor, { isUp: true }))];
    const figures = { ...this.#figures, edits: this.#editor.count, ...this.#said(), ...this.#memoryFigures() };
    if (failures.length > 0)
      failures.push(`all of it lies in ${scene.keepAside(`day-${this.#options.seed}`, failures)}`);
    return { figures, failures };
  }

  async #pass(): Promise<void> {
    const { minutes, killEverySeconds } = this.#options;
    const beganMs = performance.now();
    const nowMs = () => performance.now() - beganMs;
    let killAtMs = killEverySeconds * 1000;
    while (nowMs() < minutes * 60_000) {
      for (const { chat, dueMs } of this.#courses) this.#playTo(chat, dueMs, nowMs());
      if (nowMs() >= killAtMs) {
        this.#noteMemory();
        await this.#kill();
        killAtMs += killEverySeconds * 1000;
      }
      const die = this.#random.below(100);
      if (die < 6) this.#edit();
      else if (die < 11) this.#ask();
      await wait(100 + this.#random.below(900));
    }
    for (const { chat } of this.#courses) chat.player.play();
  }

  #playTo(chat: Chat, dueMs: readonly number[], nowMs: number): void {
    const { player } = chat;
    while (!player.isOver && (dueMs[player.done] ?? 0) <= nowMs) player.step();
    if (this.#random.below(20) === 0) this.#scene.tear(chat, this.#random);
  }

  /** Sometimes in the middle of what the daemon does with what was just written. */
  async #kill(): Promise<void> {
    await this.#scene.end('SIGKILL');
    this.#figures.kills += 1;
    const isDown = this.#random.below(3) === 0;
    // With nobody else writing, an editor may save what it has read.
    if (isDown) for (const path of this.#someFiles(2)) this.#scene.note(this.#editor.insert(path));
    this.#scene.start();
  }

  #edit(): void {
    for (const path of this.#someFiles(1)) this.#scene.note(this.#editor.append(path));
  }

  #someFiles(count: number): readonly string[] {
    const { home } = this.#scene;
    const all = home.json<{ path: string; bytes: number }[]>(['recordings']).filter(({ bytes }) => bytes > 0);
    return Array.from({ length: Math.min(count, all.length) }, () => this.#random.pick(all).path);
  }

  /** From outside the chats, with destinations of their own. */
  #ask(): void {
    this.#figures.asked += 1;
    const running = this.#random.below(2) === 0 ? this.#asked.shift() : undefined;
    if (running) {
      this.#scene.stopRecording(running.session, running.dest);
      return;
    }
    const sessions = [...this.#random.pick(this.#scene.chats).player.ledger().sessions.keys()];
    if (sessions.length === 0) return;
    const session = this.#random.pick(sessions);
    const dest = this.#scene.home.path('notes', `asked-${this.#figures.asked}.md`);
    if (this.#scene.ask(this.#random.pick(['record', 'capture']), session, dest)) this.#asked.push({ session, dest });
  }

  #noteMemory(): void {
    const bytes = residentBytes(this.#scene.pid);
    if (bytes !== undefined) this.#memory.push(bytes);
  }

  #memoryFigures() {
    const all = [...this.#memory].sort((a, b) => a - b);
    const shown = (bytes: number | undefined) => `${Math.round((bytes ?? 0) / 1e6)} MB`;
    const middle = all[Math.floor(all.length / 2)];
    return {
      'memory first': shown(this.#memory[0]),
      'memory median': shown(middle),
      'memory most': shown(all.at(-1)),
      'memory last': shown(this.#memory.at(-1)),
    };
  }

  #said() {
    const ledgers = this.#scene.chats.map(({ player }) => player.ledger());
    const said = ledgers.flatMap((one) => one.said);
    return {
      'steps written': this.#scene.chats.reduce((sum, { player }) => sum + player.done, 0),
      'sessions and forks': ledgers.reduce((sum, { sessions }) => sum + sessions.size, 0),
      prompts: said.filter(({ by }) => by === 'person').length,
      answers: said.filter(({ by }) => by === 'agent').length,
      commands: said.reduce((sum, { commands }) => sum + commands.length, 0),
      'lines that look like commands': ledgers.reduce((sum, { spoofs }) => sum + spoofs.length, 0),
      recordings: this.#scene.home.json<unknown[]>(['recordings']).length,
      'scripted hours': this.#courses.map(({ chat }) => hoursOf(stepsOf(chat))).join(' '),
    };
  }
}

function stepsOf({ player }: Chat): readonly Step[] {
  return player.script.steps;
}

function hoursOf(steps: readonly Step[]): string {
  return (steps.reduce((sum, { afterMs }) => sum + afterMs, 0) / 3_600_000).toFixed(0);
}

/** What a process has in memory now; absent where that cannot be known. */
function residentBytes(pid: number | undefined): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
