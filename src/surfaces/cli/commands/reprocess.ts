import type { CliCommand } from '../command.ts';
import { Progress } from '../progress.ts';
import { count } from '../words.ts';

export const reprocessCommand: CliCommand = {
  define: (command) =>
    command
      .argument('[session]', 'one session; without it, all')
      .description('derive events again from the kept raw bytes, after a decoder changed')
      .addHelpText(
        'after',
        '\nNeeds none of the agents’ files, and never touches a recording.\n\nExamples:\n  kato reprocess\n  kato reprocess 1c2f9a77\n',
      ),
  async run(context, [selector]) {
    const kato = await context.kato();
    const session =
      selector === undefined ? undefined : await kato.find({ text: String(selector), cwd: context.services.cwd });
    const progress = new Progress(context);
    const report = await kato.reprocess(session?.key, (done, total) => progress.step(done, total, 'sessions'));
    progress.end();
    if (context.options.json) context.printJson('reprocess', report);
    else context.print(`${count(report.sessions, 'session')} derived again: ${report.changed} changed`);
    return 0;
  },
};
