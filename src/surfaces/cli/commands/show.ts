import { nothingToShow } from '../../../app/nothing.ts';
import type { CliCommand } from '../command.ts';
import { findSession } from '../left-log.ts';
import { page } from '../pager.ts';
import { addEngineOption, addRenderOptions, type RenderFlags, renderRequest } from '../render-options.ts';
import { visible } from '../terminal.ts';
import { write } from '../write.ts';

export const showCommand: CliCommand = {
  define: (command) =>
    addEngineOption(
      addRenderOptions(command.argument('<session>', 'a session id or a prefix of one, provider/…, latest, or @here')),
    )
      .description('print a session as Markdown')
      .addHelpText(
        'after',
        '\nExamples:\n  kato show latest\n  kato show 1c2f9a77 --last 3\n  kato show @here --preset full | less\n',
      ),
  async run(context, [selector], flags) {
    const request = renderRequest('markdown', flags as RenderFlags, await context.config());
    const { kato, session } = await findSession(context, String(selector), flags.engine);
    const text = sanitised(kato.render(session.key, request));
    const shown =
      context.services.streams.stdout.isTTY === true
        ? await page(context, text)
        : await write(context.services.streams.stdout, text);
    if (shown === 0) throw nothingToShow(session);
    return 0;
  },
};

async function* sanitised(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) yield visible(piece);
}
