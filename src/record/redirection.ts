/**
 * What becomes of a session's recordings when one of them cannot be written where it was meant to be. Pure.
 *
 * What was asked for goes on elsewhere, from where it was asked for. The recording of the path stays as it was before:
 * what its file still lacks is written when it can be, and nothing else.
 */
import type { Book, PendingEffect } from './book.ts';
import type { FormatId } from './formats/format.ts';
import type { Effect } from './plan.ts';
import { type Recording, recordingId } from './recording.ts';

export type Beginning = Extract<Effect, { kind: 'go-on' | 'anew' }>;

export interface Redirected {
  readonly book: Book;
  /** What is to be done at the other path. */
  readonly effect: Beginning;
  readonly path: string;
  /** What later commands asked of the same recording: it is a part of what goes on elsewhere. */
  readonly joined: readonly PendingEffect[];
}

interface Elsewhere {
  /** The path that was asked for. */
  readonly asked: string;
  readonly format: FormatId;
  /** The path for what nothing else is recorded to. */
  readonly generated: string;
  /** Whether a recording that went elsewhere from the same path can be gone on with. */
  readonly mayJoin?: (recording: Recording) => boolean;
}

/**
 * Where something goes on that cannot be at the path that was asked for. A file there belongs to one such path: what two
 * have asked for would end with one another, and be written over by one another.
 */
export function pathElsewhere(
  { recordings, pending, primary }: Book,
  { asked, format, generated, mayJoin = () => true }: Elsewhere,
): string {
  const folder = generated.slice(0, generated.lastIndexOf('/') + 1);
  const known = recordings
    .filter((one) => one.redirectedFrom === asked && one.format === format)
    .filter((one) => one.path.startsWith(folder) && mayJoin(one));
  const own = known.findLast(({ on }) => on) ?? known.at(-1);
  if (own) return own.path;
  const planned = pending.flatMap(({ effect }) => ('target' in effect ? [effect.target.path] : []));
  const taken = new Set([...recordings.map(({ path }) => path), ...planned, primary]);
  taken.delete(asked);
  let path = generated;
  for (let number = 2; taken.has(path); number++) path = generated.replace(/(?=\.[a-z]+$)/, `-${number}`);
  return path;
}

/** Whether something is still to be done to its file: what would be joined to it now would come too early. */
export function isPlanned({ pending }: Book, { id }: Recording): boolean {
  return pending.some(({ effect }) => 'recording' in effect && effect.recording === id);
}

export function redirect(book: Book, failing: Beginning, path: string): Redirected {
  const id = recordingId(book.session, path);
  const there = book.recordings.find((one) => one.id === id);
  const isMeant = ({ effect }: PendingEffect) => 'recording' in effect && effect.recording === failing.recording;
  const joining = book.pending.filter(isMeant);
  const isAnew = [failing, ...joining.map(({ effect }) => effect)].some(({ kind }) => kind === 'anew');
  const isWhole = isAnew || (failing.kind === 'go-on' && failing.isWhole === true);
  const recordings = book.recordings.flatMap((one): readonly Recording[] => {
    if (one.id === id) return [];
    if (one.id !== failing.recording) return [one];
    const asked = isWhole ? one.periods : one.periods.slice(failing.before?.periods.length ?? 0);
    const moved = { ...one, id, path, redirectedFrom: one.path, periods: asked };
    return [...(failing.before ? [failing.before] : []), isAnew ? moved : joinedTo(there, moved)];
  });
  const failed = book.recordings.find((one) => one.id === failing.recording);
  const replaces = there?.periods ?? [];
  const before = there && { before: there };
  return {
    book: {
      ...book,
      ...(book.primary === failed?.path && { primary: path }),
      recordings,
      pending: book.pending.filter((one) => !isMeant(one)),
    },
    effect: isAnew
      ? { kind: 'anew', recording: id, overwrite: false, replaces, ...before }
      : { kind: 'go-on', recording: id, ...before },
    path,
    joined: joining,
  };
}

/** A recording at a path that may have one: what that one holds already is not taken twice. */
function joinedTo(there: Recording | undefined, moved: Recording): Recording {
  if (!there) return moved;
  return there.on ? there : { ...moved, periods: [...there.periods, ...moved.periods] };
}
