/**
 * Killing the daemon at every system call of one short story, and starting it again: the files must end as if nothing had
 * happened.
 *
 *     the story   a file that is new, one that is the user's own and is written to below their text, one that is
 *                 overwritten and kept as a backup; each is recorded, and everything is stopped
 *     a point     the nth call of a name, in any thread, that touches the person's home (kato's, the agent's and the
 *                 destinations lie in it); strace kills as it is entered, which is also a kill behind the call before it
 *     the calls   those that change what is on the disk: a kill at another leaves the same disk as at the next of these
 *
 * The words have fixed times: the files must be those of a story that nobody disturbed, byte for byte below their heads,
 * which say who was known to take part when they were made.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { readHolder } from '../../src/daemon/lockfile.ts';
import { KATO } from '../support/cli.ts';
import { type DaemonHome, kill, until } from '../support/daemon.ts';
import { claudeSession, type Said } from '../support/session-files.ts';
import { type CallPoint, type KillReport, writtenAt } from './calls.ts';

const CALLS =
  'openat,mkdir,mkdirat,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,chmod,fchmod,fchmodat,bind';
const MINE = '# My notes\n\nthese words are mine';

/** What is said; behind it, what must stand in which file before the story goes on. */
const STORY: readonly (readonly [by: Said['by'], text: string, file?: string, words?: string])[] = [
  ['user', 'nothing of this is recorded'],
  ['user', '::record ~/notes/new.md\nhow do bees sleep?', 'new.md', 'how do bees sleep?'],
  ['model', 'in the hive', 'new.md', 'in the hive'],
  ['user', '::record ~/notes/mine.md\n::capture ~/notes/over.md +overwrite\nand wasps?', 'over.md', 'and wasps?'],
  ['model', 'in paper', 'mine.md', 'in paper'],
  ['user', 'thank you\n::stop\nthis is for nobody', 'over.md', 'thank you'],
];
const TEMPLATE = 'kato-before';
const FILES = ['mine.md', 'new.md', 'over.md'] as const;

/** A home in which the story takes place, again and again. */
export class KillStory {
  readonly #home: DaemonHome;
  readonly #notes: string;
  readonly #log: string;
  readonly #template: string;
  #written = 0;
  #expected: readonly string[] = [];

  constructor(home: DaemonHome) {
    this.#home = home;
    this.#notes = home.path('notes');
    this.#template = home.path(TEMPLATE);
    this.#log = join(dirname(home.folder), `${home.folder.split('/').at(-1)}-calls.txt`);
  }

