/**
 * The lines in a typed message that steer kato: text → commands. Pure.
 *
 *     ::record [dest] [options]
 *
 * A command is a line of its own: at most three spaces, `::`, a verb. What stands in a fenced block, in inline code, or
 * behind `>` is quoted, not said. A word that is nearly a verb, or a verb with arguments that
 * make no sense, is an error that somebody must hear of; any other `::word` is prose.
 */
import { commandVerbs } from '../core/command-line.ts';
import type { Payload } from '../core/event.ts';
import { nearest } from '../core/nearest.ts';
import { type CommandOptions, parseArguments } from './command-arguments.ts';
import { quotedLines } from './quoted-lines.ts';

export type Verb = 'init' | 'record' | 'capture' | 'export' | 'stop';

/** What a command asks for. `dest` is as the user wrote it, unwrapped; absent when none is given. */
export type Command =
  | { readonly verb: 'init'; readonly dest?: string }
  | { readonly verb: 'record' | 'capture'; readonly dest?: string; readonly options: CommandOptions }
  | { readonly verb: 'export'; readonly dest: string; readonly options: CommandOptions }
  | { readonly verb: 'stop'; readonly target?: StopTarget };

/** Which recordings `::stop` means: by id prefix, by destination, or, for a bare word, by both readings. */
export interface StopTarget {
  readonly by: 'id' | 'dest' | 'either';
  readonly text: string;
}

export type ChatCommand = {
  /** The number of the line in the message; the first is 0. */
  readonly line: number;
  /** The line as it stands, without white space around it. */
  readonly text: string;
  /** The word behind the colons, and what follows it. */
  readonly word: string;
  readonly rest: string;
} & ({ readonly command: Command } | { readonly error: string });

export interface CommandSyntax {
  /** A word of the user's own that must stand between `::` and the verb; empty for none. */
  readonly prefix: string;
}

/** The commands of a message, in order. */
export function parseCommands(text: string, { prefix }: CommandSyntax = { prefix: '' }): readonly ChatCommand[] {
  if (!text.includes('::')) return [];
  const lines = splitLines(text);
  const quoted = quotedLines(lines);
  return lines.flatMap((line, index): ChatCommand[] => {
    const said = quoted.has(index) ? undefined : words(line, prefix);
    if (said === undefined) return [];
    const parsed = parseLine(said.word, said.rest);
    return parsed === undefined
      ? []
      : [{ line: index, text: line.trim(), word: said.word, rest: said.rest.trim(), ...parsed }];
  });
}

/** The lines of a message, without their ends: `\n`, `\r\n` or `\r`. */
function splitLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/);
}

/** The lines of a text from one number up to another; absent: to the end. Line ends inside stay as they are. */
export function cutLines(text: string, from: number, until?: number): string {
  const parts = text.split(/(\r\n|\n|\r)/);
  const end = until === undefined ? parts.length : Math.max(0, until * 2 - 1);
  return parts.slice(from * 2, end).join('');
}

const LINE = /^ {0,3}::([^ \t]+)(.*)$/s;

/** The word behind `::`, and what follows it; absent for a line that begins otherwise. */
function words(line: string, prefix: string): { readonly word: string; readonly rest: string } | undefined {
  const [, word = '', rest = ''] = LINE.exec(line) ?? [];
  if (word === '') return undefined;
  if (prefix === '') return { word, rest };
  if (word.toLowerCase() !== prefix.toLowerCase()) return undefined;
  const [, verb = '', behind = ''] = /^[ \t]+([^ \t]+)(.*)$/s.exec(rest) ?? [];
  return { word: verb, rest: behind };
}

/** A verb is letters; what else begins with `::` is not addressed to us. */
const WORD = /^\p{L}[\p{L}\p{N}_-]*/u;
const LEAST_MISSPELT = 4;
/** Short words of prose and of code are soon two edits from a verb: `::part`, `::stub`. */
const SHORT = 5;

function parseLine(word: string, rest: string): { command: Command } | { error: string } | undefined {
  const [name = ''] = WORD.exec(word) ?? [];
  const verb = commandVerbs.find((known) => known === name.toLowerCase());
  if (verb === undefined) {
    const isTried = name.length >= LEAST_MISSPELT && name === word;
    const close = isTried ? nearest(name, commandVerbs, name.length > SHORT ? 2 : 1) : undefined;
    return close === undefined ? undefined : { error: `unknown command ::${name}; did you mean ::${close}?` };
  }
  if (name !== word) return { error: `a space must follow ::${verb}` };
  const parsed = parseArguments(rest);
  if ('error' in parsed) return { error: `::${verb}: ${parsed.error}` };
  const built = build(verb === 'start' ? 'record' : verb, parsed.places, parsed.options);
  return 'error' in built ? { error: `::${verb}: ${built.error}` } : built;
}

function build(
  verb: Verb,
  places: readonly string[],
  options: CommandOptions,
): { command: Command } | { error: string } {
  if (places.length > 1) return { error: 'more than one path; put quotes around a path with spaces' };
  const [place] = places;
  if (verb === 'init' || verb === 'stop') {
    if (Object.keys(options).length > 0) return { error: 'it takes no options' };
    if (verb === 'stop') return { command: { verb, ...(place !== undefined && { target: stopTarget(place) }) } };
    return { command: { verb, ...(place !== undefined && { dest: place }) } };
  }
  if (verb === 'export') {
    return place === undefined ? { error: 'it needs a destination' } : { command: { verb, dest: place, options } };
  }
  if (verb === 'record' && options.last !== undefined) return { error: 'last: is for capture and export' };
  return { command: { verb, ...(place !== undefined && { dest: place }), options } };
}

function stopTarget(text: string): StopTarget {
  const [, kind, rest] = /^(id|dest):(.+)$/is.exec(text) ?? [];
  if (kind === undefined || rest === undefined) return { by: 'either', text };
  return { by: kind.toLowerCase() === 'id' ? 'id' : 'dest', text: rest };
}

/** The commands of a message as events say them. */
export function commandPayloads(text: string, syntax: CommandSyntax): readonly CommandPayload[] {
  return parseCommands(text, syntax).map((said) => ({
    line: said.text,
    number: said.line,
    ...('command' in said ? { verb: said.command.verb } : { error: said.error }),
    ...('command' in said && said.rest !== '' && { arguments: said.rest }),
  }));
}

export type CommandPayload = Omit<Payload<'user.kato-command'>, 'message'>;
