import type { CliCommand } from '../command.ts';

export const stopCommand: CliCommand = {
  define: (command) =>
    command
      .description('end the daemon, and wait until it has ended')
      .addHelpText(
        'after',
        '\nWithout a daemon it says so. Nothing is lost: what agents write meanwhile is read later.\n\nExamples:\n  kato stop\n',
      ),
  async run(context) {
    const ended = await context.services.daemon.stop(context.katoHome);
    if (context.options.json) {
      context.printJson('stop', {
        stopped: ended !== undefined,
        ...(ended && { pid: ended.pid, version: ended.version }),
      });
    } else context.print(ended ? `the daemon has ended (pid ${ended.pid})` : 'the daemon does not run');
    return 0;
  },
};
