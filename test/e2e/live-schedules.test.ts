/** Days in small: words, torn lines, commands, kills and restarts in random order. What was recorded equals its export. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { Random } from '../bench/random.ts';
import { DaemonHome, isAlive, kill, until } from '../support/daemon.ts';
import { type AgentName, agentNames, LiveAgent } from '../support/live-agent.ts';

const SEEDS = [3, 7, 9];
/** What is appended to a file is random enough with the others. */
const seedsOf = (agent: AgentName) => (agent === 'gencode' ? SEEDS.slice(0, 1) : SEEDS);
const STEPS = 40;

interface RecordingJson {
  readonly id: string;
  readonly path: string;
  readonly on: boolean;
}

function text(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** The head says who takes part: what it said once it goes on to say, an export says what is known now. */
function body(whole: string): string {
  return whole.replace(/^---\n.*?\n---\n/s, '');
}

class Day {
  readonly home: DaemonHome;
  readonly chat: LiveAgent;
  readonly #random: Random;
  readonly #steps: readonly (() => void | Promise<void>)[];
  #pid = 0;
  #said = 0;

  constructor(t: TestContext, agent: AgentName, seed: number) {
    this.home = new DaemonHome(t);
    this.#random = new Random(seed);
    this.home.ok(['init', '--yes', '--keep', seed % 2 === 0 ? 'all' : 'recorded']);
    this.home.ok(['config', 'set', 'commands.perMinute', '0']);
    this.#pid = this.home.start();
    this.chat = new LiveAgent(this.home, { agent });
    const files = ['one.md', 'two.md', 'three.jsonl'];
    const file = () => files[this.#random.below(files.length)] ?? '';
    const say = () => this.chat.type(this.#words());
    const answer = () => this.chat.answer(this.#words());
    this.#steps = [
      ...[say, say, say, answer, answer, answer],
      () => this.chat.typeTorn(this.#words()),
      () => this.chat.type(`::record ${file()}\n${this.#words()}`),
      () => this.chat.type(`${this.#words()}\n::capture ${file()}`),
      () => this.chat.type(`${this.#words()}\n::stop dest:${file()}\n${this.#words()}`),
      () => this.#end('SIGKILL'),
      () => this.#end('SIGTERM'),
      () => this.#begin(),
      () => this.#begin(),
    ];
  }

  async pass(): Promise<void> {
    this.chat.type('good morning\n::capture one.md');
    for (let step = 0; step < STEPS; step++) await this.#steps[this.#random.below(this.#steps.length)]?.();
    this.#begin();
    this.chat.type('the day is over');
    const isWritten = ({ on, path }: RecordingJson) => !on || text(path).includes('the day is over');
    const isOver = () => this.#recordings().length > 0 && this.#recordings().every(isWritten);
    await until(isOver, 'the end of the day');
  }

  /** Every file is what its recording should hold. */
  async check(): Promise<void> {
    for (const { id, path } of this.#recordings()) {
      const exported = body(this.home.ok(['export', '--recording', id, '-o', '-']));
      await until(() => body(text(path)) === exported, path).catch(() =>
        assert.equal(body(text(path)), exported, path),
      );
    }
    assert.deepEqual(this.home.json(['verify']), []);
  }

  #recordings(): readonly RecordingJson[] {
    return this.home.json<RecordingJson[]>(['recordings']);
  }

  #words(): string {
    this.#said += 1;
    return `word number ${this.#said}`;
  }

  #begin(): void {
    if (!isAlive(this.#pid)) this.#pid = this.home.start();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!isAlive(this.#pid)) return;
    kill(this.#pid, signal);
    await until(() => !isAlive(this.#pid), 'its end');
  }
}

describe('a day of recording', () => {
  for (const agent of agentNames) {
    for (const seed of seedsOf(agent)) {
      it(`with ${agent}, by seed ${seed}, ends with files that equal their exports`, async (t) => {
        const day = new Day(t, agent, seed);
        await day.pass();
        await day.check();
      });
    }
  }
});
