/**
 * A recording's file with a new body. What stands above the old one stays, whoever wrote it. Where the old one is kato's,
 * word for word, it is replaced; else the file is kept as a backup. With `overwrite`, only front matter stays.
 */
import type { PendingFile } from '../core/ports.ts';
import type { SessionRecord } from '../store/store.ts';
import type { ProgressBook, StoredProgress } from './book.ts';
import { headIn } from './formats/front-matter-edit.ts';
import { glue, isOwnHead, type Manifest, manifestAfter, withHead } from './mend.ts';
import type { RecorderParts } from './parts.ts';
import type { Effect } from './plan.ts';
import { playOf } from './play-of.ts';
import { type Play, play, startOf } from './playback.ts';
import type { Period, Recording } from './recording.ts';
import type { Place } from './recording-file.ts';

type Anew = Extract<Effect, { kind: 'anew' }>;

/** What stands above a recording's body, and whether that is all of the file that is not kato's. */
interface Above {
  readonly bytes: Buffer;
  readonly isOurs: boolean;
}

export class Rewriting {
  readonly #parts: RecorderParts;
  readonly #progress: ProgressBook;

  constructor(parts: RecorderParts, progress: ProgressBook) {
    this.#parts = parts;
    this.#progress = progress;
  }

  async write(session: SessionRecord, recording: Recording, place: Place, effect: Anew): Promise<void> {
    const { files, clock } = this.#parts;
    const before = readWhole(this.#parts, place);
    const known = this.#progress.get(recording.id);
    const above = known && (await this.#above(session, recording, effect.replaces, known, before));
    const { lead, isOwn, isNeedless } = this.#leadOf(session, recording, before, { above, effect, known });
    const file = files.begin(place.root, place.components, recording.id);
    try {
      file.write(lead);
      const progress = await this.#writeBody(file, session, recording, lead);
      const isEdited = !readWhole(this.#parts, place).equals(before); // While the new body was made.
      file.commit({ replace: true, backup: !isNeedless || isEdited, time: clock.now() });
      const manifest = isOwn ? withHead(progress.manifest, lead) : progress.manifest;
      await this.#progress.put(recording.id, { ...progress, manifest });
    } catch (error) {
      file.discard();
      throw error;
    }
  }

  /** What comes before the new body, whether kato wrote all of it, and whether nothing is lost without a backup. */
  #leadOf(
    session: SessionRecord,
    recording: Recording,
    before: Buffer,
    { above, effect, known }: { above: Above | undefined; effect: Anew; known: StoredProgress | undefined },
  ): { readonly lead: Buffer; readonly isOwn: boolean; readonly isNeedless: boolean } {
    const isOurs = above?.isOurs === true;
    if (above && !effect.overwrite) {
      const isOwn = known !== undefined && isOwnHead(known.manifest, above.bytes);
      return { lead: above.bytes, isOwn, isNeedless: isOurs };
    }
    const head = headIn(before);
    const isHeadOnly = isOurs && above.bytes.subarray(head.length).toString().trim() === '';
    const isOwn = head.length === 0;
    const own = this.#parts.headOf(session, recording.format, recording.id);
    return { lead: isOwn ? Buffer.from(own) : Buffer.concat([head, LINE_END]), isOwn, isNeedless: isHeadOnly };
  }

  /** Absent when nothing in the file tells where the body begins. */
  async #above(
    { key }: SessionRecord,
    recording: Recording,
    replaces: readonly Period[],
    { manifest }: StoredProgress,
    before: Buffer,
  ): Promise<Above | undefined> {
    const { format } = recording;
    const old = await bodyOf(playOf(this.#parts, key, { format, periods: replaces }), manifest.bodyBytes);
    const { length, bodyBytes } = manifest;
    const noted = before.subarray(0, length - bodyBytes);
    if (bodyBytes > 0 && before.subarray(noted.length).equals(old)) return { bytes: noted, isOurs: true };
    const body = await bodyOf(playOf(this.#parts, key, recording), before.length);
    if (bodyBytes === 0) return this.#aboveNone(body, manifest, before);
    // Killed when the new body was noted, and not that the command is done.
    if (before.subarray(noted.length, length).equals(body.subarray(0, bodyBytes)))
      return { bytes: noted, isOurs: isBeginning(before.subarray(noted.length), body) };
    if (old.length < bodyBytes) return undefined;
    // Killed when the new body was written, and nobody knew: its first line stands where that of the old one did.
    const at = beginningOf(before, [firstLine(old), firstLine(body)]);
    return at === undefined ? undefined : { bytes: before.subarray(0, at), isOurs: before.subarray(at).equals(old) };
  }

  /** The same where no body was noted: all of the file, but for a new body of which nobody knew when kato was killed. */
  #aboveNone(body: Buffer, { length }: Manifest, before: Buffer): Above {
    const blank = body.findIndex((byte) => byte !== LINE_END[0]);
    const line = firstLine(body);
    let noted: Above | undefined;
    for (let at = indexOfLine(before, line); at >= 0; at = indexOfLine(before, line, at + 1)) {
      const begin = Math.max(0, at - blank);
      const found = before.subarray(begin);
      const above = { bytes: before.subarray(0, begin), isOurs: isBeginning(found, body) };
      if (above.isOurs) return above;
      if (begin >= length) noted ??= above; // The user has written below it since: that is kept as a backup.
    }
    return noted ?? { bytes: withGlue(before), isOurs: true };
  }

  async #writeBody(
    file: PendingFile,
    { key }: SessionRecord,
    recording: Recording,
    lead: Buffer,
  ): Promise<StoredProgress> {
    const playing = { ...playOf(this.#parts, key, recording), upTo: this.#progress.heardUpTo(key) };
    let cursor = startOf(playing);
    let last = lead;
    let bodyBytes = 0;
    for await (const piece of play(playing, cursor)) {
      file.write(piece.text);
      if (piece.text !== '') last = Buffer.from(piece.text);
      bodyBytes += Buffer.byteLength(piece.text);
      cursor = piece.cursor;
    }
    return { cursor, manifest: manifestAfter(undefined, lead.length + bodyBytes, last, bodyBytes), lead: '' };
  }
}

const LINE_END = Buffer.from('\n');

/** The bytes of a file; none while it is not there. */
export function readWhole({ files }: Pick<RecorderParts, 'files'>, { root, components }: Place): Buffer {
  const file = files.grow(root, components, { create: false });
  if (!file) return Buffer.alloc(0);
  try {
    return Buffer.from(file.read(0, file.sizeBytes()));
  } finally {
    file.close();
  }
}

/** The beginning of a body, as long as this. */
async function bodyOf(playing: Play, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const { text } of play(playing, startOf(playing))) {
    pieces.push(Buffer.from(text));
    bytes += Buffer.byteLength(text);
    if (bytes >= length) break;
  }
  return Buffer.concat(pieces).subarray(0, length);
}

/** Where a body begins in a file: at the first line that it began with. */
function beginningOf(found: Buffer, lines: readonly Buffer[]): number | undefined {
  const places = lines.map((line) => indexOfLine(found, line)).filter((at) => at >= 0);
  return places.length === 0 ? undefined : Math.min(...places);
}

function isBeginning(part: Buffer, whole: Buffer): boolean {
  return whole.subarray(0, part.length).equals(part);
}

function indexOfLine(found: Buffer, line: Buffer, from = 0): number {
  if (line.length === 0) return -1;
  if (from === 0 && found.subarray(0, line.length).equals(line)) return 0;
  const at = found.indexOf(Buffer.concat([LINE_END, line]), Math.max(0, from - LINE_END.length));
  return at < 0 ? at : at + LINE_END.length;
}

/** The first line that is not blank, with its end. */
function firstLine(body: Buffer): Buffer {
  return Buffer.from(/^\n*([^\n]+\n)/.exec(body.toString('latin1'))?.[1] ?? '', 'latin1');
}

function withGlue(text: Buffer): Buffer {
  const found = { sizeBytes: text.length, read: (from: number, to: number) => text.subarray(from, to) };
  return Buffer.concat([text, glue(found, new Uint8Array())]);
}
