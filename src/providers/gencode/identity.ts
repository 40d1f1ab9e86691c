/**
 * What a message is called. Since the file is appended to, messages have random ids that stay. Before that, to 1.15, each
 * save made new ones for all of them: there a message is known by its place, its role and what it says. An answer may go on
 * in a later save, to its end or to a note that it was interrupted: it is known by what it answers instead.
 */
import { field, stringAt, textAt } from '../../core/json.ts';
import { textHash } from '../shared/text.ts';
import { type Block, imageData } from './content.ts';

/** Where a message stands: its number in the file, the summary that the file begins with, after a compaction, the prompt. */
interface Place {
  readonly messages: number;
  readonly summary: string | null;
  readonly turn: string | null;
}

/** Within its session. A result is known by its call: a long one comes back whole when the session is loaded again. */
export function madeIdentity({ messages, summary, turn }: Place, role: string, blocks: readonly Block[]): string {
  const said = role === 'assistant' ? withoutSession(turn ?? '') : essenceOf(blocks);
  return `message:${messages}:${role}:${textHash(summary === null ? said : `${summary}\u0002${said}`)}`;
}

/** A fork has its parent's answers under the same names. */
function withoutSession(record: string): string {
  return record.slice(0, record.lastIndexOf('@') + 1);
}

function essenceOf(blocks: readonly Block[]): string {
  return blocks.map((block) => [stringAt(block, 'type') ?? '', essence(block)].join('\u0001')).join('\u0002');
}

function essence(block: Block): string {
  const named =
    textAt(block, 'tool_use_id') ?? textAt(block, 'id') ?? stringAt(block, 'text') ?? textAt(block, 'thinking');
  return named ?? stringAt(imageData(block), 'data') ?? JSON.stringify(field(block, 'content') ?? null);
}
