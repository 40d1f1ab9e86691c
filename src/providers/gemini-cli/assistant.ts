/** Messages of type `gemini`: the model's words and thoughts, its calls with their results, and the tokens they took. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Payload } from '../../core/event.ts';
import { field, isRecord, listAt, numberAt, stringAt, textAt, toJson } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { toInstant } from '../shared/instant.ts';
import { type Part, partName, partsOf, RAW_PARTS, takePart, wordsOf } from './content.ts';
import { promptsOf } from './decisions.ts';
import { draftOf, type Envelope, rawPart, type Told } from './envelope.ts';
import { decodeOwnResult } from './result.ts';
import { describeCall, requestedEdits } from './tools.ts';

/** Answers that the harness writes in the model's place, without a model's name. */
const STAND_INS: ReadonlySet<string> = new Set([
  'Got it. Thanks for the context!',
  'Got it. Thanks for the additional context!',
  'Binary content received. Proceeding with analysis.',
  '[The previous response was interrupted before it completed.]',
]);

export function decodeGemini(envelope: Envelope, isTold: (callId: string) => boolean): Told {
  const standIn = standInOf(envelope);
  if (standIn) return { drafts: [standIn], diagnostics: [] };
  const others = envelope.parts.flatMap((part, index) => decodeOther(envelope, part, index) ?? []);
  const calls = callsOf(envelope).map((call) => decodeCall(envelope, call, isTold));
  const told = [...others, ...calls];
  const drafts = [
    ...thoughtsOf(envelope),
    ...messageOf(envelope),
    ...told.flatMap(({ drafts: one }) => one),
    ...usageOf(envelope),
  ];
  const diagnostics: Diagnostic[] = told.flatMap(({ diagnostics: one }) => one);
  const results = told.flatMap(({ results: one = [] }) => one);
  return drafts.length > 0 ? { drafts, diagnostics, results } : rawPart(envelope, 'empty', 'empty', true);
}

/** Whether this is an answer that no model gave. */
export function isStandIn(message: unknown): boolean {
  const isAnswer = stringAt(message, 'type') === 'gemini' && textAt(message, 'model') === undefined;
  return isAnswer && STAND_INS.has(allText(partsOf(field(message, 'content'))).trim());
}

function allText(parts: readonly Part[]): string {
  return parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('');
}

function standInOf(envelope: Envelope): Draft | undefined {
  if (!isStandIn(envelope.value) || callsOf(envelope).length > 0) return undefined;
  const payload = { text: allText(envelope.parts), subtype: 'stand-in' };
  return draftOf(envelope, 'system.message', 'text:0', payload, { origin: 'injected' });
}

function decodeOther(envelope: Envelope, part: Part, index: number): Told | undefined {
  if (!('value' in part) || part.kind === 'call' || takePart(part)) return undefined;
  const name = partName(part);
  return rawPart(envelope, name, `part:${index}`, RAW_PARTS.has(name));
}

/** Thoughts stand beside the content, or among its parts: then those beside it are the same ones. */
function thoughtsOf(envelope: Envelope): Draft[] {
  const inContent = envelope.parts.flatMap((part) => (part.kind === 'thought' ? [{ text: thought(part.text) }] : []));
  const beside = listAt(envelope.value, 'thoughts').map((one) => ({
    text: joinThought(stringAt(one, 'subject') ?? '', stringAt(one, 'description') ?? ''),
    at: toInstant(field(one, 'timestamp')),
  }));
  const thoughts: readonly { text: string; at?: string | undefined }[] = inContent.length > 0 ? inContent : beside;
  return thoughts.flatMap(({ text, at }, index) =>
    text === '' ? [] : [draftOf(envelope, 'assistant.thinking', `thought:${index}`, { text }, { at })],
  );
}

/** `**Subject** description`, as a model writes it, in the form that both shapes share. */
function thought(text: string): string {
  const subject = /\*\*([\s\S]*?)\*\*/.exec(text);
  if (!subject) return text.trim();
  const rest = text.slice(0, subject.index) + text.slice(subject.index + subject[0].length);
  return joinThought(subject[1] ?? '', rest);
}

