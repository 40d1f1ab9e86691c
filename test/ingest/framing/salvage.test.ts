import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { salvage } from '../../../src/ingest/framing/salvage.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));
const valuesOf = (text: string) => salvage(bytesOf(text)).records.map(({ value }) => value);
const lost = (text: string) =>
  salvage(bytesOf(text)).quarantined.map(({ start, end, reason }) => [
    Buffer.from(text).subarray(start, end).toString(),
    reason,
  ]);

const record = '{"uuid":"u-1","message":{"role":"user","content":[{"type":"text","text":"{}"}]}}';
const whole = JSON.parse(record);

describe('a damaged line', () => {
  const cases: readonly (readonly [story: string, line: string, values: unknown[], lost: unknown[]])[] = [
    [
      'a record that was cut off inside a key',
      `{"type":"pr-link","prNu${record}`,
      [whole],
      [['{"type":"pr-link","prNu', 'not-json']],
    ],
    ['one that was cut off inside text', `{"text":"hello ${record}`, [whole], [['{"text":"hello', 'not-json']]],
    ['one that was cut off behind an escape', `{"text":"C:\\${record}`, [whole], [['{"text":"C:\\', 'not-json']]],
    ['one that was cut off behind a colon', `{"n":${record}`, [whole], [['{"n":', 'not-json']]],
    [
      'one that was cut off in a list of objects',
      `{"l":[{"a":1},{"a":2},${record}`,
      [whole],
      [['{"l":[{"a":1},{"a":2},', 'not-json']],
    ],
    ['one that was cut off in a number', `{"n":12${record}`, [whole], [['{"n":12', 'not-json']]],
    ['two records', `${record}{"b":2}`, [whole, { b: 2 }], []],
    ['three records, with white space between', `{"a":1} ${record}\t{"b":2} `, [{ a: 1 }, whole, { b: 2 }], []],
    ['a record and the beginning of another', `${record}{"torn":"te`, [whole], [['{"torn":"te', 'not-json']]],
    ['a record and the end of another', `${record}Id":"x"}`, [whole], [['Id":"x"}', 'not-json']]],
    ['a record and one bracket too many', `${record}}`, [whole], [['}', 'not-json']]],
    ['NULs before a record', `\0\0\0${record}`, [whole], [['\0\0\0', 'nul']]],
    ['NULs behind a record', `${record}\0\0`, [whole], [['\0\0', 'nul']]],
    ['NULs between records', `${record}\0\0{"b":2}`, [whole, { b: 2 }], [['\0\0', 'nul']]],
    [
      'NULs inside a torn record',
      `{"a":"x\0\0\0${record}`,
      [whole],
      [
        ['{"a":"x', 'not-json'],
        ['\0\0\0', 'nul'],
      ],
    ],
    ['nothing but NULs', '\0\0\0\0', [], [['\0\0\0\0', 'nul']]],
    ['nothing but words', 'Error: no space left', [], [['Error: no space left', 'not-json']]],
    ['an object inside a torn record', '{"a":{"b":1},"c":', [], [['{"a":{"b":1},"c":', 'not-json']]],
    ['an object inside a torn list', '[{"b":1},', [], [['[{"b":1},', 'not-json']]],
    ['numbers that JSON does not know', '{"n":01}', [], [['{"n":01}', 'not-json']]],
    ['white space', ' \t\r ', [], []],
  ];
  for (const [story, line, values, gaps] of cases) {
    it(`may hold ${story}`, () => {
      assert.deepEqual(valuesOf(line), values);
      assert.deepEqual(lost(line), gaps);
    });
  }

  it('says what was found in it', () => {
    const codes = (text: string) => salvage(bytesOf(text)).diagnostics.map(({ code }) => code);
    assert.deepEqual(codes(`${record}{"b":2}`), ['salvaged-line']);
    assert.deepEqual(codes(`{"torn":${record}`), ['salvaged-line', 'invalid-line']);
    assert.deepEqual(codes(`\0\0${record}`), ['salvaged-line', 'nul-bytes']);
    assert.deepEqual(codes('\0x'), ['nul-bytes', 'invalid-line']);
    assert.deepEqual(codes('  '), []);
  });
});

