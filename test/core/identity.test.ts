import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { componentId, contentHash, frameHash, identify, recordDigest, recordHalf } from '../../src/core/identity.ts';

const session = { provider: 'toy', nativeId: 'a' };

it('an id is the same for ever', () => {
  assert.equal(identify(session, { id: 'r1' }, 'text:0'), 'b22d6edfbd830f7da34fb3dd008e2c5d');
  assert.equal(identify(session, { frame: 'f', occurrence: 1 }, 'text:0'), 'e62e03b15c0e833ce2c3c7fe4ee451f8');
});

it('all components of a record share the first half of their ids', () => {
  const [first, second] = ['text:0', 'text:1'].map((part) => identify(session, { id: 'r1' }, part));
  assert.notEqual(first, second);
  assert.equal(recordHalf(first ?? ''), recordHalf(second ?? ''));
  assert.equal(recordHalf(first ?? ''), recordHalf(recordDigest(session, { id: 'r1' })));
});

it('an id differs when anything that it is made of differs', () => {
  const word = fc.constantFrom('', 'a', 'b', 'ab', '0', '1');
  const key = fc.oneof(fc.record({ id: word }), fc.record({ frame: word, occurrence: fc.nat(2) }));
  const whole = fc.tuple(word, word, key, word);
  const idOf = ([provider, nativeId, record, part]: [string, string, Parameters<typeof recordDigest>[1], string]) =>
    componentId(recordDigest({ provider, nativeId }, record), part);
  const property = fc.property(whole, whole, (a, b) => {
    assert.equal(idOf(a) === idOf(b), JSON.stringify(a) === JSON.stringify(b));
  });
  fc.assert(property, { numRuns: 2000 });
});

it('a content hash tells what an event says, not when or where', () => {
  const hash = contentHash('user.message', undefined, '{"text":"x"}');
  assert.match(hash, /^[0-9a-f]{16}$/);
  assert.notEqual(hash, contentHash('user.message', 'm', '{"text":"x"}'));
  assert.notEqual(hash, contentHash('system.message', undefined, '{"text":"x"}'));
  assert.notEqual(hash, contentHash('user.message', undefined, '{"text":"y"}'));
});

it('a frame hash is 32 hex digits over its bytes', () => {
  assert.match(frameHash(Buffer.from('x')), /^[0-9a-f]{32}$/);
  assert.notEqual(frameHash(Buffer.from('x')), frameHash(Buffer.from('y')));
});
