/** Records of type `assistant`: one content block of an API message each, or, in old versions, growing copies of it. */

import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Payload } from '../../core/event.ts';
import { booleanAt, field, isRecord, numberAt, stringAt, textAt, toJson } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { takeBase64 } from '../shared/attachment.ts';
import { lastOf, textHash } from '../shared/text.ts';
import { blockText } from './blocks.ts';
import { decisionOf, PLAN_QUESTION, planQuestion } from './decisions.ts';
import { draftOf, type Envelope } from './envelope.ts';
import type { ClaudeState, PendingCall, SeenBlock } from './state.ts';
import { describeCall, questionsOf, requestedEdits } from './tools.ts';

interface Answer {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  readonly state: ClaudeState;
}

const PENDING_CALLS = 256;
const REMEMBERED_MESSAGES = 8;

export function decodeAssistant(before: ClaudeState, envelope: Envelope): Answer {
  const message = field(envelope.value, 'message');
  const model = textAt(message, 'model');
  const content = field(message, 'content');
  const blocks =
    typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content : [];
  if (model === '<synthetic>' || booleanAt(envelope.value, 'isApiErrorMessage') === true) {
    return { drafts: noticeOf(envelope, blocks), diagnostics: [], state: before };
  }
  const drafts: Draft[] = [];
  const diagnostics: Diagnostic[] = [];
  let state = before;
  const messageId = textAt(message, 'id') ?? envelope.uuid ?? '';
  for (const [index, block] of blocks.entries()) {
    const place = placeOf(state, envelope, messageId, block, index, blocks.length);
    state = place.state;
    const decoded = decodeBlock(envelope, block, place, { model, messageId, index });
    drafts.push(...decoded.drafts);
    diagnostics.push(...decoded.diagnostics);
    if (decoded.call) state = { ...state, calls: lastOf([...state.calls, decoded.call], PENDING_CALLS) };
  }
  const usage = usageOf(envelope, message, model);
  return { drafts: usage ? [...drafts, usage] : drafts, diagnostics, state };
}

/** What Claude Code itself says in the model's place: an API error, or that there is nothing to answer. */
function noticeOf(envelope: Envelope, blocks: readonly unknown[]): Draft[] {
  const text = blocks.map((block) => stringAt(block, 'text') ?? '').join('\n');
  const isError = booleanAt(envelope.value, 'isApiErrorMessage') === true;
  const payload = { text, subtype: isError ? 'api-error' : 'synthetic', ...(isError && { level: 'error' }) };
  return [draftOf(envelope, 'provider.info', 'notice', payload)];
}

interface Place {
  readonly record: string | undefined;
  readonly part: string;
}

/**
 * Where a block's identity lies. Usually in its own record. Old versions wrote a message again and again while it grew:
 * a block that continues one seen before is a revision of that one, not a block of its own.
 */
function placeOf(
  state: ClaudeState,
  { uuid }: Envelope,
  messageId: string,
  block: unknown,
  index: number,
  blocks: number,
): Place & { readonly state: ClaudeState } {
  const type = textAt(block, 'type') ?? 'block';
  const id = textAt(block, 'id');
  const part = id !== undefined && type.endsWith('tool_use') ? `tool-call:${id}` : `${type}:${index}`;
  if (uuid === undefined || messageId === '') return { record: uuid, part, state };
  const text = stringAt(block, 'text') ?? stringAt(block, 'thinking');
  const seen = state.messages.find((message) => message.id === messageId)?.blocks ?? [];
  const earlier =
    text === undefined ? seen.find((other) => other.part === part) : continued(seen, type, text, index, blocks);
  const length = text?.length ?? 0;
  const now: SeenBlock = {
    uuid: earlier?.uuid ?? uuid,
    part: earlier?.part ?? part,
    length,
    hash: textHash(text ?? ''),
  };
  const grown = { id: messageId, blocks: [...seen.filter((other) => other !== earlier), now] };
  const others = state.messages.filter((message) => message.id !== messageId);
  const messages = lastOf([...others, grown], REMEMBERED_MESSAGES);
  return { record: now.uuid, part: now.part, state: { ...state, messages } };
}

/**
 * The block that this text continues. A record with one block says something new unless it is longer than, and begins
 * with, an earlier one; a record with several is a snapshot, whose blocks stand where they stood before.
 */
function continued(seen: readonly SeenBlock[], type: string, text: string, index: number, blocks: number) {
  return seen.find(({ part, length, hash }) => {
    if (!part.startsWith(`${type}:`) || length > text.length) return false;
    const isLonger = length < text.length && length > 0;
    const isSamePlace = blocks > 1 && part === `${type}:${index}`;
    return (isLonger || isSamePlace) && textHash(text.slice(0, length)) === hash;
  });
}

interface BlockContext {
  readonly model: string | undefined;
  readonly messageId: string;
  readonly index: number;
}

interface DecodedBlock {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  readonly call?: PendingCall;
}

