/**
 * A scanner for JSON in bytes that says where a value ends, without building it.
 *
 * Used where `JSON.parse` cannot help: to find records inside a damaged line, and items inside a whole document. It
 * checks the structure, not every escape or number: what it calls complete still goes through `JSON.parse`.
 */

export type Scan =
  | { readonly kind: 'complete'; readonly end: number }
  /** Not JSON from `at` on. */
  | { readonly kind: 'invalid'; readonly at: number }
  /** JSON so far, but the bytes end inside it. */
  | { readonly kind: 'truncated' };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

const TRUNCATED: Scan = { kind: 'truncated' };

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The first index from `from` on that is not white space. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let index = from;
  while (isSpace(bytes[index])) index += 1;
  return index;
}

/** The end of the string whose opening quote stands at `start`. Control characters may not stand in a string. */
export function scanString(bytes: Uint8Array, start: number): Scan {
  for (let index = start + 1; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) return { kind: 'complete', end: index + 1 };
    if (byte === BACKSLASH) index += 1;
    else if (byte < 0x20) return { kind: 'invalid', at: index };
  }
  return TRUNCATED;
}

/** The end of a number, `true`, `false` or `null` that begins at `start`. */
function scanScalar(bytes: Uint8Array, start: number): Scan {
  let end = start;
  while (end < bytes.length && isScalarByte(bytes[end] ?? 0)) end += 1;
  if (end === bytes.length) return TRUNCATED;
  if (end === start) return { kind: 'invalid', at: start };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  const valid = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(text);
  return valid ? { kind: 'complete', end } : { kind: 'invalid', at: start };
}

function isScalarByte(byte: number): boolean {
  const isDigit = byte >= 0x30 && byte <= 0x39;
  const isLetter = (byte >= 0x61 && byte <= 0x7a) || byte === 0x45;
  return isDigit || isLetter || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}

/** What may come next inside an object or array. */
type Expect = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'comma-or-end';

/** The end of the value that begins at `start`, which must not be white space. Iterative: depth costs no stack. */
export function scanValue(bytes: Uint8Array, start: number): Scan {
  const first = bytes[start];
  if (first === QUOTE) return scanString(bytes, start);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return scanScalar(bytes, start);
  const closers: number[] = [];
  let expect: Expect = 'value';
  let index = start;
  for (;;) {
    index = skipSpace(bytes, index);
    const byte = bytes[index];
    if (byte === undefined) return TRUNCATED;
    if (byte === closers.at(-1) && (expect === 'comma-or-end' || expect.endsWith('-or-end'))) {
      closers.pop();
      index += 1;
      if (closers.length === 0) return { kind: 'complete', end: index };
      expect = 'comma-or-end';
      continue;
    }
    if (expect === 'comma-or-end') {
      if (byte !== COMMA) return { kind: 'invalid', at: index };
      expect = closers.at(-1) === CLOSE_OBJECT ? 'key' : 'value';
      index += 1;
      continue;
    }
    if (expect === 'key' || expect === 'key-or-end') {
      const key = scanKey(bytes, index);
      if (key.kind !== 'complete') return key;
      index = key.end;
      expect = 'value';
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      closers.push(byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY);
      expect = byte === OPEN_OBJECT ? 'key-or-end' : 'value-or-end';
      index += 1;
      continue;
    }
    const leaf = byte === QUOTE ? scanString(bytes, index) : scanScalar(bytes, index);
    if (leaf.kind !== 'complete') return leaf;
    index = leaf.end;
    expect = 'comma-or-end';
  }
}

/** A key with its colon. */
function scanKey(bytes: Uint8Array, start: number): Scan {
  if (bytes[start] !== QUOTE) return { kind: 'invalid', at: start };
  const key = scanString(bytes, start);
  if (key.kind !== 'complete') return key;
  const colon = skipSpace(bytes, key.end);
  if (colon >= bytes.length) return TRUNCATED;
  return bytes[colon] === COLON ? { kind: 'complete', end: colon + 1 } : { kind: 'invalid', at: colon };
}

/** The bytes as text. Bytes that are not UTF-8 become U+FFFD. */
export function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
