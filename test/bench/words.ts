/** Words, code and times for generated sessions. */
import type { Random } from './random.ts';

export const WORDS =
  `the a of to and in is it for with on that this be as are not we use can from by or an at if will have file
function return value test error store event frame read write line byte source cursor batch commit queue retry buffer
parse format render session agent model token prompt message answer result tool call shell path folder index table key
const let import export async await class interface type string number boolean undefined null true false map set list
when then because should would could first last next before after during while until every each some any all none one
two three check build run fix add remove change move rename update create delete open close start stop wait poll sync
config option default setting value name title note text code block list item row column page view screen window`.split(
    /\s+/,
  );

export function sentence(random: Random, words: number): string {
  const text = Array.from({ length: words }, () => random.pick(WORDS)).join(' ');
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

export function paragraph(random: Random, sentences: number): string {
  return Array.from({ length: sentences }, () => sentence(random, 6 + random.below(12))).join(' ');
}

export function codeLines(random: Random, lines: number): string {
  return Array.from({ length: lines }, (_, index) => codeLine(random, index)).join('\n');
}

function codeLine(random: Random, index: number): string {
  const word = () => random.pick(WORDS);
  return `${' '.repeat(2 * random.below(4))}${word()} ${word()} = ${word()}(${word()}, ${random.below(1000)}); // ${index}`;
}

/** Lines of a tool's output as they occur: most are short, a few are long. */
export function resultLines(random: Random): number {
  const die = random.next();
  return die < 0.6 ? 1 + random.below(15) : die < 0.95 ? 20 + random.below(120) : 300 + random.below(600);
}

/** Times that go forward by up to some seconds. */
export function* clock(start: Date, random: Random): Generator<string, never> {
  let now = start.getTime();
  for (;;) {
    now += 200 + random.below(9_000);
    yield new Date(now).toISOString();
  }
}