function decodeBlock(envelope: Envelope, block: unknown, { record, part }: Place, context: BlockContext): DecodedBlock {
  const more = { model: context.model, ...(record !== undefined && { record }) };
  const one = (draft: Draft): DecodedBlock => ({ drafts: [draft], diagnostics: [] });
  const type = textAt(block, 'type');
  switch (type) {
    case 'text':
      return one(draftOf(envelope, 'assistant.message', part, { text: stringAt(block, 'text') ?? '' }, more));
    case 'thinking': {
      const text = stringAt(block, 'thinking') ?? '';
      return one(
        draftOf(envelope, 'assistant.thinking', part, text === '' ? { text, redacted: true } : { text }, more),
      );
    }
    case 'redacted_thinking':
      return one(draftOf(envelope, 'assistant.thinking', part, { text: '', redacted: true }, more));
    case 'tool_use':
    case 'server_tool_use':
      return decodeCall(envelope, block, part, context, more);
    case 'web_search_tool_result': {
      const payload = {
        toolCallId: textAt(block, 'tool_use_id') ?? '',
        text: JSON.stringify(field(block, 'content') ?? null),
      };
      return one(draftOf(envelope, 'assistant.tool.result', part, payload, more));
    }
    case 'image':
    case 'document':
      return one(attachmentDraft(envelope, block, part, more));
    case 'fallback': {
      const text = `${textAt(block, 'from') ?? ''} → ${textAt(block, 'to') ?? ''}`;
      return one(draftOf(envelope, 'provider.info', part, { text, subtype: 'model-fallback' }, more));
    }
    default: {
      const rawType = `assistant:${type ?? 'block'}`;
      const raw = draftOf(envelope, 'provider.raw', part, { rawType }, more);
      return { drafts: [raw], diagnostics: [{ code: 'unknown-block', about: rawType }] };
    }
  }
}

function attachmentDraft(envelope: Envelope, block: unknown, part: string, more: object): Draft {
  const source = field(block, 'source');
  const taken = takeBase64(
    textAt(source, 'media_type') ?? 'application/octet-stream',
    field(source, 'data'),
    textAt(block, 'title'),
  );
  const payload = { text: taken ? '' : blockText(block), ...(taken && { attachments: [taken.attachment] }) };
  return draftOf(envelope, 'assistant.message', part, payload, { ...more, ...(taken && { blobs: [taken.blob] }) });
}

function decodeCall(
  envelope: Envelope,
  block: unknown,
  part: string,
  context: BlockContext,
  more: object,
): DecodedBlock {
  const id = textAt(block, 'id') ?? `${envelope.uuid ?? ''}:${context.index}`;
  const name = textAt(block, 'name') ?? 'unknown';
  const input = field(block, 'input');
  const description = describeCall(name, input);
  const edits = requestedEdits(name, input);
  const payload: Payload<'assistant.tool.call'> = {
    toolCallId: id,
    name,
    ...(description !== undefined && { description }),
    input: toJson(input),
    ...(edits && { edits }),
  };
  const drafts = [
    draftOf(envelope, 'assistant.tool.call', part, payload, more),
    ...promptsOf(envelope, id, name, input, more),
  ];
  const as = CALL_MEANING[name] ?? 'tool';
  const prompt = as === 'agent' ? textAt(input, 'prompt') : undefined;
  const call = { id, as, message: context.messageId, ...(prompt !== undefined && { prompt: textHash(prompt) }) };
  return { drafts, diagnostics: [], call };
}

const CALL_MEANING: Readonly<Record<string, PendingCall['as']>> = {
  AskUserQuestion: 'question',
  ExitPlanMode: 'plan',
  exit_plan_mode: 'plan',
  Task: 'agent',
  Agent: 'agent',
};

/** What a call asks a person: questions with their options, or leave to carry out a plan. */
function promptsOf(envelope: Envelope, id: string, name: string, input: unknown, more: object): Draft[] {
  if (CALL_MEANING[name] === 'plan') {
    const payload = { ...planQuestion(id), prompt: textAt(input, 'plan') ?? PLAN_QUESTION, options: [] };
    return [draftOf(envelope, 'assistant.decision.prompt', `decision:${id}:0`, payload, more)];
  }
  if (CALL_MEANING[name] !== 'question') return [];
  return questionsOf(input).map(({ question, ...rest }, index) => {
    const payload = { ...decisionOf(id, question), prompt: question, ...rest };
    return draftOf(envelope, 'assistant.decision.prompt', `decision:${id}:${index}`, payload, more);
  });
}

/** Tokens of the API message: the same message repeats them on each of its records, sometimes grown. */
function usageOf(envelope: Envelope, message: unknown, model: string | undefined): Draft | undefined {
  const usage = field(message, 'usage');
  const id = textAt(message, 'id');
  if (!isRecord(usage) || id === undefined) return undefined;
  const count = (key: string) => {
    const value = numberAt(usage, key);
    return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
  };
  const thinking = numberAt(usage, 'output_tokens_details', 'thinking_tokens');
  const payload: Payload<'usage'> = {
    input: count('input_tokens'),
    output: count('output_tokens'),
    cacheRead: count('cache_read_input_tokens'),
    cacheWrite: count('cache_creation_input_tokens'),
    reasoning: Number.isSafeInteger(thinking) ? thinking : undefined,
  };
  const record = `usage:${id}:${textAt(envelope.value, 'requestId') ?? ''}`;
  return draftOf(envelope, 'usage', 'usage', payload, { model, record });
}
