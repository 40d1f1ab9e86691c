/**
 * All logs of a store, and how they change together.
 *
 * A commit is one append to each log that it is about, and one sync of each. When it is about several, each part names
 * the others: it counts when all parts are there. Under the lock, in this order:
 *
 *     read what others did → cut torn tails → tell `changes` → append → sync → tell `changes`
 *
 * What rode is in `#dirty` until the next commit that waits syncs it, in whichever process that is.
 */
import { KatoError, systemCode } from '../../core/errors.ts';
import { field, isRecord, listAt, stringAt } from '../../core/json.ts';
import { type SessionKey, sessionId } from '../../core/session.ts';
import { writeBlobs } from './blobs.ts';
import { Changes, type Lengths, type News, type Outcome } from './changes.ts';
import type { Disk } from './disk.ts';
import { logFailure } from './failure.ts';
import { type IndexEntry, Ledger, replaceFile } from './ledger.ts';
import { decodeLine, encodeLine } from './line.ts';
import { withLock } from './lock.ts';
import { LOG_VERSION, type LogRecord } from './record.ts';
import { Registry } from './registry.ts';
import { type Logs, Stage } from './stage.ts';

/** The name of the log of what belongs to no session. */
const OWN = 'store';
const INDEX = 'daemon-control.json';
const LOG_NAME = /^([0-9a-f-]{36}|store)\.(?:twin\.jsonl|meta\.json)$/;

export class Folder implements Logs {
  readonly disk: Disk;
  readonly path: string;
  registry = new Registry();
  /** Raised by every change. */
  version = 0;
  own: Ledger;
  readonly #ledgers = new Map<string, Ledger>();
  readonly #changes: Changes;
  readonly #dirty = new Set<string>();
  #isFolderDirty = false;
  #isRecovered = false;
  #queue: Promise<unknown> = Promise.resolve();
  #failed: KatoError | undefined;
  #positions = 0;
  #commit = 0;

  constructor(disk: Disk, path: string) {
    this.disk = disk;
    this.path = path;
    this.#changes = new Changes(disk, `${path}/changes`);
    this.own = new Ledger(disk, path, OWN);
    disk.makeFolder(path);
    this.#noteDirty(this.#changes.catchUp());
    this.#loadAll();
  }

  all(): Iterable<Ledger> {
    return this.#ledgers.values();
  }

  /** Logs of sessions, in order of first sight; without those that are closed. */
  sessions(): readonly Ledger[] {
    const isOpen = ({ failure, summary }: Ledger) => failure === undefined && summary.key !== undefined;
    return [...this.#ledgers.values()].filter(isOpen).sort((a, b) => a.summary.number - b.summary.number);
  }

  find(key: SessionKey): Ledger | undefined {
    const ledger = this.#ledgers.get(sessionId(key));
    ledger?.refuseClosed();
    return ledger;
  }

  isClosed(key: SessionKey): boolean {
    return this.#ledgers.get(sessionId(key))?.failure !== undefined;
  }

  create(key: SessionKey): Ledger {
    const ledger = new Ledger(this.disk, this.path, sessionId(key));
    this.#ledgers.set(ledger.name, ledger);
    return ledger;
  }

  isForgotten({ provider, nativeId }: SessionKey): boolean {
    return this.own.summary.forgotten.has(`${provider}\0${nativeId}`);
  }

  nextNumber(): number {
    return [...this.#ledgers.values()].reduce((highest, { summary }) => Math.max(highest, summary.number), 0) + 1;
  }

  nextPosition(): number {
    this.#positions += 1;
    return this.#positions;
  }

  /** The last position that was given to an event, deleted ones included. */
  get positions(): number {
    return this.#positions;
  }

  /** Takes in what other processes have committed. */
  refresh(): void {
    const news = this.#changes.catchUp();
    if (news.isLost) this.#loadAll();
    for (const { logs, outcome } of news.isLost ? [] : news.done) this.#follow(logs, outcome);
    this.#noteDirty(news);
  }

  #follow(logs: Lengths, outcome: Outcome): void {
    for (const [name, length] of outcome === '=' || outcome === '~' ? logs : []) {
      const known = this.#ledgers.get(name);
      if (!known) this.#look(name);
      else if (length > known.length && !known.failure) {
        known.advance(length);
        known.settle(true);
        this.#count(known);
      }
    }
    if (outcome !== '!') return;
    this.own.load(undefined, true);
    for (const name of logs.keys()) this.#look(name);
    this.#recount();
  }

  #noteDirty({ done }: News): void {
    for (const { logs, outcome } of done) {
      if (outcome === '=') this.#dirty.clear();
      if (outcome === '~') for (const name of logs.keys()) this.#dirty.add(name);
    }
  }

