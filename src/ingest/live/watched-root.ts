/**
 * The watch over one root, whatever happens to it: a root that is not there yet is watched as soon as it is; where the
 * system has no watches left, the root is polled, which is said once, and watching is tried again now and then.
 */
import { systemCode } from '../../core/errors.ts';
import type { Clock, FolderWatcher, Logger, WatchOptions } from '../../core/ports.ts';

/** How often watching is tried again where the system refused it. */
const RETRY_MS = 300_000;

export type WatchMode = 'watching' | 'polling';

export interface WatchedRootOptions {
  readonly path: string;
  readonly enters: WatchOptions['enters'];
  readonly watcher: FolderWatcher;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something changed at this path relative to the root. */
  readonly onChange: (path: string) => void;
  /** The watch has ended: what happened since the last event may not have been told. */
  readonly onLost: () => void;
}

export class WatchedRoot {
  readonly #options: WatchedRootOptions;
  #open: { close(): void } | undefined;
  #refusal: { readonly code: string; readonly untilMs: number } | undefined;

  constructor(options: WatchedRootOptions) {
    this.#options = options;
  }

  /** `polling` when the system refuses to watch. A root that is not there is being watched for. */
  get mode(): WatchMode {
    return this.#refusal ? 'polling' : 'watching';
  }

  get reason(): string | undefined {
    return this.#refusal?.code;
  }

  /** Watches, if it is time to try. True when the watch is new: what came before it must be looked for. */
  ensure(): boolean {
    const { path, enters, watcher, clock, log } = this.#options;
    if (this.#open || (this.#refusal && this.#refusal.untilMs > clock.monotonicMs())) return false;
    try {
      this.#open = watcher.watch(path, { enters, onEvent: (event) => this.#hear(event) });
    } catch (error) {
      this.#end(systemCode(error) ?? 'unknown');
      return false;
    }
    if (this.#refusal) log.log('info', 'watching-again', { root: path });
    this.#refusal = undefined;
    return true;
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
  }

  #hear(event: Parameters<WatchOptions['onEvent']>[0]): void {
    if (event.kind === 'changed') {
      this.#options.onChange(event.path);
      return;
    }
    this.#open = undefined;
    this.#end(event.code);
    this.#options.onLost();
  }

  #end(code: string): void {
    if (code === 'ENOENT' || code === 'ENOTDIR') return; // Not there: tried again all the time, which costs one look.
    const { path, clock, log } = this.#options;
    if (this.#refusal?.code !== code) log.log('warn', 'polling-instead-of-watching', { root: path, code });
    this.#refusal = { code, untilMs: clock.monotonicMs() + RETRY_MS };
  }
}
