/** What a running process asks of the system, by strace; absent where that is not installed, or not allowed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SystemCall {
  readonly name: string;
  /** Of the file that it is about. */
  readonly path: string;
  /** What it gave back: for reading, how many bytes. */
  readonly result: number;
}

const CALL = /(\w+)\(\d+<([^>]*)>.*=\s+(\d+)$/gm;

/** The calls that a process makes while something is done. */
export async function systemCalls(
  pid: number,
  { names, file }: { readonly names: readonly string[]; readonly file: string },
  during: () => Promise<void>,
): Promise<readonly SystemCall[] | undefined> {
  const args = ['-f', '-y', '-s', '0', '-e', `trace=${names.join(',')}`, '-e', 'signal=none', '-o', file];
  const tracer = spawn('strace', [...args, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(tracer, 'close').catch(() => {});
  const attached = await Promise.race([once(tracer.stderr, 'data'), once(tracer, 'error').catch(() => undefined)]);
  if (!attached || !String(attached[0]).includes('attached')) return undefined;
  await during();
  await sleep(200);
  tracer.kill('SIGINT');
  await ended;
  const calls = readFileSync(file, 'utf8').matchAll(CALL);
  return [...calls].map(([, name = '', path = '', result]) => ({ name, path, result: Number(result) }));
}
