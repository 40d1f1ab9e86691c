/** The known name that a misspelt one most likely meant; absent when none is within this many edits. */
export function nearest(name: string, known: readonly string[], mostEdits = usualEdits(name)): string | undefined {
  const limit = Math.min(mostEdits, name.length - 1);
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best && best.distance <= limit) return best.candidate;
  const begun = known.filter((candidate) => candidate.toLowerCase().startsWith(name.toLowerCase()));
  return name.length >= LEAST_BEGINNING && begun.length === 1 ? begun[0] : undefined;
}

function usualEdits(name: string): number {
  return Math.max(2, Math.floor(name.length / 3));
}

/** A word that is cut off is understood from this many characters on. */
const LEAST_BEGINNING = 3;

/** Edits between two words: insert, delete, replace, or swap two neighbours. */
function distance(a: string, b: string): number {
  const rows = a.length + 1;
  const columns = b.length + 1;
  const table = new Array<number>(rows * columns).fill(0);
  const get = (i: number, j: number) => table[i * columns + j] ?? 0;
  for (let i = 0; i < rows; i++) table[i * columns] = i;
  for (let j = 0; j < columns; j++) table[j] = j;
  for (let i = 1; i < rows; i++) {
    for (let j = 1; j < columns; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(get(i - 1, j) + 1, get(i, j - 1) + 1, get(i - 1, j - 1) + cost);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) least = Math.min(least, get(i - 2, j - 2) + 1);
      table[i * columns + j] = least;
    }
  }
  return get(a.length, b.length);
}
