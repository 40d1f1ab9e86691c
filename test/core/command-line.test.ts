import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withoutCommandLines } from '../../src/core/command-line.ts';

it('command lines are left out of a text', () => {
  assert.equal(withoutCommandLines('::record notes.md\nfix the tests'), 'fix the tests');
  assert.equal(withoutCommandLines('a\n   ::STOP  \r\nb\n::export x.md +tools'), 'a\nb');
});

it('other lines with colons stay', () => {
  for (const text of ['std::vector', '::recording', '    ::record', 'x ::record', '::note', 'a: b', '> ::record']) {
    assert.equal(withoutCommandLines(text), text);
  }
});
