/** Content of messages and results: a list of blocks. */
import { field, isRecord, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { type TakenAttachment, takeBase64 } from '../shared/attachment.ts';

export type Block = unknown;

/** Absent when it is neither text nor a list. A list of nothing is left out by the agent. */
export function blocksOf(content: unknown): readonly Block[] | undefined {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (content === undefined || content === null) return [];
  return Array.isArray(content) ? content : undefined;
}

/** Where an image's data lies: `source` to 1.15, which since then says who wrote a text. */
export function imageData(block: Block): unknown {
  const inlined = field(block, 'imageSource');
  const source = field(block, 'source');
  return isRecord(inlined) ? inlined : isRecord(source) ? source : undefined;
}

export function takeImage(block: Block): TakenAttachment | undefined {
  if (stringAt(block, 'type') !== 'image') return undefined;
  const data = imageData(block);
  return takeBase64(textAt(data, 'media_type') ?? 'application/octet-stream', field(data, 'data'));
}

/** The draft with these attachments, and their content. */
export function withAttachments(draft: Draft, taken: readonly TakenAttachment[]): Draft {
  if (taken.length === 0) return draft;
  const payload = { ...draft.payload, attachments: taken.map(({ attachment }) => attachment) };
  return { ...draft, payload, blobs: taken.map(({ blob }) => blob) } as Draft; // Only kinds that have attachments come here.
}
