/** What the commands that start and end the daemon need; the composition root gives it to them. */
import type { Config } from '../../config/config.ts';

export interface DaemonSummary {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
}

export interface Started {
  readonly daemon: DaemonSummary;
  /** False when it ran already, or somebody else was faster. */
  readonly isNew: boolean;
  /** The version of the daemon that was ended for it. */
  readonly replaced?: string;
}

export interface DaemonServices {
  /** The daemon that runs, whatever its version; absent when none answers. */
  find(katoHome: string): Promise<DaemonSummary | undefined>;
  /** What runs kato: Node's absolute path, and its program's. */
  readonly command: readonly [node: string, program: string];
  /** Makes sure that a daemon of this version runs, and returns when it answers. Throws `daemon-failed`. */
  start(katoHome: string): Promise<Started>;
  /** Ends the daemon, whatever its version, and returns when it has ended; absent when none ran. */
  stop(katoHome: string): Promise<DaemonSummary | undefined>;
  /** Is the daemon, in this process, until it is told to end; the exit status. */
  run(katoHome: string, config: Config, options: RunOptions): Promise<number>;
}

export interface RunOptions {
  /** Started by `start`, without a terminal. */
  readonly detached: boolean;
  readonly onReady: (daemon: DaemonSummary) => void;
}
