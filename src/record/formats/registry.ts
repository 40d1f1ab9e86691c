import type { Format, FormatId } from './format.ts';
import { jsonlFormat } from './jsonl.ts';
import { markdownFormat } from './markdown.ts';

/** Every format that kato writes. */
export const formats: Readonly<Record<FormatId, Format>> = {
  markdown: markdownFormat as unknown as Format, // A format alone understands its state; others only hand it on.
  jsonl: jsonlFormat as unknown as Format,
};
