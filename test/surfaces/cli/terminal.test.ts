import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  cut,
  displayWidth,
  pad,
  styleFor,
  visible,
  visibleJson,
  visibleLine,
  wrap,
} from '../../../src/surfaces/cli/terminal.ts';

describe('text from elsewhere on a terminal', () => {
  it('cannot move the cursor, colour, clear, ring, or set a title', () => {
    assert.equal(visible('\u001b[2J\u001b]0;title\u0007\u001b[31mred\b\b'), '␛[2J␛]0;title␇␛[31mred␈␈');
    assert.equal(visible('\u0000\u007f'), '␀␡');
    assert.equal(visible('\u009b31m'), '<U+009B>31m', 'nor with the controls of eight bits');
  });

  it('cannot overwrite its own line', () => {
    assert.equal(visible('rm -rf /\recho hello'), 'rm -rf /␍echo hello');
  });

  it('keeps its lines and tabs, with either end of line', () => {
    assert.equal(visible('a\n\tb\r\nc'), 'a\n\tb\nc');
  });

  it('cannot reorder or hide what is read', () => {
    assert.equal(visible('a\u202eb\u2066c\u200fd'), 'a<U+202E>b<U+2066>c<U+200F>d');
    assert.equal(visible('\ufeffa\u{e0041}'), '<U+FEFF>a<U+E0041>');
  });

  it('keeps letters of every script, and joined signs', () => {
    const text = 'Grüße 数 שלום नमस्ते 👩‍👩‍👧 e\u0301';
    assert.equal(visible(text), text);
  });

  it('can be put on one line', () => {
    assert.equal(visibleLine('  a\n\n b\tc\u001b \u2028d '), 'a b c␛ d');
  });
});

describe('the columns that a text takes', () => {
  it('counts what is seen, not what is stored', () => {
    const widths: readonly [string, number][] = [
      ['', 0],
      ['abc', 3],
      ['Grüße', 5],
      ['e\u0301', 1],
      ['数字', 4],
      ['👩‍👩‍👧', 2],
      ['✔', 1],
      ['⚠️', 2],
      ['한글', 4],
    ];
    for (const [text, width] of widths) assert.equal(displayWidth(text), width, text);
  });

  it('is cut with a sign that something is missing, never through a sign, never too wide', () => {
    assert.equal(cut('abc', 3), 'abc');
    assert.equal(cut('abcd', 3), 'ab…');
    assert.equal(cut('数字数字', 5), '数字…');
    assert.equal(cut('数字数字', 4), '数…');
    assert.equal(cut('a👩‍👩‍👧b', 3), 'a…');
    assert.equal(cut('e\u0301e\u0301e\u0301', 2), 'e\u0301…');
    assert.deepEqual([cut('abc', 1), cut('abc', 0), cut('abc', -5)], ['…', '', '']);
    for (let columns = 0; columns < 12; columns++) assert.ok(displayWidth(cut('a数b👩‍👩‍👧cde', columns)) <= columns);
  });

  it('is filled up with spaces', () => {
    assert.deepEqual([pad('数', 4), pad('abcd', 2)], ['数  ', 'abcd']);
  });
});

describe('lines that are too long for a terminal', () => {
  it('are broken between words, and keep their indent', () => {
    assert.equal(wrap('one two three', 8), 'one two\nthree');
    assert.equal(wrap('  one two three', 8), '  one\n  two\n  three');
    assert.equal(wrap('store  one two three', 11, 3), 'store  one\n   two\n   three');
    assert.equal(wrap('数字 数字', 5), '数字\n数字');
  });

  it('stay as they are where they fit, spaces and empty lines included', () => {
    for (const text of ['', 'a  b', 'one\n\n  two ', 'x'.repeat(80)]) assert.equal(wrap(text, 80), text);
  });

  it('of one long word stay whole: a path can be copied', () => {
    const path = `/${'x'.repeat(30)}`;
    assert.equal(wrap(`at ${path} now`, 10), `at\n${path}\nnow`);
  });

  it('lose no word', () => {
    const text = 'a bb  ccc dddd\n  eeeee ffffff g';
    for (let columns = 1; columns < 30; columns++)
      assert.deepEqual(wrap(text, columns).split(/\s+/), text.split(/\s+/), String(columns));
  });
});

describe('JSON from elsewhere on a terminal', () => {
  it('is the same data, with nothing in it that does something', () => {
    const value = { title: 'a\u009b31m\u202e\u{e0041}\u007f数 👩‍👩‍👧', other: '\u001b[2J\n' };
    const shown = visibleJson(JSON.stringify(value, null, 2));
    assert.deepEqual(JSON.parse(shown), value);
    assert.equal(visible(shown), shown);
  });
});

describe('colours', () => {
  it('are left out where they are not wanted', () => {
    const { bold, dim, red } = styleFor(false);
    assert.equal(bold('a') + dim('b') + red('c'), 'abc');
  });

  it('are ended where they were begun', () => {
    assert.equal(styleFor(true).red('a'), '\u001b[31ma\u001b[39m');
  });
});

describe('what is quoted in backticks', () => {
  it('stays on one line where it fits on one', () => {
    assert.equal(
      wrap('hint: choose a place, or `kato config set a b`', 30, 2),
      'hint: choose a place, or\n  `kato config set a b`',
    );
  });

  it('is broken like all else where it does not', () => {
    assert.equal(wrap('or `kato config set write roots`', 16), 'or `kato config\nset write roots`');
  });
});
