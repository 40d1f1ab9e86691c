import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jsonlPosition } from '../../../src/ingest/framing/jsonl.ts';
import { assertTiles, type FramedLines, frameLines } from '../../support/framed.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const utf8 = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));
const values = ({ frames }: FramedLines) => frames.map(({ value }) => value);
const texts = (bytes: Uint8Array, { frames }: FramedLines) =>
  frames.map(({ offset, bytes: length }) => Buffer.from(bytes.subarray(offset, offset + length)).toString('latin1'));

/** All that can stand in a file, in one. */
const TROUBLE = [
  '\u00ef\u00bb\u00bf{"n":1}',
  '{"n":2,"text":"caf\u00c3\u00a9 \u00e2\u0080\u00a8 end"}\r',
  '',
  '   \t\r',
  '{"n":3}{"n":4} {"n":5}',
  '{"type":"pr-link","prNu{"parentUuid":null,"n":6}',
  '\0\0\0\0{"n":7}\0\0',
  '\0\0\0\0\0\0',
  'not JSON at all',
  '"a string"',
  '[1,2]',
  '{"n":8,"bad":"\u00ff\u00fe"}',
  '{"n":9,"n":10,"__proto__":1}',
  '{"n":11,"torn":"tex',
  '',
].join('\n');

describe('JSON lines', () => {
  it('give one frame a line, with its place', () => {
    const bytes = utf8('{"a":1}\n{"b":"ü"}\n[]\n');
    const framed = frameLines(bytes);
    assert.deepEqual(values(framed), [{ a: 1 }, { b: 'ü' }, []]);
    assert.deepEqual(texts(bytes, framed), ['{"a":1}', '{"b":"Ã¼"}', '[]']);
    assert.deepEqual([framed.cursor, framed.accountedBytes, framed.diagnostics], [{ offset: 22 }, 22, []]);
  });

  it('end at a newline alone: neither at U+2028 nor at a lone CR', () => {
    const framed = frameLines(utf8('{"a":"x\u2028y\u2029z"}\r{"b":2}\n'));
    assert.deepEqual(values(framed), [{ a: 'x\u2028y\u2029z' }, { b: 2 }]);
    assert.deepEqual(framed.diagnostics, ['salvaged-line']);
  });

  it('may end in CR LF, and be separated by blank lines', () => {
    const framed = frameLines(utf8('{"a":1}\r\n\r\n\n \t \n{"b":2}\r\n'));
    assert.deepEqual([values(framed), framed.diagnostics], [[{ a: 1 }, { b: 2 }], []]);
  });

  it('are the same frames with CR LF as without', () => {
    const [unix, dos] = [frameLines(utf8('{"a":1}\n{"b":2}\n')), frameLines(utf8('{"a":1}\r\n{"b":2}\r\n'))];
    const known = ({ frames }: FramedLines) => frames.map(({ hash, bytes }) => [hash, bytes]);
    assert.deepEqual(known(dos), known(unix));
  });

  it('may begin with a byte order mark, at the start of the file only', () => {
    assert.deepEqual(values(frameLines(utf8('\ufeff{"a":1}\n'))), [{ a: 1 }]);
    const later = frameLines(utf8('{"a":1}\n\ufeff{"b":2}\n'));
    assert.deepEqual(
      [values(later), later.diagnostics],
      [
        [{ a: 1 }, { b: 2 }],
        ['salvaged-line', 'invalid-line'],
      ],
    );
    assert.deepEqual(values(frameLines(utf8('\ufeff{"a":1}{"b":2}\n'))), [{ a: 1 }, { b: 2 }]);
  });

  it('may hold bytes that are not UTF-8, lone surrogates, twice the same key, or a hundred thousand levels', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const framed = frameLines(bytesOf(`{"a":"\u00ff"}\n{"a":"\\ud800"}\n{"a":1,"a":2}\n{"a":${deep}}\n`));
    assert.deepEqual(values(framed).slice(0, 3), [{ a: '\ufffd' }, { a: '\ud800' }, { a: 2 }]);
    assert.deepEqual([framed.frames.length, framed.diagnostics], [4, []]);
  });

  it('give the same for every cut', () => {
    const bytes = bytesOf(TROUBLE);
    const whole = frameLines(bytes);
    assertTiles(bytes, whole);
    for (let cut = 1; cut < bytes.length; cut++) assert.deepEqual(frameLines(bytes, { cuts: [cut] }), whole);
    const everywhere = Array.from({ length: bytes.length }, (_, index) => index);
    assert.deepEqual(frameLines(bytes, { cuts: everywhere }), whole);
  });
});

