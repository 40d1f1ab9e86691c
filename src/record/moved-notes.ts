/**
 * What the recorder has noted, when its store is brought over into another one: positions are others there, and each side
 * may have noted something of the same session.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SessionKey } from '../core/session.ts';
import type { Offset, Position } from '../store/store.ts';
import { type Book, bookName, keeping, kept, progressName, type StoredProgress } from './book.ts';

/** How far a file is written is told without its session, which the book of the session names. */
export function ownersOfNotes(notes: readonly Offset[]): ReadonlyMap<string, SessionKey> {
  const books = notes.filter(({ consumer }) => isBook(consumer)).flatMap((note) => kept<Book>(note) ?? []);
  return new Map(
    books.flatMap(({ session, recordings }) => recordings.map(({ id }) => [progressName(id), session] as const)),
  );
}

/** The note with the positions of the other store. */
export function movedNote(note: Offset, toPosition: (position: Position) => Position): Offset {
  const position = toPosition(note.position);
  const progress = isProgress(note.consumer) ? kept<StoredProgress>(note) : undefined;
  if (!progress) return { ...note, position };
  const after = toPosition(progress.cursor.after);
  return keeping(note.consumer, { ...progress, cursor: { ...progress.cursor, after } }, after);
}

/**
 * What holds where both have a note. A command is done once, whoever did it. Of one file, who has written more of it knows
 * it as it is. Recordings of a session that only one side has are its recordings; nobody can say which of two states of
 * one recording holds.
 */
export function settledNote(moved: Offset, known: Offset): Offset | undefined {
  const { consumer } = known;
  if (isDeepStrictEqual(moved.state, known.state)) return known;
  if (consumer.startsWith('command/') || consumer.startsWith('heard/')) return known;
  if (isProgress(consumer)) return isFurther(moved, known) ? moved : known;
  return isBook(consumer) ? joined(moved, known) : undefined;
}

function isBook(consumer: string): boolean {
  return consumer.startsWith(bookName({ provider: '', nativeId: '' }).slice(0, -1));
}

function isProgress(consumer: string): boolean {
  return consumer.startsWith(progressName(''));
}

function isFurther(moved: Offset, known: Offset): boolean {
  const [ours, theirs] = [kept<StoredProgress>(moved)?.cursor, kept<StoredProgress>(known)?.cursor];
  if (!ours || !theirs) return ours !== undefined;
  return ours.period === theirs.period ? ours.after > theirs.after : ours.period > theirs.period;
}

function joined(moved: Offset, known: Offset): Offset | undefined {
  const [ours, theirs] = [kept<Book>(moved), kept<Book>(known)];
  if (!ours || !theirs) return ours ? moved : known;
  const byId = new Map(theirs.recordings.map((recording) => [recording.id, recording]));
  const isOther = ours.recordings.some((one) => byId.has(one.id) && !isDeepStrictEqual(byId.get(one.id), one));
  if (isOther) return undefined;
  const recordings = [...theirs.recordings, ...ours.recordings.filter(({ id }) => !byId.has(id))];
  const isNew = (pending: Book['pending'][number]) => !theirs.pending.some((one) => isDeepStrictEqual(one, pending));
  const pending = [...theirs.pending, ...ours.pending.filter(isNew)];
  return keeping(known.consumer, { ...ours, ...theirs, recordings, pending }, known.position);
}
