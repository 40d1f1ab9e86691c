/**
 * Records of type `attachment`, since 2.1.92: what the harness gives the model beside the words, and prompts that were
 * taken in while the agent was busy.
 */
import { booleanAt, field, listAt, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { blockText, contentBlocks, joinedText, takeBlock } from './blocks.ts';
import { draftOf, type Envelope, nameOf } from './envelope.ts';
import { marksPrompts, personOrigin } from './speech.ts';
import type { ClaudeState } from './state.ts';
import type { Told } from './system.ts';
import { hear } from './wrappers.ts';

export function decodeAttachment(state: ClaudeState, envelope: Envelope): Told {
  const attachment = field(envelope.value, 'attachment');
  const type = nameOf(textAt(attachment, 'type'), 'unknown');
  if (type === 'queued_command') return queuedCommand(state, envelope, attachment);
  const text = shownText(envelope.value, attachment, type);
  if (text !== undefined) {
    const draft = draftOf(envelope, 'system.message', 'attachment', { text, subtype: type }, { origin: 'injected' });
    return { drafts: [draft], diagnostics: [] };
  }
  const rawType = `attachment:${type}`;
  const raw = draftOf(envelope, 'provider.raw', 'attachment', { rawType });
  return { drafts: [raw], diagnostics: RAW_ATTACHMENTS.has(type) ? [] : [{ code: 'unknown-record', about: rawType }] };
}

/** What the model was shown: stated since 2.1.3xx (`rendered`); before, only what hooks said is text. */
function shownText(value: unknown, attachment: unknown, type: string): string | undefined {
  if (type === 'prompt_snapshot') return undefined;
  const rendered = listAt(value, 'rendered').flatMap((one) => stringAt(one, 'content') ?? []);
  if (rendered.length > 0) return rendered.join('\n');
  return type.startsWith('hook_') ? hookText(attachment) : undefined;
}

/** A hook's `content` is what became of its standard output. */
function hookText(attachment: unknown): string | undefined {
  const content = field(attachment, 'content');
  const said = Array.isArray(content) ? content.filter((line) => typeof line === 'string').join('\n') : content;
  const lines = [
    typeof said === 'string' && said !== '' ? said : stringAt(attachment, 'stdout'),
    stringAt(attachment, 'stderr'),
    stringAt(attachment, 'blockingError') ?? stringAt(field(attachment, 'blockingError'), 'blockingError'),
    stringAt(attachment, 'message'),
  ];
  const text = lines.filter((line) => line !== undefined && line !== '').join('\n');
  return text === '' ? undefined : text;
}

/** Kinds that are known and kept raw: the system prompt, and what says nothing in words. */
const RAW_ATTACHMENTS: ReadonlySet<string> = new Set([
  'prompt_snapshot',
  'deferred_tools_delta',
  'agent_listing_delta',
  'mcp_instructions_delta',
  'skill_listing',
  'invoked_skills',
  'dynamic_skill',
  'command_permissions',
  'task_reminder',
  'todo_reminder',
  'task_status',
  'plan_mode',
  'plan_mode_exit',
  'plan_mode_reentry',
  'plan_file_reference',
  'auto_mode',
  'auto_mode_exit',
  'ultra_effort_enter',
  'ultra_effort_exit',
  'nested_memory',
  'file',
  'edited_text_file',
  'compact_file_reference',
  'already_read_file',
  'opened_file_in_ide',
  'selected_lines_in_ide',
  'read_truncation_notice',
  'date_change',
  'budget_usd',
  'total_tokens_reminder',
  'batching_reminder_sent',
  'silent_turn_reminder',
  'companion_intro',
  'hook_success',
  'hook_additional_context',
  'hook_system_message',
  'hook_non_blocking_error',
  'hook_blocking_error',
  'hook_permission_decision',
  'hook_stopped_continuation',
  'environment',
  'model',
  'date',
  'session_context',
  'remote_session_change',
]);

/** A prompt that was typed while the agent was busy, and taken in at the next tool result. */
function queuedCommand(state: ClaudeState, envelope: Envelope, attachment: unknown): Told {
  const prompt = field(attachment, 'prompt');
  const text = joinedText(prompt);
  const kind = textAt(field(attachment, 'origin'), 'kind');
  const isMarked = kind === 'human' || (kind === undefined && booleanAt(attachment, 'humanTurn') === true);
  const isOpen = kind === undefined && booleanAt(attachment, 'humanTurn') === undefined;
  const voice = hear(text, isMarked);
  const isPersons = isMarked || (isOpen && !marksPrompts(state, envelope.value));
  if (!isPersons || voice.kind === 'injected' || voice.kind === 'interrupted') {
    const subtype = nameOf(kind ?? (voice.kind === 'injected' ? voice.subtype : undefined), 'queued');
    return told(draftOf(envelope, 'system.message', 'text:0', { text, subtype }, { origin: 'injected' }));
  }
  const blocks = (contentBlocks(prompt) ?? []).filter((block) => stringAt(block, 'type') !== 'text');
  const taken = blocks.flatMap((block) => takeBlock(block) ?? []);
  const payload = {
    text: voice.text,
    ...(taken.length > 0 && { attachments: taken.map(({ attachment: one }) => one) }),
  };
  const more = {
    origin: voice.kind === 'command' ? 'command' : isMarked ? 'typed' : personOrigin(envelope),
    ...(taken.length > 0 && { blobs: taken.map(({ blob }) => blob) }),
  } as const;
  const around = (part: string, body: string, subtype: string) =>
    draftOf(envelope, 'system.message', part, { text: body, subtype }, { origin: 'injected' });
  const context = voice.context.map(({ tag, text: body }, place) => around(`context:0:${place}`, body, tag));
  const left = blocks.flatMap((block, place) =>
    takeBlock(block) ? [] : around(`block:${place}`, blockText(block), nameOf(textAt(block, 'type'), 'block')),
  );
  return told(...context, draftOf(envelope, 'user.message', 'text:0', payload, more), ...left);
}

function told(...drafts: readonly Draft[]): Told {
  return { drafts, diagnostics: [] };
}
