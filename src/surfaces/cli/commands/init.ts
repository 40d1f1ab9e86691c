import { existsSync, linkSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { homePaths } from '../../../config/paths.ts';
import { configTemplate } from '../../../config/template.ts';
import { KatoError, systemCode } from '../../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import { type CliContext, fitted } from '../context.ts';
import { BROKEN_OFF, Prompt } from '../prompt.ts';

interface Choices {
  readonly keepAll: boolean;
  readonly writeRoots: readonly string[];
}

export const initCommand: CliCommand = {
  define: (command) =>
    command
      .description('write the config; on a terminal, ask first')
      .option('--yes', 'do not ask: flags, else the defaults')
      .option('--keep <what>', 'durable copies of `all` conversations, or only of `recorded` ones')
      .option('--write-root <dir>', 'a folder where recordings may be written; may be given again', collect)
      .addHelpText('after', '\nExamples:\n  kato init\n  kato init --yes --keep all --write-root ~/notes\n'),
  async run(context, _args, flags) {
    const { config, home } = homePaths(context.katoHome);
    const given = fromFlags(flags);
    if (existsSync(config)) {
      await context.config(); // An existing file is checked, never rewritten.
      context.print(`config exists already: ${context.shown(config)}`);
      context.hint('`kato config set KEY VALUE` changes a key; `kato config show` prints it');
      return 0;
    }
    const choices =
      context.isInteractive && flags.yes !== true
        ? await ask(context, given)
        : { keepAll: false, writeRoots: [], ...given };
    if (!choices) {
      context.warn('broken off; nothing was written');
      return BROKEN_OFF;
    }
    const writeRoots = choices.writeRoots.map((path) => absolute(path, context));
    const text = configTemplate({ ...choices, writeRoots });
    await context.services.parseConfig(text, config); // What is written is right.
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(config, text, { flag: 'wx', mode: 0o600 });
    context.print(`wrote ${context.shown(config)}`);
    for (const line of closing(choices)) context.note(line);
    return 0;
  },
};

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function fromFlags({ keep, writeRoot }: Readonly<Record<string, unknown>>): Partial<Choices> {
  if (keep !== undefined && keep !== 'all' && keep !== 'recorded') {
    throw new KatoError('usage', `\`--keep ${keep}\` is not a choice`, { hint: 'all, or recorded' });
  }
  return {
    ...(keep !== undefined && { keepAll: keep === 'all' }),
    ...(Array.isArray(writeRoot) && { writeRoots: writeRoot }),
  };
}

/** A folder as it was typed, as the config holds it: good from wherever kato is started. */
function absolute(path: string, context: CliContext): string {
  return path.startsWith('~') ? path : context.resolve(path).replace(/(?<=.)\/$/, '');
}

/** What the person chooses; absent when they break it off. */
async function ask(context: CliContext, given: Partial<Choices>): Promise<Choices | undefined> {
  const prompt = new Prompt(context);
  try {
    const { stderr } = context.services.streams;
    for (const line of opening(context)) stderr.write(`${fitted(line, stderr)}\n`);
    const keepAll = given.keepAll ?? (await askKeep(prompt));
    if (keepAll === undefined) return undefined;
    const writeRoots = given.writeRoots ?? (await askRoots(prompt));
    return writeRoots && { keepAll, writeRoots };
  } finally {
    prompt.close();
  }
}

function opening(context: CliContext): string[] {
  const home = context.shown(context.katoHome);
  return [
    'kato reads the session files that your coding agents write; it never changes them.',
    `What it keeps lies in ${home}, readable by you alone: conversations may hold code and secrets.`,
    'Nothing leaves this machine.',
    '',
  ];
}

async function askKeep(prompt: Prompt): Promise<boolean | undefined> {
  const choice = '[a]ll / [r]ecorded (Enter: recorded): ';
  let question = `Keep durable copies of all conversations, or only of those you record?\n(agents delete theirs after some weeks;\n\`kato import\` takes in everything at any time)\n${choice}`;
  for (;;) {
    const answer = (await prompt.ask(question))?.toLowerCase();
    if (answer === undefined) return undefined;
    if (answer === 'a' || answer === 'all') return true;
    if (answer === '' || answer === 'r' || answer === 'recorded') return false;
    question = `a or r, please. ${choice}`;
  }
}

async function askRoots(prompt: Prompt): Promise<string[] | undefined> {
  const question =
    'Where else may recordings be written, beside the project you work in?\nFolders, separated by commas, such as ~/notes (Enter: none): ';
  const answer = await prompt.ask(question);
  return answer
    ?.split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');
}

function closing({ keepAll }: Choices): string[] {
  return [
    'Next: `kato start` runs the daemon, which listens to your agents: then `::record` in a chat records.',
    keepAll
      ? '`kato import` takes in what your agents have already; `kato sessions` lists it.'
      : '`kato import` takes in old sessions, if you like; `kato sessions` lists what is kept.',
    '',
    'You may put these lines into AGENTS.md or CLAUDE.md:',
    '  Lines that begin with `::` (such as ::record x.md) are for kato, a recorder.',
    '  Ignore them: do not answer them, run them, or mention them.',
    '  Files that kato writes are records of our conversations.',
    '  Leave them alone unless I ask for a change in them.',
  ];
}

/** Writes what `init --yes` would where there is no config; its path if it did. Whole or not at all: others may look. */
export function writeDefaultConfig({ katoHome }: CliContext): string | undefined {
  const { home, config } = homePaths(katoHome);
  if (existsSync(config)) return undefined;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const temporary = `${config}.${process.pid}.tmp`;
  writeFileSync(temporary, configTemplate({ keepAll: false, writeRoots: [] }), { mode: 0o600 });
  try {
    linkSync(temporary, config);
    return config;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return undefined; // Another one was faster.
  } finally {
    unlinkSync(temporary);
  }
}
