/** Daemons started at the same time for one home: exactly one holds it, and the others say who that is. */
import { readHolder } from '../../src/daemon/lockfile.ts';
import { type Begun, type DaemonHome, kill, until } from '../support/daemon.ts';

export interface RaceReport {
  readonly races: number;
  readonly failures: readonly string[];
}

/** In turns by `start`, which must succeed for both, and `start --foreground`, which must for one. */
export async function raceStarts(home: DaemonHome, races: number): Promise<RaceReport> {
  const failures: string[] = [];
  for (let race = 0; race < races; race++) {
    const failure = race % 2 === 0 ? await raceDetached(home) : await raceForeground(home);
    if (failure !== undefined) failures.push(`race ${race}: ${failure}`);
    await endAll(home);
  }
  return { races, failures };
}

async function raceDetached(home: DaemonHome): Promise<string | undefined> {
  const runs = await Promise.all(
    [home.begin(['start', '--json']), home.begin(['start', '--json'])].map(({ ended }) => ended),
  );
  const wrong = runs.find(({ status }) => status !== 0);
  if (wrong) return `start ended with ${wrong.status}: ${wrong.stderr}`;
  const [a, b] = runs.map(({ stdout }): { pid: number; started: boolean } => JSON.parse(stdout).data);
  const holder = readHolder(home.runFolder)?.pid;
  if (a?.pid !== holder || b?.pid !== holder) return `pids ${a?.pid} and ${b?.pid}, but ${holder} holds it`;
  return a?.started !== b?.started ? undefined : `both say started: ${a?.started}`;
}

async function raceForeground(home: DaemonHome): Promise<string | undefined> {
  const both = [home.begin(['start', '--foreground']), home.begin(['start', '--foreground'])];
  const isOver = (one: Begun) => one.child.exitCode !== null;
  const runs = (one: Begun) => one.stderr.includes(`the daemon runs (pid ${one.pid})`);
  await until(() => both.every((one) => isOver(one) || runs(one)), 'an end of the race');
  const [winner] = both.filter((one) => !isOver(one));
  const [loser] = both.filter(isOver);
  if (!winner || !loser)
    return `${both.filter(isOver).length} of them ended: ${both.map(({ stderr }) => stderr).join()}`;
  const { status, stderr } = await loser.ended;
  if (status !== 1) return `the loser ended with ${status}`;
  return stderr.includes(`pid ${winner.pid}`) ? undefined : `the loser did not say who holds it: ${stderr}`;
}

async function endAll(home: DaemonHome): Promise<void> {
  const holder = home.isHeld ? readHolder(home.runFolder) : undefined;
  if (holder) kill(holder.pid, 'SIGKILL');
  await until(() => !home.isHeld, 'the end of the daemon');
}
