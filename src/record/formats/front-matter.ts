/**
 * What stands before the body of a Markdown file. It suits Dendron (`id`, `desc`, `created` in milliseconds) and
 * Obsidian (flat keys). What is not known is left out.
 */
import { stringify } from 'yaml';
import { shortId } from '../../core/session.ts';
import type { DocumentInfo } from './format.ts';

export function frontMatter(info: DocumentInfo): string {
  const { sessionId, facts, updated } = info;
  const created = facts.firstAt === undefined ? undefined : Date.parse(facts.firstAt);
  const title = facts.title?.text ?? `Session ${shortId(sessionId)}`;
  const { participants, recordingIds = [] } = frontMatterLists(info);
  const values = {
    id: `${slugOf(title, 24) || 'session'}-${shortId(sessionId)}`,
    title,
    desc: '',
    ...(created !== undefined && { created, ...(updated && { updated: created }) }),
    participants,
    sessionId,
    ...(recordingIds.length > 0 && { recordingIds }),
  };
  const lines = Object.entries(values).map(([key, value]) => `${key}: ${scalar(value)}`);
  return ['---', ...lines, '---', '', ''].join('\n');
}

function scalar(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => plain(item, true)).join(', ')}]`;
  return plain(value, false);
}

/** The lists that only ever grow. */
export function frontMatterLists({ facts, recordingIds, userName }: DocumentInfo) {
  const models = facts.models ?? [];
  const user = userName === undefined || userName === '' ? 'user' : `user.${userName}`;
  return {
    participants: [user, ...(models.length > 0 ? models : ['assistant'])],
    ...(recordingIds.length > 0 && { recordingIds }),
  };
}

/** A scalar as an item of a list in brackets. */
export function listItem(value: string): string {
  return plain(value, true);
}

/** A scalar that YAML reads back as what it is, on one line. */
function plain(value: unknown, isInFlow: boolean): string {
  if (typeof value === 'string' && UNPRINTABLE.test(value)) return quoted(value);
  const container = isInFlow ? [value] : value;
  const text = stringify(container, {
    lineWidth: 0,
    flowCollectionPadding: false,
    collectionStyle: 'flow',
    singleQuote: true,
    defaultStringType: 'PLAIN',
    blockQuote: false,
  });
  const line = text.replace(/\n$/, '');
  return isInFlow ? line.replace(/^\[|\]$/g, '') : line === '""' ? "''" : line;
}

/** What some reader of YAML takes for the end of a line, or for no text at all. */
const UNPRINTABLE = /\p{Cc}|\p{Cs}|[\u2028\u2029\ufeff\ufffe\uffff]/u;

/** In double quotes, with the escapes that JSON and YAML share. */
function quoted(text: string): string {
  const rest = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
  return JSON.stringify(text).replace(rest, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Words of a title for ids and file names: a-z, 0-9 and `-`. */
export function slugOf(title: string, length: number): string {
  const ascii = title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = ascii.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return slug.slice(0, length).replace(/-+$/, '');
}
