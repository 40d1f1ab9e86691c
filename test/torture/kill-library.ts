/**
 * Killing a program that writes transcripts at the system calls that change what is on the disk: what it was told to be
 * durable must be there, each step whole or not at all, and run again it must end as if nothing had happened.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openTranscripts } from '../../src/library/transcripts.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { openEngine } from '../library/engines.ts';
import { steps } from '../library/story.ts';
import { dumpStore } from '../support/dump.ts';
import { type CallPoint, type KillReport, writtenAt } from './calls.ts';

const STORY = fileURLToPath(new URL('../library/story.ts', import.meta.url));
const CALLS =
  'openat,mkdir,mkdirat,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat';

/** A folder in which the story takes place, again and again. */
export class KillLibrary {
  readonly #engine: string;
  readonly #folder: string;
  readonly #log: string;
  /** What the store holds after each number of steps. */
  #expected: readonly string[] = [];

  constructor(engine: string, folder: string) {
    this.#engine = engine;
    this.#folder = `${folder}/store`;
    this.#log = `${folder}/calls.txt`;
  }

  /** Plays the story undisturbed; the points at which it can be killed. */
  async points(): Promise<readonly CallPoint[]> {
    this.#expected = await this.#expectations();
    const { told } = this.#play(['-y']);
    const found = writtenAt(readFileSync(this.#log, 'utf8'), this.#folder);
    if (told !== steps.length) throw new Error(`the story itself ended after ${told} steps`);
    return found;
  }

  async killAt(points: readonly CallPoint[]): Promise<KillReport> {
    const failures: string[] = [];
    let killed = 0;
    for (const { call, nth } of points) {
      const { told, isKilled } = this.#play(['-e', `inject=${call}:signal=KILL:when=${nth}`]);
      if (isKilled) killed += 1;
      failures.push(...(await this.#judge(told)).map((flaw) => `${call} #${nth}: ${flaw}`));
    }
    return { points: points.length, killed, failures };
  }

  /** In a store that nobody disturbs. */
  async #expectations(): Promise<readonly string[]> {
    this.#reset();
    const store = openEngine(this.#engine, this.#folder);
    const transcripts = openTranscripts(store);
    const dumps = [await dumpStore(store)];
    for (const step of steps) {
      await step(transcripts);
      dumps.push(await dumpStore(store));
    }
    await transcripts.close();
    return dumps;
  }

  #reset(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true });
  }

  /** How many steps the story was told to be durable, and whether it was killed. */
  #play(options: readonly string[]): { readonly told: number; readonly isKilled: boolean } {
    this.#reset();
    const trace = ['-f', '-qq', '-o', this.#log, '-e', `trace=${CALLS}`, ...options];
    const args = [...trace, process.execPath, STORY, this.#engine, this.#folder];
    const { stdout, status, signal } = spawnSync('strace', args, { encoding: 'utf8' });
    return { told: stdout.split(';').length - 1, isKilled: signal === 'SIGKILL' || status === 137 };
  }

  async #judge(told: number): Promise<string[]> {
    const flaws = await this.#look((found) => {
      const isWhole = found === this.#expected[told] || found === this.#expected[told + 1];
      return isWhole ? [] : [`after step ${told} the store is at no step`];
    });
    const { status, stderr } = spawnSync(process.execPath, [STORY, this.#engine, this.#folder], { encoding: 'utf8' });
    if (status !== 0) return [...flaws, `run again it ends with ${status}: ${stderr.split('\n')[0]}`];
    const isSame = (found: string) => (found === this.#expected.at(-1) ? [] : ['run again it ends in another store']);
    return [...flaws, ...(await this.#look(isSame))];
  }

  /** What is wrong with the store, and with what it holds. */
  async #look(judge: (found: string) => readonly string[]): Promise<string[]> {
    let store: TranscriptStore | undefined;
    try {
      store = openEngine(this.#engine, this.#folder);
      const flaws: string[] = [];
      for await (const { code } of store.verify()) flaws.push(code);
      return [...flaws, ...judge(await dumpStore(store))];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    } finally {
      await store?.close();
    }
  }
}
