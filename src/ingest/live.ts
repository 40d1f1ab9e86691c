/**
 * Live ingest: from an agent's write to a durable event, at a cost that follows the new bytes.
 *
 *     watcher (a hint) ──┐
 *     sweep (the truth) ─┴─► families with news ─► intake: look, plan, read, store ─► link ─► onTaken
 *
 * What is unchanged costs a look now and then, and no reading. Everything that is taken in is durable before it is told.
 * Nothing here is precious: the store has each source's checkpoint, and the next start goes on from there.
 */
import { KatoError } from '../core/errors.ts';
import type { SessionKey } from '../core/session.ts';
import type { SessionLink } from '../store/store.ts';
import { type FoundSource, type Unreadable, walk } from './discovery.ts';
import { type Linker, openLinker } from './link.ts';
import { type Failing, Failures } from './live/failures.ts';
import { FamilyQueue } from './live/family-queue.ts';
import { readFirstStart } from './live/first-start.ts';
import { Intake } from './live/intake.ts';
import { isNoted, KnownSources } from './live/known-sources.ts';
import { measureLag, type SourceLag } from './live/lag.ts';
import { isFamilyOf, Looker } from './live/looker.ts';
import { NotedFiles } from './live/noted-files.ts';
import { type LiveOptions, type LiveRoot, locate } from './live/parts.ts';
import { Sightings } from './live/sightings.ts';
import { Surveyor } from './live/surveyor.ts';
import { WatchedRoot, type WatchMode } from './live/watched-root.ts';
import { familyOf } from './plan.ts';
import type { ReadingCounters } from './read-source.ts';

export type { Failing } from './live/failures.ts';
export type { SourceLag } from './live/lag.ts';
export type { LiveOptions, LiveRoot } from './live/parts.ts';

export interface LiveState {
  readonly roots: readonly {
    readonly path: string;
    readonly mode: WatchMode;
    /** Why a root is polled: the system's code. */
    readonly reason?: string | undefined;
  }[];
  /** Files that cannot be taken in now; they are tried again. */
  readonly failing: readonly Failing[];
  /** Folders that cannot be looked into. */
  readonly unreadable: readonly Unreadable[];
  /** Work done since the start. */
  readonly counters: Readonly<ReadingCounters>;
}

export interface LiveIngest {
  /** Resolves when everything has been looked at once and is watched; reading what is new may go on. */
  start(): Promise<void>;
  /** Ends within a batch; what was taken in is durable. */
  stop(): Promise<void>;
  /** Looks at everything now; resolves when all that was found is taken in. */
  sweep(): Promise<void>;
  /** Bytes on disk that are not read yet, of sources that have any. Costs one look at each active file. */
  lag(): readonly SourceLag[];
  /** `polling` when any root is, with the system's code. */
  mode(): { readonly mode: WatchMode; readonly reason?: string | undefined };
  state(): LiveState;
  /** Which session this one comes from, as it is linked. */
  linkOf(key: SessionKey): SessionLink | undefined;
  /**
   * Builds the transcript of a session that was not kept, from the start of its sources; resolves when the store holds
   * everything up to what is on disk. It is kept from then on as long as `isKept` says so. Throws `source-unreadable`.
   */
  keep(key: SessionKey): Promise<void>;
}

const TICK_MS = 1000;
const FOLDERS_EACH_TICKS = 5;
const SWEEP_EACH_TICKS = 30;

