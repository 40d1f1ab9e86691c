/**
 * Remembering the latest results of a function of a text.
 *
 * One result a slot, found by a few of the text's characters: a miss costs a comparison. A map would be exact, but V8
 * enters every text that is looked up in a map into the table of all strings, which costs as much as a short hash.
 */

/** The same function, quick for the texts that it was asked of lately. `slots` is a power of two. */
export function remember<T>(compute: (text: string) => T, slots: number): (text: string) => T {
  const texts = new Array<string | undefined>(slots).fill(undefined);
  const results = new Array<T | undefined>(slots).fill(undefined);
  return (text) => {
    const slot = slotOf(text) & (slots - 1);
    if (texts[slot] === text) return results[slot] as T; // Both were set together.
    const result = compute(text);
    texts[slot] = text;
    results[slot] = result;
    return result;
  };
}

function slotOf(text: string): number {
  const last = text.length - 1;
  return text.length + text.charCodeAt(last) * 31 + text.charCodeAt(last - 1) * 7 + text.charCodeAt(last >> 1);
}
