/** What a tool said: its text, exit status and attachments, in the shapes of all versions. */
import type { Payload } from '../../core/event.ts';
import { booleanAt, field, isRecord, listAt, numberAt, parseJson, stringAt, textAt, toJson } from '../../core/json.ts';
import { type TakenAttachment, takeBase64, takeDataUrl } from '../shared/attachment.ts';
import { isCutShort } from './refusals.ts';

export interface Output {
  readonly text: string;
  readonly exitCode?: number | undefined;
  readonly isError?: boolean | undefined;
  readonly attached: readonly TakenAttachment[];
}

/**
 * The `output` of a call's output item:
 *
 *     "text"                                                            plain, with a header that names the exit status
 *     "{\"output\": …, \"metadata\": {\"exit_code\": …}}"                   shell, until late 2025
 *     [{"type": "input_text" | "input_image", …}]                       content blocks
 *     {"content", "success"?, "content_items"?}                         2025
 */
export function readOutput(output: unknown): Output {
  if (typeof output === 'string') return readText(output);
  if (Array.isArray(output)) return readBlocks(output);
  const items = listAt(output, 'content_items');
  const content = field(output, 'content');
  const read =
    items.length > 0
      ? readBlocks(items)
      : typeof content === 'string' || Array.isArray(content)
        ? readOutput(content)
        : isRecord(output) && typeof output.type === 'string'
          ? readBlocks([output])
          : { text: output === undefined || output === null ? '' : jsonText(output), attached: [] };
  return booleanAt(output, 'success') === false ? { ...read, isError: true } : read;
}

function readText(text: string): Output {
  const parsed = text.startsWith('{') ? parseJson(text) : undefined;
  const inner = stringAt(parsed, 'output');
  if (inner !== undefined && isRecord(field(parsed, 'metadata'))) {
    return { text: inner, exitCode: wholeNumber(numberAt(parsed, 'metadata', 'exit_code')), attached: [] };
  }
  return { text, exitCode: statedExitCode(text), ...(isCutShort(text) && { isError: true }), attached: [] };
}

/** The exit status in the header of a shell's output: the lines before `Output:`. */
function statedExitCode(text: string): number | undefined {
  const header = text.slice(0, 400).split(/^Output:$/m, 1)[0] ?? '';
  const [, digits] = /^(?:Process exited with code|Exit code:) (-?\d+)$/m.exec(header) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** A value as JSON; empty when it is nested too deep to be written. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(toJson(value));
  } catch {
    return ''; // The raw frame keeps it.
  }
}

export function wholeNumber(value: number | undefined): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

/** Content blocks of a tool, in Codex's shapes and in MCP's. */
export function readBlocks(blocks: readonly unknown[]): Output {
  const attached: TakenAttachment[] = [];
  let text = '';
  for (const block of blocks) {
    const taken = takeImage(block);
    if (taken) {
      attached.push(taken);
      continue;
    }
    const said = stringAt(block, 'text') ?? textAt(block, 'image_url') ?? textAt(block, 'imageUrl') ?? jsonText(block);
    text += text === '' || text.endsWith('\n') ? said : `\n${said}`;
  }
  return { text, exitCode: statedExitCode(text), attached };
}

function takeImage(block: unknown): TakenAttachment | undefined {
  const type = textAt(block, 'type');
  if (type === 'image' || type === 'audio') {
    return takeBase64(textAt(block, 'mimeType') ?? 'application/octet-stream', field(block, 'data'));
  }
  return takeDataUrl(field(block, 'image_url') ?? field(block, 'imageUrl') ?? field(block, 'audio_url'));
}

/** An output as the payload of a result. */
export function resultPayload(
  toolCallId: string,
  { text, exitCode, isError, attached }: Output,
): Payload<'assistant.tool.result'> {
  return {
    toolCallId,
    text,
    ...(isError && { isError }),
    ...(exitCode !== undefined && { exitCode }),
    ...(attached.length > 0 && { attachments: attached.map(({ attachment }) => attachment) }),
  };
}
