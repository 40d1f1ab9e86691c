/**
 * What consumers have noted: of one session, or of all. The store knows neither what they mean nor which positions they
 * hold; who does, gives the rules.
 */
import { isDeepStrictEqual } from 'node:util';
import { type SessionKey, sessionId } from '../../core/session.ts';
import type { Folder } from '../log/folder.ts';
import { sessionOf } from '../log/registry.ts';
import type { Offset, Position, TranscriptStore } from '../store.ts';

/** Where something that has a position in the log stands in the store. */
export type ToPosition = (position: Position) => Position;

export interface NoteRules {
  /** Sessions of the notes that do not name theirs, by consumer. */
  readonly owners: (notes: readonly Offset[]) => ReadonlyMap<string, SessionKey>;
  /** The note as it would be in the store. */
  readonly moved: (note: Offset, toPosition: ToPosition) => Offset;
  /** What holds where both sides have a note; absent when nobody can say. */
  readonly settled: (moved: Offset, known: Offset) => Offset | undefined;
}

/** For consumers that nobody knows: a note counts as it is. */
export const plainNotes: NoteRules = {
  owners: () => new Map(),
  moved: (note, toPosition) => ({ ...note, position: toPosition(note.position) }),
  settled: (moved, known) => (isDeepStrictEqual(moved.state, known.state) ? known : undefined),
};

/** The notes by the session that they are about, named by its id; those of no session that has a log under ''. */
export function notesBySession(folder: Folder, { owners }: NoteRules): ReadonlyMap<string, readonly Offset[]> {
  const notes = [...folder.ledgers.registry.offsets].flatMap(([consumer, { position, state = null }]) =>
    position === undefined ? [] : [{ consumer, position, state }],
  );
  const known = owners(notes);
  const bySession = new Map<string, Offset[]>();
  for (const note of notes) {
    const key = sessionOf(note) ?? known.get(note.consumer);
    const name = key && folder.ledgers.byName(sessionId(key)) ? sessionId(key) : '';
    const group = bySession.get(name);
    if (group) group.push(note);
    else bySession.set(name, [note]);
  }
  return bySession;
}

export interface SettledNotes {
  /** What the store is to be told. */
  readonly offsets: readonly Offset[];
  /** Consumers whose notes differ. */
  readonly differing: readonly string[];
}

export async function settleNotes(
  store: TranscriptStore,
  notes: readonly Offset[],
  rules: NoteRules,
  toPosition: ToPosition,
): Promise<SettledNotes> {
  const offsets: Offset[] = [];
  const differing: string[] = [];
  for (const note of notes) {
    const moved = rules.moved(note, toPosition);
    const known = await store.offset(note.consumer);
    const settled = known ? rules.settled(moved, known) : moved;
    if (!settled) differing.push(note.consumer);
    else if (!isDeepStrictEqual(settled, known)) offsets.push(settled);
  }
  return { offsets, differing };
}