function joinThought(subject: string, description: string): string {
  const [head, body] = [subject.trim(), description.trim()];
  return head === '' ? body : body === '' ? `**${head}**` : `**${head}**\n\n${body}`;
}

/** One text, whatever stands between its pieces: the first writing of a message has it joined. */
function messageOf(envelope: Envelope): Draft[] {
  const text = wordsOf(envelope.parts);
  const taken = envelope.parts.flatMap((part) => takePart(part) ?? []);
  if (text.trim() === '' && taken.length === 0) return [];
  const payload = { text, ...(taken.length > 0 && { attachments: taken.map(({ attachment }) => attachment) }) };
  const more = taken.length > 0 ? { blobs: taken.map(({ blob }) => blob) } : {};
  return [draftOf(envelope, 'assistant.message', 'text:0', payload, more)];
}

interface Call {
  readonly callId: string;
  readonly name: string;
  readonly input: unknown;
  /** The call with its result; absent where only the content names it. */
  readonly record?: Record<string, unknown> | undefined;
}

/** Calls in order of the content, where it names them, then those that stand beside it only. */
function callsOf({ value, parts, record }: Envelope): readonly Call[] {
  const beside = listAt(value, 'toolCalls').filter(isRecord);
  const inContent = parts.flatMap((part, index) => {
    if (part.kind !== 'call') return [];
    const call = field(part.value, 'functionCall');
    const callId = textAt(call, 'id') ?? `${record ?? ''}:${index}`;
    const own = beside.find((one) => textAt(one, 'id') === callId);
    return [{ callId, name: stringAt(call, 'name') ?? '', input: field(call, 'args'), record: own }];
  });
  const rest = beside.flatMap((one, index) => {
    if (inContent.some(({ record: own }) => own === one)) return [];
    const callId = textAt(one, 'id') ?? `${record ?? ''}:${index}`;
    return [{ callId, name: stringAt(one, 'name') ?? '', input: field(one, 'args'), record: one }];
  });
  return [...inContent, ...rest];
}

function decodeCall(envelope: Envelope, call: Call, isTold: (callId: string) => boolean): Told {
  const { callId, name, input, record } = call;
  const description = describeCall(record, input);
  const edits = requestedEdits(name, input);
  const payload: Payload<'assistant.tool.call'> = {
    toolCallId: callId,
    name,
    input: toJson(input),
    ...(description !== undefined && { description }),
    ...(edits && { edits }),
  };
  const result = record ? decodeOwnResult(envelope, record, call, isTold) : { drafts: [], diagnostics: [] };
  const drafts = [
    draftOf(envelope, 'assistant.tool.call', `tool-call:${callId}`, payload),
    ...promptsOf(envelope, callId, name, input),
    ...result.drafts,
    ...subagentOf(envelope, call),
  ];
  return { ...result, drafts };
}

/** The sub-agent that a call started: its id is that of its own session. */
function subagentOf(envelope: Envelope, { callId, input, record }: Call): Draft[] {
  const agentId = textAt(record, 'agentId');
  if (agentId === undefined) return [];
  const agentType = textAt(input, 'agent_name') ?? textAt(record, 'resultDisplay', 'agentName');
  const subagent = { nativeId: agentId, toolCallId: callId, ...(agentType !== undefined && { agentType }) };
  return [draftOf(envelope, 'session.info', `subagent:${callId}`, { subagent })];
}

/** Tokens by class. `input` of the file contains those read from the cache; here no class contains another. */
function usageOf(envelope: Envelope): Draft[] {
  const tokens = field(envelope.value, 'tokens');
  if (!isRecord(tokens)) return [];
  const count = (key: string) => {
    const value = numberAt(tokens, key);
    return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
  };
  const [input, cached] = [count('input'), count('cached')];
  const payload: Payload<'usage'> = {
    input: input !== undefined && cached !== undefined && cached <= input ? input - cached : input,
    output: count('output'),
    cacheRead: cached,
    reasoning: count('thoughts'),
    total: count('total'),
  };
  return Object.values(payload).every((value) => value === undefined)
    ? []
    : [draftOf(envelope, 'usage', 'usage', payload)];
}