  /** Plays the story undisturbed; the points at which it can be killed. */
  async points(): Promise<readonly CallPoint[]> {
    this.#makeTemplate();
    await this.#play(['-y']);
    const log = readFileSync(this.#log, 'utf8');
    rmSync(this.#log);
    const failures = await this.#judge('the story itself');
    if (failures.length > 0) throw new Error(failures.join('\n'));
    this.#expected = this.#texts();
    return writtenAt(log, this.#home.folder);
  }

  async killAt(points: readonly CallPoint[], onPoint: (done: number) => void = () => {}): Promise<KillReport> {
    const failures: string[] = [];
    let killed = 0;
    for (const [index, { call, nth }] of points.entries()) {
      if (await this.#play(['-e', `inject=${call}:signal=KILL:when=${nth}`])) killed += 1;
      const found = await this.#judge(`${call} #${nth}`);
      if (found.length > 0) found.push(`  the home: ${this.#keepAside(`${call}-${nth}`)}`);
      failures.push(...found);
      onPoint(index + 1);
    }
    rmSync(this.#log, { force: true });
    return { points: points.length, killed, failures };
  }

  /** A home in which a daemon has run before: what was written before the first one is history. */
  #makeTemplate(): void {
    const { kato } = this.#home;
    mkdirSync(kato, { mode: 0o700 });
    const settings = 'version: 1\nautoGenerateSnapshots: true\nwrite: { roots: [~/notes] }\n';
    writeFileSync(join(kato, 'config.yaml'), settings, { mode: 0o600 });
    this.#home.start();
    this.#home.ok(['stop']);
    renameSync(kato, this.#template);
  }

  #reset(): void {
    const { folder, kato } = this.#home;
    for (const name of readdirSync(folder))
      if (name !== TEMPLATE) rmSync(join(folder, name), { recursive: true, force: true });
    this.#written = 0;
    cpSync(this.#template, kato, { recursive: true });
    mkdirSync(this.#notes);
    for (const name of ['mine.md', 'over.md']) writeFileSync(join(this.#notes, name), MINE);
  }

  /** Plays the story with the daemon under strace; whether it was killed. What was not written yet is written then. */
  async #play(options: readonly string[]): Promise<boolean> {
    this.#reset();
    const args = ['-f', '-qq', '-o', this.#log, '-e', `trace=${CALLS}`, ...options];
    const child = spawn('strace', [...args, process.execPath, KATO, 'start', '--foreground'], {
      env: this.#home.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (bytes) => {
      told += bytes;
    });
    const ended = once(child, 'close');
    const isDead = () => child.exitCode !== null || child.signalCode !== null;
    await until(() => isDead() || told.includes('the daemon runs'), 'the start of the daemon', PATIENCE_MS);
    for (const [, , file, words] of STORY) {
      this.#say();
      if (file === undefined) continue;
      await until(() => isDead() || this.#text(file).includes(words ?? ''), `${words} in ${file}`, PATIENCE_MS);
    }
    const holder = isDead() ? undefined : readHolder(this.#home.runFolder);
    if (holder) kill(holder.pid, 'SIGTERM');
    const [status, signal] = await ended;
    await until(() => !this.#home.isHeld, 'the end of the daemon', PATIENCE_MS);
    return signal === 'SIGKILL' || status === 137;
  }

  /** The agent writes its next line. */
  #say(): void {
    const said = STORY.slice(0, ++this.#written).map(([by, text], index) => {
      return { by, text, at: `2100-01-01T09:00:0${index}.000Z` };
    });
    const id = 'a11ce000-0000-4000-8000-000000000001';
    const { path, text } = claudeSession({ id, said, cwd: this.#home.path('toy') });
    mkdirSync(dirname(this.#home.path(path)), { recursive: true });
    const line = text.trimEnd().split('\n').at(-1);
    appendFileSync(this.#home.path(path), `${line}\n`);
  }

  /** What is wrong after the daemon was started once more. */
  async #judge(point: string): Promise<string[]> {
    const flaws: string[] = [];
    try {
      this.#home.start();
      await until(() => this.#isWhole(), 'whole files', PATIENCE_MS);
      flaws.push(...this.#exportFlaws(), ...this.#commandFlaws());
      this.#home.ok(['stop']);
      this.#home.ok(['verify']);
    } catch (error) {
      flaws.push(error instanceof Error ? error.message : String(error));
      const holder = this.#home.isHeld ? readHolder(this.#home.runFolder) : undefined;
      if (holder) kill(holder.pid, 'SIGKILL');
      await until(() => !this.#home.isHeld, 'the end of the daemon', PATIENCE_MS);
    }
    return [...flaws, ...this.#userFlaws()].map((flaw) => `${point}: ${flaw}`);
  }

  #isWhole(): boolean {
    const texts = this.#texts();
    if (this.#expected.length > 0) return texts.every((text, index) => text === this.#expected[index]);
    return texts.every((text) => text.includes('thank you'));
  }

  #exportFlaws(): readonly string[] {
    const recordings = this.#home.json<{ id: string; path: string; on: boolean }[]>(['recordings']);
    const paths = recordings.map(({ path }) => path).sort();
    if (paths.join() !== FILES.map((name) => join(this.#notes, name)).join()) return [`recordings: ${paths.join()}`];
    return recordings.flatMap(({ id, path, on }) => {
      const body = bodyOf(this.#home.ok(['export', '--recording', id, '-o', '-']));
      const isEqual = readFileSync(path, 'utf8').endsWith(body);
      return [...(isEqual ? [] : [`${path} is not its export`]), ...(on ? [`${path} is still on`] : [])];
    });
  }

  #commandFlaws(): readonly string[] {
    const told = this.#home.json<{ line: string; outcome: string }[]>(['commands']);
    const lines = told.map(({ line, outcome }) => `${line.split(' ')[0]} ${outcome}`).sort();
    const wanted = ['::capture done', '::record done', '::record done', '::stop done'];
    return lines.join() === wanted.join() ? [] : [`commands: ${lines.join()}`];
  }

  /** The user's words are where they were, or in a backup; and nothing lies about. */
  #userFlaws(): readonly string[] {
    const names = readdirSync(this.#notes);
    const backups = names.filter((name) => name.startsWith('over.md.bak-'));
    const others = names.filter((name) => !(FILES as readonly string[]).includes(name) && !backups.includes(name));
    const isKept = this.#text('mine.md').startsWith(MINE);
    const isBackedUp = ['over.md', ...backups].some((name) => this.#text(name) === MINE);
    return [
      ...(isKept && isBackedUp ? [] : ['words of the user are lost']),
      ...others.map((name) => `${name} lies about`),
    ];
  }

  #texts(): readonly string[] {
    return FILES.map((name) => bodyOf(this.#text(name)));
  }

  #text(name: string): string {
    try {
      return readFileSync(join(this.#notes, name), 'utf8');
    } catch {
      return ''; // Not made yet.
    }
  }

  #keepAside(name: string): string {
    const folder = `${this.#home.folder}-${name}`;
    cpSync(this.#home.folder, folder, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    return folder;
  }
}

function bodyOf(text: string): string {
  return text.replace(/^---\n.*?\n---\n\n/s, '');
}

const PATIENCE_MS = 60_000;
