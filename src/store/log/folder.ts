/**
 * How the logs of a store change together, in one process and in several.
 *
 * A commit is one append to each log that it is about, and one sync of each. When it is about several, each part names
 * the others: it counts when all parts are there. Under the lock, in this order:
 *
 *     read what others did → cut torn tails → tell `changes` → append → sync → tell `changes`
 *
 * What rode is in `#dirty` until the next commit that waits syncs it, in whichever process that is.
 */
import { KatoError, systemCode } from '../../core/errors.ts';
import { writeBlobs } from './blobs.ts';
import { Changes, type Lengths, type News, type Outcome } from './changes.ts';
import type { Disk } from './disk.ts';
import { logFailure } from './failure.ts';
import { writeIndex } from './index-file.ts';
import type { Ledger } from './ledger.ts';
import { Ledgers } from './ledgers.ts';
import { withLock } from './lock.ts';
import type { LogRecord } from './record.ts';
import { Stage } from './stage.ts';

export class Folder {
  readonly disk: Disk;
  readonly path: string;
  readonly ledgers: Ledgers;
  readonly #changes: Changes;
  readonly #dirty = new Set<string>();
  #isFolderDirty = false;
  #isRecovered = false;
  #queue: Promise<unknown> = Promise.resolve();
  #failed: KatoError | undefined;

  constructor(disk: Disk, path: string) {
    this.disk = disk;
    this.path = path;
    this.ledgers = new Ledgers(disk, path);
    this.#changes = new Changes(disk, `${path}/changes`);
    disk.makeFolder(path);
    this.#noteDirty(this.#changes.catchUp());
    this.ledgers.load();
  }

  /** Takes in what other processes have committed. */
  refresh(): void {
    const news = this.#changes.catchUp();
    this.#noteDirty(news);
    if (news.isLost) this.ledgers.load();
    for (const { logs, outcome } of news.isLost ? [] : news.done) this.#follow(logs, outcome);
  }

