/** All logs of a store as they were last read, and what is known across them. */
import { type SessionKey, sessionId } from '../../core/session.ts';
import type { Position } from '../store.ts';
import type { Disk } from './disk.ts';
import { readIndex } from './index-file.ts';
import { Ledger } from './ledger.ts';
import { Registry } from './registry.ts';
import type { Logs } from './stage.ts';

/** The name of the log of what belongs to no session. */
const OWN = 'store';
const LOG_NAME = /^([0-9a-f-]{36}|store)\.(?:twin\.jsonl|meta\.json)$/;

export class Ledgers implements Logs {
  registry = new Registry();
  /** Raised by every change. */
  version = 0;
  /** The last position that was given to an event, deleted ones included. */
  positions: Position = 0;
  /** The number of the last commit. */
  lastCommit = 0;
  own: Ledger;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #ledgers = new Map<string, Ledger>();

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    this.own = this.#make(OWN);
  }

  all(): Iterable<Ledger> {
    return this.#ledgers.values();
  }

  /** Logs of sessions, in order of first sight; without those that are closed. */
  sessions(): readonly Ledger[] {
    const isOpen = ({ failure, summary }: Ledger) => failure === undefined && summary.key !== undefined;
    return [...this.#ledgers.values()].filter(isOpen).sort((a, b) => a.summary.number - b.summary.number);
  }

  byName(name: string): Ledger | undefined {
    return this.#ledgers.get(name);
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
    const ledger = this.#make(sessionId(key));
    this.#ledgers.set(ledger.name, ledger);
    return ledger;
  }

  #make(name: string): Ledger {
    return new Ledger(this.#disk, this.#path, name);
  }

  isForgotten({ provider, nativeId }: SessionKey): boolean {
    return this.own.summary.forgotten.has(`${provider}\0${nativeId}`);
  }

  /** By the name of a generation of a source: whether its bytes and flaws are deleted. */
  isWiped(generationName: string): boolean {
    const [source = '', generation] = generationName.split(' ');
    const until = this.own.summary.wiped.get(source) ?? 0;
    return until === Number.MAX_SAFE_INTEGER || (Number(generation) > 0 && Number(generation) <= until);
  }

  /** Logs that were deleted and have not been made again. */
  gone(): readonly string[] {
    const isThere = (name: string) => {
      const ledger = this.#ledgers.get(name);
      return ledger !== undefined && !this.isGone(ledger);
    };
    return [...this.own.summary.gone.keys()].filter((name) => !isThere(name));
  }

  /** Whether a log was deleted, though its files may still be there. */
  isGone({ name, summary }: Ledger): boolean {
    return name !== OWN && (this.own.summary.gone.get(name) ?? 0) > summary.made;
  }

  nextNumber(): number {
    return [...this.#ledgers.values()].reduce((highest, { summary }) => Math.max(highest, summary.number), 0) + 1;
  }

  nextPosition(): Position {
    this.positions += 1;
    return this.positions;
  }

  /** Names of logs, of whatever files are there. */
  namesOnDisk(): ReadonlySet<string> {
    return new Set([OWN, ...this.#disk.list(this.#path).flatMap((name) => LOG_NAME.exec(name)?.[1] ?? [])]);
  }

  /** Reads all logs. Throws when the store's own is of a later version. */
  load(): void {
    const entries = readIndex(this.#disk, this.#path);
    this.#ledgers.clear();
    this.own = this.#make(OWN);
    for (const name of this.namesOnDisk()) {
      const ledger = name === OWN ? this.own : this.#make(name);
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
    for (const [name, ledger] of this.#ledgers) if (!this.#isKept(ledger)) this.#ledgers.delete(name);
  }

  #isWhole({ held }: Ledger): boolean {
    const has = (name: string, number: number) => {
      if ((this.own.summary.gone.get(name) ?? 0) > number) return true; // Deleted since then, so it was in no doubt.
      const other = this.#ledgers.get(name);
      return other !== undefined && Math.max(other.summary.commit, other.held?.number ?? 0) >= number;
    };
    return held?.with.every((name) => has(name, held.number)) ?? false;
  }

  #isKept(ledger: Ledger): boolean {
    const isEmpty = ledger.summary.commit === 0 && !ledger.failure;
    return ledger.name === OWN || (!isEmpty && !this.isGone(ledger));
  }

  /** Reads logs as they are now, or learns that nothing is in them; as they were read. */
  reload(names: Iterable<string>): readonly Ledger[] {
    const read = [...names].map((name) => {
      const ledger = name === OWN ? this.own : this.#make(name);
      ledger.load(undefined, name === OWN);
      this.#ledgers.set(name, ledger);
      return ledger;
    });
    this.#settleAll();
    this.#recount();
    return read;
  }

  /** Takes in a commit that is done, and all before it. New logs come last: their parts ask for those of the others. */
  follow(lengths: ReadonlyMap<string, number>): void {
    for (const [name, length] of lengths) {
      const ledger = this.#ledgers.get(name);
      if (!ledger || length <= ledger.length || ledger.failure) continue;
      ledger.advance(length);
      ledger.settle(true);
      this.#count(ledger);
    }
    const unknown = [...lengths.keys()].filter((name) => !this.#ledgers.has(name));
    if (unknown.length > 0) this.reload(unknown);
  }

  #count(ledger: Ledger): void {
    this.registry.add(ledger.summary);
    this.lastCommit = Math.max(this.lastCommit, ledger.summary.commit);
    this.positions = Math.max(this.positions, ledger.summary.lastPosition);
    this.version += 1;
  }

  #recount(): void {
    this.registry = new Registry();
    this.positions = 0;
    for (const ledger of this.#ledgers.values()) this.#count(ledger);
  }
}
