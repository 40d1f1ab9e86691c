/** Results of tools: beside their call, and once more as a message of type `user`. */
import type { Payload } from '../../core/event.ts';
import { field, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import type { TakenAttachment } from '../shared/attachment.ts';
import { toInstant } from '../shared/instant.ts';
import { type Part, partsOf, takePart } from './content.ts';
import { responsesOf, type ToolAnswer } from './decisions.ts';
import { draftOf, type Envelope, type Told, textOf } from './envelope.ts';
import { displayText, editsOf, plainOutput } from './tools.ts';

const MASKED = '<tool_output_masked>';

/**
 * A response in a user's message. The call's own record has told it already, as a rule: then it is a second carrier of the
 * same result and makes no event.
 */
export function decodeResponse(
  envelope: Envelope,
  value: Record<string, unknown>,
  index: number,
  isTold: (callId: string) => boolean,
): Told {
  const response = field(value, 'functionResponse');
  const toolCallId = textAt(response, 'id') ?? `${envelope.record ?? ''}:${index}`;
  const { text, isError } = readResponse(response);
  if (isTold(toolCallId)) return { drafts: maskedDrafts(envelope, toolCallId, text), diagnostics: [] };
  const { text: plain, exitCode } = plainOutput(textAt(response, 'name') ?? '', text, undefined);
  const said = { toolCallId, text: plain, ...(isError && { isError }), ...(exitCode !== undefined && { exitCode }) };
  return { drafts: [resultDraft(envelope, said, dataOf(response))], diagnostics: [], results: [toolCallId] };
}

function resultDraft(
  envelope: Envelope,
  said: Payload<'assistant.tool.result'>,
  taken: readonly TakenAttachment[],
  at?: string,
): Draft {
  const part = `tool-result:${said.toolCallId}`;
  if (taken.length === 0) return draftOf(envelope, 'assistant.tool.result', part, said, { at });
  const payload = { ...said, attachments: taken.map(({ attachment }) => attachment) };
  return draftOf(envelope, 'assistant.tool.result', part, payload, { at, blobs: taken.map(({ blob }) => blob) });
}

/** Older output that the agent has put a note in the place of. The result itself was told when it was there. */
function maskedDrafts(envelope: Envelope, toolCallId: string, text: string): Draft[] {
  if (!text.trimStart().startsWith(MASKED)) return [];
  const payload = { text, subtype: 'tool-output-masked' };
  const own = { ...envelope, copy: undefined }; // The note is new, in whichever copy it comes.
  return [draftOf(own, 'system.message', `masked:${toolCallId}`, payload, { origin: 'injected' })];
}

function readResponse(response: unknown): { readonly text: string; readonly isError: boolean } {
  const body = field(response, 'response');
  const output = stringAt(body, 'output');
  const error = stringAt(body, 'error');
  return { text: output ?? error ?? textOf(body), isError: output === undefined && error !== undefined };
}

function dataOf(response: unknown) {
  return partsOf(field(response, 'parts')).flatMap((part) => takePart(part) ?? []);
}

/** The result that a call carries, with what a person said through it; nothing while the tool has not answered. */
export function decodeOwnResult(
  envelope: Envelope,
  call: Record<string, unknown>,
  { callId, name, input }: Pick<ToolAnswer, 'callId' | 'name' | 'input'>,
  isTold: (callId: string) => boolean,
): Told {
  const display = field(call, 'resultDisplay');
  const own = ownParts(field(call, 'result'), callId);
  if (own.length === 0 && (display === undefined || display === null)) return { drafts: [], diagnostics: [] };
  const status = textAt(call, 'status');
  const said = own.map(partText).join('\n');
  const isMasked = said.trimStart().startsWith(MASKED);
  if (isMasked && isTold(callId)) return { drafts: maskedDrafts(envelope, callId, said), diagnostics: [] };
  const shown = displayText(display);
  const { text, exitCode } = plainOutput(name, said, display);
  const isError = status === 'error' || status === 'cancelled';
  const edits = isError ? undefined : editsOf(display);
  const payload: Payload<'assistant.tool.result'> = {
    toolCallId: callId,
    text: (own.length === 0 || isMasked) && shown !== '' ? shown : text,
    ...(isError && { isError }),
    ...(exitCode !== undefined && { exitCode }),
    ...(edits && { edits }),
  };
  const at = toInstant(field(call, 'timestamp'));
  const result = resultDraft(envelope, payload, own.flatMap(partData), at);
  const answer = { callId, name, input, isCancelled: status === 'cancelled', text: said };
  const responses = responsesOf({ ...envelope, at: at ?? envelope.at }, answer);
  return { drafts: [result, ...responses], diagnostics: [], results: [callId] };
}

/** A result may hold the answers to all calls of its round: those with another id belong to other calls. */
function ownParts(result: unknown, callId: string): readonly Part[] {
  const parts = partsOf(result);
  const others = parts.filter(
    (part) => part.kind === 'response' && responseId(part) !== undefined && responseId(part) !== callId,
  );
  return others.length === 0 ? parts : parts.filter((part) => part.kind === 'response' && responseId(part) === callId);
}

function responseId(part: Part): string | undefined {
  return 'value' in part ? textAt(part.value, 'functionResponse', 'id') : undefined;
}

function partText(part: Part): string {
  if (!('value' in part)) return part.text;
  return part.kind === 'response' ? readResponse(field(part.value, 'functionResponse')).text : '';
}

function partData(part: Part): readonly TakenAttachment[] {
  if (part.kind === 'response') return dataOf(field(part.value, 'functionResponse'));
  return [takePart(part) ?? []].flat();
}
