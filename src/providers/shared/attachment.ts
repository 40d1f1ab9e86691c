/** Content that agents put into records as base64, taken out: the event names it, the store keeps it once. */
import { hash } from 'node:crypto';
import type { Attachment } from '../../core/event.ts';
import type { BlobContent } from '../provider.ts';

export interface TakenAttachment {
  readonly attachment: Attachment;
  readonly blob: BlobContent;
}

/** Absent when the data is not base64. */
export function takeBase64(mediaType: string, data: unknown, name?: string): TakenAttachment | undefined {
  if (typeof data !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(data.slice(0, 64).trim())) return undefined;
  const buffer = Buffer.from(data, 'base64');
  const content = new Uint8Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength));
  const sha256 = hash('sha256', content, 'hex');
  const attachment = { mediaType, bytes: content.length, sha256, ...(name !== undefined && { name }) };
  return { attachment, blob: { sha256, mediaType, content } };
}

const DATA_URL = /^data:([^;,]+)(?:;[^,]*)?;base64,/;

/** The content of a `data:` URL; absent for any other URL. */
export function takeDataUrl(url: unknown, name?: string): TakenAttachment | undefined {
  if (typeof url !== 'string') return undefined;
  const [head, mediaType] = DATA_URL.exec(url.slice(0, 256)) ?? [];
  return head === undefined || mediaType === undefined
    ? undefined
    : takeBase64(mediaType, url.slice(head.length), name);
}
