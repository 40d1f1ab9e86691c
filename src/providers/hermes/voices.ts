/** Who speaks in the role of the user: by how the text begins. */
import type { Origin } from '../../core/event.ts';

export type Voice =
  | { readonly kind: 'words'; readonly text: string; readonly origin: Origin }
  | { readonly kind: 'context'; readonly text: string; readonly subtype: string; readonly origin: Origin }
  /** Words of the agent that were delivered to this chat from elsewhere. */
  | { readonly kind: 'delivery'; readonly text: string };

/** Written in front of a delivery, so that a model does not take it for its own answer. */
const DELIVERED = '[Delivered to this chat by the agent]\n';
const SUMMARY = '[CONTEXT COMPACTION';

const CONTEXT: readonly (readonly [start: string, subtype: string])[] = [
  ['[IMPORTANT: MCP servers have been reloaded', 'reminder'],
  ['[Your active task list was preserved', 'todo'],
  ['Cronjob Response: ', 'cron'],
];

const SKILL = '[SYSTEM: The user has invoked the "';
const SKILL_WORDS = 'The user has provided the following instruction alongside the skill invocation: ';
const RUNTIME_NOTE = /\s*\[Runtime note:[^\]]*\]\s*$/;
const SPOKEN = /^\[The user sent a voice message~[^"\n]*"([\s\S]*?)"\]\s*/;

/** In order of the text. `by` is whose words they are if nothing tells otherwise. */
export function hear(text: string, by: Origin): readonly Voice[] {
  if (text.startsWith(DELIVERED)) return [{ kind: 'delivery', text: text.slice(DELIVERED.length) }];
  if (text.startsWith(SUMMARY)) return [summary(text)];
  const context = CONTEXT.find(([start]) => text.startsWith(start));
  if (context) return [{ kind: 'context', text, subtype: context[1], origin: 'injected' }];
  if (text.startsWith(SKILL)) return ofSkill(text, by);
  const [wrapped, spoken] = SPOKEN.exec(text) ?? [];
  if (wrapped === undefined || spoken === undefined) return [{ kind: 'words', text, origin: by }];
  const rest = text.slice(wrapped.length);
  return [{ kind: 'words', text: rest === '' ? spoken : `${spoken}\n\n${rest}`, origin: by }];
}

export function summary(text: string): Voice {
  return { kind: 'context', text, subtype: 'compact-summary', origin: 'summary' };
}

/** The manual of a skill, and behind it what the person said with it. */
function ofSkill(text: string, by: Origin): readonly Voice[] {
  const at = text.lastIndexOf(SKILL_WORDS);
  const manual = (words: string): Voice => ({ kind: 'context', text: words, subtype: 'skill', origin: 'injected' });
  if (at < 0) return [manual(text)];
  const words = text.slice(at + SKILL_WORDS.length).replace(RUNTIME_NOTE, '');
  return [manual(text.slice(0, at).trimEnd()), { kind: 'words', text: words, origin: by }];
}
