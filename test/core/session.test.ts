import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mergeFacts, mergeParent, type SessionFacts, sessionId, shortId, titleLine } from '../../src/core/session.ts';

const parent = fc.record(
  {
    nativeId: fc.constant('p'),
    relation: fc.constant('subagent' as const),
    toolCallId: fc.constantFrom('t1', 't2'),
    record: fc.constant('r1'),
    ordinal: fc.constantFrom(3, 5, 8),
  },
  { requiredKeys: ['nativeId', 'relation'], noNullPrototype: true },
);
const title = fc.record({
  text: fc.constantFrom('X', 'Y'),
  from: fc.constantFrom('prompt' as const, 'summary' as const, 'agent' as const, 'user' as const),
});
const instant = fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z');
const facts: fc.Arbitrary<SessionFacts> = fc.record(
  {
    title,
    cwd: fc.constantFrom('/a', '/b'),
    gitBranch: fc.constantFrom('main', 'dev'),
    models: fc.uniqueArray(fc.constantFrom('m-1', 'm-2', 'm-3'), { minLength: 1 }),
    parent,
    firstAt: instant,
    lastAt: instant,
    spoken: fc.constant(true),
    head: fc.constantFrom('h1', 'h2'),
    background: fc.constant(true),
  },
  { requiredKeys: [], noNullPrototype: true },
);

describe('the facts of a session', () => {
  it('are the same however their readings were cut', () => {
    const property = fc.property(facts, facts, facts, (a, b, c) => {
      assert.deepEqual(mergeFacts(mergeFacts(a, b), c), mergeFacts(a, mergeFacts(b, c)));
    });
    fc.assert(property, { numRuns: 1000 });
  });
  it('do not change when they are told again', () => {
    fc.assert(fc.property(facts, (one) => assert.deepEqual(mergeFacts(one, one), one)));
  });
  it('keep the first folder, and the first and last time', () => {
    const merged = mergeFacts({ cwd: '/a', firstAt: '2', lastAt: '2' }, { cwd: '/b', firstAt: '1', lastAt: '3' });
    assert.deepEqual(merged, { cwd: '/a', firstAt: '1', lastAt: '3' });
  });
  it('keep the first prompt as title until somebody gives one', () => {
    const prompt = (text: string) => ({ title: { text, from: 'prompt' } }) as const;
    const first = mergeFacts(prompt('one'), prompt('two'));
    assert.equal(first.title?.text, 'one');
    const named = mergeFacts(first, { title: { text: 'named', from: 'user' } });
    assert.equal(mergeFacts(named, { title: { text: 'guessed', from: 'agent' } }).title?.text, 'named');
    assert.equal(mergeFacts(named, { title: { text: 'renamed', from: 'user' } }).title?.text, 'renamed');
  });
  it('have less in common with a parent after a rewind, in whatever order that is told', () => {
    const at = (ordinal: number) => ({ parent: { nativeId: 'p', relation: 'fork', ordinal } }) as const;
    assert.equal(mergeFacts(at(8), at(5)).parent?.ordinal, 5);
    assert.equal(mergeFacts(at(5), at(8)).parent?.ordinal, 5);
  });
  it('do not mix the details of two parents', () => {
    const [first, second] = [
      { nativeId: 'p', relation: 'fork' },
      { nativeId: 'q', relation: 'subagent', toolCallId: 't' },
    ] as const;
    assert.deepEqual(mergeFacts({ parent: first }, { parent: second }).parent, second);
    assert.deepEqual(mergeParent(first, second), second);
    assert.deepEqual(mergeParent({ ...second, record: 'r' }, second), { ...second, record: 'r' });
  });
});

describe('the id of a session', () => {
  it('is a UUIDv5 of its key, the same for ever', () => {
    const id = sessionId({ provider: 'toy', nativeId: 'a' });
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(id, '1ac6f007-ebc6-54a2-b303-76e5e10c4750');
    assert.equal(shortId(id), id.slice(0, 8));
  });
  it('differs between sessions and providers', () => {
    const ids = [
      ['toy', 'a'],
      ['toy', 'b'],
      ['other', 'a'],
      ['to', 'ya'],
    ].map(([provider = '', nativeId = '']) => sessionId({ provider, nativeId }));
    assert.equal(new Set(ids).size, 4);
  });
});

describe('a title', () => {
  it('is one line', () => assert.equal(titleLine('  two\n lines\tof  it '), 'two lines of it'));
  it('has at most 60 characters, whole ones', () => {
    const line = titleLine('😀'.repeat(80)) ?? '';
    assert.deepEqual([[...line].length, line.endsWith('😀…')], [60, true]);
    assert.equal(titleLine('x'.repeat(60)), 'x'.repeat(60));
  });
  it('is absent when nothing is left', () => assert.equal(titleLine(' \n\t '), undefined));
});
