import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { describeError, KatoError, placeOf, systemCode } from '../../src/core/errors.ts';

it('an error carries its code, a hint, details and its cause', () => {
  const cause = new Error('below');
  const error = new KatoError('denied', 'cannot write to x', { hint: 'ask', cause, details: ['one'] });
  assert.deepEqual(
    [error.name, error.code, error.message, error.hint],
    ['KatoError', 'denied', 'cannot write to x', 'ask'],
  );
  assert.deepEqual([error.cause, error.details], [cause, ['one']]);
  assert.deepEqual(new KatoError('internal', 'x').details, []);
});

it('the system code of an error is the one that the system gave', () => {
  let missing: unknown;
  try {
    readFileSync('/nowhere/at/all');
  } catch (error) {
    missing = error;
  }
  assert.deepEqual([missing, new Error('x'), { code: 'ENOENT' }, undefined].map(systemCode), [
    'ENOENT',
    undefined,
    undefined,
    undefined,
  ]);
});

describe('an error in a log', () => {
  it('shows the words of our own errors alone', () => {
    assert.deepEqual(describeError(new KatoError('denied', 'may not')), { code: 'denied', message: 'may not' });
    assert.deepEqual(describeError(new SyntaxError('Unexpected token "my words"')), {
      code: 'internal',
      message: 'SyntaxError',
    });
    assert.deepEqual(describeError('words'), { code: 'internal', message: 'unknown failure' });
  });

  it('says where it was thrown, without its words', () => {
    const place = placeOf(new Error('two\nlines of words')) ?? '';
    assert.match(place, /^at .*errors\.test\.ts/);
    assert.doesNotMatch(place, /words/);
    assert.equal(placeOf('words'), undefined);
  });
});
