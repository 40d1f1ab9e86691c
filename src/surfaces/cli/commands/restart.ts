import type { CliCommand } from '../command.ts';
import { writeDefaultConfig } from './init.ts';
import { tellStarted } from './start.ts';

export const restartCommand: CliCommand = {
  define: (command) =>
    command
      .description('end the daemon and start it again: with new settings, or a new version')
      .addHelpText(
        'after',
        '\nThe settings are checked first: with a mistake in them the daemon goes on as it is.\n\nExamples:\n  kato restart\n',
      ),
  async run(context) {
    writeDefaultConfig(context);
    await context.config();
    const { daemon } = context.services;
    await daemon.stop(context.katoHome);
    return tellStarted(context, 'restart', await daemon.start(context.katoHome));
  },
};