/** Records as agents write them: some levels deep, with text that looks like JSON, in any script. */
const { message } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('{"a":1}', '}{', '"{', '\\', '[{', '\n'),
    fc.integer(),
    fc.constant(null),
  ),
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('message'),
  ),
  message: fc.dictionary(fc.constantFrom('uuid', 'type', 'text', 'content', 'input'), tie('value'), {
    minKeys: 1,
    maxKeys: 4,
  }),
}));

type Damage = (torn: string, next: string, at: number) => string;
const damages: readonly Damage[] = [
  (torn, next, at) => `${torn.slice(0, 1 + (at % (torn.length - 1)))}${next}`,
  (torn, next) => `${torn}${next}`,
  (_, next, at) => `${'\0'.repeat(1 + (at % 50))}${next}`,
  (torn, next, at) => `${torn.slice(0, 1 + (at % (torn.length - 1)))}${'\0'.repeat(1 + (at % 9))}${next}`,
  (_, next, at) => `${next}${'\0'.repeat(1 + (at % 50))}`,
];

describe('ten thousand damaged lines', () => {
  const line = fc.record({ torn: message, next: message, at: fc.nat(), damage: fc.constantFrom(...damages) });

  it('give up the record that is whole, and account for every byte', () => {
    const property = fc.property(line, ({ torn, next, at, damage }) => {
      const text = damage(JSON.stringify(torn), JSON.stringify(next), at);
      const { records, quarantined, scannedBytes } = salvage(bytesOf(text));
      assert.ok(
        records.some(({ value }) => JSON.stringify(value) === JSON.stringify(next)),
        'the whole record is not among them',
      );
      assertTiled(bytesOf(text), [...records, ...quarantined]);
      assert.ok(scannedBytes <= 17 * bytesOf(text).length);
    });
    fc.assert(property, { numRuns: 10_000 });
  });

  it('and any bytes at all are accounted for', () => {
    const unit = fc.constantFrom('{', '}', '"', ':', ',', '[', ']', '\\', '\0', ' ', 'a', '1', 'é');
    const property = fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
      const bytes = bytesOf(text);
      const { records, quarantined, scannedBytes } = salvage(bytes);
      assertTiled(bytes, [...records, ...quarantined]);
      assert.ok(scannedBytes <= 17 * bytes.length);
    });
    fc.assert(property, { numRuns: 10_000 });
  });
});

describe('the work on a line', () => {
  const hostile: readonly (readonly [story: string, line: string])[] = [
    ['objects that never end', '{"a":'.repeat(40_000)],
    ['brackets alone', '{'.repeat(200_000)],
    ['lists that never end', '{"a":['.repeat(40_000)],
    ['a text that never ends', `{"a":"${'{'.repeat(200_000)}`],
    ['empty objects in a torn list', `[${'{},'.repeat(60_000)}`],
    ['empty objects', '{}'.repeat(100_000)],
    ['white space behind objects', `x${`{}${' '.repeat(50)}y`.repeat(4000)}`],
    ['NULs and text in turns', '\0x'.repeat(50_000)],
  ];
  for (const [story, text] of hostile) {
    it(`is bounded by a multiple of its length: ${story}`, () => {
      const bytes = bytesOf(text);
      const { records, quarantined, scannedBytes } = salvage(bytes);
      assert.ok(scannedBytes <= 17 * bytes.length, `looked at ${scannedBytes} bytes of ${bytes.length}`);
      assertTiled(bytes, [...records, ...quarantined]);
    });
  }
});

function assertTiled(bytes: Uint8Array, parts: readonly { readonly start: number; readonly end: number }[]): void {
  let end = 0;
  for (const part of [...parts.toSorted((a, b) => a.start - b.start), { start: bytes.length, end: bytes.length }]) {
    assert.ok(part.start >= end, 'parts overlap');
    assert.equal(Buffer.from(bytes.subarray(end, part.start)).toString().trim(), '', 'bytes are lost');
    end = part.end;
  }
}
