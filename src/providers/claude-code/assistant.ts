/** Records of type `assistant`: one content block of an API message each, or, in old versions, growing copies of it. */

import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Payload } from '../../core/event.ts';
import { booleanAt, field, stringAt, textAt, toJson } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { lastOf, textHash } from '../shared/text.ts';
import { blockText, contentBlocks, takeBlock } from './blocks.ts';
import { meaningOf, promptsOf, questionHashes } from './decisions.ts';
import { draftOf, type Envelope, nameOf } from './envelope.ts';
import { type Place, placeOf } from './growing.ts';
import { type ClaudeState, isRememberable, type SpecialCall } from './state.ts';
import { describeCall, requestedEdits } from './tools.ts';
import { decodeUsage } from './usage.ts';

interface Answer {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  readonly state: ClaudeState;
}

const SPECIAL_CALLS = 32;

export function decodeAssistant(before: ClaudeState, envelope: Envelope): Answer {
  const message = field(envelope.value, 'message');
  const model = textAt(message, 'model');
  const blocks = contentBlocks(field(message, 'content')) ?? [];
  if (model === '<synthetic>' || booleanAt(envelope.value, 'isApiErrorMessage') === true) {
    return { drafts: noticeOf(envelope, blocks), diagnostics: [], state: before };
  }
  const drafts: Draft[] = [];
  const diagnostics: Diagnostic[] = [];
  let state = before;
  for (const [index, block] of blocks.entries()) {
    const place = placeOf(state, envelope, { block, index, count: blocks.length });
    state = place.state;
    const decoded = decodeBlock(envelope, block, place, { model, index });
    drafts.push(...decoded.drafts);
    diagnostics.push(...decoded.diagnostics);
    if (decoded.call) state = remember(state, decoded.call);
  }
  const usage = decodeUsage(state, envelope, model);
  return { drafts: [...drafts, ...usage.drafts], diagnostics, state: usage.state };
}

function remember(state: ClaudeState, call: SpecialCall): ClaudeState {
  if (!isRememberable(call.id) || state.calls.some(({ id }) => id === call.id)) return state;
  return { ...state, calls: lastOf([...state.calls, call], SPECIAL_CALLS) };
}

/** What Claude Code itself says in the model's place: an API error, or that there is nothing to answer. */
function noticeOf(envelope: Envelope, blocks: readonly unknown[]): Draft[] {
  const text = blocks.map(blockText).join('\n');
  const isError = booleanAt(envelope.value, 'isApiErrorMessage') === true;
  const payload = { text, subtype: isError ? 'api-error' : 'synthetic', ...(isError && { level: 'error' }) };
  return [draftOf(envelope, 'provider.info', 'notice', payload)];
}

interface BlockContext {
  readonly model: string | undefined;
  readonly index: number;
}

interface DecodedBlock {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  readonly call?: SpecialCall | undefined;
}

function decodeBlock(envelope: Envelope, block: unknown, { record, part }: Place, context: BlockContext): DecodedBlock {
  const more = { model: context.model, ...(record !== undefined && { record }) };
  const one = (draft: Draft): DecodedBlock => ({ drafts: [draft], diagnostics: [] });
  const type = textAt(block, 'type') ?? 'block';
  switch (type) {
    case 'text': {
      const text = stringAt(block, 'text');
      if (text !== undefined) return one(draftOf(envelope, 'assistant.message', part, { text }, more));
      break;
    }
    case 'thinking': {
      const text = stringAt(block, 'thinking') ?? '';
      const payload = text === '' ? { text, redacted: true } : { text };
      return one(draftOf(envelope, 'assistant.thinking', part, payload, more));
    }
    case 'redacted_thinking':
      return one(draftOf(envelope, 'assistant.thinking', part, { text: '', redacted: true }, more));
    case 'image':
    case 'document':
      return one(attachmentDraft(envelope, block, part, more));
    case 'fallback': {
      const text = `${textAt(block, 'from') ?? ''} → ${textAt(block, 'to') ?? ''}`;
      return one(draftOf(envelope, 'provider.info', part, { text, subtype: 'model-fallback' }, more));
    }
    default:
      break;
  }
  // The API's own tools (`server_tool_use`, `web_search_tool_result`) have the shapes of the others.
  if (type.endsWith('tool_use')) return decodeCall(envelope, block, part, context, more);
  if (type.endsWith('tool_result')) return decodeServerResult(envelope, block, part, more);
  const rawType = `assistant:${nameOf(type, 'block')}`;
  const raw = draftOf(envelope, 'provider.raw', part, { rawType }, more);
  return { drafts: [raw], diagnostics: [{ code: 'unknown-block', about: rawType }] };
}

function attachmentDraft(envelope: Envelope, block: unknown, part: string, more: object): Draft {
  const taken = takeBlock(block);
  const payload = { text: taken ? '' : blockText(block), ...(taken && { attachments: [taken.attachment] }) };
  return draftOf(envelope, 'assistant.message', part, payload, { ...more, ...(taken && { blobs: [taken.blob] }) });
}

function decodeServerResult(envelope: Envelope, block: unknown, part: string, more: object): DecodedBlock {
  const content = field(block, 'content') ?? null;
  const text = typeof content === 'string' ? content : writeJson(content);
  const toolCallId = textAt(block, 'tool_use_id') ?? '';
  const draft = draftOf(envelope, 'assistant.tool.result', part, { toolCallId, text: text ?? '' }, more);
  return { drafts: [draft], diagnostics: text === undefined ? [{ code: 'too-deep' }] : [] };
}

/** Absent when the value is nested too deep to be written. */
function writeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // The caller reports it; the raw frame keeps the content.
  }
}

function decodeCall(
  envelope: Envelope,
  block: unknown,
  part: string,
  { index }: BlockContext,
  more: object,
): DecodedBlock {
  const id = textAt(block, 'id') ?? `${envelope.uuid ?? ''}:${index}`;
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
  const asked = promptsOf(id, name, input).map((prompt, place) =>
    draftOf(envelope, 'assistant.decision.prompt', `decision:${id}:${place}`, prompt, more),
  );
  const drafts = [draftOf(envelope, 'assistant.tool.call', part, payload, more), ...asked];
  return { drafts, diagnostics: [], call: specialCall(id, name, input) };
}

function specialCall(id: string, name: string, input: unknown): SpecialCall | undefined {
  const as = meaningOf(name);
  switch (as) {
    case undefined:
      return undefined;
    case 'plan':
      return { id, as };
    case 'question':
      return { id, as, questions: questionHashes(input) };
    case 'agent': {
      const prompt = textAt(input, 'prompt');
      return { id, as, ...(prompt !== undefined && { prompt: textHash(prompt) }) };
    }
  }
}
