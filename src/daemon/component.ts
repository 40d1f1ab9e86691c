/** A part of the daemon that is started and stopped as one: a watcher, a recorder, the control socket. */
export interface Component {
  /** For people and logs; no two components share one. */
  readonly name: string;
  /**
   * Resolves when it works; rejects when it cannot. What goes wrong later is told to `onFailure`, once: it is then
   * stopped and started again. A component may be started again after it was stopped.
   */
  start(onFailure: (error: unknown) => void): Promise<void>;
  /** Resolves when nothing of it runs any more. Called after a failed start too, so it must bear being called at any time. */
  stop(): Promise<void>;
}
