/**
 * Changing one key of `config.yaml` and nothing else: not a byte beside it moves, comments included.
 *
 * The YAML library tells where things stand; the change itself is made in the text. What comes out is parsed again and
 * compared with what was meant: where it is not the same, the library writes the whole file, comments kept.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml';
import { KatoError } from '../core/errors.ts';

/** The text with `key` (dotted) set to `value` (YAML). A key that stands there already is replaced in its place. */
export function setInConfig(text: string, key: string, value: string): string {
  const document = parseDocument(text, { keepSourceTokens: true });
  const path = key.split('.');
  const parsed = parseValue(value);
  const known = document.getIn(path, true);
  const changed = isNode(known) ? replace(text, known, parsed) : insert(text, document, path, parsed);
  if (isMeant(changed, withValue(document.toJS(), path, parsed))) return changed;
  document.setIn(path, document.createNode(parsed, { flow: true }));
  return document.toString({ lineWidth: 0 });
}

/** The node's own text exchanged for the value. */
function replace(text: string, node: Node, value: unknown): string {
  const [start, rough] = node.range ?? [0, 0];
  const end = start + text.slice(start, rough).trimEnd().length;
  if (isScalar(node) && node.value === null && node.source === '') return afterColon(text, start, value);
  const column = start - (text.lastIndexOf('\n', start - 1) + 1);
  const isBlock = isCollection(node) && node.flow !== true;
  const isList = isBlock && isSeq(node) && Array.isArray(value) && value.length > 0;
  const written = isList
    ? value.map((item) => `- ${inline(item)}`).join(`${endOf(text)}${' '.repeat(column)}`)
    : inline(value);
  return text.slice(0, start) + written + text.slice(end);
}

/** For a key with nothing behind it: the value follows the colon, before a comment. */
function afterColon(text: string, offset: number, value: unknown): string {
  const colon = text.lastIndexOf(':', offset) + 1;
  return `${text.slice(0, colon)} ${inline(value)}${text.slice(colon)}`;
}

/** The key at the end of the innermost group that exists. */
function insert(text: string, document: Document, path: readonly string[], value: unknown): string {
  let depth = path.length - 1;
  while (depth > 0 && document.getIn(path.slice(0, depth), true) === undefined) depth -= 1;
  const parent = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
  const rest = path.slice(depth);
  const nested = rest.slice(1).reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  if (isScalar(parent) && parent.value === null && isNode(parent))
    return replace(text, parent, { [rest[0] ?? '']: nested });
  if (!isMap(parent)) throw noGroup(path.slice(0, depth));
  const line = `${inline(rest[0])}: ${inline(nested)}`;
  return parent.flow === true ? insertInBraces(text, parent, line) : insertLine(text, parent, line);
}

function insertLine(text: string, { items, range }: YAMLMap, line: string): string {
  const first = items[0]?.key;
  const start = isNode(first) ? (first.range?.[0] ?? 0) : 0;
  const column = start - (text.lastIndexOf('\n', start - 1) + 1);
  const end = text.slice(0, endOfLast(items) ?? range?.[1] ?? 0).trimEnd().length;
  const lineEnd = text.indexOf('\n', end);
  const at = lineEnd < 0 ? text.length : lineEnd - (text[lineEnd - 1] === '\r' ? 1 : 0);
  return `${text.slice(0, at)}${endOf(text)}${' '.repeat(column)}${line}${text.slice(at)}`;
}

function insertInBraces(text: string, { items, range }: YAMLMap, entry: string): string {
  const last = endOfLast(items);
  if (last !== undefined) return `${text.slice(0, last)}, ${entry}${text.slice(last)}`;
  const [start, end] = range ?? [0, 0];
  return `${text.slice(0, start)}{ ${entry} }${text.slice(end)}`;
}

/** Where the last pair of a group ends. */
function endOfLast(items: YAMLMap['items']): number | undefined {
  const last = items.at(-1);
  const node = isNode(last?.value) ? last.value : isNode(last?.key) ? last.key : undefined;
  return node?.range?.[1];
}

function endOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** A value on one line. */
function inline(value: unknown): string {
  const options = { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: false, blockQuote: false } as const;
  return stringify(value, options).trimEnd();
}

/** The settings with one of them changed. */
function withValue(settings: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const group: Readonly<Record<string, unknown>> =
    typeof settings === 'object' && settings !== null ? { ...settings } : {};
  return { ...group, [name]: withValue(group[name], rest, value) };
}

function isMeant(changed: string, meant: unknown): boolean {
  const document = parseDocument(changed);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), meant);
}

/** Nothing at all is empty text: so does a shell hand over `''`. */
function parseValue(value: string): unknown {
  if (value === '') return '';
  const document = parseDocument(value);
  if (/(?:^|\s)#/.test(value) && (document.comment || document.commentBefore || document.contents?.comment)) {
    throw new KatoError('usage', 'the value holds a comment', { hint: 'quote a value that has a `#` in it' });
  }
  try {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS();
  } catch (cause) {
    throw new KatoError('usage', 'cannot read the value as YAML', { hint: 'quote it, or check its brackets', cause });
  }
}

function noGroup(path: readonly string[]): KatoError {
  return new KatoError('usage', `\`${path.join('.')}\` is no group of settings`, {
    hint: '`kato config show` prints all settings',
  });
}
