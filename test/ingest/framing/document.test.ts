import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cursor } from '../../../src/core/source.ts';
import { frameDocument } from '../../../src/ingest/framing/document.ts';

const SHAPE = { property: 'messages', key: 'id' };

function frame(document: object | string, cursor?: Cursor) {
  const text = typeof document === 'string' ? document : JSON.stringify(document, null, 2);
  return frameDocument(Buffer.from(text), SHAPE, cursor);
}

function values(document: object, cursor?: Cursor): unknown[] | undefined {
  return frame(document, cursor)?.frames.map(({ value }) => value);
}

describe('a whole document', () => {
  const one = { id: 'a', text: 'one' };
  const two = { id: 'b', text: 'two' };

  it('gives its head without its records first, then each record', () => {
    assert.deepEqual(values({ title: 't', messages: [one, two] }), [{ title: 't', messages: [] }, one, two]);
  });

  it('waits while it is torn', () => {
    assert.equal(frame('{"messages":[{"id":"a"}'), undefined);
  });

  it('gives only what is new or different when it is written again', () => {
    const cursor = frame({ messages: [one] })?.cursor;
    assert.deepEqual(values({ messages: [one, two] }, cursor), [two]);
    assert.deepEqual(values({ messages: [{ ...one, text: 'more' }] }, cursor), [{ id: 'a', text: 'more' }]);
    assert.deepEqual(values({ title: 't', messages: [one] }, cursor), [{ title: 't', messages: [] }]);
  });

  it('begins again when a record is gone', () => {
    const cursor = frame({ messages: [one, two] })?.cursor;
    const again = frame({ messages: [two] }, cursor);
    assert.equal(again?.restarted, true);
    assert.deepEqual(values({ messages: [two] }, cursor), [{ messages: [] }, two]);
  });

  it('does not give two records of one key anew each time it is written', () => {
    const twin = { id: 'a', text: 'other' };
    const cursor = frame({ messages: [one, twin] })?.cursor;
    assert.deepEqual(values({ messages: [one, twin, two] }, cursor), [two]);
  });
});
