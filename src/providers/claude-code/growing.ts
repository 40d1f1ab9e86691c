/**
 * Where a block's identity lies, and what an API message has cost so far.
 *
 * Usually a block is its own record's. But some versions wrote a message again and again while it grew: a block that
 * continues one seen before is a revision of that one. What continues what is told by the block's number where the
 * record has it, by the place in a record that repeats several blocks, and only for the message's last block by its
 * beginning. Two blocks that merely look alike stay two.
 */
import { field, numberAt, stringAt, textAt } from '../../core/json.ts';
import { lastOf, textHash } from '../shared/text.ts';
import type { Envelope } from './envelope.ts';
import { type ClaudeState, isRememberable, type SeenBlock } from './state.ts';

const MESSAGES = 6;
const BLOCKS = 24;

interface BlockPlace {
  readonly block: unknown;
  readonly index: number;
  /** How many blocks the record has. */
  readonly count: number;
}

export interface Place {
  readonly record: string | undefined;
  readonly part: string;
  readonly state: ClaudeState;
}

/** The id of an API message; where it has none, each record is a message. */
function messageIdOf({ value, uuid }: Envelope): string | undefined {
  return textAt(field(value, 'message'), 'id') ?? uuid;
}

export function placeOf(state: ClaudeState, envelope: Envelope, { block, index, count }: BlockPlace): Place {
  const { uuid } = envelope;
  const part = partOf(block, index);
  const messageId = messageIdOf(envelope);
  if (!isRememberable(uuid) || !isRememberable(messageId) || !isRememberable(part))
    return { record: uuid, part, state };
  const message = state.messages.find(({ id }) => id === messageId);
  const seen = message?.blocks ?? [];
  const text = stringAt(block, 'text') ?? stringAt(block, 'thinking') ?? '';
  const place = count === 1 ? numberAt(envelope.value, 'apiBlockIndex') : undefined;
  const earlier =
    seen.find((other) => other.uuid === uuid && other.part === part) ??
    continued(seen, { part, text, index, count, place });
  const now: SeenBlock = {
    uuid: earlier?.uuid ?? uuid,
    part: earlier?.part ?? part,
    length: text.length,
    hash: textHash(text),
    ...(place !== undefined && { place }),
  };
  const blocks = lastOf([...seen.filter((other) => other !== earlier), now], BLOCKS);
  const others = state.messages.filter((other) => other !== message);
  const messages = lastOf([...others, { ...message, id: messageId, blocks }], MESSAGES);
  return { record: now.uuid, part: now.part, state: { ...state, messages } };
}

function partOf(block: unknown, index: number): string {
  const type = textAt(block, 'type')?.slice(0, 64) ?? 'block';
  const id = textAt(block, 'id');
  return id !== undefined && type.endsWith('tool_use') ? `tool-call:${id}` : `${type}:${index}`;
}

interface Candidate {
  readonly part: string;
  readonly text: string;
  readonly index: number;
  readonly count: number;
  readonly place: number | undefined;
}

/** The block that this one is a later state of. */
function continued(seen: readonly SeenBlock[], { part, text, count, place }: Candidate): SeenBlock | undefined {
  if (part.startsWith('tool-call:')) return seen.find((other) => other.part === part);
  if (place !== undefined) return seen.find((other) => other.place === place && typeOf(other.part) === typeOf(part));
  if (count > 1) return seen.find((other) => other.part === part && beginsWith(text, other));
  const last = seen.at(-1);
  const isGrown = last !== undefined && typeOf(last.part) === typeOf(part) && last.length > 0;
  return isGrown && last.length < text.length && beginsWith(text, last) ? last : undefined;
}

function beginsWith(text: string, { length, hash }: SeenBlock): boolean {
  return length <= text.length && textHash(text.slice(0, length)) === hash;
}

function typeOf(part: string): string {
  return part.slice(0, part.indexOf(':'));
}

/** Whether a count of output tokens is news for a message: records repeat it, and raise it, but never lower it. */
export function raiseOutput(
  state: ClaudeState,
  messageId: string,
  output: number,
): { readonly isNews: boolean; readonly state: ClaudeState } {
  const message = state.messages.find(({ id }) => id === messageId);
  if (message?.output !== undefined && output <= message.output) return { isNews: false, state };
  if (!isRememberable(messageId)) return { isNews: true, state };
  const others = state.messages.filter((other) => other !== message);
  const raised = { id: messageId, blocks: message?.blocks ?? [], output };
  return { isNews: true, state: { ...state, messages: lastOf([...others, raised], MESSAGES) } };
}
