/**
 * What a recording's file is, compared with what kato last did to it, and how writing goes on. Pure.
 *
 * kato knows the length that the file had after its last completed append, and the bytes before that length. Between then
 * and now it may have been killed while it wrote, and the user may have done anything. kato cuts only what it has
 * written itself and had not finished: bytes behind its length that are the beginning of the text it would write now, or
 * zeros of a block that never reached the disk. Everything else is the user's; writing goes on at the end.
 */
import { hash } from 'node:crypto';

/** What is known of a file after the last completed append. Survives JSON. */
export interface Manifest {
  /** The file's length then. */
  readonly length: number;
  /** The hash of what the last append wrote, or of the end of it: 16 hex digits. */
  readonly tail: string;
  readonly tailBytes: number;
  /** How much of it is the recording's body, as it was played. */
  readonly bodyBytes: number;
  /** Body lengths after some earlier appends, shortest first. */
  readonly earlier: readonly number[];
  /** The hash of what stands above the body, where kato wrote all of it; absent where somebody else had a hand in it. */
  readonly head?: string;
}

/** The file as it is: its size, and its bytes between two places. */
export interface Found {
  readonly sizeBytes: number;
  readonly read: (from: number, to: number) => Uint8Array;
}

/** What is to be written next: `lead` and then `text`, but for its first `ahead` bytes, which are in the file already. */
export interface Next {
  readonly lead: string;
  readonly text: Uint8Array;
  readonly ahead: number;
}

export type Mending =
  /** Write what is next at the end. */
  | { readonly kind: 'append' }
  /** Cut the file to `length`, then write what is next. */
  | { readonly kind: 'cut'; readonly length: number }
  /** What is next is there already. */
  | { readonly kind: 'written' }
  /**
   * The file is another one than was noted. It must be noted as it is now before it is written to: killed behind that,
   * kato would take its own words for the user's, and write them again.
   */
  | {
      readonly kind: 'adopt';
      readonly note: 'edited' | 'shortened';
      readonly lead: string;
      readonly ahead: number;
    };

const TAIL_BYTES = 4096;
const MOST_EARLIER = 64;

/** The bytes that `next` stands for. */
export function bytesOf({ lead, text, ahead }: Next): Uint8Array {
  return Buffer.concat([Buffer.from(lead), text.subarray(ahead)]);
}

/**
 * How to bring the file to where it should be. `body` is the whole body up to what is next, played anew: asked for only
 * when the file is as short as it was before.
 */
export async function mend(
  manifest: Manifest,
  found: Found,
  next: Next,
  body: () => Promise<Uint8Array>,
): Promise<Mending> {
  const { length } = manifest;
  const { sizeBytes } = found;
  if (endsAsWritten(manifest, found, length)) {
    if (sizeBytes === length) return { kind: 'append' };
    if (sizeBytes > length) return mendLonger(length, found, next);
  }
  // Before all else: an older copy can end in the words that were written last.
  const lost = sizeBytes < length ? await lostEnd(manifest, found, body) : undefined;
  if (lost) return { kind: 'adopt', note: 'shortened', lead: lost + next.lead, ahead: next.ahead };
  if (endsAsWritten(manifest, found, sizeBytes)) return { kind: 'adopt', note: 'edited', ...next };
  return (
    (await goOnBehindOurs(manifest, found, next, body)) ??
    goOnBelow(found, next, sizeBytes < length ? 'shortened' : 'edited')
  );
}

/** Behind what was noted stands what kato did not note any more, or what the user wrote, or first one and then the other. */
function mendLonger(length: number, found: Found, next: Next): Mending {
  const expected = bytesOf(next);
  const extra = found.read(length, found.sizeBytes);
  if (isBeginning(extra, expected) || isZero(extra)) return { kind: 'cut', length };
  if (isBeginning(expected, extra)) return { kind: 'written' };
  const { ours } = linesIn(extra, expected);
  const there = ours - Buffer.byteLength(next.lead);
  return goOnBelow(found, there > 0 ? { ...next, ahead: next.ahead + there } : next, 'edited');
}

/**
 * The same in a file that was changed above as well. Where all that was noted is there, line by line and in order, so is
 * what was written behind it: nothing is taken for written that is not in the file. Absent where a line is missing.
 */
async function goOnBehindOurs(
  { bodyBytes }: Manifest,
  found: Found,
  next: Next,
  play: () => Promise<Uint8Array>,
): Promise<Mending | undefined> {
  if (bodyBytes === 0) return undefined;
  const noted = (await play()).subarray(0, bodyBytes);
  const file = found.read(0, found.sizeBytes);
  const { ours, torn } = linesIn(file, Buffer.concat([noted, bytesOf(next)]));
  const there = ours + (torn ?? 0) - noted.length - Buffer.byteLength(next.lead);
  if (there <= 0) return undefined;
  const goesOn = { ...next, ahead: next.ahead + there };
  return torn === undefined
    ? goOnBelow(found, goesOn, 'edited')
    : { kind: 'adopt', note: 'edited', ...goesOn, lead: '' };
}

