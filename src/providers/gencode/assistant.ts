/** Messages of role `assistant`: thinking, words, calls. Source order of blocks is kept. */
import { field, stringAt, textAt, toJson } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import type { Block } from './content.ts';
import { draftOf, type Envelope, joinTold, nameOf, rawOf, type Told } from './envelope.ts';
import { askedIn, promptsOf } from './questions.ts';
import { remembered, type SpecialCall } from './state.ts';
import { describeCall, requestedEdits } from './tools.ts';

const QUESTION_TOOL = 'AskUserQuestion';
const AGENT_TOOL = 'Agent';

export function decodeAssistant(envelope: Envelope, blocks: readonly Block[]): Told {
  if (blocks.length === 0) return rawOf(envelope, 'message.appended:empty', 'empty');
  return joinTold(blocks.map((block, index) => decodeBlock(envelope, block, index)));
}

function decodeBlock(envelope: Envelope, block: Block, index: number): Told {
  const type = nameOf(textAt(block, 'type'));
  switch (type) {
    case 'text':
      return only(draftOf(envelope, 'assistant.message', `text:${index}`, { text: stringAt(block, 'text') ?? '' }));
    case 'thinking':
      return only(thinkingDraft(envelope, block, index));
    case 'tool_use':
      return { drafts: callDrafts(envelope, block, index), diagnostics: [] };
    default:
      return rawOf(envelope, `assistant:${type}`, `block:${index}`, 'unknown-block');
  }
}

function only(draft: Draft): Told {
  return { drafts: [draft], diagnostics: [] };
}

/** Thinking that is only signed was kept from the person. */
function thinkingDraft(envelope: Envelope, block: Block, index: number): Draft {
  const text = stringAt(block, 'thinking') ?? '';
  const redacted = text === '' && textAt(block, 'signature') !== undefined;
  return draftOf(envelope, 'assistant.thinking', `thinking:${index}`, { text, ...(redacted && { redacted }) });
}

function callDrafts(envelope: Envelope, block: Block, index: number): readonly Draft[] {
  const toolCallId = textAt(block, 'id') ?? `${envelope.record ?? ''}:${index}`;
  const name = textAt(block, 'name') ?? '';
  const input = field(block, 'input') ?? {};
  const description = describeCall(input);
  const edits = requestedEdits(name, input);
  const said = { ...(description !== undefined && { description }), ...(edits && { edits }) };
  const payload = { toolCallId, name, input: toJson(input), ...said };
  const call = draftOf(envelope, 'assistant.tool.call', `tool-call:${toolCallId}`, payload);
  return name === QUESTION_TOOL ? [call, ...promptsOf(envelope, toolCallId, input)] : [call];
}

/** Calls whose results mean more than a tool's output. */
export function specialCalls(blocks: readonly Block[]): readonly SpecialCall[] {
  return blocks.flatMap((block): readonly SpecialCall[] => {
    const id = remembered(textAt(block, 'id'));
    const name = textAt(block, 'name');
    if (id === null || textAt(block, 'type') !== 'tool_use') return [];
    if (name === AGENT_TOOL) return [{ id, questions: [], isAgent: true }];
    return name === QUESTION_TOOL ? [{ id, questions: askedIn(field(block, 'input')), isAgent: false }] : [];
  });
}
