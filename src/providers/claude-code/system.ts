/** Records of type `system`, and attachments: what the harness tells the model, or the person, between their words. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { booleanAt, field, listAt, numberAt, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { takeBlock } from './blocks.ts';
import { draftOf, type Envelope } from './envelope.ts';
import { hear } from './wrappers.ts';

interface Told {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
}

const told = (...drafts: Draft[]): Told => ({ drafts, diagnostics: [] });

export function decodeSystem(envelope: Envelope): Told {
  const { value } = envelope;
  const subtype = textAt(value, 'subtype') ?? 'notice';
  const content = stringAt(value, 'content') ?? '';
  const level = textAt(value, 'level');
  const info = (text: string) =>
    told(draftOf(envelope, 'provider.info', 'system', { text, subtype, ...(level !== undefined && { level }) }));
  switch (subtype) {
    case 'compact_boundary':
    case 'microcompact_boundary':
      return told(
        draftOf(
          envelope,
          'system.message',
          'system',
          { text: content || subtype, subtype: 'compaction' },
          { origin: 'injected' },
        ),
      );
    case 'local_command':
      return localCommand(envelope, content);
    case 'turn_duration':
      return info(`${numberAt(value, 'durationMs') ?? 0} ms`);
    case 'api_error':
      return info(textAt(value, 'error', 'formatted') ?? textAt(value, 'error', 'message') ?? (content || 'API error'));
    case 'stop_hook_summary':
      return info(hookSummary(value));
    case 'informational':
    case 'notice':
    case 'error':
    case 'away_summary':
    case 'api_refusal':
    case 'model_refusal_fallback':
    case 'bridge_status':
    case 'session_start':
      return info(content);
    default: {
      const raw = draftOf(envelope, 'provider.raw', 'system', { rawType: `system:${subtype}` });
      return { drafts: [raw], diagnostics: [{ code: 'unknown-record', about: `system:${subtype}` }] };
    }
  }
}

/** A slash command that never reaches the model: what was typed, or what came of it. */
function localCommand(envelope: Envelope, content: string): Told {
  const voice = hear(content);
  if (voice.kind === 'command') {
    return told(draftOf(envelope, 'user.message', 'text:0', { text: voice.text }, { origin: 'command' }));
  }
  return told(
    draftOf(envelope, 'system.message', 'text:0', { text: content, subtype: 'command-output' }, { origin: 'command' }),
  );
}

function hookSummary(value: unknown): string {
  const commands = listAt(value, 'hookInfos').flatMap((info) => textAt(info, 'command') ?? []);
  const errors = listAt(value, 'hookErrors').filter((error) => typeof error === 'string');
  return [...commands, ...errors].join('\n');
}

export function decodeAttachment(envelope: Envelope): Told {
  const attachment = field(envelope.value, 'attachment');
  const type = textAt(attachment, 'type') ?? 'unknown';
  if (type === 'queued_command') return queuedCommand(envelope, attachment);
  const text = attachmentText(envelope.value, attachment, type);
  if (text !== undefined) {
    return told(draftOf(envelope, 'system.message', 'attachment', { text, subtype: type }, { origin: 'injected' }));
  }
  const rawType = `attachment:${type}`;
  const raw = draftOf(envelope, 'provider.raw', 'attachment', { rawType });
  return { drafts: [raw], diagnostics: RAW_ATTACHMENTS.has(type) ? [] : [{ code: 'unknown-record', about: rawType }] };
}

/** What the model was shown: stated since 2.1.3xx, before that by some kinds only. */
function attachmentText(value: unknown, attachment: unknown, type: string): string | undefined {
  if (type === 'prompt_snapshot') return undefined;
  const rendered = listAt(value, 'rendered').flatMap((one) => stringAt(one, 'content') ?? []);
  if (rendered.length > 0) return rendered.join('\n');
  if (!type.startsWith('hook_')) return undefined;
  const content = field(attachment, 'content');
  const lines = Array.isArray(content)
    ? content.filter((line) => typeof line === 'string')
    : [stringAt(attachment, 'content')];
  const text = [
    ...lines,
    stringAt(attachment, 'stdout'),
    stringAt(attachment, 'stderr'),
    stringAt(attachment, 'blockingError'),
  ]
    .filter((line) => line !== undefined && line !== '')
    .join('\n');
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
  'auto_mode',
  'auto_mode_exit',
  'ultra_effort_enter',
  'ultra_effort_exit',
  'nested_memory',
  'file',
  'edited_text_file',
  'compact_file_reference',
  'already_read_file',
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
  'environment',
  'model',
  'date',
  'session_context',
  'remote_session_change',
]);

/** A prompt that was typed while the agent was busy, and taken in at the next tool result. */
function queuedCommand(envelope: Envelope, attachment: unknown): Told {
  const prompt = field(attachment, 'prompt');
  const blocks = typeof prompt === 'string' ? [{ type: 'text', text: prompt }] : Array.isArray(prompt) ? prompt : [];
  const kind = textAt(field(attachment, 'origin'), 'kind');
  const isHuman = kind === undefined ? booleanAt(attachment, 'humanTurn') !== false : kind === 'human';
  const taken = blocks.flatMap((block) => takeBlock(block) ?? []);
  const text = blocks
    .map((block) => stringAt(block, 'text'))
    .filter((line) => line !== undefined)
    .join('\n');
  const voice = hear(text);
  if (!isHuman || voice.kind !== 'person') {
    const subtype = kind ?? (voice.kind === 'injected' ? voice.subtype : 'queued');
    return told(draftOf(envelope, 'system.message', 'text:0', { text, subtype }, { origin: 'injected' }));
  }
  const payload = {
    text: voice.text,
    ...(taken.length > 0 && { attachments: taken.map(({ attachment: one }) => one) }),
  };
  const more = {
    origin: envelope.isSubagent ? 'subagent' : 'typed',
    ...(taken.length > 0 && { blobs: taken.map(({ blob }) => blob) }),
  } as const;
  return told(draftOf(envelope, 'user.message', 'text:0', payload, more));
}
