/**
 * Who wrote a text of role `user`? Since blocks have a `source`, the agent says so for what it attaches to a prompt. What
 * it sends in a person's place it never marks: there, as in the first generation throughout, the wrapping tells.
 *
 * Source: the code of gencode 1.15 and of San, seen in November 2026.
 */
import type { Origin } from '../../core/event.ts';

export type Heard =
  /** What a person has typed, unless the message as a whole says otherwise. */
  | { readonly kind: 'words'; readonly text: string }
  /** A slash command that a person typed. */
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'context'; readonly text: string; readonly subtype: string; readonly origin: Origin };

function context(subtype: string, text: string, origin: Origin = 'injected'): Heard {
  return { kind: 'context', subtype, text, origin };
}

/** A block with a `source`: `reminder:memory-user`, `command`, `hook:UserPromptSubmit`. */
export function hearMarked(source: string, text: string): readonly Heard[] {
  const [kind = source] = source.split(':');
  if (kind !== 'command') return [context(kind, text)];
  const envelope = ENVELOPE.exec(text);
  return envelope ? [...commandOf(envelope), ...rest(text, envelope[0])] : [context('command', text, 'command')];
}

/** A block without one. */
export function hearPlain(text: string): readonly Heard[] {
  const envelope = ENVELOPE.exec(text);
  if (envelope) return [...commandOf(envelope), ...hearPlain(text.slice(envelope[0].length))];
  const { before, words, after } = peel(text);
  const reminders = (texts: readonly string[]) => texts.map((one) => context('reminder', one));
  return [
    ...reminders(before),
    ...(words === '' ? [] : [{ kind: 'words', text: words } as const]),
    ...reminders(after),
  ];
}

/** What a slash command puts before the person's words: its name, and the text of the skill or command. */
const ENVELOPE =
  /^<command-name>([\s\S]*?)<\/command-name>\s*(<skill-invocation\b[\s\S]*?<\/skill-invocation>|<custom-command\b[\s\S]*?<\/custom-command>)\n*/;

function commandOf([, name = '', body = '']: RegExpExecArray): readonly Heard[] {
  return [{ kind: 'command', text: name.trim() }, context('expansion', body)];
}

function rest(text: string, envelope: string): readonly Heard[] {
  return text.length === envelope.length ? [] : [context('command', text.slice(envelope.length), 'command')];
}

const OPEN = '<system-reminder';
const CLOSE = '</system-reminder>';

/** Reminders stand in front of the words or behind them. One in their midst is a quotation. */
function peel(text: string) {
  const before: string[] = [];
  const after: string[] = [];
  let words = text;
  for (let start = words.trimStart(); start.startsWith(OPEN) && start.includes(CLOSE); start = words.trimStart()) {
    const end = start.indexOf(CLOSE) + CLOSE.length;
    before.push(start.slice(0, end));
    words = start.slice(end).replace(/^\n+/, '');
  }
  for (let end = words.trimEnd(); end.endsWith(CLOSE) && end.includes(OPEN); end = words.trimEnd()) {
    const open = end.lastIndexOf(OPEN);
    after.unshift(end.slice(open));
    words = end.slice(0, open).replace(/\n+$/, '');
  }
  return { before, words, after };
}

/** Beginnings of a message that the harness sends in the person's place. */
const WHOLE: readonly (readonly [prefix: string, subtype: string, origin: Origin])[] = [
  ['Previous context:\n', 'compact-summary', 'summary'],
  ['<task-notification', 'task-notification', 'injected'],
  // Also `<agent-messages>`, several in one.
  ['<agent-message', 'agent-message', 'injected'],
  ['<group-message', 'group-message', 'injected'],
  ['Stop hook blocked: ', 'hook', 'injected'],
];

/** What a message is as a whole, when nobody has typed it. */
export function hearWhole(words: string): { readonly subtype: string; readonly origin: Origin } | undefined {
  const start = words.trimStart();
  const [, subtype, origin] = WHOLE.find(([prefix]) => start.startsWith(prefix)) ?? [];
  return subtype === undefined || origin === undefined ? undefined : { subtype, origin };
}
