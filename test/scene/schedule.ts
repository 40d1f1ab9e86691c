/**
 * One chat under a random schedule: the agent writes, whole and torn; commands are given in the chat and from outside; the
 * person edits; the daemon is killed, ended and started again. In the end everything must be as if nothing had happened.
 *
 * The same seed gives the same schedule. How far the daemon has got at each step is not the schedule's business.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../bench/random.ts';
import type { Format } from '../fake-agent/script.ts';
import { filesBelow } from '../support/derive.ts';
import { Editor } from './editor.ts';
import { type Chat, Scene } from './scene.ts';
import { judge, settle } from './verdict.ts';

export interface ScheduleOptions {
  readonly format: Format;
  readonly seed: number;
  readonly turns?: number;
}

const formatsOf = {
  'claude-code': ['claude-code'],
  codex: ['codex', 'codex', 'codex-legacy'],
  'gemini-cli': ['gemini-cli', 'gemini-cli', 'gemini-cli-document'],
  gencode: ['gencode', 'gencode-rewritten', 'gencode-rewritten'],
} as const satisfies Record<string, readonly Format[]>;

export type ProviderName = keyof typeof formatsOf;
export const providerNames = Object.keys(formatsOf) as readonly ProviderName[];

/** What a provider does with a seed. */
export function scheduleOf(provider: ProviderName, seed: number): ScheduleOptions {
  const formats = formatsOf[provider];
  return { format: formats[seed % formats.length] ?? formats[0], seed };
}

/** Nothing here takes long; the machine may have other things to do. */
const PATIENCE_MS = 60_000;

/** What is wrong in the end, with all that is needed to see it again; nothing when all is well. */
export async function runSchedule(
  { format, seed, turns = 6 }: ScheduleOptions,
  t: { after(fn: () => void): void },
): Promise<readonly string[]> {
  const random = new Random(seed);
  const scene = new Scene(t, { keepsAll: seed % 2 === 0, random, chats: [{ format, seed, turns }] });
  const schedule = new Schedule(scene, random);
  let flaws: readonly string[];
  try {
    flaws = await schedule.run({ isJudgedUp: random.below(2) === 0 });
  } catch (error) {
    flaws = [`the schedule broke off: ${error instanceof Error ? error.stack : error}`];
  }
  if (flaws.length === 0) return [];
  const folder = scene.keepAside(`${format}-${seed}`, flaws);
  return [...flaws, `seed ${seed}, ${format}; folder and trace: ${folder}`, ...scene.trace];
}

class Schedule {
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #editor: Editor;
  readonly #chat: Chat;
  readonly #asked: { readonly session: string; readonly dest: string }[] = [];
  #count = 0;

  constructor(scene: Scene, random: Random) {
    this.#scene = scene;
    this.#random = random;
    this.#editor = new Editor(random);
    const [chat] = scene.chats;
    if (!chat) throw new Error('a schedule has one chat');
    this.#chat = chat;
  }

  async run({ isJudgedUp }: { readonly isJudgedUp: boolean }): Promise<readonly string[]> {
    const scene = this.#scene;
    const { player } = this.#chat;
    scene.start();
    if (this.#chat.format === 'gencode-rewritten') await scene.meet(this.#chat);
    const deeds = this.#deeds();
    const share = Math.ceil(player.script.steps.length / (deeds.length + 1));
    for (const deed of deeds) {
      scene.play(this.#chat, 1 + this.#random.below(2 * share));
      if (this.#random.below(2) === 0) await wait(this.#random.below(80));
      await deed();
    }
    player.play();
    if (!scene.isRunning) scene.start();
    const flaws = await settle(scene, this.#editor, PATIENCE_MS);
    return flaws.length > 0 ? flaws : judge(scene, this.#editor, { isUp: isJudgedUp });
  }

  /** Each at least as often as it stands here, the daemon being ended once by force; in any order. */
  #deeds(): readonly (() => unknown)[] {
    const random = this.#random;
    const tear = () => this.#scene.tear(this.#chat, random);
    const edit = () => this.#edit();
    const ask = () => this.#ask();
    const kill = () => this.#end('SIGKILL');
    const others = [() => this.#end('SIGTERM'), () => this.#scene.restart(), kill, ask, edit, tear];
    const deeds = [tear, tear, edit, edit, ask, kill, random.pick(others)];
    return deeds
      .map((deed) => ({ deed, at: random.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ deed }) => deed);
  }

  /** Ends the daemon, and starts it again, at once or when some more was written and edited. */
  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.#scene.end(signal);
    if (this.#random.below(2) === 0) {
      this.#scene.play(this.#chat, this.#random.below(10));
      if (this.#random.below(2) === 0) this.#insert();
    }
    this.#scene.start();
  }

  #edit(): void {
    const path = this.#someFile();
    if (path !== undefined) this.#scene.note(this.#editor.append(path));
  }

  #insert(): void {
    const path = this.#someFile();
    if (path !== undefined) this.#scene.note(this.#editor.insert(path));
  }

  /** A recording; what the chat has exported once is nobody's concern any more. */
  #someFile(): string | undefined {
    const { home } = this.#scene;
    const exported = this.#chat.player
      .ledger()
      .said.flatMap(({ commands }) =>
        commands.flatMap(({ verb, arguments: wanted }) =>
          verb === 'export' ? (/rec-\d+\.\w+/.exec(wanted) ?? []) : [],
        ),
      );
    const found = filesBelow(home.folder).filter(
      (path) =>
        /(?:notes|recordings)\/.*\.(?:md|jsonl)$/.test(path) && !exported.some((name) => path.endsWith(`/${name}`)),
    );
    return found.length === 0 ? undefined : home.path(this.#random.pick(found));
  }

  /** From outside the chat, with destinations of their own. */
  #ask(): void {
    const sessions = [...this.#chat.player.ledger().sessions.keys()];
    const stopped = this.#random.below(2) === 0 ? this.#asked.pop() : undefined;
    if (stopped) {
      this.#scene.stopRecording(stopped.session, stopped.dest);
      return;
    }
    if (sessions.length === 0) return;
    const session = this.#random.pick(sessions);
    const dest = this.#scene.home.path('notes', `asked-${this.#count++}.md`);
    if (this.#scene.ask(this.#random.pick(['record', 'capture']), session, dest)) this.#asked.push({ session, dest });
  }
}
