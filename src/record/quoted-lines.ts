/**
 * The lines of a message that are quoted as code: lines → numbers. Pure.
 *
 * CommonMark (https://spec.commonmark.org/0.31.2/) says what is code:
 *
 * - List items and quotes hold blocks, and each other. A line goes on in an item if it is indented as far as the item's
 *   text, in a quote if `>` begins it; a paragraph goes on without either.
 * - A fence stands at most three columns into what holds it. It is closed by at least as many of its character and nothing
 *   else, also at most three columns in, or by the end of what holds it. A tab reaches to the next column that four divides.
 * - Inline code reaches from a run of backticks to the next one as long in the same paragraph, over any number of lines.
 *
 * Whatever this finds is quoted. As people indent carelessly, so is what stands between the next fence and one that is none
 * by its columns, or whose list item has ended without closing it. HTML is taken for text.
 */

/** The numbers of those lines that begin in a fenced block, or in inline code. */
export function quotedLines(lines: readonly string[]): ReadonlySet<number> {
  const reader = new BlockReader();
  for (const [index, line] of lines.entries()) reader.read(index, expandTabs(line));
  reader.endParagraph();
  const quoted = new Set(reader.fenced);
  for (const paragraph of reader.paragraphs) for (const index of insideCode(lines, paragraph)) quoted.add(index);
  return quoted;
}

/** What holds blocks: `item` with the columns by which its lines are indented; it ends at a blank line while it is empty. */
type Container = { readonly kind: 'quote' } | { readonly kind: 'item'; readonly columns: number; isEmpty: boolean };

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3}(?:[-+*]|(\d{1,9})[.)]))(?:( +)(.*)|)$/s;
const HEADING = /^ {0,3}#{1,6}(?: |$)/;
const BREAK = /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/;
const UNDERLINE = /^ {0,3}(?:=+|-+) *$/;
const BLANK = /^ *$/;
/** So far in, it is code, unless a paragraph goes on. */
const INDENT = '    ';
/** A fence to the eye: in whatever column, behind whatever numbers. */
const NEARLY_FENCE = /^ *(?:(?:[-+*]|\d+[.)]) +)*(`{3,}(?=[^`]*$)|~{3,})/;
/** Deeper than anybody writes: what is nested further is text. */
const DEEPEST = 50;

class BlockReader {
  readonly fenced: number[] = [];
  /** The lines of each paragraph. */
  readonly paragraphs: number[][] = [];
  #containers: readonly Container[] = [];
  #paragraph: number[] = [];
  /** The fence that is open in the innermost container. */
  #fence: string | undefined;
  /** A fence that CommonMark does not see, or sees ended, and the lines behind it. */
  #doubtful: { readonly fence: string; readonly lines: number[] } | undefined;