/** Text below the user's is told from theirs by a blank line; a head is not for the middle of a file. */
function goOnBelow(found: Found, { text, ahead }: Next, note: 'edited' | 'shortened'): Mending {
  return { kind: 'adopt', note, lead: glue(found, text.subarray(ahead)).toString(), ahead };
}

/**
 * How many bytes of what is expected stand in a text, line by line and in order; the user's own lines may stand before and
 * between them. 0 if it is blank lines alone: then nothing of it is kato's. `torn`, where the text ends with them: how many
 * bytes of one more line stand behind.
 */
function linesIn(text: Uint8Array, expected: Uint8Array): { readonly ours: number; readonly torn?: number } {
  let ours = 0;
  let at = 0;
  let isOurs = false;
  for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, at)) {
    const line = text.subarray(at, end + 1);
    isOurs = isBeginning(line, expected.subarray(ours));
    if (isOurs) ours += line.length;
    at = end + 1;
  }
  if (Buffer.from(expected.subarray(0, ours)).toString().trim() === '') return { ours: 0 };
  const isEnd = isOurs && isBeginning(text.subarray(at), expected.subarray(ours));
  return { ours, ...(isEnd && { torn: text.length - at }) };
}

/** What must stand between a file's text and text below it, so that there is a blank line, or, in JSON lines, a new line. */
export function glue({ sizeBytes, read }: Found, text: Uint8Array): Buffer {
  if (sizeBytes === 0) return Buffer.alloc(0);
  const end = Buffer.from(read(Math.max(0, sizeBytes - 4), sizeBytes)).toString('latin1');
  const newline = end.includes('\r\n') ? '\r\n' : '\n';
  const isLines = text[0] === BRACE;
  const wanted = isLines || text[0] === NEWLINE ? 1 : 2;
  const there = /(?:\r?\n){0,2}$/.exec(end)?.[0].replaceAll('\r', '').length ?? 0;
  return Buffer.from(newline.repeat(Math.max(0, wanted - there)));
}

const NEWLINE = 0x0a;
const BRACE = 0x7b;

/** Whether the bytes before this place are the last ones that kato wrote. */
function endsAsWritten({ tail, tailBytes }: Manifest, { read }: Found, place: number): boolean {
  if (tailBytes === 0) return place === 0; // Nothing was written yet.
  return place >= tailBytes && hashOf(read(place - tailBytes, place)) === tail;
}

/** For a file that an older copy has come back to: what it has lost of the body. */
async function lostEnd({ earlier, length, bodyBytes }: Manifest, found: Found, play: () => Promise<Uint8Array>) {
  const before = length - bodyBytes; // What stands above the body: a head, or the user's own text.
  const kept = found.sizeBytes - before;
  if (!earlier.includes(kept) || kept <= 0) return undefined;
  const body = await play();
  const isOurs = Buffer.compare(found.read(before, found.sizeBytes), body.subarray(0, kept)) === 0;
  return isOurs ? Buffer.from(body.subarray(kept, bodyBytes)).toString() : undefined;
}

function isBeginning(part: Uint8Array, whole: Uint8Array): boolean {
  return part.length <= whole.length && Buffer.compare(part, whole.subarray(0, part.length)) === 0;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** The manifest of a file that stands already, or, with nothing, of one that is to be made. */
export function manifestOf({ sizeBytes, read }: Found): Manifest {
  const tail = read(Math.max(0, sizeBytes - TAIL_BYTES), sizeBytes);
  return { length: sizeBytes, tail: hashOf(tail), tailBytes: tail.length, bodyBytes: 0, earlier: [] };
}

/** The manifest of a file that its user has changed, and that kato goes on with. */
export function adopted(before: Manifest, found: Found): Manifest {
  const { length, tail, tailBytes } = manifestOf(found);
  return { ...before, length, tail, tailBytes };
}

/** The manifest of a file to which `text` has just been written, up to `length`. */
export function manifestAfter(
  before: Manifest | undefined,
  length: number,
  text: Uint8Array,
  bodyBytes: number,
): Manifest {
  const tail = text.subarray(-TAIL_BYTES);
  const known = before === undefined ? [] : [...before.earlier, before.bodyBytes];
  return {
    length,
    tail: hashOf(tail),
    tailBytes: tail.length,
    bodyBytes,
    earlier: thin(known.filter((one) => one > 0)),
    ...(before?.head !== undefined && { head: before.head }),
  };
}

/** The same file, of which kato has written all that stands above the body. */
export function withHead(manifest: Manifest, head: Uint8Array): Manifest {
  return { ...manifest, head: hashOf(head) };
}

/** Whether these bytes are what kato wrote above the body. */
export function isOwnHead({ head }: Manifest, found: Uint8Array): boolean {
  return head === hashOf(found);
}

/** The latest places one by one, older ones ever further apart. */
function thin(places: readonly number[]): readonly number[] {
  if (places.length <= MOST_EARLIER) return places;
  const half = MOST_EARLIER / 2;
  const old = places.slice(0, -half).filter((_, index) => index % 2 === 0);
  return [...old, ...places.slice(-half)];
}

function hashOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex').slice(0, 16);
}
