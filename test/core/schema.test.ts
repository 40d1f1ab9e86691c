import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { eventFlaw, eventKinds, eventSchema } from '../../src/core/event.ts';
import {
  boolean,
  constant,
  integer,
  json,
  list,
  matching,
  number,
  object,
  oneOf,
  string,
} from '../../src/core/schema.ts';

const shape = object({ name: string, size: integer }, { tags: list(oneOf('a', 'b')), note: json });

describe('a schema', () => {
  const flaws: readonly (readonly [value: unknown, flaw: string | undefined])[] = [
    [{ name: 'x', size: 1 }, undefined],
    [{ name: 'x', size: 1, tags: ['a', 'b'], note: null }, undefined],
    [{ name: 'x', size: 1, tags: undefined }, undefined],
    [{ name: 'x' }, 'it.size: missing'],
    [{ name: 'x', size: 1.5 }, 'it.size: expected a whole number'],
    [{ name: 'x', size: 1, tags: ['a', 'c'] }, 'it.tags[1]: expected one of a, b'],
    [{ name: 'x', size: 1, tags: 'a' }, 'it.tags: expected a list'],
    [{ name: 'x', size: 1, other: 1 }, 'it.other: unknown key'],
    [JSON.parse('{"name":"x","size":1,"__proto__":1}'), 'it.__proto__: unknown key'],
    [[], 'it: expected an object'],
    [null, 'it: expected an object'],
  ];
  for (const [value, flaw] of flaws) {
    it(`says of ${JSON.stringify(value)}: ${flaw ?? 'it fits'}`, () => assert.equal(shape.check(value, 'it'), flaw));
  }
  it('never throws on any value', () => {
    fc.assert(fc.property(fc.anything(), (value) => void shape.check(value, 'it')));
  });
  it('describes itself as JSON Schema', () => {
    assert.deepEqual(shape.json.required, ['name', 'size']);
    assert.equal(shape.json.additionalProperties, false);
    assert.deepEqual(constant('x').json, { const: 'x' });
    assert.deepEqual(
      [boolean.json, number.json].map(({ type }) => type),
      ['boolean', 'number'],
    );
    assert.equal(matching('^a$', 'an a').check('b', 'it'), 'it: expected an a');
  });
});

describe('the schema of an event', () => {
  it('has each kind once', () => {
    for (const kind of eventKinds)
      assert.equal((eventSchema(kind).json.properties as { kind: { const: string } }).kind.const, kind);
  });
  it('finds what is wrong with any value, without throwing', () => {
    fc.assert(fc.property(fc.anything(), (value) => assert.equal(typeof eventFlaw(value), 'string')));
    assert.equal(eventFlaw({ kind: 'no.such' }), 'event.kind: unknown');
  });
});
