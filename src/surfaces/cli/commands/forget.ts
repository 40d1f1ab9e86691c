import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths } from '../../../config/paths.ts';
import { KatoError } from '../../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import { agreed } from '../prompt.ts';
import { visibleLine } from '../terminal.ts';
import { count } from '../words.ts';
import { sessionJson } from './sessions.ts';

/** Logs of these sessions that no engine reads any more: what a migration left, or put aside. */
function logsOf(transcripts: string, sessions: readonly { readonly id: string }[]): readonly string[] {
  const folders = [transcripts, join(transcripts, 'migrated')].filter((folder) => existsSync(folder));
  const isOfOne = (name: string) => sessions.some(({ id }) => name.startsWith(`${id}.`));
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter(isOfOne)
      .sort()
      .map((name) => join(folder, name)),
  );
}

export const forgetCommand: CliCommand = {
  define: (command) =>
    command
      .argument('<session>', 'a session id or a prefix of one, or provider/…')
      .description('delete a transcript with its raw bytes; it is not taken in again')
      .option('--yes', 'do not ask')
      .addHelpText(
        'after',
        "\nThe agent's own file, and files that were exported or recorded, stay as they are. Logs that `kato migrate` has put aside, or left, are named.\n\nExamples:\n  kato forget 1c2f9a77\n  kato forget codex/019aeed0 --yes\n",
      ),
  async run(context, [selector], flags) {
    const kato = await context.kato();
    const session = await kato.findForgettable({ text: String(selector), cwd: context.services.cwd });
    if (!session.kept && !session.forgotten) {
      throw new KatoError('session-not-found', `nothing is kept of session ${session.shortId}`, {
        hint: "only the agent's own file has it; delete that yourself if you wish",
      });
    }
    const title = visibleLine(session.facts.title?.text ?? '(no title)');
    const isAgreed = flags.yes === true || session.forgotten; // What is forgotten cannot be lost again.
    if (!isAgreed && !context.isInteractive)
      throw new KatoError('usage', 'forgetting cannot be undone', { hint: 'say --yes' });
    if (!isAgreed && !(await agreed(context, `Forget ${session.shortId} “${title}” for ever?`))) {
      context.note('nothing was forgotten');
      return 1;
    }
    const forgotten = await kato.forget(session.key);
    if (context.options.json) context.printJson('forget', forgotten.map(sessionJson));
    else
      context.print(
        `forgot ${session.shortId}${forgotten.length > 1 ? ` and ${count(forgotten.length - 1, 'sub-agent')}` : ''}`,
      );
    for (const path of logsOf(homePaths(context.katoHome).transcripts, forgotten)) {
      context.warn(`a log of it from the log engine stays, with its text: ${path}`);
    }
    context.hint("the agent's own file and any exported or recorded file stay; delete them yourself if you wish");
    return 0;
  },
};
