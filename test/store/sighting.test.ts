import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sight, sightBy } from '../../src/store/sighting.ts';

const contents = ['A', 'B', 'A'];

it('content is known when it is the revision met last, or a later one', () => {
  assert.deepEqual(sightBy(contents, { generation: 1, sighted: 1 }, 'B', 1), { kind: 'known', sighted: 1 });
  assert.deepEqual(sightBy(contents, { generation: 1, sighted: 1 }, 'A', 1), { kind: 'known', sighted: 2 });
});

it('content that only stood before the revision met last is a new revision', () => {
  assert.deepEqual(sightBy(contents, { generation: 1, sighted: 2 }, 'B', 1), { kind: 'revision' });
  assert.deepEqual(sightBy(contents, { generation: 1, sighted: 2 }, 'C', 1), { kind: 'revision' });
});

it('another generation, and who has met nothing yet, begin with the first revision', () => {
  assert.deepEqual(sightBy(contents, { generation: 1, sighted: 2 }, 'B', 2), { kind: 'known', sighted: 1 });
  assert.deepEqual(sightBy(contents, undefined, 'A', 1), { kind: 'known', sighted: 0 });
  assert.deepEqual(sightBy([], undefined, 'A', 1), { kind: 'revision' });
});

it('another source begins with the first revision', () => {
  const identity = { contents, seqs: [1, 2, 3], source: 'f', generation: 1, sighted: 2 };
  assert.deepEqual(sight(identity, 'A', 'f', 1), { kind: 'known', sighted: 2 });
  assert.deepEqual(sight(identity, 'A', 'g', 1), { kind: 'known', sighted: 0 });
});
