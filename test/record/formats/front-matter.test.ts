import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { SessionFacts } from '../../../src/core/session.ts';
import type { DocumentInfo } from '../../../src/record/formats/format.ts';
import { frontMatter, slugOf } from '../../../src/record/formats/front-matter.ts';

const SESSION = '1c2f9a77-0000-5000-8000-000000000000';

function head(facts: SessionFacts = {}, more: Partial<DocumentInfo> = {}): string {
  return frontMatter({
    key: { provider: 'test', nativeId: 'n' },
    sessionId: SESSION,
    facts,
    recordingIds: [],
    ...more,
  });
}

const titled = (text: string): SessionFacts => ({ title: { text, from: 'agent' } }) as unknown as SessionFacts;
const read = (text: string) => parse(text.replace(/^---\n([\s\S]*)\n---\n\n$/, '$1'));

describe('the front matter', () => {
  it('has what Dendron and Obsidian expect, in this order', () => {
    const facts = {
      ...titled('Add a retry queue to the uploader'),
      firstAt: '2026-11-21T03:17:05.832Z',
      models: ['claude-opus-4-6'],
    };
    const expected = `---
id: add-a-retry-queue-to-the-1c2f9a77
title: Add a retry queue to the uploader
desc: ''
created: 1795231025832
participants: [user, claude-opus-4-6]
sessionId: ${SESSION}
recordingIds: [239a47d6-0000-4000-8000-000000000000]
---

`;
    assert.equal(head(facts, { recordingIds: ['239a47d6-0000-4000-8000-000000000000'] }), expected);
  });

  it('leaves out what is not known', () => {
    const expected = `---
id: session-1c2f9a77-1c2f9a77
title: Session 1c2f9a77
desc: ''
participants: [user, assistant]
sessionId: ${SESSION}
---

`;
    assert.equal(head(), expected);
  });

  it('has an `updated`, where it is asked for, that is the same as `created`, and only where that is known', () => {
    const facts = { firstAt: '2026-11-21T03:17:05.832Z' };
    assert.match(head(facts, { updated: true }), /^created: 1795231025832\nupdated: 1795231025832$/m);
    assert.doesNotMatch(head(facts), /updated/);
    assert.doesNotMatch(head({}, { updated: true }), /created|updated/);
  });

  it('names the user where the settings do, and every model', () => {
    const { participants } = read(head({ models: ['m-1', 'm-2'] }, { userName: 'ada' }));
    assert.deepEqual(participants, ['user.ada', 'm-1', 'm-2']);
    assert.deepEqual(read(head({}, { userName: '' })).participants, ['user', 'assistant']);
  });

  it('is the same every time', () => {
    const facts = { ...titled('x: "y"'), models: ['a, b'] };
    assert.equal(head(facts), head(structuredClone(facts)));
  });
});

describe('a title in the front matter', () => {
  const titles = [
    'Fix: the "quoted" thing',
    "it's",
    '# not a comment',
    'a # b',
    '- not a list',
    '[x] {y}',
    'yes',
    'null',
    '~',
    '2026-11-21',
    '1e3',
    '0x10',
    '=',
    '<<',
    '*alias &anchor !tag %directive @at `tick`',
    '--- ... ---',
    'ends with a colon:',
    '? key',
    '| > literal',
    'back\\slash \\n',
    'Grüße 数字 שלום 👩‍👩‍👧',
    '   spaces   ',
    'x'.repeat(500),
    'a\u2028b\u0085c\u0007d\u00a0e\ufeff',
  ];
  for (const title of titles) {
    it(`comes back as it was: ${JSON.stringify(title.slice(0, 40))}`, () => {
      const text = head(titled(title));
      assert.equal(read(text).title, title);
      assert.equal(text.split('\n').filter((line) => line.startsWith('title: ')).length, 1);
      assert.match(text, /\ntitle: .*\ndesc: ''\n/, 'on one line');
    });
  }

  it('cannot end the front matter, or add to it', () => {
    for (const title of ['a\n---\nadmin: true', 'a\n...\nb', 'x\r\ny', '---']) {
      const text = head(titled(title));
      assert.equal(read(text).title, title);
      assert.equal(read(text).admin, undefined);
      assert.equal(text.match(/^---$/gm)?.length, 2);
    }
  });

  it('comes back as it was, whatever it is', () => {
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(any, fc.array(any, { minLength: 1, maxLength: 3 }), (title, models) => {
        const { title: read1, participants } = read(head({ ...titled(title), models }));
        assert.equal(read1, title);
        assert.deepEqual(participants.slice(1), models);
      }),
    );
  });
});

describe('an id', () => {
  it('is made of plain letters, digits and dashes, and ends with the short id', () => {
    for (const title of ['Ünïcödé & more', '数字', '!!!', 'a'.repeat(100), 'Straße', '  ']) {
      const { id } = read(head(titled(title)));
      assert.match(id, /^[a-z0-9]+(?:-[a-z0-9]+)*-1c2f9a77$/, title);
    }
  });

  it('is cut between letters, without a dash at its end', () => {
    assert.equal(slugOf('Add a retry queue to the uploader', 24), 'add-a-retry-queue-to-the');
    assert.equal(slugOf('one two', 4), 'one');
    assert.equal(slugOf('-- a -- b --', 10), 'a-b');
    assert.equal(slugOf('数', 10), '');
  });

  it('of accents keeps the letters', () => {
    assert.equal(slugOf('Crème Brûlée à la carte', 40), 'creme-brulee-a-la-carte');
  });
});
