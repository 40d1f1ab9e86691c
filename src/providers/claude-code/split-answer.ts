/** A given answer taken apart: labels that were offered, and words that were not. */

interface SplitAnswer {
  readonly selections: readonly string[];
  readonly freeText?: string;
}

/** Longer answers are own words: labels are short. */
const LONGEST = 4096;

/**
 * With several to choose from, labels are joined by `, `; one that holds a comma itself stands in quotes (2.1.329), or
 * not (before). The longest label that fits is taken first. Whatever is left over was typed.
 */
export function splitAnswer(answer: string, isLabel: (text: string) => boolean, isMulti: boolean): SplitAnswer {
  if (answer === '') return { selections: [] };
  const whole = labelIn(answer, isLabel);
  if (whole !== undefined) return { selections: [whole] };
  if (!isMulti || answer.length > LONGEST) return { selections: [], freeText: answer };
  const selections: string[] = [];
  let rest = answer;
  for (let next = firstLabel(rest, isLabel); next; next = firstLabel(rest, isLabel)) {
    selections.push(next.label);
    rest = rest.slice(next.length).replace(/^, /, '');
  }
  return rest === '' ? { selections } : { selections, freeText: rest };
}

function firstLabel(text: string, isLabel: (text: string) => boolean): { label: string; length: number } | undefined {
  const ends = [...text.matchAll(/, /g)].map(({ index }) => index);
  for (const end of [text.length, ...ends.reverse()]) {
    const label = end === 0 ? undefined : labelIn(text.slice(0, end), isLabel);
    if (label !== undefined) return { label, length: end };
  }
  return undefined;
}

function labelIn(text: string, isLabel: (text: string) => boolean): string | undefined {
  if (isLabel(text)) return text;
  const inner = text.length > 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : undefined;
  return inner !== undefined && isLabel(inner) ? inner : undefined;
}
