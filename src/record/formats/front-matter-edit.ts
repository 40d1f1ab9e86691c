/**
 * Front matter that stands already: finding it, and adding to its lists without touching anything else.
 *
 * Keys, comments and formatting belong to the user. Items are only ever added, to `participants` and `recordingIds`; a
 * block that YAML cannot read stays as it is.
 */
import { isMap, isNode, isScalar, isSeq, type Node, parseDocument, type YAMLSeq } from 'yaml';
import { listItem } from './front-matter.ts';

/** Front matter that is longer is somebody's text. */
export const MOST_HEAD_BYTES = 64 * 1024;

/** The length of the front matter at the beginning of a text, with the line end behind it; 0 for none. */
export function headLength(text: string): number {
  const [head = ''] = /^(?:\ufeff|\xef\xbb\xbf)?---[ \t]*\r?\n(?:[^\n]*\n)*?---[ \t]*(?:\r?\n|$)/.exec(text) ?? [];
  return head.length;
}

/** The front matter at the beginning of a file, whose text may be in any encoding. */
export function headIn(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  return bytes.subarray(0, headLength(bytes.toString('latin1'))); // A character for each byte.
}

export type Additions = Readonly<Record<string, readonly string[]>>;

/** The front matter with what its lists lack. The same text when nothing is missing, or nothing can be done. */
export function enlargeHead(head: string, additions: Additions): string {
  return Object.entries(additions).reduce((text, [key, items]) => addTo(text, key, items), head);
}

function addTo(head: string, key: string, items: readonly string[]): string {
  const [, opening = '', yaml = '', closing = ''] =
    /^(\ufeff?---[ \t]*\r?\n)(.*?)(---[ \t]*(?:\r?\n)?)$/s.exec(head) ?? [];
  if (opening === '') return head;
  const document = parseDocument(yaml, { keepSourceTokens: true });
  if (document.errors.length > 0 || !(document.contents === null || isMap(document.contents))) return head;
  const newline = opening.endsWith('\r\n') ? '\r\n' : '\n';
  const list = document.get(key, true);
  const missing = items.filter((item) => !valuesOf(list).includes(item));
  if (missing.length === 0) return head;
  const text = missing.map(listItem).join(', ');
  const added = list === undefined ? `${yaml}${key}: [${text}]${newline}` : undefined;
  const changed = isSeq(list) ? addToList(yaml, list, missing, newline) : added;
  return changed === undefined || !holds(changed, key, missing) ? head : opening + changed + closing;
}

function addToList(yaml: string, list: YAMLSeq, missing: readonly string[], newline: string): string | undefined {
  const last = list.items.at(-1);
  const end = isNode(last) ? last.range?.[1] : undefined;
  if (list.flow === true) {
    const at = end ?? (list.range?.[0] ?? 0) + 1;
    return splice(yaml, at, `${end === undefined ? '' : ', '}${missing.map(listItem).join(', ')}`);
  }
  const first: unknown = list.items[0];
  const start = isNode(first) ? first.range?.[0] : undefined;
  if (start === undefined || end === undefined) return undefined;
  const indent = /[^\n]*$/.exec(yaml.slice(0, start))?.[0] ?? '';
  const lineEnd = /\r?\n|$/g;
  lineEnd.lastIndex = end; // Behind a comment on the line.
  return splice(
    yaml,
    lineEnd.exec(yaml)?.index ?? end,
    missing.map((item) => `${newline}${indent}${listItem(item)}`).join(''),
  );
}

function splice(text: string, at: number, addition: string): string {
  return text.slice(0, at) + addition + text.slice(at);
}

function holds(yaml: string, key: string, items: readonly string[]): boolean {
  const document = parseDocument(yaml);
  return document.errors.length === 0 && items.every((item) => valuesOf(document.get(key, true)).includes(item));
}

function valuesOf(list: unknown): readonly string[] {
  if (!isSeq(list)) return [];
  return list.items.flatMap((item) => (isScalar(item as Node) ? [String((item as { value: unknown }).value)] : []));
}
