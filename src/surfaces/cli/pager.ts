import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CliContext } from './context.ts';
import { write } from './write.ts';

/** What a terminal is shown through the user's pager; the number of characters. When there is none, straight to the terminal. */
export async function page(context: CliContext, pieces: AsyncIterable<string>): Promise<number> {
  const { PAGER: chosen = 'less' } = context.services.variables;
  const [program = '', ...args] = chosen.split(/\s+/);
  if (program === '' || program === 'cat') return write(context.services.streams.stdout, pieces);
  const environment = { LESS: 'FRX', ...process.env };
  const pager = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'], env: environment });
  const started = await once(pager, 'spawn').then(
    () => true,
    () => false,
  );
  if (!started) return write(context.services.streams.stdout, pieces);
  const ended = once(pager, 'exit');
  const count = await write(pager.stdin, pieces);
  pager.stdin.end();
  await ended;
  return count;
}
