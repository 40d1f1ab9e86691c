/**
 * Tool calls and their results.
 *
 * The model's stream has the call and, later, the output that the model saw. Between them most versions write what the
 * interface knew when the tool ended (an event `…_end`, or an item): it has the complete output, the exit status, the
 * diff. Whichever tells the result first is the result; the other stays raw. What ends without a call of its own, such
 * as the commands inside a script of code mode, is call and result in one.
 */
import type { Edit } from '../../core/event.ts';
import { field, stringAt, textAt, toJson } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { takeBase64 } from '../shared/attachment.ts';
import { lastOf } from '../shared/text.ts';
import { closeCarriers } from './carriers.ts';
import { agentDraft, type Line, raw, type Told, told } from './line.ts';
import { type Output, resultPayload } from './output.ts';
import { patchEdits, patchIn } from './patch.ts';
import { refusalDrafts } from './refusals.ts';
import type { CodexState, KnownCall } from './state.ts';
import { describeCall } from './tools.ts';

const KNOWN_CALLS = 128;

/** A call's id, or a name for one that has none, made of where it stands. */
export function callIdOf(line: Line, source: unknown): string {
  return (
    textAt(source, 'call_id') ??
    textAt(source, 'callId') ??
    textAt(source, 'id') ??
    `${line.subtype}@${line.ordinal ?? line.at ?? line.offset}`
  );
}

export function findCall({ calls }: CodexState, id: string): KnownCall | undefined {
  return calls.findLast((call) => call.id === id);
}

export function addCall(state: CodexState, id: string): CodexState {
  return { ...state, calls: lastOf([...state.calls, { id, status: 'open' }], KNOWN_CALLS) };
}

export function markCall(state: CodexState, call: KnownCall | undefined, status: KnownCall['status']): CodexState {
  if (!call) return state;
  return { ...state, calls: state.calls.map((other) => (other === call ? { ...other, status } : other)) };
}

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

export function callDraft(line: Line, { id, name, input }: Call): Draft {
  const patch = patchIn(input);
  const edits = patch === undefined ? undefined : patchEdits(patch);
  // Edits say what is done; what is left to say is why.
  const description = edits ? textAt(input, 'justification') : describeCall(name, input);
  return agentDraft(line, 'assistant.tool.call', 'tool-call', {
    toolCallId: id,
    name,
    ...(description !== undefined && { description }),
    input: toJson(input),
    ...(edits && { edits }),
  });
}

export function resultDraft(line: Line, id: string, output: Output, edits?: readonly Edit[]): Draft {
  const payload = { ...resultPayload(id, output), ...(edits && { edits }) };
  const blobs = output.attached.map(({ blob }) => blob);
  const more = blobs.length > 0 ? { blobs } : {};
  return agentDraft(line, 'assistant.tool.result', 'tool-result', payload, more);
}

/** What the interface knew of a tool that ended. */
interface Ending {
  readonly call: Call;
  readonly output: Output;
  readonly edits?: readonly Edit[] | undefined;
}

export function decodeEnding(before: CodexState, line: Line, { call, output, edits }: Ending): Told {
  const known = findCall(before, call.id);
  if (known && known.status !== 'open') return raw(before, line);
  // A refusal says nothing here; its words are in the output.
  if (known && output.isError && output.text === '') return raw(markCall(before, known, 'failed'), line);
  const state = closeCarriers(known ? before : addCall(before, call.id), 'prompt');
  const ended = markCall(state, findCall(state, call.id), 'ended');
  const result = resultDraft(line, call.id, output, edits);
  const refusal = refusalDrafts(state, line, call.id, output.text);
  return told(ended, ...(known ? [] : [callDraft(line, call)]), result, ...refusal);
}

/** A tool that only its beginning, or its being there, is told of; nothing when its call has been told. */
export function decodeBareCall(before: CodexState, line: Line, call: Call): Told {
  if (findCall(before, call.id)) return raw(before, line);
  const state = addCall(closeCarriers(before, 'prompt'), call.id);
  return told(state, callDraft(line, call));
}

/** `image_generation_call`, and what the interface says of it: the picture is the result. */
export function decodeImageGeneration(state: CodexState, line: Line, source: unknown): Told {
  const prompt = stringAt(source, 'revised_prompt') ?? stringAt(source, 'revisedPrompt');
  const input = { revised_prompt: prompt ?? null };
  const call = { id: callIdOf(line, source), name: 'image_generation', input };
  const taken = takeBase64('image/png', field(source, 'result') || undefined);
  const status = textAt(source, 'status') ?? '';
  const output = {
    text: textAt(source, 'saved_path') ?? textAt(source, 'savedPath') ?? (taken ? '' : status),
    attached: taken ? [taken] : [],
  };
  return decodeEnding(state, line, { call, output });
}
