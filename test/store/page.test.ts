import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import {
  contentAt,
  type EventPage,
  idAt,
  linesOf,
  PageBuilder,
  pack,
  parseBody,
  selectEvents,
  unpack,
} from '../../src/store/page.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const valuesOf = ({ body, packed }: EventPage) => parseBody(unpack(body, packed));
const event = fc.record({
  id: digits(32),
  content: digits(16),
  value: fc.record({ text: fc.string({ unit: 'binary', maxLength: 60 }) }),
});

it('a page gives back the events that were added', () => {
  const builder = new PageBuilder(); // One for all: a built page must not share bytes with the next.
  const property = fc.property(fc.array(event, { maxLength: 20 }), fc.boolean(), (events, packed) => {
    for (const { id, content, value } of events) builder.add(id, content, JSON.stringify(value));
    assert.equal(builder.count, events.length);
    const page = builder.build(packed);
    assert.deepEqual([builder.count, builder.bytes, page.count], [0, 0, events.length]);
    builder.add('f'.repeat(32), 'f'.repeat(16), '"overwritten?"');
    builder.build(false);
    assert.deepEqual(
      events.map((_, index) => hex(idAt(page, index))),
      events.map(({ id }) => id),
    );
    assert.deepEqual(
      events.map((_, index) => hex(contentAt(page, index))),
      events.map(({ content }) => content),
    );
    const lines = events.map(({ value }) => `${JSON.stringify(value)}\n`);
    assert.deepEqual(
      linesOf(page).map((line) => Buffer.from(line).toString()),
      lines,
    );
    assert.equal(JSON.stringify(valuesOf(page)), JSON.stringify(events.map(({ value }) => value)));
  });
  fc.assert(property, { numRuns: 200 });
});

it('a page holds events of any length', () => {
  const builder = new PageBuilder();
  const texts = [10, 16 * 1024, 70_000, 1, 500_000].map((length) => '€'.repeat(length));
  for (const text of texts) builder.add('0'.repeat(32), '0'.repeat(16), JSON.stringify(text));
  assert.deepEqual(valuesOf(builder.build(true)), texts);
});

it('some events of a page make a page of their own, in their order', () => {
  const property = fc.property(
    fc.array(event, { minLength: 1, maxLength: 12 }),
    fc.infiniteStream(fc.boolean()),
    fc.boolean(),
    (events, take, packed) => {
      const builder = new PageBuilder();
      for (const { id, content, value } of events) builder.add(id, content, JSON.stringify(value));
      const indexes = [...events.keys()].filter(() => take.next().value);
      const page = selectEvents(builder.build(packed), indexes);
      const expected = indexes.map((index) => events[index]);
      assert.deepEqual(
        indexes.map((_, at) => hex(idAt(page, at))),
        expected.map((one) => one?.id),
      );
      assert.equal(JSON.stringify(valuesOf(page)), JSON.stringify(expected.map((one) => one?.value)));
    },
  );
  fc.assert(property, { numRuns: 200 });
});

it('bytes are packed only when they are many, and that makes them fewer', () => {
  assert.equal(pack(Buffer.from('a line '.repeat(500))), undefined);
  assert.equal(pack(crypto.getRandomValues(new Uint8Array(8000))), undefined);
  const long = Buffer.from('again and '.repeat(500));
  const packed = pack(long);
  assert.ok(packed && packed.length < long.length);
  assert.deepEqual(hex(unpack(packed, true)), hex(long));
  assert.equal(unpack(long, false), long);
});
