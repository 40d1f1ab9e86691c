/** What goes on around a conversation: parts of the system prompt, hooks, skills, lines for the person. */
import { stringAt, textAt } from '../../core/json.ts';
import { draftOf, type Envelope, infoOf, nameOf, rawOf, type Told } from './envelope.ts';

/** A part of the system prompt, under its name; words that the model is given and nobody has typed. */
export function decodeSection(envelope: Envelope, section: Record<string, unknown>): Told {
  const name = nameOf(textAt(section, 'name'));
  const text = stringAt(section, 'content') ?? '';
  if (text === '') return infoOf(envelope, `section:${name}`, { text: name, subtype: envelope.type });
  const payload = { text, subtype: 'system-prompt' };
  const draft = draftOf(envelope, 'system.message', `section:${name}`, payload, { origin: 'injected' });
  return { drafts: [draft], diagnostics: [] };
}

const LEVELS: ReadonlyMap<string, string> = new Map([
  ['blocked', 'warning'],
  ['error', 'error'],
]);

export function decodeHook(envelope: Envelope, hook: Record<string, unknown>): Told {
  const outcome = nameOf(textAt(hook, 'outcome'));
  const reason = textAt(hook, 'reason');
  const said = `${nameOf(textAt(hook, 'event'))}: ${outcome}`;
  const level = LEVELS.get(outcome);
  const text = reason === undefined ? said : `${said}\n${reason}`;
  return infoOf(envelope, 'hook', { text, subtype: 'hook', ...(level !== undefined && { level }) });
}

export function decodeSkill(envelope: Envelope, skill: Record<string, unknown>): Told {
  const text = `${nameOf(textAt(skill, 'name'))}: ${nameOf(textAt(skill, 'current'))}`;
  return infoOf(envelope, 'skill', { text, subtype: 'skill' });
}

/** Shown to the person, never to the model: the output of a command, news of background work. */
export function decodeNotice(envelope: Envelope, notice: Record<string, unknown>): Told {
  const text = stringAt(notice, 'text');
  return text === undefined
    ? rawOf(envelope, envelope.type, 'raw', 'unexpected-shape')
    : infoOf(envelope, 'notice', { text, subtype: 'notice' });
}
