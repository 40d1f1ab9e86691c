/**
 * What a message is called. Since the file is appended to, messages have random ids that stay. Before that, to 1.15, each
 * save made new ones for all of them: there a message is known by its place, its role and what it says.
 */
import { field, stringAt, textAt } from '../../core/json.ts';
import { textHash } from '../shared/text.ts';
import { type Block, imageData } from './content.ts';

/** Where a message stands: its number in the file, and the summary that the file begins with, after a compaction. */
interface Place {
  readonly messages: number;
  readonly summary: string | null;
}

/** Within its session. A result is known by its call: a long one comes back whole when the session is loaded again. */
export function madeIdentity({ messages, summary }: Place, role: string, blocks: readonly Block[]): string {
  const said = blocks.map((block) => [stringAt(block, 'type') ?? '', essence(block)].join('\u0001')).join('\u0002');
  return `message:${messages}:${role}:${textHash(summary === null ? said : `${summary}\u0002${said}`)}`;
}

function essence(block: Block): string {
  const named =
    textAt(block, 'tool_use_id') ?? textAt(block, 'id') ?? stringAt(block, 'text') ?? textAt(block, 'thinking');
  return named ?? stringAt(imageData(block), 'data') ?? JSON.stringify(field(block, 'content') ?? null);
}
