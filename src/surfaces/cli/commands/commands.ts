import type { CommandSummary } from '../../../app/kato.ts';
import type { CliCommand } from '../command.ts';
import { type CliContext, fitted } from '../context.ts';
import type { Output } from '../json.ts';
import { outcomeInWords } from '../outcome.ts';
import { visibleLine } from '../terminal.ts';
import { ago } from '../words.ts';

/** What can be asked; all of it is in `docs/commands.md`. */
const IN_A_CHAT = `
In a chat, on a line of its own (docs/commands.md has all of it):
  ::record [DEST] [OPTIONS]    write from this line on; also ::start
  ::capture [DEST] [OPTIONS]   write all of it so far, and go on
  ::export DEST [OPTIONS]      write all of it so far, once
  ::init [DEST]                make the session's file, and record nothing yet
  ::stop [id:ID | dest:PATH]   end one recording, or all of this session
Options: preset:prompts|chat|full|audit, +thinking, -tools, …, last:N (capture, export), +overwrite
`;

export const commandsCommand: CliCommand = {
  define: (command) =>
    command
      .argument('[session]', 'only of this session')
      .description('what was asked in the chats, and what came of it; newest first')
      .addHelpText(
        'after',
        `${IN_A_CHAT}\nExamples:\n  kato commands\n  kato commands @here\n  kato commands --json\n`,
      ),
  async run(context, [selector]) {
    const kato = await context.kato();
    const text = typeof selector === 'string' ? selector : undefined;
    const session = text === undefined ? undefined : await kato.find({ text, cwd: context.services.cwd });
    const found = [...(await kato.commands(session?.key))].reverse();
    if (context.options.json) context.printJson('commands', found.map(commandJson));
    else if (found.length === 0) context.hint('nothing was asked yet: type `::record` in a chat with an agent');
    else {
      const lines = commandLines(found, context);
      context.print(lines.map((line) => fitted(line, context.services.streams.stdout, 2)).join('\n'));
    }
    return 0;
  },
};

/** A command as `--json` shows it. */
export function commandJson({ session, sessionId, line, at, kind, reason, hint, paths }: CommandSummary) {
  return {
    ...{ session: sessionId, provider: session.provider, line, at: at ?? null, outcome: kind },
    ...{ reason: reason ?? null, hint: hint ?? null, paths: [...paths] },
  } satisfies Output<'commands'>[number];
}

/** What was typed, and under it what came of it; ages as wide as the widest. */
export function commandLines(commands: readonly CommandSummary[], context: CliContext): string[] {
  const now = context.services.now();
  const widest = Math.max(...commands.map(({ at }) => ago(at, now).length));
  return commands.flatMap((command) => {
    const { sessionId, line, at, hint } = command;
    const came = outcomeInWords(command, (path) => context.shown(path));
    const what = [`${sessionId.slice(0, 8)}  ${ago(at, now).padEnd(widest)}  ${visibleLine(line)}`, `  ${came}`];
    return hint === undefined ? what : [...what, `  hint: ${visibleLine(hint)}`];
  });
}
