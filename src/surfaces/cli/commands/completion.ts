/**
 * Shell completion. The scripts know nothing themselves: they hand the words typed so far to `kato completion words`,
 * which answers with one candidate a line, a tab, and what it is.
 */

import type { Command } from 'commander';
import { KatoError } from '../../../core/errors.ts';
import { presetNames } from '../../../record/formats/presets.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import { visibleLine } from '../terminal.ts';

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_kato() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(kato completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kato kato`,
  zsh: `#compdef kato
_kato() {
  local -a found
  found=("\${(@f)$(kato completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null | sed 's/:/\\\\:/g; s/\\t/:/')}")
  if (( \${#found} )) && [[ -n "$found[1]" ]]; then _describe kato found; else _files; fi
}
compdef _kato kato`,
  fish: `complete -c kato -f -a '(kato completion words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};

export const completionCommand: CliCommand = {
  define: (command) =>
    command
      .argument('<shell>', 'bash, zsh or fish')
      .argument('[words...]')
      .description('print a completion script for a shell, session ids included')
      .addHelpText(
        'after',
        '\nExamples:\n  eval "$(kato completion bash)"\n  kato completion fish > ~/.config/fish/completions/kato.fish\n',
      ),
  async run(context, [shell, words]) {
    if (shell === 'words') {
      const found = await candidates(context, (words as readonly string[] | undefined) ?? []);
      if (found.length > 0) context.print(found.join('\n'));
      return 0;
    }
    const script = SCRIPTS[String(shell)];
    if (script === undefined)
      throw new KatoError('usage', `no completion for \`${shell}\``, { hint: 'bash, zsh or fish' });
    context.print(script);
    return 0;
  },
};

/** Commands that take a session. */
const TAKES_SESSION: ReadonlySet<string> = new Set([
  ...['show', 'export', 'forget', 'reprocess'],
  ...['record', 'capture', 'stop-recording', 'recordings', 'commands'],
]);
/** Options that take a path: the shell knows those better. */
const TAKES_PATH: ReadonlySet<string> = new Set(['--home', '-o', '--output', '--project', '--write-root']);

async function candidates(context: CliContext, words: readonly string[]): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (TAKES_PATH.has(before)) return [];
  const [name, ...rest] = words
    .slice(0, -1)
    .filter((word, index) => !word.startsWith('-') && words[index - 1] !== '--home');
  const command = context.program.commands.find((one) => one.name() === name || one.aliases().includes(name ?? ''));
  if (!command) return starting(typed, context.program.commands.map(describe));
  const values = valuesOf(before, context);
  if (values) return starting(typed, values);
  if (typed.startsWith('-')) return starting(typed, optionsOf(command, context.program));
  if (TAKES_SESSION.has(command.name())) return starting(typed, await sessionCandidates(context));
  return rest.length === 0 ? starting(typed, command.commands.map(describe)) : [];
}

/** What an option can be, where that is a short list. */
function valuesOf(option: string, { services }: CliContext): readonly string[] | undefined {
  switch (option) {
    case '--provider':
      return services.providers.map(({ id, label }) => `${id}\t${label}`);
    case '--preset':
      return presetNames;
    case '-f':
    case '--format':
      return ['markdown', 'jsonl'];
    case '--for':
      return ['systemd', 'launchd'];
    case '--level':
      return ['debug', 'info', 'warn', 'error'];
    case '--keep':
      return ['all', 'recorded'];
    default:
      return undefined;
  }
}

function describe(command: Command): string {
  return `${command.name()}\t${command.description()}`;
}

function optionsOf(command: Command, program: Command): string[] {
  return [...command.options, ...program.options].flatMap(({ long, description }) =>
    long ? [`${long}\t${description}`] : [],
  );
}

async function sessionCandidates(context: CliContext): Promise<string[]> {
  const kato = await context.kato();
  const sessions = await kato.sessions({});
  const titled = sessions
    .slice(0, 50)
    .map(({ shortId, facts }) => `${shortId}\t${visibleLine(facts.title?.text ?? '')}`);
  return [...titled, 'latest\tnewest activity', '@here\tnewest in this folder'];
}

function starting(typed: string, all: readonly string[]): string[] {
  return all.filter((candidate) => candidate.startsWith(typed));
}
