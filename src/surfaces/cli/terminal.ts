/** What a terminal may be shown, and how wide it is. */

/** Control characters that could move, hide, recolour or reorder what a terminal shows. Newline and tab are text. */
const CONTROL = /(?![\n\t])\p{Cc}|[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu;

/** Text from elsewhere as a terminal may show it: every control character made visible. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** JSON in which such characters are escaped: the same data, and harmless. */
export function visibleJson(json: string): string {
  return json.replace(CONTROL, (character) =>
    Array.from({ length: character.length }, (_, index) => {
      const code = character.charCodeAt(index);
      return `\\u${code.toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/** Text from elsewhere on one line of a terminal. */
export function visibleLine(text: string): string {
  return visible(text.replace(/\s+/gu, ' ').trim());
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

let segmenter: Intl.Segmenter | undefined;

/** What a reader sees as one character each. The segmenter is slow to make, and most texts need none. */
function segmentsOf(text: string): Iterable<Intl.SegmentData> {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

/** Columns that a text takes. */
export function displayWidth(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmentsOf(text)) width += segmentWidth(segment);
  return width;
}

function segmentWidth(segment: string): number {
  if (WIDE.test(segment) || /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f/u.test(segment)) return 2;
  return /^[\p{M}\u200b-\u200d]+$/u.test(segment) ? 0 : 1;
}

/** The text cut to a number of columns, with `…` where something is missing. */
export function cut(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let width = 0;
  let kept = '';
  for (const { segment } of segmentsOf(text)) {
    const next = segmentWidth(segment);
    if (width + next > columns - 1) break;
    kept += segment;
    width += next;
  }
  return columns <= 0 ? '' : `${kept}…`;
}

export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/** Lines broken between words, where a terminal would break them anywhere; what follows keeps a line's indent, and more. */
export function wrap(text: string, columns: number, more = 0): string {
  return text
    .split('\n')
    .flatMap((line) => wrapLine(line, columns, more))
    .join('\n');
}

function wrapLine(line: string, columns: number, more: number): string[] {
  if (displayWidth(line) <= columns) return [line];
  const [indent = ''] = /^ */.exec(line) ?? [];
  const hanging = ' '.repeat(Math.min(indent.length + more, Math.floor(columns / 2)));
  const lines: string[] = [];
  let current = indent;
  let isEmpty = true;
  for (const word of wordsOf(line.trimStart(), columns - hanging.length)) {
    const longer = isEmpty ? current + word : `${current} ${word}`;
    if (isEmpty || displayWidth(longer) <= columns) current = longer;
    else {
      lines.push(current);
      current = hanging + word;
    }
    isEmpty = false;
  }
  return [...lines, current];
}

/** What is quoted in backticks is one word, where it fits on a line of its own: it is there to be copied. */
function wordsOf(text: string, columns: number): string[] {
  const words: string[] = [];
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    const open = words.findLastIndex((one) => one.split('`').length % 2 === 0);
    const quoted = words.slice(Math.max(open, 0)).concat(word).join(' ');
    const isWhole = open >= 0 && quoted.split('`').length % 2 === 1 && displayWidth(quoted) <= columns;
    if (isWhole) words.splice(open, words.length, quoted);
    else words.push(word);
  }
  return words;
}

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const plain = (text: string) => text;

/** Colours where they are wanted; meaning is never in the colour alone. */
export function styleFor(isColoured: boolean): Style {
  if (!isColoured) return { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };
  const wrap = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`;
  return { bold: wrap(1, 22), dim: wrap(2, 22), red: wrap(31, 39), green: wrap(32, 39), yellow: wrap(33, 39) };
}
