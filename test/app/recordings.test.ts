/** What is told of commands and of recordings, from what the store has. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listCommands } from '../../src/app/recordings.ts';
import { Studio } from '../record/support.ts';

describe('the commands of the chats', () => {
  it('of one message are listed as they stand in it, whatever their ids are', async (t) => {
    const studio = new Studio(t);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const lines = [...names.map((name) => `::record ${studio.notes}/${name}.md`), '::stop'];
    await studio.say(lines.join('\n'));
    assert.deepEqual(
      (await listCommands(studio.store, undefined)).map(({ line }) => line),
      lines,
    );
  });
});
