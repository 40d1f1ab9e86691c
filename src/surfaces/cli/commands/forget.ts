import { createInterface } from 'node:readline/promises';
import { KatoError } from '../../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import { visibleLine } from '../terminal.ts';
import { count } from '../words.ts';
import { sessionJson } from './sessions.ts';

export const forgetCommand: CliCommand = {
  define: (command) =>
    command
      .argument('<session>', 'a session id or a prefix of one, or provider/…')
      .description('delete a transcript with its raw bytes; it is not taken in again')
      .option('--yes', 'do not ask')
      .addHelpText('after', "\nThe agent's own file, and files that were exported or recorded, stay as they are.\n"),
  async run(context, [selector], flags) {
    const kato = await context.kato();
    const session = await kato.find({ text: String(selector), cwd: context.services.cwd });
    const title = visibleLine(session.facts.title?.text ?? '(no title)');
    if (flags.yes !== true && !(await agreed(context, `Forget ${session.shortId} “${title}” for ever?`))) return 1;
    const forgotten = await kato.forget(session.key);
    if (context.options.json) context.printJson('forget', forgotten.map(sessionJson));
    else
      context.print(
        `forgot ${session.shortId}${forgotten.length > 1 ? ` and ${count(forgotten.length - 1, 'sub-agent')}` : ''}`,
      );
    context.hint("the agent's own file and any exported or recorded file stay; delete them yourself if you wish");
    return 0;
  },
};

async function agreed(context: CliContext, question: string): Promise<boolean> {
  const { stdin, stderr } = context.services.streams;
  if (!context.isInteractive) {
    throw new KatoError('usage', 'forgetting cannot be undone', { hint: 'say --yes' });
  }
  const prompt = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
