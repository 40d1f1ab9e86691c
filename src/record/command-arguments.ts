/** What stands behind the verb of a chat command: paths and options, in any order. Pure. */
import type { Preset } from './formats/format.ts';
import { presetNames } from './formats/presets.ts';
import { type ViewSwitch, viewSwitches } from './view.ts';

/** What a command says of how it wants to be written. What is not said is absent. */
export interface CommandOptions {
  readonly preset?: Preset;
  /** `+name` is true, `-name` is false. */
  readonly switches?: Readonly<Partial<Record<ViewSwitch, boolean>>>;
  /** Only so many turns from the end. */
  readonly last?: number;
  /** Replace what the file holds; a backup is kept beside it. */
  readonly overwrite?: boolean;
}

export type Arguments =
  | { readonly places: readonly string[]; readonly options: CommandOptions }
  | { readonly error: string };

export function parseArguments(text: string): Arguments {
  const places: string[] = [];
  let options: CommandOptions = {};
  const pieces = pieceTogether(text);
  if ('error' in pieces) return pieces;
  for (const piece of pieces.pieces) {
    if (piece.isPlace || !isOption(piece.text)) {
      const place = piece.isPlace ? piece.text : unwrap(piece.text);
      if (place === '') return { error: 'an empty path' };
      if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) return { error: 'a path is needed, not an address' };
      places.push(place);
      continue;
    }
    const option = parseOption(piece.text);
    if ('error' in option) return option;
    options = { ...options, ...option, ...mergedSwitches(options, option) };
  }
  return { places, options };
}

function mergedSwitches(before: CommandOptions, after: CommandOptions): Pick<CommandOptions, 'switches'> {
  const switches = { ...before.switches, ...after.switches };
  return Object.keys(switches).length > 0 ? { switches } : {};
}

/** `+name`, `-name`, `preset:name`, `last:N`. A path that looks like one stands in quotes. */
function isOption(text: string): boolean {
  return /^[+-][\p{L}-]+$/u.test(text) || /^(?:preset|last):/i.test(text);
}

/** A conversation that goes on beside another one, live, has no place in it. */
const SUBAGENTS = 'a recording has a line for each sub-agent; `kato export SESSION --with subagents` has them whole';

function parseOption(text: string): CommandOptions | { readonly error: string } {
  const [, key = '', value = ''] = /^(preset|last):(.*)$/is.exec(text) ?? [];
  if (key.toLowerCase() === 'preset') {
    const preset = presetNames.find((name) => name === value.toLowerCase());
    return preset === undefined ? { error: `no preset ${value}; presets: ${presetNames.join(', ')}` } : { preset };
  }
  if (key !== '') {
    const last = /^[1-9][0-9]{0,8}$/.test(value) ? Number(value) : undefined;
    return last === undefined ? { error: 'last: needs a number of turns' } : { last };
  }
  const name = text.slice(1).toLowerCase();
  const isOn = text.startsWith('+');
  if (name === 'overwrite') return { overwrite: isOn };
  if (name === 'subagents') return { error: SUBAGENTS };
  const known = viewSwitches.find((one) => one === name);
  return known === undefined
    ? { error: `no option ${text}; options: ${['overwrite', ...viewSwitches].map((one) => `+${one}`).join(' ')}` }
    : { switches: { [known]: isOn } };
}

interface Piece {
  readonly text: string;
  /** True for what was in quotes or a link: it is a path, whatever it looks like. */
  readonly isPlace: boolean;
}

/** In order of trial: a link, text in quotes or backticks (an agent's `@` may stand before it), a word. */
const PIECE =
  /[ \t]+|\[[^\]]*\]\((<[^<>]*>|[^()]*(?:\([^()]*\)[^()]*)*)\)(?=[ \t]|$)|@?(?:"([^"]*)"|'([^']*)'|`([^`]*)`)(?=[ \t]|$)|((?:id:|dest:)(?:"[^"]*"|'[^']*'|`[^`]*`)(?=[ \t]|$)|(?:\\[ \t]|[^ \t])+)/iy;

function pieceTogether(text: string): { readonly pieces: readonly Piece[] } | { readonly error: string } {
  const pieces: Piece[] = [];
  PIECE.lastIndex = 0;
  for (let at = 0; at < text.length; at = PIECE.lastIndex) {
    const [all, link, double, single, code, word] = PIECE.exec(text) ?? [];
    if (all === undefined) return { error: 'cannot make sense of the line' };
    const quoted = double ?? single ?? code;
    if (link !== undefined) pieces.push({ text: linkTarget(link), isPlace: true });
    else if (quoted !== undefined) pieces.push({ text: quoted.trim(), isPlace: true });
    else if (word !== undefined) {
      if (/^@?["'`]/.test(word)) return { error: 'a quote is not closed' };
      pieces.push({ text: word, isPlace: false });
    }
  }
  return { pieces };
}

/** The target of a Markdown link is an address: `%20` in it is a space. */
function linkTarget(text: string): string {
  const target = text
    .trim()
    .replace(/^<(.*)>$/s, '$1')
    .replace(/[ \t]+(?:"[^"]*"|'[^']*')$/, '');
  try {
    return decodeURIComponent(target);
  } catch {
    return target; // A `%` that stands for itself.
  }
}

/** A word as a path: without the `@` of a mention, with spaces that were escaped. */
function unwrap(word: string): string {
  const [, kind = '', rest = word] = /^(id:|dest:)(.*)$/is.exec(word) ?? [];
  const plain = rest.replace(/^@/, '').replace(/\\([ \t])/g, '$1');
  return kind + plain.replace(/^(["'`])(.*)\1$/s, '$2');
}
