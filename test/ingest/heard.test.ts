/** Commands in sessions that are not kept: each is heard once, as it was first said. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { settleHeard } from '../../src/ingest/heard.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { emptyBatch, type Offset } from '../../src/store/store.ts';

/** A command as ingest notes it. */
function heard(id: string, origin: string): Offset {
  const session = { provider: 'claude-code', nativeId: 'a' };
  return { consumer: `heard/${id}`, position: 0, state: { session, event: { id, origin, source: {} }, path: '/a' } };
}

it('a command that is written again later in the same reading stays what it was', async () => {
  const store = createMemoryStore();
  const offsets = [heard('one', 'typed'), heard('two', 'typed'), heard('one', 'replayed')];
  const settled = await settleHeard(store, { ...emptyBatch, offsets });
  assert.deepEqual(settled.offsets, offsets.slice(0, 2));
});
