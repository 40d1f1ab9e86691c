/**
 * Content of messages: a string, a part, or a list of strings and parts, as Google's API has them.
 *
 * One and the same message is written in several of these shapes: an answer first as a string with `toolCalls` and
 * `thoughts` beside it, later, when the agent writes its history anew, as a list that has calls and thoughts among its parts.
 */
import { field, isRecord, listAt, stringAt, textAt } from '../../core/json.ts';
import { type TakenAttachment, takeBase64 } from '../shared/attachment.ts';
import { textHash } from '../shared/text.ts';

export type Part =
  | { readonly kind: 'text' | 'thought'; readonly text: string }
  | { readonly kind: 'call' | 'response' | 'data' | 'other'; readonly value: Record<string, unknown> };

/** The parts of a content, in order. What is no part at all is left out. */
export function partsOf(content: unknown): readonly Part[] {
  if (Array.isArray(content)) return content.flatMap((item) => partOf(item) ?? []);
  return [partOf(content) ?? []].flat();
}

function partOf(item: unknown): Part | undefined {
  if (typeof item === 'string') return item === '' ? undefined : { kind: 'text', text: item };
  if (!isRecord(item)) return undefined;
  if (isRecord(field(item, 'functionCall'))) return { kind: 'call', value: item };
  if (isRecord(field(item, 'functionResponse'))) return { kind: 'response', value: item };
  if (isRecord(field(item, 'inlineData'))) return { kind: 'data', value: item };
  const text = stringAt(item, 'text');
  if (text === undefined) return { kind: 'other', value: item };
  const isThought = field(item, 'thought') === true;
  return isThought ? { kind: 'thought', text } : { kind: 'text', text };
}

/** What kind of content a part is, for people. */
export function partName(part: Part): string {
  if (!('value' in part)) return part.kind;
  return PART_NAMES.find((name) => Object.hasOwn(part.value, name)) ?? 'part';
}

const PART_NAMES = [
  'functionCall',
  'functionResponse',
  'inlineData',
  'fileData',
  'executableCode',
  'codeExecutionResult',
  'videoMetadata',
];

/** Parts of the API that say nothing in words; kept raw. */
export const RAW_PARTS: ReadonlySet<string> = new Set(['executableCode', 'codeExecutionResult', 'videoMetadata']);

/** Base64 content of a part, taken out. */
export function takePart(part: Part): TakenAttachment | undefined {
  if (part.kind !== 'data') return undefined;
  const data = field(part.value, 'inlineData');
  const mediaType = textAt(data, 'mimeType') ?? 'application/octet-stream';
  return takeBase64(mediaType, field(data, 'data'), textAt(data, 'displayName'));
}

/** The joined words of the parts, thoughts left out. */
export function wordsOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('');
}

/** The calls of an answer, by name: ids are added by the agent later where a call came without one. */
function callNames(message: unknown, parts: readonly Part[]): string[] {
  const inContent = parts.flatMap((part) => (part.kind === 'call' ? [nameOf(part.value, 'functionCall')] : []));
  return inContent.length > 0 ? inContent : listAt(message, 'toolCalls').map((call) => stringAt(call, 'name') ?? '');
}

function nameOf(value: unknown, key: string): string {
  return stringAt(field(value, key), 'name') ?? '';
}

/** A hash of what a message says, equal for all its shapes and for its copies. */
export function hashMessage(message: unknown, parts = partsOf(field(message, 'content'))): string {
  return hashAtoms(message, atomsOf(message, parts));
}

/** What a message says, piece by piece, as hashes. Of a user's message each part is a piece: messages get joined. */
export function atomsOf(message: unknown, parts: readonly Part[]): readonly string[] {
  if (stringAt(message, 'type') !== 'gemini') return parts.map((part) => textHash(atomOf(part)));
  return [wordsOf(parts), ...callNames(message, parts)].map(textHash);
}

export function hashAtoms(message: unknown, atoms: readonly string[]): string {
  return textHash([stringAt(message, 'type') ?? '', ...atoms].join(' ')).slice(0, 12);
}

function atomOf(part: Part): string {
  if (!('value' in part)) return `text ${part.text}`;
  return part.kind === 'response' ? `response ${nameOf(part.value, 'functionResponse')}` : jsonText(part.value);
}

/** A value as JSON; empty when it is nested too deep to be written. */
export function jsonText(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent) ?? '';
  } catch {
    return ''; // The raw frame has it.
  }
}