  #follow(logs: Lengths, outcome: Outcome): void {
    if (outcome === '!') this.ledgers.reload([this.ledgers.own.name]);
    if (outcome === '!' || outcome === 'x') this.ledgers.reload(logs.keys());
    else this.ledgers.follow(logs);
  }

  /** Before the logs are read: who did not wait for a log that is not known yet, did not wait for its name either. */
  #noteDirty({ done }: News): void {
    for (const { logs, outcome } of done) {
      if (outcome === '=') this.#dirty.clear();
      if (outcome !== '~') continue;
      for (const name of logs.keys()) {
        this.#dirty.add(name);
        this.#isFolderDirty ||= this.ledgers.byName(name) === undefined;
      }
    }
  }

  /** Acts alone: after what was asked for before, and while no other process has the lock. */
  alone<T>(action: () => T): Promise<T> {
    const turn = this.#queue.then(() =>
      withLock(this.disk, `${this.path}/lock`, () => {
        this.refresh();
        this.#recover();
        return action();
      }),
    );
    this.#queue = turn.catch(() => {}); // Who has asked for it is told.
    return turn;
  }

  /** Once, and whenever a process was killed in the middle: no torn tail is left, and nothing is ever in doubt. */
  #recover(): void {
    const { pending } = this.#changes.catchUp();
    if (!pending && this.#isRecovered) return;
    const names = this.#isRecovered ? (pending?.keys() ?? []) : this.ledgers.namesOnDisk();
    const torn = [...names].filter((name) => this.#mend(name));
    if (pending) {
      for (const name of pending.keys()) this.#dirty.add(name);
      this.#isFolderDirty = true;
      const isDeletion = [...pending.values()].includes(0);
      this.#changes.end(isDeletion ? '!' : torn.length > 0 ? 'x' : '~');
    }
    this.#isRecovered = true;
  }

  /** True when the log had a torn tail. */
  #mend(name: string): boolean {
    const known = this.ledgers.byName(name);
    const bytes = this.disk.stat(`${this.path}/${name}.twin.jsonl`)?.bytes ?? 0;
    if (known && (known.failure || bytes === known.length)) return false;
    const [ledger] = this.ledgers.reload([name]);
    if (!ledger || ledger.failure || this.ledgers.isGone(ledger)) return false;
    return ledger.cutTail();
  }

  /** Alone. */
  begin(): Stage {
    if (this.#failed) throw this.#failed;
    return new Stage(this.ledgers, this.ledgers.lastCommit + 1);
  }

  /** Forgets what was folded for a stage that is not to be. */
  abandon(stage: Stage): void {
    if (stage.ledgers.length > 0) this.ledgers.reload(stage.ledgers.map(({ name }) => name));
  }

  /** Writes a stage. `rides`: without waiting for the disk, if it is about one log whose meta file may stay as it is. */
  commit(stage: Stage, rides: boolean): void {
    const bytes = stage.encode();
    if (bytes.size === 0) {
      if (!rides) this.#syncDirty(); // What it was to bring may be there, and not be durable yet.
      return;
    }
    for (const ledger of stage.ledgers) this.#refuseOtherLength(ledger);
    const lengths = new Map([...bytes].map(([ledger, { length }]) => [ledger.name, ledger.length + length]));
    try {
      writeBlobs(this.disk, this.path, stage.blobs);
      const isMetaDue = [...bytes.keys()].some((ledger) => ledger.isMetaDue(lengths.get(ledger.name)));
      this.#write(bytes, lengths, !rides || bytes.size > 1 || isMetaDue);
    } catch (error) {
      this.#failed = logFailure(error, `cannot write to the store ${this.path}`);
      this.#giveUp(stage);
      throw this.#failed;
    }
    for (const ledger of bytes.keys()) {
      ledger.length = lengths.get(ledger.name) ?? 0;
      if (ledger.isMetaDue()) this.#tryMeta(ledger);
    }
    this.ledgers.lastCommit = stage.commit;
    this.ledgers.version += 1;
  }

  #write(bytes: ReadonlyMap<Ledger, Buffer>, lengths: Lengths, waits: boolean): void {
    if (this.#changes.isFull) {
      this.#syncDirty(); // Who reads the next file does not learn what rode.
      this.#changes.rotate();
    }
    this.#changes.begin(lengths);
    for (const [ledger, added] of bytes) {
      this.disk.append(ledger.twin, added);
      this.#dirty.add(ledger.name);
      this.#isFolderDirty ||= ledger.length === 0;
    }
    if (waits) this.#syncDirty();
    this.#changes.end(waits ? '=' : '~');
  }

  /** Under the lock a twin ends where we think, unless something else has touched it. */
  #refuseOtherLength(ledger: Ledger): void {
    const bytes = this.disk.stat(ledger.twin)?.bytes ?? 0;
    if (bytes > ledger.length) ledger.cutTail();
    if (bytes >= ledger.length) return;
    throw new KatoError('store-corrupt', `${ledger.twin} is shorter than what was committed to it`, {
      hint: 'something else has changed it; open the store again to read what is left',
    });
  }

  #syncDirty(): void {
    for (const name of this.#dirty) this.disk.sync(`${this.path}/${name}.twin.jsonl`);
    if (this.#isFolderDirty) this.disk.syncFolder(this.path);
    this.#dirty.clear();
    this.#isFolderDirty = false;
  }

  /** After a failure of the disk: what it holds is known only when it is read again, if it can be. */
  #giveUp(stage: Stage): void {
    try {
      for (const ledger of stage.ledgers) this.disk.cut(ledger.twin, ledger.length);
      for (const ledger of stage.ledgers) this.disk.sync(ledger.twin);
      this.#changes.end('x');
    } catch (error) {
      if (systemCode(error) === undefined) throw error; // Else the tail is torn: whoever writes next, cuts it.
    }
    this.abandon(stage);
  }

  /** The meta file may come later as well: it says nothing that the twin does not say. */
  #tryMeta(ledger: Ledger): void {
    try {
      ledger.writeMeta();
    } catch {
      // What was committed is committed; a disk that fails is found by the next append.
    }
  }

  /**
   * Removes the files of deleted logs, and writes others anew, as `changeOf` says for each. Alone, and after a commit that
   * says that this is owed.
   */
  replaceLogs(changeOf: (ledger: Ledger) => Change | undefined): void {
    const gone = this.ledgers.gone();
    const changed = [...this.ledgers.all()].flatMap((ledger) => {
      const change = ledger.failure || this.ledgers.isGone(ledger) ? undefined : changeOf(ledger);
      return change ? [{ ledger, change }] : [];
    });
    const names = [...gone, ...changed.map(({ ledger }) => ledger.name)];
    this.#changes.begin(new Map(names.map((name) => [name, 0])));
    try {
      for (const name of this.disk.list(this.path)) {
        const isGone = gone.some((log) => name.startsWith(`${log}.`));
        const isAside = changed.some(({ ledger }) => name.startsWith(`${ledger.name}.torn-`));
        if (isGone || isAside) this.disk.remove(`${this.path}/${name}`);
      }
      for (const { ledger, change } of changed) ledger.rewrite(change);
      this.disk.syncFolder(this.path);
    } finally {
      this.ledgers.reload(names);
      this.#changes.end('!');
    }
    this.writeAllMeta();
  }

  /**
   * Moves the files of these logs to another folder, each to the path that it is to have there. Alone, and after a commit
   * that says that the logs are gone. The new names are durable before the old ones go.
   */
  moveLogs(names: readonly string[], target: string, newPathOf: (name: string) => string): void {
    this.#changes.begin(new Map(names.map((name) => [name, 0])));
    try {
      for (const file of this.disk.list(this.path)) {
        if (names.some((name) => file.startsWith(`${name}.`)))
          this.disk.rename(`${this.path}/${file}`, newPathOf(file));
      }
      this.disk.syncFolder(target);
      this.disk.syncFolder(this.path);
    } finally {
      this.ledgers.reload(names);
      this.#changes.end('!');
    }
    writeIndex(this.disk, this.path, this.ledgers.all());
  }

  /** Meta files, and the index over them. They tell of nothing that is not on the disk: after a power cut it would be missing. */
  writeAllMeta(): void {
    this.#syncDirty();
    for (const ledger of this.ledgers.all()) ledger.writeMeta();
    writeIndex(this.disk, this.path, this.ledgers.all());
  }

  /** Meta files and the index may be missing: what they would say is in the twins. */
  close(): Promise<void> {
    return this.alone(() => (this.#failed ? undefined : this.writeAllMeta())).catch(() => {});
  }
}

/** What is left of a line of a commit; absent when nothing is. */
export type Change = (record: LogRecord, commit: number) => LogRecord | undefined;