  /** Reads a log as it is now, or learns that it is there no more. */
  #look(name: string): void {
    const ledger = name === OWN ? this.own : new Ledger(this.disk, this.path, name);
    ledger.load(undefined, name === OWN);
    ledger.settle(ledger.held !== undefined && this.#isWhole(ledger));
    const isThere =
      name === OWN || (ledger.summary.commit > 0 && !this.#isGone(ledger)) || ledger.failure !== undefined;
    if (isThere) this.#ledgers.set(name, ledger);
    else this.#ledgers.delete(name);
    this.#count(ledger);
  }

  #loadAll(): void {
    const entries = this.#readIndex();
    this.#ledgers.clear();
    this.own = new Ledger(this.disk, this.path, OWN);
    const names = new Set([OWN, ...this.disk.list(this.path).flatMap((name) => LOG_NAME.exec(name)?.[1] ?? [])]);
    for (const name of names) {
      const ledger = name === OWN ? this.own : new Ledger(this.disk, this.path, name);
      ledger.load(entries.get(name), name === OWN);
      this.#ledgers.set(name, ledger);
    }
    this.own.refuseClosed();
    this.#settleAll();
    this.#recount();
  }

  /** Commits at the end of several logs count when all of their parts are there. */
  #settleAll(): void {
    const held = [...this.#ledgers.values()].filter((ledger) => ledger.held);
    const whole = new Set(held.filter((ledger) => this.#isWhole(ledger)));
    for (const ledger of held) ledger.settle(whole.has(ledger));
    for (const [name, ledger] of this.#ledgers) {
      const isEmpty = name !== OWN && ledger.summary.commit === 0 && !ledger.failure;
      if (isEmpty || this.#isGone(ledger)) this.#ledgers.delete(name);
    }
  }

  #isWhole({ held }: Ledger): boolean {
    const has = (name: string, number: number) => {
      if ((this.own.summary.gone.get(name) ?? 0) > number) return true; // Deleted since then, so it was in no doubt.
      const other = this.#ledgers.get(name);
      return other !== undefined && Math.max(other.summary.commit, other.held?.number ?? 0) >= number;
    };
    return held?.with.every((name) => has(name, held.number)) ?? false;
  }

  /** Whether a log was deleted, though its files may still be there. */
  #isGone({ name, summary }: Ledger): boolean {
    return (this.own.summary.gone.get(name) ?? 0) > summary.made && name !== OWN;
  }

  #count(ledger: Ledger): void {
    this.registry.add(ledger.summary);
    this.#commit = Math.max(this.#commit, ledger.summary.commit);
    this.#positions = Math.max(this.#positions, ledger.summary.lastPosition);
    this.version += 1;
  }

  #recount(): void {
    this.registry = new Registry();
    for (const ledger of this.#ledgers.values()) this.#count(ledger);
  }

