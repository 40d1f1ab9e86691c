import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homePaths } from '../../../config/paths.ts';
import { KatoError } from '../../../core/errors.ts';
import type { JsonValue } from '../../../core/json.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';

export const configCommand: CliCommand = {
  define: (command) => {
    command
      .description('the settings: path, show, get, set, validate')
      .addHelpText('after', examples('config show', 'config set recording.preset full', 'config validate'));
    command.command('path').description('where the config lies').addHelpText('after', examples('config path'));
    command
      .command('show')
      .description('the settings in force, defaults included')
      .addHelpText('after', examples('config show', 'config show --json | jq .data.write'));
    command
      .command('get')
      .argument('<key>', 'such as recording.preset')
      .description('one setting')
      .addHelpText('after', examples('config get write.roots'));
    command
      .command('set')
      .argument('<key>', 'such as recording.preset')
      .argument('<value>', 'as YAML: full, true, [~/notes]')
      .description('change one setting; comments stay')
      .addHelpText('after', examples('config set recording.preset full', 'config set write.roots "[~/notes, ~/work]"'));
    command
      .command('validate')
      .argument('[file]', 'another file')
      .description('check the config, key by key')
      .addHelpText('after', examples('config validate', 'config validate ~/dotfiles/kato.yaml'));
    return command;
  },
  async run(context, [verb, first, second]) {
    switch (verb) {
      case 'path':
        context.print(homePaths(context.katoHome).config);
        return 0;
      case 'show':
        return show(context, await context.config());
      case 'get':
        return show(context, valueAt(await context.config(), String(first)));
      case 'set':
        return set(context, String(first), String(second));
      default:
        return validate(context, typeof first === 'string' ? context.resolve(first) : undefined);
    }
  },
};

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  kato ${line}\n`).join('')}`;
}

async function show(context: CliContext, value: unknown): Promise<number> {
  if (context.options.json) context.printJson('config get', value as JsonValue);
  else if (typeof value === 'object' && value !== null) {
    const { stringify } = await import('yaml');
    context.print(stringify(value, { lineWidth: 0 }).trimEnd());
  } else context.print(String(value));
  return 0;
}

function valueAt(config: unknown, key: string): unknown {
  let value = config;
  for (const part of key.split('.')) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string, unknown>)[part]
        : undefined;
  }
  if (value !== undefined) return value;
  throw new KatoError('usage', `no setting \`${key}\``, { hint: '`kato config show` prints them all' });
}

/** Changes the file only when the result is right, and in one step. */
async function set(context: CliContext, key: string, value: string): Promise<number> {
  const { config: path } = homePaths(context.katoHome);
  await context.config(); // A missing or damaged file is reported before anything is changed.
  const { setInConfig } = await import('../../../config/edit.ts');
  const changed = setInConfig(readFileSync(path, 'utf8'), key, value);
  const config = await context.services.parseConfig(changed, undefined); // What is wrong now is the call's.
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, changed, { mode: 0o600, flush: true });
  renameSync(temporary, path);
  const status = await show(context, valueAt(config, key));
  const daemon = await context.services.daemon.find(context.katoHome);
  if (daemon) context.hint('`kato restart` makes the running daemon take it up');
  return status;
}

async function validate(context: CliContext, file: string | undefined): Promise<number> {
  const path = file ?? homePaths(context.katoHome).config;
  if (file === undefined) await context.config();
  else await context.services.parseConfig(readFileSync(file, 'utf8'), file);
  if (context.options.json) context.printJson('config validate', { path, valid: true });
  else context.print(`${context.shown(path)} is right`);
  return 0;
}
