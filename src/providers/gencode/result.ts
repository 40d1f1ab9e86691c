/** Results of tools: what the tool said, whole; and what a sub-agent or a person said through it. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { booleanAt, field, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import type { TakenAttachment } from '../shared/attachment.ts';
import { type Block, blocksOf, takeImage, withAttachments } from './content.ts';
import { draftOf, type Envelope, nameOf, type Told } from './envelope.ts';
import { answersIn } from './questions.ts';
import type { SpecialCall } from './state.ts';
import { editsOf, exitCodeOf } from './tools.ts';

export function decodeResult(envelope: Envelope, calls: readonly SpecialCall[], block: Block, index: number): Told {
  const toolCallId = textAt(block, 'tool_use_id') ?? `${envelope.record ?? ''}:${index}`;
  const isError = booleanAt(block, 'is_error') === true;
  const { text, taken, diagnostics } = readContent(field(block, 'content'));
  const exitCode = isError ? exitCodeOf(text) : undefined;
  const edits = isError ? undefined : editsOf(field(block, 'edit_details'));
  const outcome = { ...(isError && { isError }), ...(exitCode !== undefined && { exitCode }), ...(edits && { edits }) };
  const payload = { toolCallId, text, ...outcome };
  const sideFile = sideFileOf(text, envelope.session);
  const more = sideFile === undefined ? {} : { sideFile };
  const draft = draftOf(envelope, 'assistant.tool.result', `tool-result:${toolCallId}`, payload, more);
  const call = calls.find(({ id }) => id === toolCallId);
  const spoken = call && !isError ? answersIn(envelope, call, text) : [];
  const started = call?.isAgent ? startedBy(envelope, toolCallId, text) : [];
  return { drafts: [withAttachments(draft, taken), ...spoken, ...started], diagnostics };
}

function readContent(content: unknown) {
  const texts: string[] = [];
  const taken: TakenAttachment[] = [];
  const diagnostics: Diagnostic[] = [];
  const blocks = blocksOf(content);
  if (!blocks) diagnostics.push({ code: 'unexpected-shape', about: 'tool_result:content' });
  for (const block of blocks ?? []) {
    const type = nameOf(textAt(block, 'type'));
    const image = takeImage(block);
    const text = stringAt(block, 'text');
    if (image) taken.push(image);
    else if (text !== undefined) texts.push(text);
    if (!image && type !== 'text') diagnostics.push({ code: 'unknown-block', about: `tool_result:${type}` });
  }
  return { text: texts.join('\n'), taken, diagnostics };
}

/** Above 100 kB a result is a preview; the whole of it lies in a file of the session that ran the tool. */
const SPILLED = /\n\n\[Full output persisted to blobs\/tool-result\/([^/\]\n]+)\/([^/\]\n]+)\]\s*$/;

function sideFileOf(text: string, session: string): string | undefined {
  const [, owner, file] = SPILLED.exec(text.slice(-1024)) ?? [];
  return owner === session ? file : undefined; // A fork's copy is a preview; its original has the whole.
}

/** The head of a sub-agent's report names its session. One that works in the background is only promised. */
function startedBy(envelope: Envelope, toolCallId: string, text: string): readonly Draft[] {
  const [head = ''] = text.split('\n\n', 1);
  const [, nativeId] = /^AgentID: (\S+)$/m.exec(head) ?? [];
  if (nativeId === undefined) return [];
  const [, agentType] = /^Agent: (.+)$/m.exec(head) ?? [];
  const subagent = { nativeId, toolCallId, ...(agentType !== undefined && { agentType }) };
  return [draftOf(envelope, 'session.info', `subagent:${nativeId}`, { subagent })];
}