  /** Reads logs again: what was folded into them has not come to be. */
  reload(ledgers: Iterable<Ledger>): void {
    for (const { name } of ledgers) this.#look(name);
    this.#positions = 0;
    this.#recount();
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
    const pending = this.#changes.catchUp().pending;
    if (!pending && this.#isRecovered) return;
    const names = this.#isRecovered ? (pending?.keys() ?? []) : this.#namesOnDisk();
    const torn = [...names].filter((name) => this.#mend(name));
    if (pending) {
      for (const name of pending.keys()) this.#dirty.add(name);
      this.#isFolderDirty = true;
      const isDeletion = [...pending.values()].includes(0);
      this.#changes.end(isDeletion ? '!' : torn.length > 0 ? 'x' : '~');
    }
    this.#isRecovered = true;
  }

  #namesOnDisk(): Iterable<string> {
    return new Set(this.disk.list(this.path).flatMap((name) => LOG_NAME.exec(name)?.[1] ?? []));
  }

  /** True when the log had a torn tail. */
  #mend(name: string): boolean {
    const known = this.#ledgers.get(name);
    const bytes = this.disk.stat(`${this.path}/${name}.twin.jsonl`)?.bytes ?? 0;
    if (known && (known.failure || bytes === known.length)) return false;
    this.#look(name);
    const ledger = this.#ledgers.get(name) ?? new Ledger(this.disk, this.path, name);
    if (ledger.failure || this.#isGone(ledger)) return false;
    return ledger.cutTail();
  }

  /** Alone. */
  begin(): Stage {
    if (this.#failed) throw this.#failed;
    const commit = this.#commit + 1;
    return new Stage(this, commit, (record) => this.registry.addRecord(record, commit));
  }

  /** Writes a stage. `rides`: without waiting for the disk, if it is about one log that is there already. */
  commit(stage: Stage, rides: boolean): void {
    const bytes = stage.encode();
    if (bytes.size === 0) {
      if (!rides) this.#syncDirty(); // What it was to bring may be there, and not be durable yet.
      return;
    }
    for (const ledger of stage.ledgers) this.#refuseOtherLength(ledger);
    if (this.#changes.isFull) {
      this.#syncDirty(); // Who reads the next file does not learn what rode.
      this.#changes.rotate();
    }
    const isNew = stage.ledgers.some(({ length }) => length === 0);
    const waits = !rides || bytes.size > 1;
    const lengths = new Map([...bytes].map(([ledger, { length }]) => [ledger.name, ledger.length + length]));
    try {
      writeBlobs(this.disk, this.path, stage.blobs);
      this.#changes.begin(lengths);
      for (const [ledger, added] of bytes) this.disk.append(ledger.twin, added);
      for (const name of lengths.keys()) this.#dirty.add(name);
      this.#isFolderDirty ||= isNew;
      if (waits) this.#syncDirty();
      this.#changes.end(waits ? '=' : '~');
    } catch (error) {
      this.#failed = logFailure(error, `cannot write to the store ${this.path}`);
      this.#giveUp(stage);
      this.reload(stage.ledgers);
      throw this.#failed;
    }
    for (const ledger of bytes.keys()) {
      ledger.length = lengths.get(ledger.name) ?? 0;
      if (ledger.isMetaDue) this.#tryMeta(ledger);
    }
    this.#commit = stage.commit;
    this.version += 1;
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
  }

  /** The meta file may come later as well: it says nothing that the twin does not say. */
  #tryMeta(ledger: Ledger): void {
    try {
      ledger.writeMeta();
    } catch {
      // What was committed is committed; a disk that fails is found by the next append.
    }
  }

  /** By the name of a generation of a source: whether its bytes and flaws are deleted. */
  isWiped(generationName: string): boolean {
    const [source = '', generation] = generationName.split(' ');
    const until = this.own.summary.wiped.get(source) ?? 0;
    return until === Number.MAX_SAFE_INTEGER || (Number(generation) > 0 && Number(generation) <= until);
  }

  /**
   * Removes the files of deleted logs, and writes others anew, as `changeOf` says for each. Alone, and after a commit that
   * says that this is owed.
   */
  replaceLogs(changeOf: (ledger: Ledger) => ((record: LogRecord) => LogRecord | undefined) | undefined): void {
    const gone = [...this.own.summary.gone.keys()].filter((name) => !this.#isThere(name));
    const changed = [...this.#ledgers.values()].flatMap((ledger) => {
      const change = ledger.failure || this.#isGone(ledger) ? undefined : changeOf(ledger);
      return change ? [{ ledger, change }] : [];
    });
    const names = [...gone, ...changed.map(({ ledger }) => ledger.name)];
    this.#changes.begin(new Map(names.map((name) => [name, 0])));
    for (const name of this.disk.list(this.path)) {
      const isGone = gone.some((log) => name.startsWith(`${log}.`));
      const isAside = changed.some(({ ledger }) => name.startsWith(`${ledger.name}.torn-`));
      if (isGone || isAside) this.disk.remove(`${this.path}/${name}`);
    }
    for (const { ledger, change } of changed) ledger.rewrite(change);
    this.disk.syncFolder(this.path);
    for (const name of names) this.#look(name);
    this.#recount();
    this.writeAllMeta();
    this.#changes.end('!');
  }

  /** Whether a log of this name has been made again since one was deleted. */
  #isThere(name: string): boolean {
    const ledger = this.#ledgers.get(name);
    return ledger !== undefined && !this.#isGone(ledger);
  }

  /** Meta files, and the index over them: what they would say is in the twins, so they may fail. */
  close(): Promise<void> {
    const isChanged = this.#failed === undefined;
    return this.alone(() => (isChanged ? this.writeAllMeta() : undefined)).catch(() => {});
  }

  /** Meta files, and the index over them. */
  writeAllMeta(): void {
    for (const ledger of this.#ledgers.values()) ledger.writeMeta();
    const entries = [...this.#ledgers].flatMap(([name, ledger]) => {
      const entry = ledger.toEntry();
      return entry ? [{ name, ...entry }] : [];
    });
    const index = encodeLine(JSON.stringify({ v: LOG_VERSION, sessions: entries }));
    const path = `${this.path}/${INDEX}`;
    if (!this.#readFile(path).equals(index)) replaceFile(this.disk, this.path, path, index);
  }

  #readFile(path: string): Buffer {
    return this.disk.read(path, 0, this.disk.stat(path)?.bytes ?? 0);
  }

  /** What the index says of each log. Nothing when it is missing or damaged; meta files are read instead. */
  #readIndex(): ReadonlyMap<string, IndexEntry> {
    const index = decodeLine(this.#readFile(`${this.path}/${INDEX}`));
    const entries = field(index, 'v') === LOG_VERSION ? listAt(index, 'sessions') : [];
    return new Map(
      entries.flatMap((entry): [string, IndexEntry][] => {
        const meta = field(entry, 'meta');
        const [name, stamp] = [stringAt(entry, 'name'), stringAt(entry, 'stamp')];
        return name !== undefined && stamp !== undefined && isRecord(meta) ? [[name, { stamp, meta }]] : [];
      }),
    );
  }
}
