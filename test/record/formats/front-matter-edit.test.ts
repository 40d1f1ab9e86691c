import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { enlargeHead, headIn, headLength } from '../../../src/record/formats/front-matter-edit.ts';

describe('front matter in a text', () => {
  for (const [story, text, head] of [
    ['ends with its second line of dashes', '---\na: 1\n---\n\nbody', '---\na: 1\n---\n'],
    ['may be empty', '---\n---\nbody', '---\n---\n'],
    ['may have Windows line ends', '---\r\na: 1\r\n---\r\nbody', '---\r\na: 1\r\n---\r\n'],
    ['may be the whole text', '---\na: 1\n---', '---\na: 1\n---'],
    ['begins with the text', '\n---\na: 1\n---\n', ''],
    ['is closed', '---\na: 1\n', ''],
    ['is no rule in a text', 'one\n---\ntwo\n---\n', ''],
    ['is not made of longer lines', '----\na: 1\n----\n', ''],
  ] as const) {
    it(story, () => assert.equal(text.slice(0, headLength(text)), head));
  }

  it('is found in any encoding, behind a byte order mark too', () => {
    for (const encoding of ['utf8', 'latin1'] as const) {
      const head = Buffer.from('---\ntitle: caf\u00e9\n---\n', encoding);
      assert.deepEqual(headIn(Buffer.concat([head, Buffer.from('body')])), head);
    }
    const marked = Buffer.from('\ufeff---\n---\n');
    assert.deepEqual(headIn(Buffer.concat([marked, Buffer.from('body')])), marked);
  });
});

describe('adding to front matter', () => {
  const add = (yaml: string, additions = { participants: ['b'] }) =>
    enlargeHead(`---\n${yaml}---\n`, additions).slice(4, -4);

  for (const [story, before, after] of [
    ['a list in brackets', 'participants: [a]\n', 'participants: [a, b]\n'],
    ['an empty list', 'participants: []\n', 'participants: [b]\n'],
    ['a list of lines', 'participants:\n  - a # me\nx: 1\n', 'participants:\n  - a # me\n  - b\nx: 1\n'],
    ['a key that is missing', 'title: x # mine\n', 'title: x # mine\nparticipants: [b]\n'],
    ['nothing', '', 'participants: [b]\n'],
  ] as const) {
    it(`adds to ${story}`, () => assert.equal(add(before), after));
  }

  it('keeps everything else, byte for byte', () => {
    const yaml = "# about\ntitle:   'x'   # two\n\nparticipants: [ a,  c ] # three\ntags:\n- one\n";
    assert.equal(add(yaml), yaml.replace('c ]', 'c, b ]'));
  });
  it('changes nothing when nothing is missing, or the block cannot be read', () => {
    for (const yaml of [
      'participants: [b]\n',
      'participants: [a, "b"]\n',
      'participants: [a\n',
      'participants: a\n',
      '{title: x}\n',
      '- x\n',
    ]) {
      assert.equal(add(yaml), yaml);
    }
    assert.equal(enlargeHead('no front matter', { participants: ['b'] }), 'no front matter');
  });
  it('quotes what needs it, and keeps Windows line ends', () => {
    assert.equal(add('', { participants: ['a, b'] }), 'participants: ["a, b"]\n'.replaceAll('"', "'"));
    assert.equal(
      enlargeHead('---\r\nx: 1\r\n---\r\n', { recordingIds: ['r'] }),
      '---\r\nx: 1\r\nrecordingIds: [r]\r\n---\r\n',
    );
  });
  it('adds to several lists', () => {
    const head = '---\nparticipants: [a]\nrecordingIds: [1]\n---\n';
    assert.equal(
      enlargeHead(head, { participants: ['a', 'b'], recordingIds: ['2'] }),
      "---\nparticipants: [a, b]\nrecordingIds: [1, '2']\n---\n",
    );
  });
});
