/** Small text work that providers share. */
import { hash } from 'node:crypto';
import { remember } from '../../core/memo.ts';

const LONGEST_REMEMBERED = 80;
const digestOf = (text: string) => hash('sha256', text, 'hex').slice(0, 16);
/** A record's ids are asked for several times, its session's with every record. */
const rememberedDigestOf = remember(digestOf, 256);

/** A short hash of a text, for decoder states: they hold hashes, never text. */
export function textHash(text: string): string {
  return text.length > LONGEST_REMEMBERED ? digestOf(text) : rememberedDigestOf(text);
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
