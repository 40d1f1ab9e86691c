/** A message as both stores have it: a row of the database, or a line of a file. */
import { booleanAt, field, isRecord, listAt, numberAt, parseJson, stringAt, textAt } from '../../core/json.ts';
import { toInstant } from '../shared/instant.ts';

export interface Message {
  readonly session: string;
  /** Absent for a line: it is known by its bytes. */
  readonly record: string | undefined;
  /** Names the message within its session, for calls that have no id. */
  readonly place: string;
  readonly at: string | undefined;
  readonly role: string;
  /** Text, or a list of parts. */
  readonly content: unknown;
  readonly reasoning: string | undefined;
  readonly calls: readonly unknown[];
  readonly callId: string | undefined;
  /** A delivery that another session, or a job, made into this chat. */
  readonly isMirror: boolean;
  /** Whose words these are, where the agent itself says so. */
  readonly originKind: string | undefined;
  /** Said in a group, and not to the agent. */
  readonly isObserved: boolean;
  readonly isSummary: boolean;
}

/** Row numbers are those of one database; the session's name makes them its own. */
export function recordName(id: number, session: string): string {
  return `${id}@${session}`;
}

/** How the database marks content that is not text. */
const JSON_MARK = '\0json:';

export function messageOfRow(row: unknown, record: string, session: string): Message {
  const text = stringAt(row, 'content') ?? '';
  const content = text.startsWith(JSON_MARK) ? parseJson(text.slice(JSON_MARK.length)) : text;
  const calls = parseJson(stringAt(row, 'tool_calls') ?? '');
  return {
    ...{ session, record, place: `row-${numberAt(row, 'id')}` },
    at: secondsToInstant(field(row, 'timestamp')),
    role: stringAt(row, 'role') ?? '',
    content: content ?? text,
    reasoning: reasoningOf(row),
    calls: Array.isArray(calls) ? calls : [],
    callId: textAt(row, 'tool_call_id'),
    isMirror: false,
    originKind: textAt(row, 'origin_kind'),
    isObserved: numberAt(row, 'observed') === 1,
    isSummary: numberAt(row, '_compressed_summary') === 1,
  };
}

export function messageOfLine(line: unknown, offset: number, session: string): Message {
  return {
    ...{ session, record: undefined, place: `line-${offset}` },
    at: toInstant(field(line, 'timestamp')), // Local time without a zone, as these files have it, is no instant.
    role: stringAt(line, 'role') ?? '',
    content: field(line, 'content') ?? '',
    reasoning: reasoningOf(line),
    calls: listAt(line, 'tool_calls'),
    callId: textAt(line, 'tool_call_id'),
    isMirror: booleanAt(line, 'mirror') === true,
    originKind: undefined,
    isObserved: booleanAt(line, 'observed') === true,
    isSummary: false,
  };
}

/** A single space stands for reasoning that a provider demands and nobody has. */
function reasoningOf(value: unknown): string | undefined {
  const content = textAt(value, 'reasoning_content');
  const chosen = content === undefined || content === ' ' ? textAt(value, 'reasoning') : content;
  return chosen?.trim() === '' ? undefined : chosen;
}

/** Seconds since 1970; absent when they are no time of this age. */
export function secondsToInstant(value: unknown): string | undefined {
  if (typeof value !== 'number' || !(value > 0 && value < 253_402_300_800)) return undefined;
  return new Date(Math.floor(value * 1000)).toISOString();
}

/** The parts of content that is not text, each with its kind. */
export function partsOf(content: unknown): readonly Record<string, unknown>[] {
  const list = Array.isArray(content) ? content : [content];
  return list.flatMap((part) =>
    typeof part === 'string' ? [{ type: 'text', text: part }] : isRecord(part) ? [part] : [],
  );
}
