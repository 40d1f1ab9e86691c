/**
 * The daemon's life, put together: the lock, the store, the components, the control socket, and their end.
 *
 *     lock ► store ► components in order, the control socket last ► … ► the same, backwards ► the process ends
 *
 * Who finds the control socket answering knows that everything else has been started, or has failed once and says so in
 * `status`. The end takes no longer than `END_MS`, whatever hangs: what is left behind then is made good by the next start.
 */
import { mkdirSync } from 'node:fs';
import type { Kato, KatoStatus } from './app/kato.ts';
import type { HomePaths } from './config/paths.ts';
import { KatoError } from './core/errors.ts';
import type { Clock, Logger } from './core/ports.ts';
import type { Component } from './daemon/component.ts';
import { type Ending, listenForEnding } from './daemon/ending.ts';
import { HELD_STATUS } from './daemon/launch.ts';
import { acquireLock, type Holder, type Lock, type SpareLock } from './daemon/lockfile.ts';
import { createSupervisor, type Supervisor } from './daemon/supervisor.ts';
import { type DaemonFacts, PROTOCOL } from './surfaces/control/protocol.ts';
import { ControlServer } from './surfaces/control/server.ts';
import { controlSocketPath } from './surfaces/control/socket-path.ts';

/** What the daemon has open while it lives. */
export interface Opened {
  /** A Kato for one client, which says this of the daemon in its status; closing it leaves the store open. */
  readonly view: (daemon: () => Pick<KatoStatus, 'daemon' | 'memory'>) => Kato;
  /** What is started beside the control socket, in this order. */
  readonly components: readonly Component[];
  readonly close: () => Promise<void>;
}

export interface DaemonOptions {
  readonly paths: HomePaths;
  readonly version: string;
  readonly detached: boolean;
  readonly spareLock: SpareLock;
  readonly clock: Clock;
  readonly log: Logger;
  readonly open: () => Promise<Opened>;
  /** Called when it can be talked to. */
  readonly onReady: (facts: DaemonFacts) => void;
}

/** How long one component may keep the next one waiting, at the start and when it failed. */
const START_MS = 2000;
const STOP_MS = 1000;
/** How long all of them may take to stop; and after how long the process ends, whatever is left. */
const STOP_ALL_MS = 1200;
const END_MS = 1800;
const LINGER_MS = 200;

/** Runs until it is told to end; the exit status. Throws `daemon-running`, and what opening the store throws. */
export async function serveDaemon(options: DaemonOptions): Promise<number> {
  const { paths, version, clock, log, detached } = options;
  for (const folder of [paths.home, paths.run, paths.logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const who = { pid: process.pid, version, startedAt: clock.now(), socket: controlSocketPath(paths.home) };
  const ending = listenForEnding({ detached, log }); // Whoever reads who holds the lock may end it at once.
  const lock = takeLock(who, options);
  if (!lock) return HELD_STATUS;
  try {
    const opened = await options.open();
    try {
      return await live(opened, who, ending, options);
    } finally {
      await opened.close();
    }
  } finally {
    lock.leave();
    // Whatever was left behind does not keep the process, nor the lock with it.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

/** Absent when another daemon has it and whoever started this one waits to be told so. */
function takeLock(who: Holder, { paths: { run }, detached, spareLock }: DaemonOptions): Lock | undefined {
  try {
    return acquireLock(run, who, spareLock);
  } catch (error) {
    if (detached && error instanceof KatoError && error.code === 'daemon-running') return undefined;
    throw error;
  }
}

async function live(opened: Opened, who: Holder, ending: Ending, options: DaemonOptions): Promise<number> {
  const { clock, log, version, onReady } = options;
  const { socket, ...said } = who;
  const facts = (): DaemonFacts => {
    const { rss, heapUsed } = process.memoryUsage();
    const memory = { residentBytes: rss, heapBytes: heapUsed };
    return { protocol: PROTOCOL, ...said, components: supervisor.state(), memory };
  };
  const openKato = () => opened.view(() => toStatus(facts()));
  const control = firstFailure(new ControlServer({ socket, openKato, facts, onStop: ending.ask, log }));
  const components = [...opened.components, control.component];
  const limits = { startMs: START_MS, stopMs: STOP_MS };
  const supervisor = createSupervisor({ components, clock, timer: { after }, log, ...limits });
  await Promise.race([supervisor.start(), ending.reason]);
  if (control.failure() === undefined) {
    log.log('info', 'daemon.started', { version, pid: who.pid });
    onReady(facts());
    const reason = await ending.reason;
    await end(supervisor, reason, options);
    return reason === 'crash' ? 1 : 0;
  }
  await end(supervisor, 'no control socket', options);
  throw control.failure(); // Nobody could ever find it, or tell it to end.
}

async function end(supervisor: Supervisor, reason: string, { log, clock }: DaemonOptions): Promise<void> {
  const beganMs = clock.monotonicMs();
  setTimeout(() => {
    log.log('warn', 'daemon.cut-off', { reason, ms: END_MS });
    process.exit(1);
  }, END_MS).unref();
  const left = await supervisor.stop(STOP_ALL_MS);
  const ms = Math.round(clock.monotonicMs() - beganMs);
  log.log('info', 'daemon.stopped', { reason, ms, ...(left.length > 0 && { left: left.join(', ') }) });
}

/** A component that remembers why its first start failed. */
function firstFailure(inner: ControlServer): { component: Component; failure: () => unknown } {
  let failure: unknown;
  let isFirst = true;
  const start: Component['start'] = async (onFailure) => {
    try {
      await inner.start(onFailure);
    } catch (error) {
      if (isFirst) failure = error;
      throw error;
    } finally {
      isFirst = false;
    }
  };
  return { component: { name: inner.name, start, stop: () => inner.stop() }, failure: () => failure };
}

function toStatus({ protocol, memory, ...daemon }: DaemonFacts): Pick<KatoStatus, 'daemon' | 'memory'> {
  return { daemon: { running: true, ...daemon }, memory };
}

function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}
