import assert from 'node:assert/strict';
import { it } from 'node:test';
import { backOffMs } from '../../src/daemon/back-off.ts';

it('waits twice as long after each failure, and never more than a minute', () => {
  assert.deepEqual([1, 2, 3, 4, 7, 8, 9, 1000].map(backOffMs), [500, 1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000]);
});
