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

export type Mending =
  /** Write `text` at the end. */
  | { readonly kind: 'append'; readonly text: Uint8Array; readonly note?: 'edited' | 'shortened' }
  /** Cut the file to `length`, then write `text`. */
  | { readonly kind: 'cut'; readonly length: number; readonly text: Uint8Array }
  /** The text is there already. */
  | { readonly kind: 'written' };

const TAIL_BYTES = 4096;
const MOST_EARLIER = 64;

/**
 * How to bring the file to where it should be. `expected` is the text that comes next; `body` is the whole body up to
 * it, played anew: asked for only when the file is shorter than it was.
 */
export async function mend(
  manifest: Manifest,
  found: Found,
  expected: Uint8Array,
  body: () => Promise<Uint8Array>,
): Promise<Mending> {
  const { length } = manifest;
  if (found.sizeBytes === length) return append(found, expected, endsAsWritten(manifest, found, length));
  if (found.sizeBytes > length && endsAsWritten(manifest, found, length)) {
    const extra = found.read(length, found.sizeBytes);
    if (isBeginning(extra, expected) || isZero(extra)) return { kind: 'cut', length, text: expected };
    if (expected.length > 0 && isBeginning(expected, extra)) return { kind: 'written' };
    return append(found, expected, false);
  }
  if (endsAsWritten(manifest, found, found.sizeBytes)) return { kind: 'append', text: expected, note: 'edited' };
  if (found.sizeBytes < length) {
    const lost = await lostEnd(manifest, found, await body());
    if (lost) return { kind: 'append', text: Buffer.concat([lost, expected]) };
    return { ...append(found, expected, false), note: 'shortened' };
  }
  return append(found, expected, false);
}

/** Text below the user's is told from theirs by a blank line. */
function append(found: Found, text: Uint8Array, isOurs: boolean): Extract<Mending, { kind: 'append' }> {
  if (isOurs || text.length === 0) return { kind: 'append', text };
  return { kind: 'append', text: Buffer.concat([glue(found, text), text]), note: 'edited' };
}

/** What must stand between a file's text and text below it, so that there is a blank line, or, in JSON lines, a new line. */
export function glue({ sizeBytes, read }: Found, text: Uint8Array): Uint8Array {
  if (sizeBytes === 0) return new Uint8Array();
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
async function lostEnd({ earlier, length, bodyBytes }: Manifest, found: Found, body: Uint8Array) {
  const before = length - bodyBytes; // What stands above the body: a head, or the user's own text.
  const kept = found.sizeBytes - before;
  if (!earlier.includes(kept) || kept <= 0) return undefined;
  const isOurs = Buffer.compare(found.read(before, found.sizeBytes), body.subarray(0, kept)) === 0;
  return isOurs ? body.subarray(kept, bodyBytes) : undefined;
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
