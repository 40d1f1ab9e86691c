/** Content blocks that several kinds of records share. */
import type { Attachment } from '../../core/event.ts';
import { field, stringAt, textAt } from '../../core/json.ts';
import type { BlobContent } from '../provider.ts';
import { takeBase64 } from '../shared/attachment.ts';

/** A block of a user's or tool's content as text. */
export function blockText(block: unknown): string {
  const source = field(block, 'source');
  return stringAt(block, 'text') ?? stringAt(source, 'data') ?? textAt(source, 'url') ?? textAt(block, 'type') ?? '';
}

/** Base64 content of an image or document block. */
export function takeBlock(block: unknown): { attachment: Attachment; blob: BlobContent } | undefined {
  const source = field(block, 'source');
  if (stringAt(source, 'type') !== 'base64') return undefined;
  const mediaType = textAt(source, 'media_type') ?? 'application/octet-stream';
  return takeBase64(mediaType, field(source, 'data'), textAt(block, 'title'));
}
