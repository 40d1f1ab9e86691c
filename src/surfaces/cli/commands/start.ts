import { Option } from 'commander';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import type { DaemonSummary, Started } from '../daemon-services.ts';
import { writeDefaultConfig } from './init.ts';

export const startCommand: CliCommand = {
  define: (command) =>
    command
      .description('start the daemon; when it runs already, say so')
      .option('--foreground', 'be the daemon, here, until a signal comes: for service managers')
      .addOption(new Option('--detached', 'what `start` itself starts').hideHelp())
      .addHelpText('after', '\nExamples:\n  kato start\n  kato start --foreground\n'),
  async run(context, _args, flags) {
    const written = writeDefaultConfig(context);
    if (written !== undefined)
      context.note(`wrote ${context.shown(written)}: \`kato config show\` prints the settings`);
    const config = await context.config(); // What is wrong with it is said here, at once.
    const { daemon } = context.services;
    if (flags.foreground !== true) return tellStarted(context, 'start', await daemon.start(context.katoHome));
    const detached = flags.detached === true;
    const onReady = ({ pid }: DaemonSummary) => {
      if (!detached) context.note(`the daemon runs (pid ${pid})`);
    };
    return daemon.run(context.katoHome, config, { detached, onReady });
  },
};

/** What came of a start. */
export function tellStarted(context: CliContext, name: 'start' | 'restart', started: Started): number {
  const { daemon, isNew, replaced } = started;
  if (context.options.json) {
    context.printJson(name, { ...daemon, started: isNew, ...(replaced !== undefined && { replaced }) });
    return 0;
  }
  if (replaced !== undefined) context.note(`ended the daemon of version ${replaced}`);
  context.print(isNew ? `the daemon runs (pid ${daemon.pid})` : `the daemon runs already (pid ${daemon.pid})`);
  return 0;
}
