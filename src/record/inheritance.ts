/**
 * What a session has from the one that it continues: the conversation up to there, frozen at the moment when a recording
 * takes it in; and the recordings, which go on with the first words that are its own.
 */
import type { EventId } from '../core/event.ts';
import type { SessionKey } from '../core/session.ts';
import type { SessionLink, TranscriptStore } from '../store/store.ts';
import { type Book, bookName } from './book.ts';
import { ended, type InheritedPart, type Mark, type Period, type Recording, recordingId } from './recording.ts';

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

/** The book of a session with what goes on there of its parent's recordings: in the same files, shown in the same way. */
export function inheritedBook(own: Book, parent: Book | undefined, from: EventId): Book {
  const { session } = own;
  const isKnown = (path: string) => own.recordings.some((one) => one.path === path);
  const running = parent?.recordings.filter(({ on, path }) => on && !isKnown(path)) ?? [];
  const recordings = running.map((recording): Recording => {
    const view = recording.periods.at(-1)?.view ?? { preset: 'chat', switches: {} };
    const id = recordingId(session, recording.path);
    return { ...recording, id, periods: [{ from: { event: from, line: 0 }, view }] };
  });
  const pending = running.map(({ id, path }) => {
    return { effect: { kind: 'go-on', recording: recordingId(session, path), continues: id } as const };
  });
  return {
    ...(parent?.primary !== undefined && { primary: parent.primary }),
    ...own,
    recordings: [...recordings, ...own.recordings],
    pending: [...pending, ...own.pending],
    isHeir: true,
    ...(parent && running.length > 0 && { heirOf: parent.session }),
  };
}

/** Whether recordings have gone over to the heir, and have not ended yet in the session that it continues. */
export function isOwed(parent: Book | undefined, heir: Book): boolean {
  return parent !== undefined && parent.heirs?.includes(bookName(heir.session)) !== true;
}

/** The book of a session without what has gone over to its heir: a file is written by one of them at a time. */
export function handedOver(parent: Book, heir: Book, end: Mark): Book {
  const isGone = ({ on, path }: Recording) => on && heir.recordings.some((one) => one.path === path);
  const recordings = parent.recordings.map((one) => (isGone(one) ? ended(one, end) : one));
  return { ...parent, recordings, heirs: [...(parent.heirs ?? []), bookName(heir.session)] };
}

/** The first words that are no copy of another session's; absent while there are none. */
export async function firstOwnWords(store: TranscriptStore, key: SessionKey): Promise<EventId | undefined> {
  for await (const page of store.read({ key, view: 'written' })) {
    const found = page.find(
      ({ event: { kind, origin } }) =>
        (kind === 'user.message' || kind === 'assistant.message') && origin !== 'replayed',
    );
    if (found) return found.event.id;
  }
  return undefined;
}

/** Up to where they have the conversation in common; absent while that is not known, and where it was forgotten. */
async function partOf(
  store: TranscriptStore,
  session: SessionKey,
  { resolved }: SessionLink,
): Promise<InheritedPart | 'nothing' | undefined> {
  if (!resolved) return undefined;
  if (resolved.parentSeq === 0) return (await store.session(session)) && 'nothing';
  const [last] = await store.pick(session, [resolved.parentSeq]);
  return last && { session, until: last.event.id };
}

function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}
