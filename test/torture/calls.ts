/** System calls as points at which a process can be killed, and what came of it. */

/** The nth call of this name by any thread. */
export interface CallPoint {
  readonly call: string;
  readonly nth: number;
}

export interface KillReport {
  readonly points: number;
  /** Points at which the process was really killed: it may end before the point is reached. */
  readonly killed: number;
  /** What went wrong, with the point at which it did. */
  readonly failures: readonly string[];
}

/**
 * Every call in a log of strace that names something below a folder, or, below a folder that is open, only its name, as
 * destinations are. strace counts by thread and by name.
 */
export function writtenAt(log: string, folder: string): readonly CallPoint[] {
  const counts = new Map<string, number>();
  const points = new Map<string, CallPoint>();
  for (const line of log.split('\n')) {
    const [, thread, call] = /^(\d+)\s+([a-z0-9_]+)\(/.exec(line) ?? [];
    if (thread === undefined || call === undefined) continue;
    const nth = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, nth);
    const isWriting = call !== 'openat' || /O_CREAT|O_TRUNC/.test(line);
    if (isWriting && (line.includes(folder) || line.includes('"/proc/self/fd/')))
      points.set(`${call} ${nth}`, { call, nth });
  }
  return [...points.values()];
}