  read(index: number, line: string): void {
    const { held, rest } = this.#enter(line);
    const isInside = held === this.#containers.length;
    if (this.#fence !== undefined && isInside) {
      this.fenced.push(index);
      if (closes(rest, this.#fence, 3)) this.#fence = undefined;
      return;
    }
    if (this.#fence !== undefined) this.#leaveFence(this.#fence);
    this.#begin(index, rest, held);
    this.#doubt(index, line);
  }

  endParagraph(): void {
    if (this.#paragraph.length > 0) this.paragraphs.push(this.#paragraph);
    this.#paragraph = [];
  }

  /** How many of the containers that are open go on in a line, and what it says in them. */
  #enter(line: string): { held: number; rest: string } {
    let rest = line;
    for (const [held, container] of this.#containers.entries()) {
      const columns = columnsOf(container, rest);
      if (columns === undefined) return { held, rest };
      rest = rest.slice(columns);
    }
    return { held: this.#containers.length, rest };
  }

  /** What begins with a line, or the paragraph that goes on in it: lazily, where not all that is open holds the line. */
  #begin(index: number, line: string, held: number): void {
    const isLazy = held < this.#containers.length;
    const isOpen = this.#paragraph.length > 0;
    const { begun, rest } = beginContainers(line, DEEPEST - held, isOpen && !isLazy);
    const mayGoOn = isOpen && begun.length === 0;
    const isProse = isText(rest) && !(mayGoOn && !isLazy && UNDERLINE.test(rest));
    this.#fence = FENCE.exec(rest)?.[1];
    if (!mayGoOn || !isProse) {
      this.endParagraph();
      this.#containers = [...this.#containers.slice(0, held), ...begun];
    }
    if (isProse && (mayGoOn || !rest.startsWith(INDENT))) this.#paragraph.push(index);
  }

  /** A quote ends where its marks end, and often in the middle of a block; an item may only be indented badly. */
  #leaveFence(fence: string): void {
    if (!this.#containers.some(({ kind }) => kind === 'quote')) this.#doubtful = { fence, lines: [] };
    this.#fence = undefined;
  }

  #doubt(index: number, line: string): void {
    const [, fence] = NEARLY_FENCE.exec(line) ?? [];
    if (this.#doubtful === undefined) {
      if (fence !== undefined && this.#fence === undefined) this.#doubtful = { fence, lines: [] };
    } else if (this.#fence !== undefined || closes(line, this.#doubtful.fence)) {
      for (const doubtful of this.#doubtful.lines) this.fenced.push(doubtful);
      this.#doubtful = undefined;
    } else this.#doubtful.lines.push(index);
  }
}

function isText(rest: string): boolean {
  return !BLANK.test(rest) && !FENCE.test(rest) && !HEADING.test(rest) && !BREAK.test(rest);
}

/** The columns of a line that belong to a container; absent when the line is not in it. */
function columnsOf(container: Container, rest: string): number | undefined {
  if (container.kind === 'quote') return QUOTE.exec(rest)?.[0].length;
  if (BLANK.test(rest)) return container.isEmpty ? undefined : rest.length;
  if (rest.search(/[^ ]/) < container.columns) return undefined;
  container.isEmpty = false;
  return container.columns;
}

/** The containers that a line begins with, at most so many, and what it says in them. */
function beginContainers(line: string, most: number, isInParagraph: boolean) {
  const begun: Container[] = [];
  let rest = line;
  while (begun.length < most) {
    const next = beginContainer(rest, isInParagraph && begun.length === 0);
    if (next === undefined) break;
    begun.push(next.container);
    rest = rest.slice(next.columns);
  }
  return { begun, rest };
}

/** In a paragraph, only an item with words begins, numbered 1 if at all. */
function beginContainer(
  rest: string,
  isInParagraph: boolean,
): { readonly container: Container; readonly columns: number } | undefined {
  const [quote] = QUOTE.exec(rest) ?? [];
  if (quote !== undefined) return { container: { kind: 'quote' }, columns: quote.length };
  const [all, mark = '', number = '1', spaces = '', words = ''] = ITEM.exec(rest) ?? [];
  if (all === undefined || BREAK.test(rest)) return undefined;
  if (isInParagraph && (words === '' || Number(number) !== 1)) return undefined;
  const columns = mark.length + (words === '' || spaces.length > INDENT.length ? 1 : spaces.length);
  return { container: { kind: 'item', columns, isEmpty: words === '' }, columns };
}

/** A fence is closed by at least as many of its character and nothing else, at most so far in. */
function closes(line: string, fence: string, most = Number.POSITIVE_INFINITY): boolean {
  const text = line.trim();
  return line.search(/[^ ]/) <= most && text.length >= fence.length && text === (fence[0] ?? '').repeat(text.length);
}

function expandTabs(line: string): string {
  if (!line.includes('\t')) return line;
  let expanded = '';
  for (const [index, part] of line.split('\t').entries()) {
    if (index > 0) expanded += ' '.repeat(4 - (expanded.length % 4));
    expanded += part;
  }
  return expanded;
}

/** Lines of a paragraph whose beginning is inside a code span: it began on a line before. */
function insideCode(lines: readonly string[], paragraph: readonly number[]): readonly number[] {
  const runs = paragraph.flatMap((index) => runsOf(lines[index] ?? '').map((run) => ({ ...run, index })));
  const closing = nextThatCloses(runs);
  const inside: number[] = [];
  for (let open = 0; open < runs.length; open++) {
    const close = closing[open];
    const [from, to] = [runs[open]?.index, close === undefined ? undefined : runs[close]?.index];
    if (close === undefined || from === undefined || to === undefined) continue;
    for (let index = from + 1; index <= to; index++) inside.push(index);
    open = close;
  }
  return inside;
}

interface Run {
  /** Backticks that can open a span: one behind a stroke cannot. */
  readonly opening: number;
  /** Backticks that can close one: in code a stroke is a stroke. */
  readonly closing: number;
}

/** In a command's line, backticks around a piece are its quotes, and have no part in what stands around the line. */
const OWN_QUOTES = /(?<=[ \t]@?|[ \t]id:@?|[ \t]dest:@?)`[^`]*`(?=[ \t]|$)/gi;

function runsOf(line: string): readonly Run[] {
  const said = /^ {0,3}::/.test(line) ? line.replace(OWN_QUOTES, '') : line;
  return [...said.matchAll(/(\\*)(`+)/g)].map(([, strokes = '', { length } = '']) => ({
    opening: length - (strokes.length % 2),
    closing: length,
  }));
}

/** For each run of backticks, the next one of its length: only that one can close what it opens. */
function nextThatCloses(runs: readonly Run[]): readonly (number | undefined)[] {
  const latest = new Map<number, number>();
  const found: (number | undefined)[] = [];
  for (const [index, { opening, closing }] of [...runs.entries()].reverse()) {
    found[index] = latest.get(opening);
    latest.set(closing, index);
  }
  return found;
}
