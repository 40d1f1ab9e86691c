/**
 * The file of one recording, and how far it is written.
 *
 * The order of things is what makes a crash harmless: the log is durable first; then the file is written and synced; then
 * the progress is stored, which says how long the file is and up to where the log was played. So the file is never ahead
 * of the log, and what lies behind the stored length is the beginning of what would be written next (`mend.ts`). Only
 * the first step into a file that stands already is stored before it is made: what was there belongs to somebody else.
 * So it is with a file that its user has edited: with the edit and an append behind it, nothing could tell the two apart.
 */
import { systemCode } from '../core/errors.ts';
import type { DestinationFiles, GrowingFile } from '../core/ports.ts';
import {
  adopted,
  bytesOf,
  type Found,
  glue,
  type Manifest,
  type Mending,
  manifestAfter,
  manifestOf,
  mend,
  type Next,
  withHead,
} from './mend.ts';
import { type Cursor, type Play, play, startOf } from './playback.ts';

/** How far a recording is written. Survives JSON. */
export type FileProgress = {
  readonly cursor: Cursor;
  readonly manifest: Manifest;
  /** What must be written before the next text: the head of a new file, or line ends below the user's text. */
  readonly lead: string;
  /** So many bytes of the next text are in the file already, with the user's behind them; absent for none. */
  readonly ahead?: number;
  /** What the user has done to the file since it was begun; absent for nothing. */
  readonly edits?: Edits;
};

/** That a file was edited, and how many events may be missing by that. */
export interface Edits {
  readonly missing: number;
}

export interface Place {
  readonly root: string;
  readonly components: readonly string[];
}

export interface RecordingFileParts {
  readonly files: DestinationFiles;
  readonly place: Place;
  readonly recording: Play;
  /** Stores the progress. `rides`: it can be worked out again. */
  readonly store: (progress: FileProgress, options: { readonly rides: boolean }) => Promise<void>;
  /** Waits until everything that the store has is on the disk: a file never tells more than that. */
  readonly settle: () => Promise<void>;
}

/** Text is written when this much has come together. */
const FLUSH_BYTES = 4 * 1024 * 1024;

/** Looks at the place where a recording is to begin. Nothing is touched yet. */
export function beginFile(
  { files, place, recording }: Pick<RecordingFileParts, 'files' | 'place' | 'recording'>,
  head: string,
  cursor: Cursor = startOf(recording),
): FileProgress {
  const file = files.grow(place.root, place.components, { create: false });
  const isNew = { cursor, manifest: withHead(manifestOf(NOTHING), Buffer.from(head)), lead: head };
  if (!file) return isNew;
  try {
    const found = foundIn(file);
    if (found.sizeBytes === 0) return isNew;
    return { cursor, manifest: manifestOf(found), lead: Buffer.from(glue(found, new Uint8Array())).toString() };
  } finally {
    file.close();
  }
}

const NOTHING = { sizeBytes: 0, read: () => new Uint8Array() };

export interface Advanced {
  readonly progress: FileProgress;
  /** Events that were written. */
  readonly events: number;
  /** True when the file is not at its path any more: nothing was written. */
  readonly isGone: boolean;
}

/** Writes what is missing. Throws the system's error; what was stored before stays true. */
export async function advance(parts: RecordingFileParts, from: FileProgress): Promise<Advanced> {
  let progress = from;
  let text = '';
  let events = 0;
  let cursor = from.cursor;
  let isGone = false;
  let rides = false;
  const flush = async () => {
    if (rides && text !== '') await parts.settle();
    const written = await write(parts, progress, text, cursor);
    isGone = written === undefined;
    progress = written ?? progress;
    text = '';
  };
  for await (const piece of play(parts.recording, from.cursor)) {
    text += piece.text;
    events += piece.events;
    cursor = piece.cursor;
    rides = piece.rides ?? rides;
    if (text.length >= FLUSH_BYTES && cursor.begun) await flush();
    if (isGone) break;
  }
  if (!isGone && (text !== '' || !isSame(cursor, progress.cursor))) await flush();
  return { progress, events: isGone ? 0 : events, isGone };
}

function isSame(a: Cursor, b: Cursor): boolean {
  return a.after === b.after && a.period === b.period && a.begun === b.begun;
}

