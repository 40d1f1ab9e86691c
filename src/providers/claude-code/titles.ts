/**
 * Titles: the person's own, the agent's, or a summary. They are written again and again (at every exit, after every
 * compaction), and sometimes into other sessions' files: told is a title that is new, and this session's.
 */
import type { Payload } from '../../core/event.ts';
import { textAt } from '../../core/json.ts';
import type { Decoded } from '../provider.ts';
import { textHash } from '../shared/text.ts';
import { draftOf, type Envelope } from './envelope.ts';
import { type ClaudeState, shortHash } from './state.ts';

type TitleSource = NonNullable<Payload<'session.info'>['titleFrom']>;

const KINDS: ReadonlyMap<string, readonly [key: string, from: TitleSource]> = new Map([
  ['custom-title', ['customTitle', 'user']],
  ['ai-title', ['aiTitle', 'agent']],
  ['summary', ['summary', 'summary']],
]);

/** The title in the record; what is no news, or another session's, is kept raw. */
export function decodeTitle(state: ClaudeState, envelope: Envelope): Decoded<ClaudeState> {
  const { value, type } = envelope;
  const [key = '', titleFrom = 'agent'] = KINDS.get(type) ?? [];
  const title = textAt(value, key);
  const told = `${type}:${textHash(title ?? '')}`;
  if (title === undefined || state.titles.includes(told) || !isOwn(state, envelope)) {
    return { drafts: [draftOf(envelope, 'provider.raw', 'raw', { rawType: type })], diagnostics: [], state };
  }
  const draft = draftOf(envelope, 'session.info', 'title', { title, titleFrom });
  const others = state.titles.filter((known) => !known.startsWith(`${type}:`));
  return { drafts: [draft], diagnostics: [], state: { ...state, titles: [...others, told] } };
}

/** A summary speaks of the session that has its leaf; the others name their session. */
function isOwn({ latest, session, writtenAs }: ClaudeState, { value, type }: Envelope): boolean {
  if (type === 'summary') {
    const leaf = textAt(value, 'leafUuid');
    return leaf !== undefined && latest.includes(shortHash(leaf));
  }
  const owner = textAt(value, 'sessionId');
  return owner === undefined || owner === session || textHash(owner) === writtenAs;
}
