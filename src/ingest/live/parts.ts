/** What the parts of live ingest share: what they are given, and what they know. */
import type { Clock, FolderWatcher, Logger, SourceFiles, Timers } from '../../core/ports.ts';
import type { SessionKey } from '../../core/session.ts';
import type { FileStat } from '../../core/source.ts';
import type { TranscriptStore } from '../../store/store.ts';
import type { CommandFinder } from '../collector.ts';
import type { FoundSource, ProviderRoot } from '../discovery.ts';
import type { ReaderPool } from '../worker.ts';

export interface LiveRoot extends ProviderRoot {
  /** Whether the transcripts of all its sessions are kept, or of recorded ones only. */
  readonly keep: boolean;
}

export interface LiveOptions {
  readonly store: TranscriptStore;
  readonly files: SourceFiles;
  readonly watcher: FolderWatcher;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
  readonly roots: readonly LiveRoot[];
  readonly commandsIn?: CommandFinder | undefined;
  /** Readers on other cores, for large sources that are read from their start; absent: all is read here. */
  readonly openReaders?: (() => ReaderPool) | undefined;
  /** Whether a session is kept although its root is not: it is being recorded. */
  readonly isKept: (key: SessionKey) => boolean;
  /** Hears of sessions that got something, when all of it is durable and they are linked. */
  readonly onTaken: (keys: readonly SessionKey[]) => void;
  /** Hears of sessions that are not kept and have a command that was not heard before, ahead of `onTaken`. */
  readonly onHeard?: ((keys: readonly SessionKey[]) => void) | undefined;
}

export function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}

/** How the file at this path is read, if it lies below one of the roots and belongs to its provider. */
export function locate(roots: readonly LiveRoot[], path: string): Omit<FoundSource, 'stat'> | undefined {
  for (const { provider, path: root } of roots) {
    const match = path.startsWith(`${root}/`) ? provider.match(path.slice(root.length + 1)) : undefined;
    if (match) return { provider, root, path, match };
  }
  return undefined;
}

export function modifiedMs({ modifiedNs }: FileStat): number {
  return Number(modifiedNs) / 1e6;
}
