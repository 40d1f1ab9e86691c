/** What a session continues, frozen at the moment when a recording takes it in. */
import type { SessionKey } from '../core/session.ts';
import type { SessionLink, TranscriptStore } from '../store/store.ts';
import type { InheritedPart, Period } from './recording.ts';

/** The parts of other sessions that come before this one, oldest first, and the parent that is not in the store. */
export async function inheritanceOf(
  store: TranscriptStore,
  key: SessionKey,
): Promise<Pick<Period, 'inherited' | 'missing'>> {
  const links = new Map((await store.links()).map((link) => [nameOf(link.key), link]));
  const seen = new Set([nameOf(key)]);
  const inherited: InheritedPart[] = [];
  let link = links.get(nameOf(key));
  let missing: string | undefined;
  while (link && link.parent.relation !== 'subagent' && missing === undefined) {
    const session: SessionKey = { provider: link.key.provider, nativeId: link.parent.nativeId };
    if (seen.has(nameOf(session))) break;
    seen.add(nameOf(session));
    const part = await partOf(store, session, link);
    if (part === undefined) missing = session.nativeId;
    else if (part !== 'nothing') inherited.unshift(part);
    link = links.get(nameOf(session));
  }
  return { ...(inherited.length > 0 && { inherited }), ...(missing !== undefined && { missing }) };
}

/** Up to where they have the conversation in common; absent while that is not known. */
async function partOf(
  store: TranscriptStore,
  session: SessionKey,
  { resolved }: SessionLink,
): Promise<InheritedPart | 'nothing' | undefined> {
  if (!resolved) return undefined;
  if (resolved.parentSeq === 0) return 'nothing';
  const [last] = await store.pick(session, [resolved.parentSeq]);
  return last && { session, until: last.event.id };
}

function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}
