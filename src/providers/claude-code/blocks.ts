/** Content blocks that several kinds of records share. */
import type { Attachment } from '../../core/event.ts';
import { field, stringAt, textAt } from '../../core/json.ts';
import type { BlobContent } from '../provider.ts';
import { takeBase64 } from '../shared/attachment.ts';
import { takeText } from '../shared/text-attachment.ts';

export interface TakenBlock {
  readonly attachment: Attachment;
  readonly blob: BlobContent;
}

/** A message's content as blocks: old records hold a single text. Absent when it is neither text nor a list. */
export function contentBlocks(content: unknown): readonly unknown[] | undefined {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content : undefined;
}

/** The text of all text blocks. */
export function joinedText(content: unknown): string {
  return (contentBlocks(content) ?? []).flatMap((block) => stringAt(block, 'text') ?? []).join('\n');
}

/** A block in words: its text, or where its content lies. Never the content itself; empty when nothing says it. */
export function blockText(block: unknown): string {
  const source = field(block, 'source');
  const words = [stringAt(block, 'text'), textAt(source, 'url'), textAt(source, 'file_id'), textAt(block, 'tool_name')];
  return words.find((one) => one !== undefined) ?? '';
}

/** The content of an image or document block that holds it: base64, or for documents plain text. */
export function takeBlock(block: unknown, name?: string): TakenBlock | undefined {
  const source = field(block, 'source');
  const title = textAt(block, 'title') ?? name;
  switch (stringAt(source, 'type')) {
    case 'base64':
      return takeBase64(textAt(source, 'media_type') ?? 'application/octet-stream', field(source, 'data'), title);
    case 'text':
      return takeText(textAt(source, 'media_type') ?? 'text/plain', field(source, 'data'), title);
    default: // A reference: the content is elsewhere.
      return undefined;
  }
}
