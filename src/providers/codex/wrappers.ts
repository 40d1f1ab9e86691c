/**
 * Who wrote a text of role `user`? Since 0.146 to 0.169 the record says so for each content block; before, how the text
 * begins must tell.
 *
 * Sources: openai/codex (`core/src/context`, `core/src/event_mapping.rs`), counts over rollouts of 0.39 to 0.142, and
 * 0.169 run in November 2026.
 */
import { at, field, listAt, textAt } from '../../core/json.ts';

export type Voice =
  /** A person's words, and the context that an editor put before them. */
  | { readonly kind: 'person'; readonly text: string; readonly context?: string }
  /** A `!` command that a person ran, with its output. */
  | { readonly kind: 'command'; readonly command: string; readonly output: string }
  | { readonly kind: 'injected'; readonly subtype: string };

/** What the record says of a block: `content_item_kinds`, and the provenance in `content_item_metadata`. */
interface BlockMark {
  readonly kind?: string | undefined;
  readonly provenance?: string | undefined;
}

/** What the record says of the block at this index. */
export function markOf(payload: unknown, index: number): BlockMark {
  const passthrough = field(payload, 'internal_chat_message_metadata_passthrough');
  const kind = listAt(passthrough, 'content_item_kinds')[index];
  const provenance = textAt(at(listAt(passthrough, 'content_item_metadata')[index], 'provenance'), 'type');
  return { kind: typeof kind === 'string' ? kind : undefined, provenance };
}

/**
 * `isShown` is set for text that the interface showed as the user's: there, a tag that no version of Codex is known to
 * use is the user's own.
 */
export function hear(text: string, { kind, provenance }: BlockMark = {}, isShown = false): Voice {
  const command = shellCommand(text);
  if (kind !== undefined && kind !== 'unknown') {
    if (kind.startsWith('user.')) return person(text);
    return command && kind === 'shell.user_command' ? command : { kind: 'injected', subtype: kind };
  }
  if (command) return command;
  if (provenance !== undefined) {
    return provenance === 'user' ? person(text) : { kind: 'injected', subtype: wrapperOf(text, isShown) ?? provenance };
  }
  const wrapper = wrapperOf(text, isShown);
  return wrapper === undefined ? person(text) : { kind: 'injected', subtype: wrapper };
}

/** Openings that only the harness writes, without a tag of their own. */
const OPENINGS: readonly (readonly [opening: string, subtype: string])[] = [
  ['Warning: The maximum number of unified exec processes', 'warning'],
  ['Warning: apply_patch was requested via ', 'warning'],
  ['Warning: Your account was flagged for', 'warning'],
  ['Another language model started to solve this problem and produced a summary', 'compaction'],
];

/** The name of the wrapper that holds the whole text; absent when there is none. */
function wrapperOf(raw: string, isShown: boolean): string | undefined {
  const text = raw.trim();
  if (/^# AGENTS\.md instructions/i.test(text) && text.includes('<INSTRUCTIONS>')) return 'agents_md';
  const opening = OPENINGS.find(([start]) => text.startsWith(start));
  if (opening) return opening[1];
  const [, name] = /^<([a-z][a-z_-]*)(?:\s[^<>]*)?>/i.exec(text) ?? [];
  const tag = name?.toLowerCase();
  if (tag === undefined || !text.toLowerCase().endsWith(`</${tag}>`)) return undefined;
  // The harness writes its tags with underscores; no markup that people paste does.
  return KNOWN_TAGS.has(tag) || (tag.includes('_') && !isShown) ? tag : undefined;
}

/** Tags that versions up to 0.169 are known to wrap injected text in. */
const KNOWN_TAGS: ReadonlySet<string> = new Set([
  'environment_context',
  'user_instructions',
  'turn_aborted',
  'subagent_notification',
  'codex_internal_context',
  'goal_context',
  'extension_context',
  'hook_prompt',
  'recommended_plugins',
  'model_switch',
  'user_action',
  'skill',
]);

/** `<user_shell_command>`: the command, and what came of it. */
function shellCommand(raw: string): (Voice & { readonly kind: 'command' }) | undefined {
  const text = raw.trim();
  if (!/^<user_shell_command>/i.test(text)) return undefined;
  const command = inside(text, 'command');
  return command === undefined ? undefined : { kind: 'command', command, output: inside(text, 'result') ?? '' };
}

function inside(text: string, tag: string): string | undefined {
  const from = text.indexOf(`<${tag}>`);
  const to = text.lastIndexOf(`</${tag}>`);
  if (from < 0 || to < from) return undefined;
  return text
    .slice(from + tag.length + 2, to)
    .replace(/^\n/, '')
    .replace(/\n$/, '');
}

const REQUEST = '## My request for Codex:';

/** Editors put their context before the request; the request follows the last heading. */
function person(text: string): Voice {
  const isWrapped = /^\s*# (?:Context from my IDE setup|Files mentioned by the user):/.test(text);
  if (!isWrapped && !text.trimStart().startsWith(REQUEST)) return { kind: 'person', text };
  const heading = isWrapped ? Math.max(text.lastIndexOf(`\n${REQUEST}`) + 1, 0) : text.indexOf(REQUEST);
  if (!text.startsWith(REQUEST, heading)) return { kind: 'person', text: '', context: text };
  const request = text.slice(heading + REQUEST.length).replace(/^[ \t]*\r?\n/, '');
  const context = text.slice(0, heading).trimEnd();
  return { kind: 'person', text: request.trim() === '' ? '' : request, ...(context !== '' && { context }) };
}
