/** Pieces of Markdown that kato itself writes around a transcript's text. */
import type { Attachment, Edit } from '../../core/event.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';

/** Text in a code fence that is longer than any run of its character inside. */
function fence(text: string, language = ''): string {
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${marks}`;
}

/** Every line of the text quoted. */
export function quote(text: string): string {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n');
}

/** One line of foreign text inside kato's own markup: nothing in it can end a line, or become markup. */
export function inline(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  return line.replace(/[\\`*_[\]<>&|]|^#/g, '\\$&');
}

/** Foreign text as inline code. */
export function code(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return line === '' ? '' : `${marks}${pad}${line}${pad}${marks}`;
}

export function attachmentLine({ mediaType, bytes, name }: Attachment): string {
  const kind = mediaType.startsWith('image/') ? 'image' : 'file';
  return `[${kind}: ${name === undefined ? mediaType : inline(name)}, ${size(bytes)}]`;
}

/** A size for people: `120 kB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${units[unit]}`;
}

/** A changed file with its diff: what was done to it, or, where nothing says that it was, what was asked for. */
export function editBlock({ path, change, to, diff }: Edit, isDone: boolean): string {
  const title = `${CHANGES[change][isDone ? 1 : 0]} ${code(path)}${to === undefined ? '' : ` → ${code(to)}`}`;
  return diff === undefined ? title : `${title}\n\n${fence(diff, 'diff')}`;
}

const CHANGES: Readonly<Record<Edit['change'], readonly [asked: string, done: string]>> = {
  create: ['Create', 'Created'],
  update: ['Change', 'Changed'],
  delete: ['Delete', 'Deleted'],
  move: ['Move', 'Moved'],
};

/** A tool's input: a command line as such, anything else as JSON; nothing when the description says it all. */
export function inputBlock(input: JsonValue, description: string | undefined): string {
  if (typeof input === 'string') return input === '' ? '' : fence(input);
  const { command, rest = {} } = shellCommand(input);
  if (command !== undefined) {
    const others = Object.keys(rest).length === 0 ? '' : `\n\n${fence(JSON.stringify(rest, null, 2), 'json')}`;
    return fence(command, 'sh') + others;
  }
  if (isSaidBy(input, description)) return '';
  const isEmpty = input === null || (typeof input === 'object' && Object.keys(input).length === 0);
  return isEmpty ? '' : fence(JSON.stringify(input, null, 2), 'json');
}

/** Whether an input is one value, and the description is that value. */
function isSaidBy(input: JsonValue, description: string | undefined): boolean {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false;
  const values = Object.values(input);
  return values.length === 1 && description !== undefined && values[0] === description;
}

/** The command of an input that holds one, and what else of it is worth showing. */
function shellCommand(input: JsonValue): { readonly command?: string; readonly rest?: JsonObject } {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return {};
  const { command, cmd, ...others } = input as { readonly [key: string]: JsonValue | undefined };
  const text = commandText(command ?? cmd);
  if (text === undefined) return {};
  const { description: _, dir_path: __, timeout: ___, ...rest } = others;
  return { command: text, rest: rest as JsonObject };
}

/** Whether a description says nothing but the command that stands below it, or its beginning. */
export function repeatsCommand(input: JsonValue, description: string): boolean {
  const squeeze = (text: string) => text.replace(/\s+/g, ' ').trim();
  const { command } = shellCommand(input);
  return command !== undefined && squeeze(command).startsWith(squeeze(description).replace(/…$/, ''));
}

/** A command as a shell takes it: of a script that a shell was given, the script. */
function commandText(command: JsonValue | undefined): string | undefined {
  if (typeof command === 'string') return command;
  if (!Array.isArray(command) || !command.every((part): part is string => typeof part === 'string')) return undefined;
  const [shell = '', flag = '', script, ...others] = command;
  const isScript = /(?:^|\/)(?:ba|z|da|k)?sh$/.test(shell) && /^-[a-z]*c$/.test(flag) && others.length === 0;
  return isScript && script !== undefined ? script : command.map(quotedWord).join(' ');
}

/** A word as a POSIX shell reads it back. */
function quotedWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A result's text, whole, or shortened with a line that says by how much. */
export function resultBlock(text: string, mostLines: number): string {
  if (text === '') return '';
  const lines = text.replace(/\n$/, '').split('\n');
  if (mostLines === 0 || lines.length <= mostLines) return fence(text);
  const left = lines.length - mostLines;
  return `${fence(lines.slice(0, mostLines).join('\n'))}\n\n*${left} more ${left === 1 ? 'line' : 'lines'} left out*`;
}
