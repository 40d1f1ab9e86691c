import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import {
  at,
  booleanAt,
  field,
  isRecord,
  listAt,
  numberAt,
  parseJson,
  stringAt,
  textAt,
  toJson,
} from '../../src/core/json.ts';

it('a look at any value never throws, and gives the type it promises', () => {
  const path = fc.array(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString', '0', 'length'), {
    maxLength: 4,
  });
  const property = fc.property(fc.anything(), path, (value, keys) => {
    assert.ok(['string', 'undefined'].includes(typeof stringAt(value, ...keys)));
    assert.ok(textAt(value, ...keys) !== '');
    assert.ok(numberAt(value, ...keys) === undefined || Number.isFinite(numberAt(value, ...keys)));
    assert.ok(['boolean', 'undefined'].includes(typeof booleanAt(value, ...keys)));
    assert.ok(Array.isArray(listAt(value, ...keys)));
  });
  fc.assert(property, { numRuns: 1000 });
});

it('inherited properties are absent, own ones of the same name are not', () => {
  assert.equal(field({}, 'toString'), undefined);
  assert.equal(field({}, '__proto__'), undefined);
  assert.equal(at(JSON.parse('{"__proto__":{"x":1}}'), '__proto__', 'x'), 1);
});

it('lists, null and text are no records', () => {
  assert.deepEqual([[], null, 'x', 1, undefined, {}].map(isRecord), [false, false, false, false, false, true]);
});

it('text that is not JSON parses to nothing', () => {
  assert.deepEqual([parseJson('{'), parseJson(''), parseJson('1')], [undefined, undefined, 1]);
  assert.deepEqual([toJson(undefined), toJson('x')], [null, 'x']);
});
