/** Rows become frames when they are new, different or gone, and never otherwise. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AgentRow } from '../../../src/core/agent-database.ts';
import { field, isRecord, type JsonObject, numberAt } from '../../../src/core/json.ts';
import type { Cursor } from '../../../src/core/source.ts';
import { frameJournal } from '../../../src/ingest/framing/document.ts';
import { createRowFramer } from '../../../src/ingest/framing/rows.ts';

type Table = ReadonlyMap<number, string>;

const head = (values: JsonObject): AgentRow => ({ table: 'sessions', key: 's', values: { id: 's', ...values } });
const rowsOf = (table: Table): AgentRow[] =>
  [...table].sort(([a], [b]) => a - b).map(([id, text]) => ({ table: 'messages', key: id, values: { id, text } }));

/** One look at everything, a page of `size` rows at a time. */
function frame(table: Table, cursor?: Cursor, size = 2, heads: readonly AgentRow[] = []) {
  const framer = createRowFramer(cursor);
  const framed = [framer.heads(heads)];
  const rows = rowsOf(table);
  for (let from = 0; from < rows.length; from += size) framed.push(framer.push(rows.slice(from, from + size)));
  framed.push(framer.finish());
  const frames = framed.flatMap((one) => one.frames);
  const next: Cursor = JSON.parse(JSON.stringify(framer.cursor()));
  return {
    frames,
    values: frames.map(({ value }) => value),
    cursor: next,
    rows: framer.accountedRows(),
    journal: framer.takeJournal(),
  };
}

describe('records', () => {
  it('are framed once', () => {
    const first = frame(
      new Map([
        [1, 'a'],
        [2, 'b'],
      ]),
    );
    assert.deepEqual(first.values, [
      { table: 'messages', row: { id: 1, text: 'a' } },
      { table: 'messages', row: { id: 2, text: 'b' } },
    ]);
    assert.deepEqual(
      frame(
        new Map([
          [1, 'a'],
          [2, 'b'],
        ]),
        first.cursor,
      ).values,
      [],
    );
    const grown = frame(
      new Map([
        [1, 'a'],
        [2, 'b'],
        [5, 'c'],
      ]),
      first.cursor,
    );
    assert.deepEqual(grown.values, [{ table: 'messages', row: { id: 5, text: 'c' } }]);
  });

  it('are framed again when they are different, gone, and back', () => {
    const first = frame(
      new Map([
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ]),
    );
    const edited = frame(
      new Map([
        [1, 'a'],
        [2, 'B'],
        [3, 'c'],
      ]),
      first.cursor,
    );
    assert.deepEqual(edited.values, [{ table: 'messages', again: true, row: { id: 2, text: 'B' } }]);
    const deleted = frame(new Map([[1, 'a']]), edited.cursor);
    assert.deepEqual(deleted.values, [{ gone: 2 }, { gone: 3 }]);
    assert.equal(deleted.rows, 2, 'the session and one record');
    assert.deepEqual(frame(new Map([[1, 'a']]), deleted.cursor).values, []);
    const back = frame(
      new Map([
        [1, 'a'],
        [2, 'B'],
      ]),
      deleted.cursor,
    );
    assert.deepEqual(back.values, [{ table: 'messages', again: true, row: { id: 2, text: 'B' } }]);
  });
});

describe('the row of a session', () => {
  it('is framed by columns', () => {
    const first = frame(new Map(), undefined, 1, [head({ title: 'A', tokens: 1, prompt: 'long' })]);
    assert.deepEqual(first.values, [{ table: 'sessions', row: { id: 's', title: 'A', tokens: 1, prompt: 'long' } }]);
    const second = frame(new Map(), first.cursor, 1, [head({ tokens: 2, prompt: 'long' })]);
    assert.deepEqual(second.values, [{ table: 'sessions', row: { tokens: 2, title: null } }]);
    assert.deepEqual(frame(new Map(), second.cursor, 1, [head({ tokens: 2, prompt: 'long' })]).values, []);
  });

  it('is told apart from that of the session it refers to', () => {
    const other: AgentRow = { ...head({ reason: 'x' }), via: 'parent', last: 7 };
    const { values } = frame(new Map(), undefined, 1, [other, head({})]);
    assert.deepEqual(values, [
      { table: 'sessions', via: 'parent', last: 7, row: { id: 's', reason: 'x' } },
      { table: 'sessions', row: { id: 's' } },
    ]);
  });
});

describe('whatever an agent does to its rows', () => {
  const table = fc
    .uniqueArray(fc.tuple(fc.nat(12), fc.constantFrom('a', 'b', 'c')), { selector: ([id]) => id })
    .map((rows) => new Map(rows));

  it('the frames replayed are the rows, and the journal is the frames', () => {
    fc.assert(
      fc.property(fc.array(table, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 5 }), (tables, size) => {
        let cursor: Cursor | undefined;
        let offset = 0;
        const replayed = new Map<number, string>();
        for (const one of tables) {
          const framed = frame(one, cursor, size);
          const { data, ends, offset: from } = framed.journal;
          assert.equal(from, offset);
          assert.deepEqual(
            frameJournal(data, from, ends).map(({ value }) => value),
            framed.values,
          );
          for (const value of framed.values) replay(replayed, value);
          assert.deepEqual(new Map([...replayed].sort()), new Map([...one].sort()));
          assert.equal(framed.rows, one.size + 1);
          assert.deepEqual(frame(one, framed.cursor, 1).values, [], 'a second look found news');
          ({ cursor } = framed);
          offset += data.length;
        }
      }),
    );
  });
});

function replay(table: Map<number, string>, value: unknown): void {
  const gone = numberAt(value, 'gone');
  const row = field(value, 'row');
  if (gone !== undefined) table.delete(gone);
  else if (isRecord(row)) table.set(Number(row.id), String(row.text));
}
