/**
 * Starting the daemon in a process of its own, and waiting until it can be talked to.
 *
 * The child is in its own session, so that no terminal takes it away; what it prints goes to a short file. Who starts it
 * learns one of three things: it answers; it has ended, and what it said last; or it has done neither in time.
 *
 * A child that ends with `HELD_STATUS` lost the lock to another. Either that one will answer, or it was about to end and
 * the lock gets free again: then the next child has it. When another one answers first, the child is waited for all the
 * same: left to itself it could become the daemon later, when somebody has just ended the other.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KatoError } from '../core/errors.ts';

/** The exit status of a detached daemon that found another one in its place. */
export const HELD_STATUS = 75;

export interface Launch<T extends Answering> {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Where what it prints is kept. */
  readonly output: string;
  /** The daemon that answers, if any: this one or another. */
  readonly ask: () => Promise<T | undefined>;
  /** Whether somebody holds the lock. */
  readonly isHeld: () => boolean;
  readonly withinMs: number;
}

export interface Launched<T> {
  readonly daemon: T;
  /** False when it is another one, that was there before or was faster. */
  readonly isOurs: boolean;
}

interface Answering {
  readonly pid: number;
}

const POLL_MS = 20;
const MOST_OUTPUT_BYTES = 256 * 1024;

/** Resolves with the daemon that answers. Throws `daemon-failed` with the words of the one that did not start. */
export async function launchDaemon<T extends Answering>(launch: Launch<T>): Promise<Launched<T>> {
  const end = performance.now() + launch.withinMs;
  let child = startChild(launch);
  while (performance.now() < end) {
    const daemon = await launch.ask();
    const isOurs = daemon?.pid === child.pid;
    const status = child.status();
    if (daemon !== undefined && (isOurs || status !== undefined)) return { daemon, isOurs };
    if (status === HELD_STATUS && !launch.isHeld()) child = startChild(launch);
    if (status !== undefined && status !== HELD_STATUS) throw failed(`it ended with ${status}`, child.words(), launch);
    await sleep(POLL_MS);
  }
  throw failed(`nothing answers after ${Math.round(launch.withinMs / 1000)} s`, child.words(), launch);
}

interface Child {
  readonly pid: number | undefined;
  /** How it ended; absent while it runs. */
  status(): number | string | undefined;
  /** What it has printed. */
  words(): readonly string[];
}

function startChild({ program, args, cwd, output }: Launch<Answering>): Child {
  const before = keepShort(output);
  const handle = openSync(output, 'a', 0o600);
  let process: ChildProcess;
  try {
    process = spawn(program, args, { cwd, detached: true, stdio: ['ignore', handle, handle] });
  } finally {
    closeSync(handle);
  }
  let status: number | string | undefined;
  process.once('exit', (code, signal) => {
    status = code ?? signal ?? 'nothing';
  });
  process.once('error', (error) => {
    status = error.name;
  });
  process.unref();
  return { pid: process.pid, status: () => status, words: () => lastLines(output, before) };
}

/** Makes room in the file; its size. */
function keepShort(output: string): number {
  const size = statSync(output, { throwIfNoEntry: false })?.size ?? 0;
  if (size < MOST_OUTPUT_BYTES) return size;
  renameSync(output, `${output}.1`);
  return 0;
}

const MOST_LINES = 20;

function lastLines(output: string, fromBytes: number): readonly string[] {
  const text = readFileSync(output).subarray(fromBytes).toString('utf8').trim();
  return text === '' ? [] : text.split('\n').slice(-MOST_LINES);
}

function failed(what: string, words: readonly string[], { output }: Launch<Answering>): KatoError {
  return new KatoError('daemon-failed', `the daemon did not start: ${what}`, {
    details: words,
    hint: `what it printed is in ${output}; \`kato start --foreground\` runs it here`,
  });
}
