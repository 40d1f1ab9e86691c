/** What people want to see of a call: what it does, in one line. */
import { field, listAt, textAt } from '../../core/json.ts';

const DESCRIBED_BY = [
  'cmd',
  'command',
  'query',
  'path',
  'file_path',
  'task_name',
  'message',
  'url',
  'explanation',
] as const;

export function describeCall(name: string, input: unknown): string | undefined {
  if (name.endsWith('apply_patch')) return undefined; // The edits say it better.
  for (const key of DESCRIBED_BY) {
    const value = field(input, key);
    const text = Array.isArray(value) ? commandLine(value) : textAt(input, key);
    const line = text?.split('\n')[0]?.trim();
    if (line) return line;
  }
  return undefined;
}

/** What a shell was asked to run. */
export function scriptIn(input: unknown): string | undefined {
  const command = field(input, 'command') ?? field(input, 'cmd');
  if (Array.isArray(command)) return commandLine(command);
  return typeof command === 'string' ? command : undefined;
}

/** A command as a person would type it: what a shell was asked to run, or the words. */
function commandLine(words: readonly unknown[]): string {
  const texts = words.filter((word): word is string => typeof word === 'string');
  const [shell = '', flag = '', script] = texts;
  const isShell = /(?:^|[/\\])(?:ba|z|da)?sh$|powershell|pwsh|cmd(?:\.exe)?$/i.test(shell) && /^[-/]/.test(flag);
  return isShell && script !== undefined ? (texts.at(-1) ?? '') : texts.join(' ');
}

/** The command of a `CommandExecution` item or `exec_command_end`. */
export function commandOf(source: unknown): string {
  return commandLine(listAt(source, 'command'));
}
