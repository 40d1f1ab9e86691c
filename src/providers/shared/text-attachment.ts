/** Documents that agents put into records as plain text, taken out like other attachments. */
import { hash } from 'node:crypto';
import type { TakenAttachment } from './attachment.ts';

/** Absent when the data is not text. */
export function takeText(mediaType: string, data: unknown, name?: string): TakenAttachment | undefined {
  if (typeof data !== 'string') return undefined;
  const content = new Uint8Array(Buffer.from(data, 'utf8'));
  const sha256 = hash('sha256', content, 'hex');
  const attachment = { mediaType, bytes: content.length, sha256, ...(name !== undefined && { name }) };
  return { attachment, blob: { sha256, mediaType, content } };
}
