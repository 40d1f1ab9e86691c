/**
 * The command line: one file a command, all of them faces of the same Kato.
 *
 * stdout carries the answer and nothing else; progress, warnings, prompts and hints go to stderr. A closed pipe ends the
 * command quietly.
 */
import { Command, CommanderError, Option } from 'commander';
import { KatoError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { CliCommand } from './command.ts';
import { CliContext, type CliServices, columnsOf, fitted, type GlobalOptions } from './context.ts';
import { describeFailure } from './errors.ts';
import { helpItem, helpText } from './help.ts';
import { outputs } from './json.ts';

/** Every command by name. Only those that a command line may mean are loaded. */
export const commands: Readonly<Record<string, () => Promise<CliCommand>>> = {
  init: async () => (await import('./commands/init.ts')).initCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  sessions: async () => (await import('./commands/sessions.ts')).sessionsCommand,
  show: async () => (await import('./commands/show.ts')).showCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  start: async () => (await import('./commands/start.ts')).startCommand,
  stop: async () => (await import('./commands/stop.ts')).stopCommand,
  restart: async () => (await import('./commands/restart.ts')).restartCommand,
  record: async () => (await import('./commands/record.ts')).recordCommand,
  capture: async () => (await import('./commands/record.ts')).captureCommand,
  'stop-recording': async () => (await import('./commands/record.ts')).stopRecordingCommand,
  recordings: async () => (await import('./commands/recordings.ts')).recordingsCommand,
  commands: async () => (await import('./commands/commands.ts')).commandsCommand,
  logs: async () => (await import('./commands/logs.ts')).logsCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  service: async () => (await import('./commands/service.ts')).serviceCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  reprocess: async () => (await import('./commands/reprocess.ts')).reprocessCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
  forget: async () => (await import('./commands/forget.ts')).forgetCommand,
  clean: async () => (await import('./commands/clean.ts')).cleanCommand,
  config: async () => (await import('./commands/config.ts')).configCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
};

type Loaded = readonly (readonly [name: string, command: CliCommand])[];

/** The command that the line begins with; all of them when that is none, or when the command asks about the others. */
async function loadCommands([first = '']: readonly string[]): Promise<Loaded> {
  const names = Object.hasOwn(commands, first) && first !== 'completion' ? [first] : Object.keys(commands);
  return Promise.all(
    names.map(async (name): Promise<Loaded[number]> => {
      const load = commands[name];
      if (!load) throw new Error(`no command ${name}`);
      return [name, await load()];
    }),
  );
}

/** Runs the command line; the exit status. */
export async function runCli(argv: readonly string[], services: CliServices): Promise<number> {
  let status = 0;
  let verbose = 0;
  const program = createProgram(services, await loadCommands(argv), async (command, context, args, flags) => {
    verbose = context.options.verbose;
    try {
      status = await command.run(context, args, flags);
    } finally {
      await context.close();
    }
  });
  try {
    await program.parseAsync(asOption(argv), { from: 'user' });
    return status;
  } catch (error) {
    return fail(misused(error, argv), services, verbose);
  }
}

/** `kato help export` asks what `kato export --help` asks. */
function asOption(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first !== 'help') return [...argv];
  const [name] = rest;
  if (name !== undefined && !isCommand(name)) throw unknownCommand(name);
  return [...rest, '--help'];
}

function isCommand(name: string): boolean {
  return Object.hasOwn(commands, name) || name === 'ls';
}

/** What the parser found wrong, in our words: one line, and what to do. */
function misused(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof CommanderError) || error.exitCode === 0 || error.code === BARE) return error;
  const name = argv.find((word) => !word.startsWith('-') && isCommand(word));
  const [what = '', close] = error.message.replace(/^error: /, '').split(/\n\(Did you mean (?:one of )?(.*)\?\)/);
  const help = name === undefined ? '`kato --help` lists the commands' : `\`kato ${name} --help\` shows how it is used`;
  const hint = close === undefined ? help : `did you mean \`${close}\`? ${help}`;
  const isUnsaid = error.code === 'commander.help'; // A group of commands, and none of them named.
  return new KatoError('usage', isUnsaid ? `\`kato ${name}\` does nothing by itself` : what, { hint });
}

