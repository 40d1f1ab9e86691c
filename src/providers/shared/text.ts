/** Small text work that providers share. */
import { hash } from 'node:crypto';

const LONGEST_KNOWN = 80;
const MOST_KNOWN = 256;
const known = new Map<string, string>();

/** A short hash of a text, for decoder states: they hold hashes, never text. */
export function textHash(text: string): string {
  if (text.length > LONGEST_KNOWN) return hash('sha256', text, 'hex').slice(0, 16);
  // A record's ids are asked for several times, its session's with every record.
  let digest = known.get(text);
  if (digest === undefined) {
    digest = hash('sha256', text, 'hex').slice(0, 16);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, digest);
  }
  return digest;
}

/** A key made of words: lower case, everything else `-`. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
}

/** The last entries of a list, so that states stay small. */
export function lastOf<T>(list: readonly T[], most: number): readonly T[] {
  return list.length <= most ? list : list.slice(list.length - most);
}