async function write(
  parts: RecordingFileParts,
  progress: FileProgress,
  text: string,
  cursor: Cursor,
): Promise<FileProgress | undefined> {
  if (text === '') {
    const moved = { ...progress, cursor };
    await parts.store(moved, { rides: true });
    return moved;
  }
  const file = openFile(parts, progress);
  if (!file) return undefined;
  try {
    const all = Buffer.from(text);
    const { progress: known, next, isWritten } = await prepare(parts, progress, file, all);
    const bytes = bytesOf(next);
    if (!isWritten) file.append(bytes);
    // At once, before anybody else has a turn. What stands behind a text that was there already is looked at next time.
    const length = isWritten ? known.manifest.length + bytes.length : file.sizeBytes();
    if (!isWritten) await file.sync();
    const bodyBytes = known.manifest.bodyBytes + all.length;
    const manifest = manifestAfter(known.manifest, length, bytes, bodyBytes);
    const rest = (known.ahead ?? 0) - all.length;
    const { edits } = known;
    const written = { cursor, manifest, lead: '', ...(rest > 0 && { ahead: rest }), ...(edits && { edits }) };
    await parts.store(written, { rides: true });
    return written;
  } finally {
    file.close();
  }
}

/** Makes the file ready for what is next, whatever has happened to it since it was last written. */
async function prepare(
  parts: RecordingFileParts,
  progress: FileProgress,
  file: GrowingFile,
  text: Uint8Array,
): Promise<{ readonly progress: FileProgress; readonly next: Next; readonly isWritten: boolean }> {
  const found = foundIn(file);
  const next = { lead: progress.lead, text, ahead: progress.ahead ?? 0 };
  const mending = await mend(progress.manifest, found, next, () => bodySoFar(parts, progress));
  if (mending.kind === 'cut') file.cut(mending.length);
  if (mending.kind !== 'adopt') return { progress, next, isWritten: mending.kind === 'written' };
  const { lead, ahead } = mending;
  const edits = { missing: (progress.edits?.missing ?? 0) + (await missingBy(parts, progress, found, mending)) };
  const known = { cursor: progress.cursor, manifest: adopted(progress.manifest, found), lead, ahead, edits };
  await parts.store(known, { rides: false }); // Durable: where our text begins below the user's is not seen again.
  return { progress: known, next: { lead, text, ahead }, isWritten: false };
}

/** The file at the path; a new one if the recording has none so far. Absent when its file is gone. */
function openFile({ files, place }: RecordingFileParts, { manifest }: FileProgress): GrowingFile | undefined {
  const file = files.grow(place.root, place.components, { create: false });
  return file ?? (manifest.length === 0 ? make(files, place) : undefined);
}

/** A new file; when somebody was quicker, theirs: writing goes on below it. */
function make(files: DestinationFiles, { root, components }: Place): GrowingFile | undefined {
  try {
    return files.grow(root, components, { create: true });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return files.grow(root, components, { create: false });
  }
}

function foundIn(file: GrowingFile): Found {
  return { sizeBytes: file.sizeBytes(), read: (from, to) => file.read(from, to) };
}

/**
 * How many events may be missing by what was taken out: as many as have their text in so many bytes at the body's end.
 * Where the end is as it was, it was taken out elsewhere, and only events that it has room for are counted.
 */
async function missingBy(
  { recording }: RecordingFileParts,
  { manifest }: FileProgress,
  { sizeBytes }: Found,
  { note, lead }: Extract<Mending, { kind: 'adopt' }>,
): Promise<number> {
  const isWrittenAgain = note === 'shortened' && lead.trim() !== '';
  const from = manifest.bodyBytes - (manifest.length - sizeBytes);
  if (isWrittenAgain || from >= manifest.bodyBytes) return 0;
  let end = 0;
  let missing = 0;
  for await (const { text, events } of play(oneByOne(recording), startOf(recording))) {
    const begin = end;
    end += Buffer.byteLength(text);
    if (note === 'shortened' ? end > from : begin >= from) missing += events;
    if (end >= manifest.bodyBytes) break;
  }
  return missing;
}

/** The same recording, in pieces of one event each. */
function oneByOne(recording: Play): Play {
  const { store } = recording;
  return {
    ...recording,
    store: {
      pick: (key, seqs) => store.pick(key, seqs),
      async *read(selection) {
        for await (const page of store.read(selection)) for (const one of page) yield [one];
      },
    },
  };
}

/** The whole body up to where it is written, played anew. */
async function bodySoFar({ recording }: RecordingFileParts, { manifest }: FileProgress): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const { text } of play(recording, startOf(recording))) {
    pieces.push(Buffer.from(text));
    length += Buffer.byteLength(text);
    if (length >= manifest.bodyBytes) break;
  }
  return Buffer.concat(pieces).subarray(0, manifest.bodyBytes);
}
