/**
 * What a text opens in Markdown and does not close: a code fence, or one of the blocks of HTML that go on until their own
 * end is met. Left open, it would swallow everything behind the message, and no reader would see that anybody spoke.
 * CommonMark 0.31, sections 4.5 and 4.6.
 */

/** How such a block begins at the start of a line, and what ends it. */
const HTML_BLOCKS: readonly (readonly [begins: RegExp, end: (name: string) => string])[] = [
  [/^ {0,3}<(script|pre|style|textarea)(?=[\s>]|$)/i, (name) => `</${name.toLowerCase()}>`],
  [/^ {0,3}<!--/, () => '-->'],
  [/^ {0,3}<\?/, () => '?>'],
  [/^ {0,3}<!\[CDATA\[/, () => ']]>'],
  [/^ {0,3}<![a-z]/i, () => '>'],
];

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;

/** The text, with a last line that closes what it leaves open. */
export function closed(text: string): string {
  if (!/^ {0,3}(?:`{3}|~{3}|<)/m.test(text)) return text;
  const end = openEnd(text.split(/\r\n|\n|\r/));
  return end === undefined ? text : `${text}${/[\r\n]$/.test(text) ? '' : '\n'}${end}`;
}

function openEnd(lines: readonly string[]): string | undefined {
  let fence: string | undefined;
  let html: string | undefined;
  for (const line of lines) {
    if (fence !== undefined) {
      if (closesFence(line, fence)) fence = undefined;
    } else if (html !== undefined) {
      if (line.toLowerCase().includes(html)) html = undefined;
    } else {
      fence = FENCE.exec(line)?.[1];
      html = fence === undefined ? htmlEnd(line) : undefined;
    }
  }
  return fence ?? html;
}

function closesFence(line: string, fence: string): boolean {
  const [, marks = ''] = /^ {0,3}(`+|~+)[ \t]*$/.exec(line) ?? [];
  return marks.length >= fence.length && marks[0] === fence[0];
}

/** What ends the block that the line begins; absent when it begins none, or ends it itself. */
function htmlEnd(line: string): string | undefined {
  for (const [begins, endOf] of HTML_BLOCKS) {
    const [begun, name = ''] = begins.exec(line) ?? [];
    if (begun === undefined) continue;
    const end = endOf(name);
    return line.slice(begun.length).toLowerCase().includes(end) ? undefined : end;
  }
  return undefined;
}