describe('the last line', () => {
  it('waits while it is torn', () => {
    const text = '{"a":1}\n{"b":"some text"}';
    for (let end = 9; end < text.length; end++) {
      const framed = frameLines(utf8(text.slice(0, end)));
      assert.deepEqual([values(framed), framed.cursor], [[{ a: 1 }], { offset: 8 }]);
    }
  });

  it('is taken without its newline when it is a complete object', () => {
    const framed = frameLines(utf8('{"a":1}\n{"b":2} '));
    assert.deepEqual([values(framed), framed.cursor], [[{ a: 1 }, { b: 2 }], { offset: 15, rest: true }]);
  });

  it('waits when it is anything else that may go on', () => {
    for (const text of ['12', '"x"', 'true', '[1]', '[{"a":1}', '', '  ', '\0']) {
      assert.deepEqual(values(frameLines(utf8(`{"a":1}\n${text}`))), [{ a: 1 }]);
    }
  });

  it('gives its complete records, and lets a torn one behind them wait', () => {
    const framed = frameLines(utf8('{"a":1}{"b":2}{"c":{}'));
    assert.deepEqual([values(framed), framed.cursor], [[{ a: 1 }, { b: 2 }], { offset: 14, rest: true }]);
  });

  it('gives nothing before it is said that there is no more', () => {
    assert.deepEqual(values(frameLines(utf8('{"a":1}'), { unfinished: true })), []);
  });
});

