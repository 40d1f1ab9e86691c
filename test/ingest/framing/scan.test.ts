/** The scanner against `JSON.parse`, which knows what JSON is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isSpace, scanString, scanValue, skipSpace, toText } from '../../../src/ingest/framing/scan.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Objects and lists with white space of all kinds. */
const container = fc
  .tuple(fc.oneof(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.array(fc.jsonValue())), fc.nat(3))
  .map(([value, indent]) => JSON.stringify(value, null, ['', ' ', '\t', '\r\n '][indent]));
/** Text that is often JSON, and often nearly. */
const nearly = fc.array(
  fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '""',
    '\\',
    '1',
    '-0.5e+3',
    'true',
    'null',
    ' ',
    '\n',
    '{}',
    '"a":',
    'é',
  ),
  { maxLength: 12 },
);

describe('the end of a value', () => {
  it('is found where it is, whatever follows', () => {
    const property = fc.property(container, fc.string({ unit: 'binary' }), (text, rest) => {
      const end = bytesOf(text).length;
      assert.deepEqual(scanValue(bytesOf(text + rest), 0), { kind: 'complete', end });
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('is found behind other bytes', () => {
    const property = fc.property(container, fc.string({ unit: 'binary', maxLength: 9 }), (text, before) => {
      const start = bytesOf(before).length;
      assert.deepEqual(scanValue(bytesOf(before + text), start), {
        kind: 'complete',
        end: start + bytesOf(text).length,
      });
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('is not found in any beginning of an object or list', () => {
    const property = fc.property(container, fc.nat(), (text, at) => {
      const bytes = bytesOf(text);
      assert.deepEqual(scanValue(bytes.subarray(0, at % bytes.length), 0), { kind: 'truncated' });
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('is found for all that JSON.parse takes, and for nothing shorter', () => {
    const property = fc.property(nearly, (parts) => {
      const text = `{${parts.join('')}`;
      const scan = scanValue(bytesOf(text), 0);
      const ends = [...text].map((_, index) => text.slice(0, index + 1)).filter(parses);
      const shortest = ends[0]?.trimEnd();
      if (shortest !== undefined) assert.deepEqual(scan, { kind: 'complete', end: bytesOf(shortest).length });
      if (scan.kind === 'truncated') assert.equal(ends.length, 0);
    });
    fc.assert(property, { numRuns: 20_000 });
  });

  it('is never given for what JSON.parse refuses, but for numbers and escapes', () => {
    const property = fc.property(nearly, (parts) => {
      const text = `[${parts.join('')}`;
      const scan = scanValue(bytesOf(text), 0);
      if (scan.kind !== 'complete' || /\\|0\d/.test(text)) return;
      assert.ok(parses(toText(bytesOf(text).subarray(0, scan.end))));
    });
    fc.assert(property, { numRuns: 20_000 });
  });
});

describe('what the scanner says', () => {
  it('names the place from which on something is not JSON', () => {
    const places: readonly (readonly [string, number])[] = [
      ['{"a" 1}', 5],
      ['{"a":1,}', 7],
      ['{a:1}', 1],
      ['[1,]', 3],
      ['[1 2]', 3],
      ['{"a":tru}', 5],
      ['{"a":"x\ny"}', 7],
      ['{"a":1]', 6],
      ['{,}', 1],
      ['[}', 1],
    ];
    for (const [text, at] of places) assert.deepEqual(scanValue(bytesOf(text), 0), { kind: 'invalid', at }, text);
  });

  it('gives the end of a scalar only when something follows: it may go on', () => {
    for (const text of ['12', 'true', '-1.5e3', 'null']) {
      assert.deepEqual(scanValue(bytesOf(text), 0), { kind: 'truncated' });
      assert.deepEqual(scanValue(bytesOf(`${text},`), 0), { kind: 'complete', end: text.length });
    }
  });

  it('reaches to any depth', () => {
    const deep = `${'{"a":['.repeat(200_000)}${']}'.repeat(200_000)}`;
    assert.deepEqual(scanValue(bytesOf(deep), 0), { kind: 'complete', end: deep.length });
  });
});

describe('a text', () => {
  it('ends at its quote, and not at an escaped one', () => {
    assert.deepEqual(scanString(bytesOf('"a\\"b\\\\" "'), 0), { kind: 'complete', end: 8 });
  });
  it('has no end while it is torn, also behind a backslash', () => {
    for (const text of ['"', '"abc', '"abc\\', '"abc\\"'])
      assert.deepEqual(scanString(bytesOf(text), 0), { kind: 'truncated' });
  });
  it('holds no control characters', () => {
    assert.deepEqual(scanString(bytesOf('"a\0"'), 0), { kind: 'invalid', at: 2 });
  });
});

it('white space is what JSON says it is', () => {
  const spaces = Array.from({ length: 256 }, (_, byte) => byte).filter(isSpace);
  assert.deepEqual(spaces, [0x09, 0x0a, 0x0d, 0x20]);
  assert.equal(isSpace(undefined), false);
  assert.deepEqual(
    [skipSpace(bytesOf(' \t\r\nx'), 0), skipSpace(bytesOf('  '), 0), skipSpace(bytesOf('x'), 0)],
    [4, 2, 0],
  );
});
