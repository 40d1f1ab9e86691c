import { existsSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { Option } from 'commander';
import { KatoError } from '../../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import {
  describeService,
  disable,
  enable,
  managerOf,
  refuseWithout,
  type Service,
  settle,
} from '../service/manager.ts';
import { writeDefaultConfig } from './init.ts';

export const serviceCommand: CliCommand = {
  define: (command) => {
    command
      .description('the daemon as a service: it runs whenever you are logged in, also after a reboot')
      .addHelpText('after', '\nExamples:\n  kato service install\n  kato service print\n  kato service uninstall\n');
    command
      .command('install')
      .description('write a systemd user unit, or a launchd agent, and start it')
      .addHelpText(
        'after',
        "\nIt runs with this Node, and with the agents' variables (CODEX_HOME …) as they are set now. Run it again after an upgrade of Node.\n\nExamples:\n  kato service install\n",
      );
    command
      .command('uninstall')
      .description('end the service, and take its file away')
      .addHelpText('after', '\nExamples:\n  kato service uninstall\n');
    command
      .command('print')
      .description('print what `install` would write; nothing is touched')
      .addOption(new Option('--for <manager>', 'of this system, if not said').choices(['systemd', 'launchd']))
      .addHelpText('after', '\nExamples:\n  kato service print\n  kato service print --for launchd\n');
    return command;
  },
  async run(context, [verb], flags) {
    if (verb === 'print') return print(context, flags.for);
    const manager = managerOf(context.services.platform);
    if (!manager) throw noManager();
    const service = describeService(context, manager);
    return verb === 'install' ? install(context, service) : uninstall(context, service);
  },
};

function noManager(): KatoError {
  return new KatoError('daemon-failed', 'there is neither systemd nor launchd on this system', {
    hint: '`kato start --foreground` is what a service manager of your own should run',
  });
}

function print(context: CliContext, asked: unknown): number {
  const manager = asked === 'systemd' || asked === 'launchd' ? asked : managerOf(context.services.platform);
  if (!manager) throw noManager();
  const { path, text } = describeService(context, manager);
  if (context.options.json) context.printJson('service print', { manager, path, text });
  else context.print(text);
  context.hint(`\`kato service install\` writes it to ${context.shown(path)}`);
  return 0;
}

async function install(context: CliContext, service: Service): Promise<number> {
  const { manager, path, text } = service;
  refuseWithout(service);
  writeDefaultConfig(context);
  await context.config(); // With a mistake in it, the service would fail again and again.
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  mkdirSync(dirname(path), { recursive: true });
  for (const folder of [context.katoHome, `${context.katoHome}/logs`])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.tmp`, text, { mode: 0o644 });
  renameSync(`${path}.tmp`, path);
  if (before !== undefined && before !== text) disable(service); // What it ran was another one.
  await context.services.daemon.stop(context.katoHome); // The home is the service's from now on.
  enable(service);
  if (context.options.json)
    context.printJson('service install', { manager, path, replaced: before !== undefined && before !== text });
  else context.print(`the daemon runs as a service: ${context.shown(path)}`);
  const user = userInfo().username;
  if (manager === 'systemd' && !existsSync(`/var/lib/systemd/linger/${user}`))
    context.hint('it begins when you log in; `loginctl enable-linger` lets it begin with the machine');
  return 0;
}

async function uninstall(context: CliContext, service: Service): Promise<number> {
  const { manager, path } = service;
  const removed = existsSync(path);
  if (removed) {
    disable(service);
    unlinkSync(path);
    settle(service);
  }
  if (context.options.json) context.printJson('service uninstall', { manager, path, removed });
  else context.print(removed ? `the service is gone: ${context.shown(path)}` : 'there is no service');
  if (removed) context.hint('`kato start` starts the daemon by hand');
  return 0;
}
