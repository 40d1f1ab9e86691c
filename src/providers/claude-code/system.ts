/** Records of type `system`: what Claude Code tells the person, or notes for itself, between their words. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { field, listAt, numberAt, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { draftOf, type Envelope, nameOf } from './envelope.ts';
import { hear } from './wrappers.ts';

export interface Told {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
}

export function decodeSystem(envelope: Envelope): Told {
  const { value } = envelope;
  const subtype = nameOf(textAt(value, 'subtype'), 'notice');
  const content = stringAt(value, 'content') ?? '';
  const level = textAt(value, 'level');
  const info = (text: string): Told => {
    const payload = { text, subtype, ...(level !== undefined && { level: nameOf(level, '') }) };
    return { drafts: [draftOf(envelope, 'provider.info', 'system', payload)], diagnostics: [] };
  };
  switch (subtype) {
    case 'compact_boundary':
      return boundary(envelope, content || 'Conversation compacted', 'compaction');
    case 'microcompact_boundary':
      return boundary(envelope, content || 'Context microcompacted', 'microcompaction');
    case 'local_command':
      return localCommand(envelope, content);
    case 'turn_duration':
      return info(durationOf(value));
    case 'api_error':
      return info(textAt(value, 'error', 'formatted') ?? textAt(value, 'error', 'message') ?? (content || 'API error'));
    case 'stop_hook_summary':
      return info(hookSummary(value));
    default:
      break;
  }
  if (NOTICES.has(subtype) && typeof (field(value, 'content') ?? '') === 'string') return info(content);
  const raw = draftOf(envelope, 'provider.raw', 'system', { rawType: `system:${subtype}` });
  return { drafts: [raw], diagnostics: [{ code: 'unknown-record', about: `system:${subtype}` }] };
}

/** Subtypes that are a line of text for the person. */
const NOTICES: ReadonlySet<string> = new Set([
  'notice',
  'informational',
  'error',
  'away_summary',
  'api_refusal',
  'model_refusal_fallback',
  'bridge_status',
  'session_start',
]);

function boundary(envelope: Envelope, text: string, subtype: string): Told {
  const draft = draftOf(envelope, 'system.message', 'system', { text, subtype }, { origin: 'injected' });
  return { drafts: [draft], diagnostics: [] };
}

/** A slash command that never reaches the model: what was typed, or what came of it. */
function localCommand(envelope: Envelope, content: string): Told {
  const voice = hear(content);
  const origin = 'command';
  const draft =
    voice.kind === 'command'
      ? draftOf(envelope, 'user.message', 'text:0', { text: voice.text }, { origin })
      : draftOf(envelope, 'system.message', 'text:0', { text: content, subtype: 'command-output' }, { origin });
  return { drafts: [draft], diagnostics: [] };
}

function durationOf(value: unknown): string {
  const ms = numberAt(value, 'durationMs');
  return ms === undefined ? '' : `${ms} ms`;
}

function hookSummary(value: unknown): string {
  const commands = listAt(value, 'hookInfos').flatMap((info) => textAt(info, 'command') ?? []);
  const errors = listAt(value, 'hookErrors').filter((error) => typeof error === 'string');
  return [...commands, ...errors].join('\n');
}
