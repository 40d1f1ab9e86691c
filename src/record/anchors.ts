/**
 * Transcripts that are deleted while their recordings stay.
 *
 * How far a file is written is a position of the log, and a transcript that is built again gets new ones. So before it is
 * deleted, the position is kept as an event: `progress.anchor`. Built again from the same bytes, the transcript has the
 * same event, and the file goes on behind it. What is about to be written is made of the transcript, and is not kept
 * either: a head is made again when its file is (`owesHead`).
 *
 * What no source has cannot be built again, so it is not deleted: transcripts that programs have written themselves.
 */
import type { SessionKey } from '../core/session.ts';
import { emptyBatch, type Offset, type Position, type TranscriptStore } from '../store/store.ts';
import { type Anchor, type Book, bookName, keeping, kept, progressName, type StoredProgress } from './book.ts';
import type { Recording } from './recording.ts';

/** Deletes all transcripts of sources, so that what is recorded of them can go on. Killed anywhere, it can be done again. */
export async function dropTranscripts(store: TranscriptStore): Promise<void> {
  const dropped = await sessionsOfSources(store);
  const names = new Set(dropped.map(bookName));
  const books = (await store.offsets('recordings/')).flatMap((offset) => kept<Book>(offset) ?? []);
  const offsets: Offset[] = [];
  for (const { session, recordings } of books) {
    if (!names.has(bookName(session))) continue;
    for (const recording of recordings) offsets.push(...(await anchoring(store, session, recording)));
  }
  if (offsets.length > 0) await store.append([{ ...emptyBatch, offsets }]);
  await store.drop(...dropped);
}

async function sessionsOfSources(store: TranscriptStore): Promise<readonly SessionKey[]> {
  const named = new Set<string>();
  for (const { provider, nativeId } of await store.sources())
    if (nativeId !== undefined) named.add(bookName({ provider, nativeId }));
  const found: SessionKey[] = [];
  for (const { key } of await store.sessions())
    if (named.has(bookName(key)) || (await beginsInSource(store, key))) found.push(key);
  return found;
}

/** A source may hold parts of further sessions than the one that it names. What was read of one says at which offset. */
async function beginsInSource(store: TranscriptStore, key: SessionKey): Promise<boolean> {
  for await (const [first] of store.read({ key, view: 'written' })) return first?.event.source.offset !== undefined;
  return true;
}

async function anchoring(store: TranscriptStore, key: SessionKey, { id, on, periods }: Recording): Promise<Offset[]> {
  const progress = kept<StoredProgress>(await store.offset(progressName(id)));
  if (!progress || (!on && progress.cursor.period >= periods.length)) return [];
  const { anchor: _, ...known } = progress;
  const { after } = progress.cursor;
  const anchor = progress.anchor ?? (after === 0 ? undefined : await anchorAt(store, key, after));
  const isWords = progress.lead.trim() !== '';
  const owesHead = isWords && progress.manifest.length === 0;
  const wordless = isWords ? { ...known, lead: '', ...(owesHead && { owesHead }) } : known;
  return [keeping(progressName(id), { ...wordless, ...(anchor && { anchor }) }, after)];
}

/**
 * The last event of the session up to this position; absent when there is none. What only tells of the session stands
 * where it was noticed, which is elsewhere when all is read at once.
 */
async function anchorAt(store: TranscriptStore, key: SessionKey, upTo: Position): Promise<Anchor | undefined> {
  let event: string | undefined;
  let sighting = 0;
  for await (const page of store.read({ key, view: 'written', backward: true })) {
    for (const one of page) {
      if (one.position > upTo || (event === undefined && one.event.kind === 'session.info')) continue;
      event ??= one.event.id;
      if (one.event.id !== event) continue;
      sighting += 1;
      if (one.event.revises === undefined) return { event, sighting };
    }
  }
  return event === undefined ? undefined : { event, sighting };
}

/** Where the anchor lies now; absent when the transcript does not reach it, or not yet. */
export async function positionOfAnchor(
  store: Pick<TranscriptStore, 'read'>,
  key: SessionKey,
  { event, sighting }: Anchor,
): Promise<Position | undefined> {
  const sightings: Position[] = [];
  for await (const page of store.read({ key, view: 'written' })) {
    for (const one of page) if (one.event.id === event) sightings.push(one.position);
    if (sightings.length >= sighting) break;
  }
  return sightings[sighting - 1] ?? sightings.at(-1);
}
