import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Cursor } from '../../../src/core/source.ts';
import { type FramedDocument, frameDocument, frameJournal } from '../../../src/ingest/framing/document.ts';
import { FRAME_LIMIT_BYTES } from '../../../src/ingest/framing/framer.ts';
import { plain } from '../../support/framed.ts';

const SHAPE = { property: 'messages', key: 'id' };
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));
const item = (id: string, text: string) => ({ id, text });
const documentOf = (...messages: unknown[]) => JSON.stringify({ sessionId: 's', messages });

function frame(text: string, cursor?: Cursor): FramedDocument {
  const framed = frameDocument(bytesOf(text), SHAPE, cursor);
  assert.ok(framed, 'the document is taken for incomplete');
  return framed;
}

const values = ({ frames }: FramedDocument) => frames.map(({ value }) => value);
const EMPTY = { sessionId: 's', messages: [] };

describe('a document', () => {
  it('gives its envelope and its items as frames', () => {
    const framed = frame(documentOf(item('1', 'one'), item('2', 'two')));
    assert.deepEqual(values(framed), [EMPTY, item('1', 'one'), item('2', 'two')]);
    assert.deepEqual([framed.restarted, framed.diagnostics], [false, []]);
  });

  it('gives nothing when nothing has changed', () => {
    const text = documentOf(item('1', 'one'));
    assert.deepEqual(values(frame(text, frame(text).cursor)), []);
  });

  it('gives only what is new or different', () => {
    const first = frame(documentOf(item('1', 'one'), item('2', 'two')));
    const second = frame(documentOf(item('1', 'one'), item('2', 'TWO'), item('3', 'three')), first.cursor);
    assert.deepEqual(values(second), [item('2', 'TWO'), item('3', 'three')]);
    const third = frame(documentOf(item('1', 'one'), item('2', 'two'), item('3', 'three')), second.cursor);
    assert.deepEqual(values(third), [item('2', 'two')]);
  });

  it('gives its envelope again when that has changed', () => {
    const first = frame(documentOf(item('1', 'one')));
    const text = JSON.stringify({ sessionId: 's', messages: [item('1', 'one')], title: 'x' });
    assert.deepEqual(values(frame(text, first.cursor)), [{ ...EMPTY, title: 'x' }]);
  });

  it('begins anew when an item has vanished', () => {
    const first = frame(documentOf(item('1', 'one'), item('2', 'two')));
    const second = frame(documentOf(item('2', 'two')), first.cursor);
    assert.deepEqual([second.restarted, second.journal.offset], [true, 0]);
    assert.deepEqual(values(second), [EMPTY, item('2', 'two')]);
  });

  it('gives nothing when its items are only in another order', () => {
    const first = frame(documentOf(item('1', 'one'), item('2', 'two')));
    assert.deepEqual(values(frame(documentOf(item('2', 'two'), item('1', 'one')), first.cursor)), []);
  });

  it('waits while it is being written', () => {
    const text = documentOf(item('1', 'one'), item('2', '}]'));
    for (let end = 0; end < text.length; end++) {
      assert.equal(frameDocument(bytesOf(text.slice(0, end)), SHAPE, undefined), undefined, `after ${end} bytes`);
    }
  });

  it('is taken though something stands behind it, which is quarantined where it stands', () => {
    const text = documentOf(item('1', 'one'));
    for (const [rest, reason, code] of [
      ['"left over"}', 'not-json', 'invalid-line'],
      ['}', 'not-json', 'invalid-line'],
      ['{}', 'not-json', 'invalid-line'],
      ['\0\0\0', 'nul', 'nul-bytes'],
    ] as const) {
      const framed = frame(`${text}\n${rest}\n`);
      assert.deepEqual(values(framed), [EMPTY, item('1', 'one')]);
      assert.deepEqual(framed.quarantined, [{ offset: text.length + 1, bytes: rest.length, reason }]);
      assert.deepEqual(framed.diagnostics, [{ code }]);
      assert.ok(Buffer.from(framed.journal.data).toString().endsWith(`\n${rest}\n`), 'the rest is not kept');
      const { data, offset, ends } = framed.journal;
      assert.deepEqual(
        frameJournal(data, offset, ends).map(({ value }) => value),
        values(framed),
      );
    }
  });

  it('has what stands behind it quarantined once, until that is different', () => {
    const first = frame(`${documentOf(item('1', 'one'))}\0`);
    const same = frame(`${documentOf(item('1', 'one'))}\0`, first.cursor);
    assert.deepEqual([same.quarantined, same.diagnostics, same.journal.data.length], [[], [], 0]);
    const grown = frame(`${documentOf(item('1', 'one'), item('2', 'two'))}\0`, same.cursor);
    assert.deepEqual([values(grown), grown.quarantined], [[item('2', 'two')], []]);
    const other = frame(`${documentOf(item('1', 'one'), item('2', 'two'))}\0\0`, grown.cursor);
    assert.deepEqual([values(other), other.quarantined.map(({ bytes }) => bytes)], [[], [2]]);
    assert.equal(other.journal.offset, grown.journal.offset + grown.journal.data.length);
    const clean = frame(documentOf(item('1', 'one'), item('2', 'two')), other.cursor);
    assert.deepEqual([clean.frames, clean.quarantined, clean.journal.data.length], [[], [], 0]);
  });

  it('is taken though its envelope is above the frame limit, which is kept and not parsed', () => {
    const text = JSON.stringify({ sessionId: 's', messages: [item('1', 'one')], big: 'x'.repeat(FRAME_LIMIT_BYTES) });
    const framed = frame(text);
    assert.deepEqual(
      framed.frames.map(({ role }) => role),
      ['oversize', 'record'],
    );
    assert.deepEqual(framed.diagnostics, [{ code: 'oversize-frame' }]);
    assert.equal(framed.frames[1]?.value && framed.frames.length, 2);
    assert.deepEqual(values(frame(text, framed.cursor)), []);
  });

  it('waits while it is not JSON, or not an object', () => {
    for (const text of ['[]', '"x"', 'null', '', '{"a":01}']) {
      assert.equal(frameDocument(bytesOf(text), SHAPE, undefined), undefined, text);
    }
  });

  it('is the same however it is laid out', () => {
    const value = { sessionId: 's', messages: [item('1', 'one'), { id: '2', nested: [{ messages: [1] }] }], last: 'x' };
    for (const text of [
      JSON.stringify(value, null, 2),
      JSON.stringify(value, null, '\t'),
      `\ufeff${JSON.stringify(value)}\r\n`,
    ]) {
      assert.deepEqual(values(frame(text)), [{ ...value, messages: [] }, ...value.messages]);
    }
  });

  it('may have no list, or something else in its place', () => {
    assert.deepEqual(values(frame('{"sessionId":"s"}')), [{ sessionId: 's' }]);
    assert.deepEqual(values(frame('{"messages":{"a":1}}')), [{ messages: { a: 1 } }]);
    assert.deepEqual(values(frame('{}')), [{}]);
  });

  it('may say the name of its list twice: the last one counts, as in JSON', () => {
    const framed = frame('{"messages":[{"id":"1"}],"messages":[{"id":"2"}]}');
    assert.deepEqual(values(framed).slice(1), [{ id: '2' }]);
  });
});