export function createLiveIngest(options: LiveOptions): LiveIngest {
  let running: Running | undefined;
  const started = () => {
    if (!running) throw new KatoError('internal', 'live ingest has not been started');
    return running;
  };
  return {
    async start() {
      running ??= await Running.open(options);
      await running.start();
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
    sweep: () => started().sweep(),
    lag: () => running?.lag() ?? [],
    mode() {
      const polled = running?.state().roots.find(({ mode }) => mode === 'polling');
      return { mode: polled?.mode ?? 'watching', reason: polled?.reason };
    },
    state: () => running?.state() ?? { roots: [], failing: [], unreadable: [], counters: NOTHING_DONE },
    linkOf: (key) => running?.linkOf(key),
    keep: (key) => started().keep(key),
  };
}

const NOTHING_DONE: ReadingCounters = { bytesRead: 0, framesDecoded: 0 };

/** The parts, as long as they run. */
class Running {
  readonly #options: LiveOptions;
  readonly #known: KnownSources;
  readonly #failures: Failures;
  readonly #looker: Looker;
  readonly #intake: Intake;
  readonly #linker: Linker;
  readonly #queue: FamilyQueue;
  readonly #surveyor: Surveyor;
  readonly #watches: ReadonlyMap<LiveRoot, WatchedRoot>;
  #cancelTick: () => void = () => {};
  #ticks = 0;
  #sweeping = false;
  #isStopped = false;

  static async open(options: LiveOptions): Promise<Running> {
    const { store, clock } = options;
    const firstStartMs = Date.parse(await readFirstStart(store, clock));
    const known = new KnownSources(await store.sources());
    return new Running(options, known, firstStartMs, await openLinker(store));
  }

  private constructor(options: LiveOptions, known: KnownSources, firstStartMs: number, linker: Linker) {
    const { clock, log, watcher } = options;
    const isStopped = () => this.#isStopped;
    const sightings = new Sightings();
    const failures = new Failures(clock, log);
    const looker = new Looker(options, known, sightings, failures);
    const noted = new NotedFiles(options, known, looker, firstStartMs);
    const shared = { options, known, looker, noted, sightings, isStopped };
    this.#options = options;
    this.#known = known;
    this.#linker = linker;
    this.#failures = failures;
    this.#looker = looker;
    this.#intake = new Intake({ ...shared, failures, linker, onActive: (path) => this.#surveyor.setActive(path) });
    this.#queue = new FamilyQueue((paths) => this.#intake.take(paths));
    this.#surveyor = new Surveyor({ ...shared, queue: this.#queue });
    this.#watches = new Map(
      options.roots.map((root) => {
        const enters = (folder: string) => root.provider.mayContain(folder);
        const onChange = (path: string) => this.#surveyor.look(root, path);
        const onLost = () => void this.#sweepQuietly([root]);
        return [root, new WatchedRoot({ path: root.path, enters, watcher, clock, log, onChange, onLost })];
      }),
    );
  }

  async start(): Promise<void> {
    for (const watch of this.#watches.values()) watch.ensure();
    await this.#surveyor.sweep(this.#options.roots);
    this.#armTick();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTick();
    for (const watch of this.#watches.values()) watch.close();
    await Promise.all([this.#queue.stop(), this.#surveyor.idle()]);
    await this.#linker.close();
  }

  async sweep(): Promise<void> {
    await this.#surveyor.sweep(this.#options.roots);
    await this.#queue.settled();
  }

  async keep(key: SessionKey): Promise<void> {
    const release = this.#looker.demand(key);
    try {
      const sources = this.#known.ofSession(key).filter(({ gone }) => !gone);
      // What it may be a copy of has perhaps not been seen yet either.
      if (!sources.some((one) => !isNoted(one))) await this.#surveyor.sweep(this.#rootsOf(key));
      const known = sources.flatMap(({ path }) => locate(this.#options.roots, path) ?? []);
      const located = known.length > 0 ? known : this.#findFiles(key);
      const nowMs = Date.parse(this.#options.clock.now());
      await Promise.all(located.map((one) => this.#queue.add(familyOf(one), one.path, nowMs, 'last')));
      if (this.#isStopped) throw new KatoError('internal', 'live ingest was stopped before the session was read');
      const failing = located.map(({ path }) => this.#failures.get(path)).find((failure) => failure !== undefined);
      if (!failing) return;
      throw new KatoError('source-unreadable', `cannot read ${failing.path}: ${failing.code}`, {
        hint: 'it is tried again by itself; see `kato status`',
      });
    } finally {
      release();
    }
  }

  /** The files that by their names may hold a session of which nothing was read: those of some agents tell its beginning. */
  #findFiles(key: SessionKey): readonly Omit<FoundSource, 'stat'>[] {
    const { nativeId } = key;
    const found = this.#rootsOf(key).flatMap((root) =>
      [...walk(this.#options.files, root).steps].flatMap((one) => one ?? []),
    );
    return found.filter(({ match }) => match.nativeId === nativeId || isFamilyOf(nativeId, match));
  }

  #rootsOf({ provider }: SessionKey): readonly LiveRoot[] {
    return this.#options.roots.filter((root) => root.provider.id === provider);
  }

  linkOf(key: SessionKey): SessionLink | undefined {
    return this.#linker.linkOf(key);
  }

  lag(): readonly SourceLag[] {
    return measureLag(this.#options, this.#known, new Set(this.#surveyor.active));
  }

  state(): LiveState {
    return {
      roots: [...this.#watches].map(([{ path }, { mode, reason }]) => ({ path, mode, reason })),
      failing: this.#failures.list(),
      unreadable: this.#surveyor.unreadable,
      counters: { ...this.#intake.counters },
    };
  }

  #armTick(): void {
    this.#cancelTick = this.#options.timers.after(TICK_MS, () => {
      this.#tick();
      if (!this.#isStopped) this.#armTick();
    });
  }

  #tick(): void {
    this.#ticks += 1;
    const appeared = [...this.#watches].filter(([, watch]) => watch.ensure()).map(([root]) => root);
    const isSweep = this.#ticks % SWEEP_EACH_TICKS === 0;
    this.#surveyor.checkActive();
    if (this.#ticks % FOLDERS_EACH_TICKS === 0) this.#surveyor.checkActiveFolders();
    for (const path of this.#failures.due()) this.#retry(path);
    this.#intake.link().catch(() => {}); // What could not be linked is tried again in the next tick.
    // A family's files may lie below several roots, and be moved into one that has just come.
    const isMeant = ({ provider }: LiveRoot) => appeared.some((one) => one.provider === provider);
    void this.#sweepQuietly(isSweep ? this.#options.roots : this.#options.roots.filter(isMeant));
  }

  #retry(path: string): void {
    const located = locate(this.#options.roots, path);
    if (located) void this.#queue.add(familyOf(located), path, 0);
    else this.#failures.clear(path);
  }

  /** A sweep that takes longer than the time between two is not overtaken. */
  async #sweepQuietly(roots: readonly LiveRoot[]): Promise<void> {
    if (roots.length === 0 || this.#sweeping) return;
    this.#sweeping = true;
    try {
      await this.#surveyor.sweep(roots);
    } catch (error) {
      this.#failures.add(roots[0]?.path ?? '', error);
    } finally {
      this.#sweeping = false;
    }
  }
}
