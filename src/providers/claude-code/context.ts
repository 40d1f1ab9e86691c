/**
 * What an editor, or the harness, puts around a person's words: blocks in tags, before the words or after them.
 *
 * What such a block quotes (a selection, a file) is not the person's either, whatever tags it may hold: a closing tag
 * inside a quotation must not turn the rest of it into something that a person typed. So where opening and closing tags
 * do not pair up, everything between the outermost ones counts as context.
 */

export interface Context {
  readonly tag: string;
  readonly text: string;
}

const TAGS = ['system-reminder', 'ide_opened_file', 'ide_selection', 'ide_diagnostics'] as const;

/** No person sends more of them. */
const MOST_BLOCKS = 64;

interface Uncovered {
  /** What the person wrote, as written; empty when there is nothing else than context. */
  readonly words: string;
  readonly context: readonly Context[];
}

/** The words without the blocks around them. */
export function uncover(raw: string): Uncovered {
  const before: Context[] = [];
  const after: Context[] = [];
  let text = raw;
  const more = () => before.length + after.length < MOST_BLOCKS;
  for (let block = leading(text); block; block = more() ? leading(text) : undefined) {
    before.push({ tag: block.tag, text: text.slice(0, block.at).trim() });
    text = text.slice(block.at);
  }
  for (let block = trailing(text); block; block = more() ? trailing(text) : undefined) {
    after.unshift({ tag: block.tag, text: text.slice(block.at).trim() });
    text = text.slice(0, block.at);
  }
  if (before.length + after.length === MOST_BLOCKS) return { words: '', context: [{ tag: 'context', text: raw }] };
  if (before.length + after.length === 0) return { words: raw, context: [] };
  if (before.length > 0) text = withoutLeadingBlankLines(text);
  if (after.length > 0) text = text.trimEnd();
  return { words: text.trim() === '' ? '' : text, context: [...before, ...after] };
}

interface Cut {
  readonly tag: string;
  readonly at: number;
}

/** Where the block that the text begins with ends: behind the last closing tag before another opening one. */
function leading(text: string): Cut | undefined {
  const start = text.search(/\S/);
  const tag = TAGS.find((candidate) => text.startsWith(`<${candidate}>`, start));
  if (tag === undefined) return undefined;
  const close = `</${tag}>`;
  const first = text.indexOf(close, start);
  if (first < 0) return undefined;
  const next = text.indexOf(`<${tag}>`, first);
  return { tag, at: text.lastIndexOf(close, next < 0 ? text.length : next) + close.length };
}

/** Where the block that the text ends with begins: at the first opening tag behind another closing one. */
function trailing(text: string): Cut | undefined {
  const trimmed = text.trimEnd();
  const tag = TAGS.find((candidate) => trimmed.endsWith(`</${candidate}>`));
  if (tag === undefined) return undefined;
  const last = trimmed.lastIndexOf(`<${tag}>`);
  if (last < 0) return undefined;
  const previous = last === 0 ? -1 : trimmed.lastIndexOf(`</${tag}>`, last - 1);
  return { tag, at: trimmed.indexOf(`<${tag}>`, Math.max(previous, 0)) };
}

function withoutLeadingBlankLines(text: string): string {
  const start = text.search(/\S/);
  if (start < 0) return '';
  const line = text.lastIndexOf('\n', start);
  return line < 0 ? text : text.slice(line + 1);
}
