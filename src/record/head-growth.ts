/**
 * The head of a recording's file grows when the conversation gains a participant: the file is written anew beside itself,
 * with the same bytes below the head, and takes its place. Killed before, nothing has happened; killed behind, the file
 * is longer than was noted and ends as it did, which is what an edit of the head looks like (`mend.ts`). So what was noted
 * must be on the disk before: where it were lost in a power cut, with an append behind it, nothing could tell the two apart.
 */
import { isUtf8 } from 'node:buffer';
import type { DestinationFiles, GrowingFile } from '../core/ports.ts';
import { type Additions, enlargeHead, headIn, MOST_HEAD_BYTES } from './formats/front-matter-edit.ts';
import { isOwnHead, type Manifest, withHead } from './mend.ts';
import type { Place } from './recording-file.ts';

const COPY_BYTES = 1024 * 1024;

interface HeadParts {
  readonly files: DestinationFiles;
  readonly place: Place;
  readonly time: string;
  /** The recording's id: what a kill has left of its head is taken away. */
  readonly work: string;
  /** Makes durable what is known of the file as it is. */
  readonly settle: () => Promise<void>;
}

/** The manifest of the grown file; absent when nothing was missing. Throws the system's error. */
export async function growHead(
  { files, place, time, work, settle }: HeadParts,
  additions: Additions,
  manifest: Manifest,
): Promise<Manifest | undefined> {
  const file = files.grow(place.root, place.components, { create: false });
  if (!file) return undefined;
  try {
    const size = file.sizeBytes();
    const head = headIn(file.read(0, Math.min(size, MOST_HEAD_BYTES)));
    if (!isUtf8(head)) return undefined; // Made a text and bytes again, it would be another.
    const larger = enlargeHead(head.toString(), additions);
    if (larger === head.toString()) return undefined;
    await settle();
    const before = head.length;
    const pending = files.begin(place.root, place.components, work);
    try {
      pending.write(larger);
      for (let at = before; at < size; at += COPY_BYTES) pending.write(file.read(at, Math.min(size, at + COPY_BYTES)));
      if (file.sizeBytes() !== size || !isStillThere(files, place, file))
        throw Object.assign(new Error('it was written to meanwhile'), { code: 'EBUSY' });
      pending.commit({ replace: true, backup: false, time });
    } catch (error) {
      pending.discard();
      throw error;
    }
    const above = file.read(0, manifest.length - manifest.bodyBytes);
    const grown = { ...manifest, length: manifest.length + Buffer.byteLength(larger) - before };
    if (!isOwnHead(manifest, above)) return grown;
    return withHead(grown, Buffer.concat([Buffer.from(larger), above.subarray(before)]));
  } finally {
    file.close();
  }
}

/** Whether it is this file that has the name: an editor that saves puts another one in its place. */
function isStillThere(files: DestinationFiles, { root, components }: Place, { identity }: GrowingFile): boolean {
  const there = files.grow(root, components, { create: false });
  there?.close();
  return there?.identity === identity;
}
