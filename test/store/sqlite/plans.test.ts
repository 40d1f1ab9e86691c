/** What SQLite does for a read: never more the longer a session is. Judged by its plans, which are exact. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appendBatch } from '../../../src/store/sqlite/append.ts';
import { openDatabase } from '../../../src/store/sqlite/open.ts';
import { pickEvents, readEvents } from '../../../src/store/sqlite/read.ts';
import type { ReadQuery } from '../../../src/store/store.ts';
import { keyOf, loose, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';

const key = keyOf('a');
const queries: readonly Omit<ReadQuery, 'view'>[] = [
  { key },
  { key, after: 7 },
  { key, backward: true },
  { key, after: 7, backward: true },
  {},
  { after: 7 },
  { backward: true },
];

describe('reading', () => {
  it('neither sorts nor looks through a table, however it is asked', async (t) => {
    const database = openDatabase(`${temporaryFolder(t)}/kato.db`);
    for (let n = 0; n < 10; n++) appendBatch(database, loose([say('a', `r${n}`, 'one'), say('b', `r${n}`, 'two')]));
    const asked = new Set<string>();
    const noting = {
      ...database,
      sql: (text: string) => {
        asked.add(text);
        return database.sql(text);
      },
    };
    for (const query of queries) {
      let events = 0;
      for await (const page of readEvents(noting, { ...query, view: 'current' })) events += page.length;
      assert.ok(events > 0);
    }
    pickEvents(noting, key, [3]);
    appendBatch(noting, loose([say('a', 'r', 'three')]));
    for (const sql of asked) {
      if (sql.includes('pragma_')) continue;
      const steps = database.raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      const plan = steps.map(({ detail }) => String(detail)).join('; ');
      assert.doesNotMatch(plan, /TEMP B-TREE|SCAN (?!CONSTANT)/, sql);
    }
    database.raw.close();
  });
});