function fail(error: unknown, services: CliServices, verbose: number): number {
  if (error instanceof CommanderError) return error.code === BARE ? USAGE : 0; // Help or the version was printed.
  const { status, lines } = describeFailure(error, services.userHome, verbose);
  services.streams.stderr.write(`${fitted(lines.join('\n'), services.streams.stderr)}\n`);
  return status;
}

/** `kato` alone. */
const BARE = 'kato.bare';
const USAGE = 2;

type Run = (
  command: CliCommand,
  context: CliContext,
  args: readonly unknown[],
  flags: Readonly<Record<string, unknown>>,
) => Promise<void>;

function createProgram(services: CliServices, loaded: Loaded, run: Run): Command {
  const program = new Command('kato')
    .description('Own your AI conversations: a local-first recorder and transcript store for AI coding agents.')
    .version(services.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help, with examples')
    .addOption(new Option('--json', 'print data as JSON; errors stay text on stderr'))
    .addOption(new Option('--home <dir>', "kato's folder").env('KATO_HOME'))
    .addOption(new Option('-q, --quiet', 'no notes, hints or progress'))
    .addOption(
      new Option('-v, --verbose', 'say more; twice: stack traces')
        .argParser((_, before: number) => before + 1)
        .default(0, ' '),
    )
    .addOption(new Option('--no-color', 'no colours (also NO_COLOR)'))
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false, formatItem: helpItem })
    .configureOutput({
      getOutHelpWidth: () => columnsOf(services.streams.stdout),
      getErrHelpWidth: () => columnsOf(services.streams.stderr),
      writeOut: (text) => void services.streams.stdout.write(helpText(text, columnsOf(services.streams.stdout))),
      writeErr: () => {}, // Errors are worded once, where they end the command.
    })
    .addHelpText(
      'after',
      '\nExamples:\n  kato demo                     what it does, on samples\n  kato init                     the first step\n  kato import                   take in what your agents have\n  kato sessions --since 7d      what was said lately\n  kato export latest            one of them, as Markdown\n\nIn a chat, on a line of its own: ::record, ::capture, ::export, ::init, ::stop (`kato help commands`)\n',
    )
    .exitOverride()
    .showSuggestionAfterError(true);
  for (const [name, command] of loaded) {
    const defined = command.define(program.command(name)).exitOverride();
    for (const leaf of defined.commands.length > 0 ? defined.commands : [defined]) {
      leaf.exitOverride().action(async (...args: unknown[]) => {
        const flags = leaf.optsWithGlobals();
        const context = new CliContext(services, globalOptions(flags), program);
        const positional = args.slice(0, -2);
        const whole = leaf === defined ? name : `${name} ${leaf.name()}`;
        if (context.options.json && !Object.hasOwn(outputs, whole)) throw noJson(whole);
        await run(command, context, leaf === defined ? positional : [leaf.name(), ...positional], flags);
      });
    }
  }
  program.allowExcessArguments().action(() => {
    const [name] = program.args;
    if (name !== undefined) throw unknownCommand(name);
    // Nothing was asked for: what is printed is no answer.
    const { stderr } = services.streams;
    const writeErr = (text: string) => void stderr.write(helpText(text, columnsOf(stderr)));
    program.configureOutput({ writeErr }).outputHelp({ error: true });
    throw new CommanderError(USAGE, BARE, 'no command given');
  });
  return program;
}

function unknownCommand(name: string): KatoError {
  const close = nearest(name, Object.keys(commands));
  const hint = close === undefined ? '`kato --help` lists the commands' : `did you mean \`${close}\`?`;
  return new KatoError('usage', `unknown command \`${name}\``, { hint });
}

function noJson(name: string): KatoError {
  const hint = name === 'show' ? 'its events as JSON: `kato export SESSION -f jsonl -o -`' : 'leave out --json';
  return new KatoError('usage', `\`kato ${name}\` prints no data that could be JSON`, { hint });
}

function globalOptions(flags: Readonly<Record<string, unknown>>): GlobalOptions {
  return {
    json: flags.json === true,
    ...(typeof flags.home === 'string' && { home: flags.home }),
    quiet: flags.quiet === true,
    verbose: typeof flags.verbose === 'number' ? flags.verbose : 0,
    color: flags.color !== false,
  };
}
