/** Finding the daemon of a home, starting it in a process of its own, and ending it. */
import { existsSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { homePaths } from './config/paths.ts';
import { KatoError } from './core/errors.ts';
import { launchDaemon } from './daemon/launch.ts';
import { isHeld, readHolder, type SpareLock } from './daemon/lockfile.ts';
import type { DaemonSummary, Started } from './surfaces/cli/daemon-services.ts';
import { type ControlClient, connectControl } from './surfaces/control/client.ts';
import { controlSocketPath } from './surfaces/control/socket-path.ts';

/** How long a daemon may take to say who it is: it may be in the middle of something. */
const ANSWER_MS = 5000;
const START_MS = 10_000;
const END_MS = 10_000;
const POLL_MS = 20;

/** The daemon of this home, of whatever version; absent when none answers. */
export async function findDaemon(home: string): Promise<DaemonSummary | undefined> {
  const client = await reach(home);
  await client?.close();
  return client && summary(client);
}

interface StartOptions {
  readonly version: string;
  readonly program: string;
  readonly spareLock: SpareLock;
}

/** Makes sure that a daemon of this version runs. */
export async function startDaemon(home: string, { version, program, spareLock }: StartOptions): Promise<Started> {
  const found = await findDaemon(home);
  if (found?.version === version) return { daemon: found, isNew: false };
  const ended = found && (await stopDaemon(home, spareLock));
  const { run, logs } = homePaths(home);
  for (const folder of [home, run, logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { daemon, isOurs } = await launchDaemon({
    program: process.execPath,
    args: [program, 'start', '--foreground', '--detached', '--home', home],
    cwd: home,
    output: `${logs}/daemon.log`,
    ask: () => findDaemon(home),
    isHeld: () => isHeld(run, spareLock),
    withinMs: START_MS,
  });
  return { daemon, isNew: isOurs, ...(ended && { replaced: ended.version }) };
}

/** Ends the daemon of this home and waits until it has; absent when there is none. */
export async function stopDaemon(home: string, spareLock: SpareLock): Promise<DaemonSummary | undefined> {
  const { run } = homePaths(home);
  const client = await reachHolder(home, spareLock);
  if (!client) return undefined;
  try {
    await client.stop();
  } finally {
    await client.close();
  }
  if (await within(END_MS, () => !isHeld(run, spareLock))) return summary(client);
  throw new KatoError('daemon-failed', `the daemon (pid ${client.facts.pid}) did not end within ${END_MS / 1000} s`, {
    hint: `\`kill -9 ${client.facts.pid}\` ends it at once; nothing is lost by that`,
  });
}

/** The daemon that holds the home. One that is about to start, or to end, is waited for. */
async function reachHolder(home: string, spareLock: SpareLock): Promise<ControlClient | undefined> {
  const { run } = homePaths(home);
  let client: ControlClient | undefined;
  const isClear = async () => {
    client = await reach(home);
    return client !== undefined || !isHeld(run, spareLock);
  };
  if (await within(ANSWER_MS, isClear)) return client;
  const holder = readHolder(run);
  throw new KatoError('daemon-failed', 'a daemon holds this home, and does not answer on its control socket', {
    hint: holder ? `it said it was pid ${holder.pid}: \`kill ${holder.pid}\` ends it` : 'end its process',
  });
}

async function reach(home: string): Promise<ControlClient | undefined> {
  const socket = controlSocketPath(home);
  return existsSync(socket) ? connectControl(socket, ANSWER_MS) : undefined;
}

async function within(ms: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > end) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function summary({ facts: { pid, version, startedAt } }: ControlClient): DaemonSummary {
  return { pid, version, startedAt };
}
