/**
 * Random schedules from a seed: files grow, tear, are rewritten, moved, replaced and deleted, notifications get lost, the
 * live ingest is restarted, sessions begin and cease to be kept. In the end the store has, of every file that is there,
 * what one quiet pass makes of it, and nothing else but what deleted files held.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createNodeWatcher } from '../../src/platform/node-watch.ts';
import { commandPayloads } from '../../src/record/commands.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { Random } from '../bench/random.ts';
import { collect, readAll } from '../store/contract/scene.ts';
import { claudeKey, LiveStage, MuteWatcher, settle } from './support/live-stage.ts';
import { prompt, SESSION, snapshot } from './support/session-lines.ts';
import { openStage, Stage } from './support/stage.ts';

const STEPS = 40;
const FILES = 4;
const sessionOf = (n: number) => SESSION.replace(/^11/, String(n + 30));

class Round {
  readonly random: Random;
  readonly stage: Stage;
  readonly live: LiveStage;
  readonly #folders = new Map<string, string>();
  #lines = 0;

  constructor(t: TestContext, seed: number) {
    this.random = new Random(seed);
    const isSqlite = this.random.below(2) === 0;
    this.stage = openStage(t, (folder) => (isSqlite ? openSqliteStore(`${folder}/kato.db`) : createMemoryStore()));
    const watcher = this.random.below(3) === 0 ? new MuteWatcher() : createNodeWatcher();
    this.live = new LiveStage(this.stage, { watcher, keep: this.random.below(2) === 0 });
  }

  async step(): Promise<void> {
    const session = sessionOf(this.random.below(FILES));
    const path = this.#path(session);
    const dice = this.random.below(20);
    if (dice < 9) this.#append(path, this.#text(session));
    else if (dice < 11) this.#append(path, this.#text(session).slice(0, -1 - this.random.below(120)));
    else if (dice === 11) this.#rewrite(path);
    else if (dice === 12) this.#move(session, path);
    else if (dice === 13) this.#replace(path);
    else if (dice === 14) rmSync(path, { force: true });
    else if (dice === 15) this.#toggle(session);
    else if (dice === 16) await this.live.live.keep(claudeKey(session));
    else if (dice === 17) await this.live.restart();
    else await this.live.seconds(1 + this.random.below(6));
    if (this.random.below(3) === 0) await settle();
  }

  /** Everything is asked for, and taken in. */
  async finish(): Promise<void> {
    for (let n = 0; n < FILES; n++) this.live.recorded.add(sessionOf(n));
    await this.live.live.sweep();
    for (let n = 0; n < FILES; n++) await this.live.live.keep(claudeKey(sessionOf(n)));
  }

  #path(session: string): string {
    return this.stage.path(session, this.#folders.get(session) ?? '-w-farm');
  }

  #text(session: string): string {
    const lines = Array.from({ length: 1 + this.random.below(4) }, () => {
      this.#lines += 1;
      const kind = this.random.below(8);
      if (kind === 0) return snapshot(`${this.random.below(3)}`);
      return prompt(this.#lines, { session, ...(kind === 1 && { text: `Go.\n::record ${this.#lines}.md` }) });
    });
    return `${lines.join('\n')}\n`;
  }

  #append(path: string, text: string): void {
    if (existsSync(path)) this.stage.append(path, text);
    else this.stage.write(path, text);
  }

  /** Some lines are gone, as after a compaction in place. */
  #rewrite(path: string): void {
    if (existsSync(path)) this.stage.write(path, this.#someLines(path));
  }

  /** As editors save: another file under the same name. */
  #replace(path: string): void {
    if (!existsSync(path)) return;
    const aside = `${path}.tmp`;
    this.stage.write(aside, this.#someLines(path));
    renameSync(aside, path);
  }

  #someLines(path: string): string {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.filter((_, index) => index === lines.length - 1 || this.random.below(4) > 0).join('\n');
  }

  /** To another folder; sometimes a new file takes its place. */
  #move(session: string, path: string): void {
    if (!existsSync(path)) return;
    this.#folders.set(session, `-w-barn-${this.random.below(3)}`);
    const moved = this.#path(session);
    mkdirSync(dirname(moved), { recursive: true });
    renameSync(path, moved);
    if (this.random.below(2) === 0) this.stage.write(path, this.#text(session));
  }

  #toggle(session: string): void {
    if (!this.live.recorded.delete(session)) this.live.recorded.add(session);
  }
}

/** What is in force, by id. Where in its conversation an event stands is as it was when it was first met. */
async function eventsOf(stage: Stage): Promise<ReadonlyMap<string, string>> {
  const events = new Map<string, string>();
  for (const { event, superseded } of await readAll(stage.store)) {
    const { session, kind, origin, payload } = event;
    if (!superseded) events.set(event.id, JSON.stringify({ session, kind, origin, payload }));
  }
  return events;
}

async function assertLikeQuiet({ stage }: Round): Promise<void> {
  const quiet = new Stage(stage.root, createMemoryStore());
  await quiet.pass({ commandsIn: (text) => quietCommands(text) });
  const [taken, wanted] = [await eventsOf(stage), await eventsOf(quiet)];
  for (const [id, text] of wanted) assert.equal(taken.get(id), text);
  const sources = await stage.store.sources();
  const lostSessions = new Set(sources.filter(({ gone }) => gone).map(({ nativeId }) => nativeId));
  for (const [id, text] of taken) {
    if (!wanted.has(id)) assert.ok(lostSessions.has(JSON.parse(text).session.nativeId), `${text} is in no file`);
  }
  const present = sources.filter(({ gone }) => !gone).map(({ path }) => path);
  assert.deepEqual(present.sort(), (await quiet.store.sources()).map(({ path }) => path).sort());
}

const quietCommands = (text: string) => commandPayloads(text, { prefix: '' });

async function play(t: TestContext, seed: number): Promise<void> {
  const round = new Round(t, seed);
  const { live, stage } = round;
  await live.live.start();
  try {
    for (let step = 0; step < STEPS; step++) await round.step();
    await round.finish();
  } finally {
    await live.live.stop();
  }
  assert.deepEqual(live.live.state().failing, []);
  await assertLikeQuiet(round);
  assert.deepEqual(await collect(stage.store.verify()), []);
  await stage.store.close();
}

const SEEDS = Number(process.env.KATO_LIVE_ROUNDS ?? 40);
describe('a random day of writing', () => {
  for (let seed = 1; seed <= SEEDS; seed++) it(`ends like one quiet pass (seed ${seed})`, (t) => play(t, seed));
});