describe('items', () => {
  it('without a key are known by their content, and equal ones stay as many as they are', () => {
    const first = frame(documentOf('x', 'x', { text: 'y' }));
    assert.deepEqual(values(first).slice(1), ['x', 'x', { text: 'y' }]);
    assert.deepEqual(
      first.frames.slice(1).map(({ occurrence }) => occurrence),
      [0, 1, 0],
    );
    const second = frame(documentOf('x', 'x', { text: 'y' }, 'x'), first.cursor);
    assert.deepEqual(
      second.frames.map(({ value, occurrence }) => [value, occurrence]),
      [['x', 2]],
    );
    assert.equal(second.restarted, false);
  });

  it('with the same key are all given, and none of them again', () => {
    const text = documentOf(item('1', 'one'), item('1', 'other'), item('2', 'two'));
    const first = frame(text);
    assert.deepEqual(values(first).slice(1), [item('1', 'one'), item('1', 'other'), item('2', 'two')]);
    assert.deepEqual(values(frame(text, first.cursor)), []);
    const grown = documentOf(item('1', 'one'), item('1', 'other'), item('2', 'two'), item('3', 'three'));
    assert.deepEqual(values(frame(grown, first.cursor)), [item('3', 'three')]);
  });

  it('may have a key that is no text', () => {
    const text = documentOf({ id: 7, text: 'x' }, { id: null });
    const first = frame(text);
    assert.deepEqual(values(first).slice(1), [{ id: 7, text: 'x' }, { id: null }]);
    assert.deepEqual(values(frame(text, first.cursor)), []);
  });
});

/** Documents that follow one another: each item by key, with one of a few texts; some without a key. */
const message = fc.oneof(
  fc.record({ id: fc.constantFrom('1', '2', '3', '4'), text: fc.constantFrom('A', 'B') }, { noNullPrototype: true }),
  fc.record({ text: fc.constantFrom('A', 'B') }, { noNullPrototype: true }),
);
const rewriting = fc.array(fc.record({ messages: fc.array(message, { maxLength: 5 }), indent: fc.nat(2) }), {
  maxLength: 6,
});

describe('a document that is rewritten again and again', () => {
  it('leaves a journal from which its frames can be cut again', () => {
    const property = fc.property(rewriting, (versions) => {
      let cursor: Cursor | undefined;
      let journal = Buffer.alloc(0);
      for (const { messages, indent } of versions) {
        const framed = frame(JSON.stringify({ messages }, null, indent), cursor);
        if (framed.restarted) journal = Buffer.alloc(0);
        assert.equal(framed.journal.offset, journal.length);
        const again = frameJournal(framed.journal.data, framed.journal.offset, framed.journal.ends);
        const place = ({ offset, bytes, value, hash }: ReturnType<typeof plain>) => ({ offset, bytes, value, hash });
        assert.deepEqual(again.map(plain).map(place), framed.frames.map(plain).map(place));
        journal = Buffer.concat([journal, framed.journal.data]);
        cursor = JSON.parse(JSON.stringify(framed.cursor));
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('gives each version of an item once as long as nothing vanishes', () => {
    const property = fc.property(rewriting, (versions) => {
      let cursor: Cursor | undefined;
      for (const { messages, indent } of versions) {
        const text = JSON.stringify({ messages }, null, indent);
        cursor = frame(text, cursor).cursor;
        assert.deepEqual(values(frame(text, cursor)), [], 'an unchanged document gave frames');
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});