describe('a file that grows', () => {
  /** Reads it in passes that end at these places, each from the cursor of the one before. */
  function inPasses(bytes: Uint8Array, ends: readonly number[], limitBytes?: number): FramedLines {
    const passes: FramedLines[] = [];
    const limit = limitBytes === undefined ? {} : { limitBytes };
    for (const end of [...ends, bytes.length]) {
      const cursor = passes.at(-1)?.cursor;
      passes.push(frameLines(bytes.subarray(0, end), { ...limit, ...(cursor !== undefined && { cursor }) }));
    }
    return {
      frames: passes.flatMap(({ frames }) => frames),
      quarantined: passes.flatMap(({ quarantined }) => quarantined),
      diagnostics: [],
      cursor: passes.at(-1)?.cursor ?? null,
      accountedBytes: passes.at(-1)?.accountedBytes ?? 0,
    };
  }

  it('gives the same whenever it is read', () => {
    const bytes = bytesOf(`${TROUBLE}{"last":1}\n`);
    const whole = { ...frameLines(bytes), diagnostics: [] };
    for (let end = 1; end < bytes.length; end++)
      assert.deepEqual(inPasses(bytes, [end]), whole, `a pass at byte ${end}`);
  });

  it('gives the same for lines of any kind, read at any times', () => {
    const piece = fc.constantFrom(
      '{"a":1}',
      '{"b":"x}{"}',
      '\0\0',
      ' ',
      '\r',
      '\n',
      '\n',
      '{"torn":"',
      'x',
      '}',
      '1',
      '\u00ef\u00bb\u00bf',
      '{"c":{"d":[1,{}]}}',
    );
    const property = fc.property(
      fc.array(piece, { maxLength: 14 }),
      fc.array(fc.nat(120), { maxLength: 4 }),
      (pieces, ends) => {
        const bytes = bytesOf(`${pieces.join('')}\n`);
        const passes = inPasses(
          bytes,
          ends.filter((end) => end < bytes.length).sort((a, b) => a - b),
        );
        assert.deepEqual(passes, { ...frameLines(bytes), diagnostics: [] });
        assertTiles(bytes, passes);
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });

  it('gives one oversize frame, whenever it is read', () => {
    const bytes = utf8(`{"a":1}\n{"long":"${'0123456789'.repeat(30)}"}\n{"b":2}\n`);
    const whole = { ...frameLines(bytes, { limitBytes: 64 }), diagnostics: [] };
    for (let end = 1; end < bytes.length; end++) {
      const passes = inPasses(bytes, [end, Math.min(end + 17, bytes.length)], 64);
      assert.deepEqual(passes, whole, `a pass at byte ${end}`);
    }
  });
});

describe('a line above the limit', () => {
  const long = (length: number) => `{"long":"${'x'.repeat(length - 11)}"}`;

  it('gives an oversize frame with its size and edges, and reading goes on', () => {
    const text = `{"long":"${'abcdefgh'.repeat(2000)}"}`;
    const framed = frameLines(utf8(`{"a":1}\n${text}\n{"b":2}\n`), { limitBytes: 1000 });
    assert.deepEqual(
      framed.frames.map(({ role }) => role),
      ['record', 'oversize', 'record'],
    );
    assert.deepEqual(framed.frames[1]?.value, {
      bytes: text.length,
      head: text.slice(0, 4096),
      tail: text.slice(-4096),
    });
    assert.deepEqual([framed.frames[1]?.offset, framed.diagnostics], [8, ['oversize-frame']]);
    assertTiles(utf8(`{"a":1}\n${text}\n{"b":2}\n`), framed);
  });

  it('is one byte longer than one that is read', () => {
    const roles = (length: number) =>
      frameLines(utf8(`${long(length)}\n`), { limitBytes: 500 }).frames.map(({ role }) => role);
    assert.deepEqual([roles(500), roles(501)], [['record'], ['oversize']]);
  });

  it('is the same for any cut, and has a hash of its own', () => {
    const bytes = utf8(`${long(900)}\n`);
    const whole = frameLines(bytes, { limitBytes: 100 });
    for (let cut = 1; cut < bytes.length; cut++)
      assert.deepEqual(frameLines(bytes, { cuts: [cut], limitBytes: 100 }), whole);
    const other = frameLines(utf8(`${long(900).replace('xxx', 'xyx')}\n`), { limitBytes: 100 });
    assert.notEqual(other.frames[0]?.hash, whole.frames[0]?.hash);
  });

  it('is hashed the same over chunks of a mebibyte, however they come', () => {
    const bytes = utf8(`${long(2_500_000)}\n`);
    const whole = frameLines(bytes, { limitBytes: 1000 });
    for (const cuts of [[1], [1_048_576], [1_048_575, 1_048_577], [999, 2_097_152]]) {
      assert.deepEqual(frameLines(bytes, { cuts, limitBytes: 1000 }), whole);
    }
  });

  it('is accounted for while it comes, and read again from its start', () => {
    const bytes = utf8(`{"a":1}\n${long(900)}`);
    const framed = frameLines(bytes, { limitBytes: 100 });
    assert.deepEqual([framed.frames.length, framed.accountedBytes], [1, bytes.length]);
    assert.deepEqual(framed.cursor, { offset: 8, stored: bytes.length });
    const position = { offset: 8, stored: bytes.length, isRest: false };
    assert.deepEqual(jsonlPosition(framed.cursor), position);
  });
});

it('a cursor that says nothing is the start', () => {
  for (const cursor of [undefined, null, {}, { offset: 'x' }, []]) {
    assert.deepEqual(jsonlPosition(cursor as undefined), { offset: 0, stored: 0, isRest: false });
  }
  assert.deepEqual(jsonlPosition({ offset: 9, stored: 3 }), { offset: 9, stored: 9, isRest: false });
});
