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
import { type Found, glue, type Manifest, type Mending, manifestAfter, manifestOf, mend, withHead } from './mend.ts';
import { type Cursor, type Play, play, startOf } from './playback.ts';

/** How far a recording is written. Survives JSON. */
export type FileProgress = {
  readonly cursor: Cursor;
  readonly manifest: Manifest;
  /** What must be written before the next text: the head of a new file, or line ends below the user's text. */
  readonly lead: string;
};

/** What happened to the file since it was last written. */
export type FileNote = 'edited' | 'shortened';

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
  readonly notes: readonly FileNote[];
  /** Events that were written. */
  readonly events: number;
  /** True when the file is not at its path any more: nothing was written. */
  readonly isGone: boolean;
}

/** Writes what is missing. Throws the system's error; what was stored before stays true. */
export async function advance(parts: RecordingFileParts, from: FileProgress): Promise<Advanced> {
  const notes = new Set<FileNote>();
  let progress = from;
  let text = '';
  let events = 0;
  let cursor = from.cursor;
  let isGone = false;
  const flush = async () => {
    const written = await write(parts, progress, text, cursor, notes);
    isGone = written === undefined;
    progress = written ?? progress;
    text = '';
  };
  for await (const piece of play(parts.recording, from.cursor)) {
    text += piece.text;
    events += piece.events;
    cursor = piece.cursor;
    if (text.length >= FLUSH_BYTES && cursor.begun) await flush();
    if (isGone) break;
  }
  if (!isGone && (text !== '' || !isSame(cursor, progress.cursor))) await flush();
  return { progress, notes: [...notes], events: isGone ? 0 : events, isGone };
}

function isSame(a: Cursor, b: Cursor): boolean {
  return a.after === b.after && a.period === b.period && a.begun === b.begun;
}

async function write(
  parts: RecordingFileParts,
  progress: FileProgress,
  text: string,
  cursor: Cursor,
  notes: Set<FileNote>,
): Promise<FileProgress | undefined> {
  if (text === '') {
    const moved = { ...progress, cursor };
    await parts.store(moved, { rides: true });
    return moved;
  }
  const file = openFile(parts, progress);
  if (!file) return undefined;
  try {
    const expected = Buffer.from(progress.lead + text);
    const found = foundIn(file);
    const mending = await mend(progress.manifest, found, expected, () => bodySoFar(parts, progress));
    if ('note' in mending && mending.note !== undefined) {
      notes.add(mending.note);
      await parts.store(asFound(progress, found, mending.text, expected), { rides: false });
    }
    carryOut(file, mending);
    // At once, before anybody else has a turn. What stands behind a text that was there already is looked at next time.
    const length = mending.kind === 'written' ? progress.manifest.length + expected.length : file.sizeBytes();
    if (mending.kind !== 'written') await file.sync();
    const bodyBytes = progress.manifest.bodyBytes + Buffer.byteLength(text);
    const manifest = manifestAfter(progress.manifest, length, expected, bodyBytes);
    const next = { cursor, manifest, lead: '' };
    await parts.store(next, { rides: true });
    return next;
  } finally {
    file.close();
  }
}

/** The same progress in the file as its user has left it. What comes next begins with what tells it from the user's text. */
function asFound(progress: FileProgress, found: Found, text: Uint8Array, expected: Uint8Array): FileProgress {
  const { bodyBytes, earlier } = progress.manifest;
  const glued = Buffer.from(text.subarray(0, text.length - expected.length)).toString();
  return { ...progress, manifest: { ...manifestOf(found), bodyBytes, earlier }, lead: glued + progress.lead };
}

function carryOut(file: GrowingFile, mending: Mending): void {
  if (mending.kind === 'written') return;
  if (mending.kind === 'cut') file.cut(mending.length);
  file.append(mending.text);
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
