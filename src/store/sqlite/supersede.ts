/**
 * Marking what is no longer in force. Nothing is deleted: a mark is a row of its own, with its reason.
 *
 * `retracted` is what the agent took back; `vanished` is what a new generation of the source no longer holds.
 */

import { parseBody, unpack } from '../page.ts';
import type { Supersession } from '../store.ts';
import type { Database } from './open.ts';

export function supersede(database: Database, change: Supersession): number {
  const session = database
    .sql('SELECT pk FROM session WHERE provider = ? AND native_id = ?')
    .get(change.key.provider, change.key.nativeId);
  if (!session) return 0;
  const pk = Number(session.pk);
  if (!('records' in change)) return mark(database, pk, seqsAt(database, pk, change));
  const seqs = change.records.flatMap((record) => seqsOfRecord(database, pk, record));
  return change.inForce ? unmark(database, pk, seqs) : mark(database, pk, seqs);
}

function mark(database: Database, session: number, seqs: readonly number[]): number {
  const insert = database.sql(`INSERT OR IGNORE INTO superseded VALUES (?, ?, 'retracted')`);
  return seqs.reduce((rows, seq) => rows + Number(insert.run(session, seq).changes), 0);
}

function unmark(database: Database, session: number, seqs: readonly number[]): number {
  const remove = database.sql(`DELETE FROM superseded WHERE session = ? AND seq = ? AND reason = 'retracted'`);
  return seqs.reduce((rows, seq) => rows + Number(remove.run(session, seq).changes), 0);
}

function seqsOfRecord(database: Database, session: number, record: string): number[] {
  const from = Buffer.from(record + '0'.repeat(16), 'hex');
  const to = Buffer.from(record + 'f'.repeat(16), 'hex');
  const sql = 'SELECT seq FROM identity WHERE session = ? AND id BETWEEN ? AND ?';
  return database
    .sql(sql)
    .all(session, from, to)
    .map((row) => Number(row.seq));
}

interface Place {
  readonly offset?: number;
  readonly ordinal?: number;
}

/** Seqs of the events in a part of a source, or from an ordinal on: newest blocks first, until one lies wholly before. */
function seqsAt(
  database: Database,
  session: number,
  change: Exclude<Supersession, { readonly records: unknown }>,
): number[] {
  const isByOrdinal = 'fromOrdinal' in change;
  const sql = `SELECT first_seq, packed, body FROM block WHERE session = ? AND first_seq > (
      SELECT replaced_seq FROM session WHERE pk = block.session
    ) AND source ${isByOrdinal ? '!=' : '='} (SELECT pk FROM source WHERE id = ?) ORDER BY first_seq DESC`;
  const from = isByOrdinal ? change.fromOrdinal : change.fromOffset;
  const until = isByOrdinal ? Number.MAX_SAFE_INTEGER : change.untilOffset;
  const found: number[] = [];
  for (const row of database.sql(sql).iterate(session, isByOrdinal ? change.exceptSource : change.source)) {
    const events = parseBody(unpack(row.body as Uint8Array, row.packed === 1));
    const places = events.map((event) => (event as { source: Place }).source);
    const numbers = places.map((place) => (isByOrdinal ? place.ordinal : place.offset) ?? -1);
    numbers.forEach((number, index) => {
      if (number >= from && number < until) found.push(Number(row.first_seq) + index);
    });
    if (numbers.every((number) => number < from)) break;
  }
  return found;
}

/** Ends a new generation: what this source held before and holds no more is marked, what is back is unmarked. */
export function sweep(database: Database, source: number, generation: number): number {
  const sessions = database.sql('SELECT DISTINCT session FROM block WHERE source = ?').all(source);
  let rows = 0;
  for (const { session } of sessions) {
    const gone = `INSERT OR IGNORE INTO superseded
      SELECT session, seq, 'vanished' FROM identity AS i WHERE session = ? AND EXISTS (
        SELECT 1 FROM identity AS f WHERE f.session = i.session AND f.id = i.id AND f.revision = 0
          AND f.source = ? AND f.generation < ?)`;
    const back = `DELETE FROM superseded WHERE reason = 'vanished' AND session = ? AND seq IN (
        SELECT i.seq FROM identity AS i JOIN identity AS f ON f.session = i.session AND f.id = i.id AND f.revision = 0
        WHERE i.session = ? AND f.source = ? AND f.generation = ?)`;
    const pk = Number(session);
    rows += Number(database.sql(gone).run(pk, source, generation).changes);
    rows += Number(database.sql(back).run(pk, pk, source, generation).changes);
  }
  return rows;
}
