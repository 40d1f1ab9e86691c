import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import { nothingToShow } from '../nothing.ts';
import { addRenderOptions, type RenderFlags, renderRequest } from '../render-options.ts';
import { visible } from '../terminal.ts';
import { write } from '../write.ts';

export const showCommand: CliCommand = {
  define: (command) =>
    addRenderOptions(command.argument('<session>', 'a session id or a prefix of one, provider/…, latest, or @here'))
      .description('print a session as Markdown')
      .addHelpText(
        'after',
        '\nExamples:\n  kato show latest\n  kato show 1c2f9a77 --last 3\n  kato show @here --preset full | less\n',
      ),
  async run(context, [selector], flags) {
    const kato = await context.kato();
    const session = await kato.find({ text: String(selector), cwd: context.services.cwd });
    const request = renderRequest('markdown', flags as RenderFlags, await context.config());
    const text = sanitised(kato.render(session.key, request));
    const shown =
      context.services.streams.stdout.isTTY === true
        ? await page(context, text)
        : await write(context.services.streams.stdout, text);
    if (shown === 0) throw nothingToShow(session.shortId);
    return 0;
  },
};

async function* sanitised(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) yield visible(piece);
}

/** Through the user's pager. When there is none, straight to the terminal. */
async function page(context: CliContext, pieces: AsyncIterable<string>): Promise<number> {
  const { PAGER: chosen = 'less' } = context.services.variables;
  const [program = '', ...args] = chosen.split(/\s+/);
  if (program === '' || program === 'cat') return write(context.services.streams.stdout, pieces);
  const environment = { LESS: 'FRX', ...process.env };
  const pager = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'], env: environment });
  const started = await Promise.race([once(pager, 'spawn').then(() => true), once(pager, 'error').then(() => false)]);
  if (!started) return write(context.services.streams.stdout, pieces);
  const ended = once(pager, 'exit');
  const count = await write(pager.stdin, pieces);
  pager.stdin.end();
  await ended;
  return count;
}
