/** Tool results: what the tool said. What a person said through it is in `verdict.ts`. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Payload } from '../../core/event.ts';
import { at, booleanAt, field, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { blockText, contentBlocks, type TakenBlock, takeBlock } from './blocks.ts';
import { draftOf, type Envelope, nameOf } from './envelope.ts';
import { linkStarted } from './lineage.ts';
import type { ClaudeState } from './state.ts';
import { editsOf, exitCodeOf } from './tools.ts';
import { type ResultFacts, verdictIn } from './verdict.ts';

interface Result {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  readonly state: ClaudeState;
}

export function decodeResult(state: ClaudeState, envelope: Envelope, block: unknown, index: number): Result {
  const toolCallId = textAt(block, 'tool_use_id') ?? `${envelope.uuid ?? ''}:${index}`;
  const structured = field(envelope.value, 'toolUseResult');
  const content = readContent(field(block, 'content'), structured);
  const isError = booleanAt(block, 'is_error') === true;
  const call = state.calls.find(({ id }) => id === toolCallId);
  const facts: ResultFacts = { toolCallId, call, text: content.text, isError, structured };
  const unknown = content.unknown.map((rawType, place) =>
    draftOf(envelope, 'provider.raw', `raw:${index}:${place}`, { rawType }),
  );
  const started = subagentOf(facts);
  const linked = started === undefined ? undefined : linkStarted(state, envelope, { ...facts, agentId: started });
  return {
    drafts: [
      resultDraft(envelope, facts, content.taken),
      ...unknown,
      ...verdictIn(envelope, facts),
      ...(linked?.drafts ?? []),
    ],
    diagnostics: content.unknown.map((about) => ({ code: 'unknown-block', about })),
    state: linked?.state ?? state,
  };
}

function resultDraft(envelope: Envelope, facts: ResultFacts, taken: readonly TakenBlock[]): Draft {
  const { toolCallId, text, isError, structured } = facts;
  const exitCode = exitCodeOf(structured, text);
  const edits = isError ? undefined : editsOf(structured);
  const payload: Payload<'assistant.tool.result'> = {
    toolCallId,
    text,
    ...(isError && { isError }),
    ...(exitCode !== undefined && { exitCode }),
    ...(taken.length > 0 && { attachments: taken.map(({ attachment }) => attachment) }),
    ...(edits && { edits }),
  };
  const sideFile = sideFileOf(text, structured);
  return draftOf(envelope, 'assistant.tool.result', `tool-result:${toolCallId}`, payload, {
    ...(taken.length > 0 && { blobs: taken.map(({ blob }) => blob) }),
    ...(sideFile !== undefined && { sideFile }),
  });
}

const KNOWN_CONTENT: ReadonlySet<string> = new Set(['text', 'image', 'document', 'tool_reference']);

/** A result's content: its text, what was taken out of it, and the types of blocks that are not known. */
function readContent(content: unknown, structured: unknown) {
  const name = textAt(field(structured, 'file'), 'filePath')?.split(/[/\\]/).at(-1);
  const taken: TakenBlock[] = [];
  const texts: string[] = [];
  const blocks = contentBlocks(content);
  const unknown: string[] = blocks === undefined && (content ?? null) !== null ? ['tool_result:content'] : [];
  for (const block of blocks ?? []) {
    const attachment = takeBlock(block, name);
    const type = textAt(block, 'type');
    const isKnown = type !== undefined && KNOWN_CONTENT.has(type);
    const text = isKnown ? blockText(block) : stringAt(block, 'text');
    if (attachment) taken.push(attachment);
    else if (text !== undefined) texts.push(text);
    if (!isKnown) unknown.push(`tool_result:${nameOf(type, 'block')}`);
  }
  return { text: texts.join('\n'), taken, unknown };
}

/** The name of the file that holds the complete output, where it was too large for the record. */
function sideFileOf(text: string, structured: unknown): string | undefined {
  if (!text.startsWith('<persisted-output>')) return undefined;
  const [, noted] = /saved to: (\S[^\n]*)/.exec(text.slice(0, 4096)) ?? [];
  const path = noted ?? textAt(structured, 'persistedOutputPath');
  return path?.trim().split(/[/\\]/).at(-1);
}

/** The sub-agent that the call started: by the structured result, or the line that the model is given. */
function subagentOf({ call, structured, text, isError }: ResultFacts): string | undefined {
  if (call !== undefined && call.as !== 'agent') return undefined;
  const stated = textAt(structured, 'agentId') ?? textAt(at(structured, 'task'), 'agentId');
  if (stated !== undefined) return stated;
  if (isError || call === undefined) return undefined;
  const [, named] = /^agentId: ([0-9A-Za-z_-]+)/m.exec(text) ?? [];
  return named;
}
