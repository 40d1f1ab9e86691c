/**
 * Marking what is no longer in force. Nothing is deleted: a mark is a row of its own, with its reason.
 *
 * `retracted` is what the agent took back; `vanished` is what a new generation of the source no longer holds.
 */
import { parseBody, unpack } from '../page.ts';
import type { Supersession } from '../store.ts';
import { isBlockIntact } from './checksum.ts';
import type { Database } from './open.ts';

export function supersede(database: Database, change: Supersession): number {
  const session = database
    .sql('SELECT pk FROM session WHERE provider = ? AND native_id = ?')
    .get(change.key.provider, change.key.nativeId);
  if (!session) return 0;
  const pk = Number(session.pk);
  if ('fromOrdinal' in change) return mark(database, pk, seqsFrom(database, pk, change));
  if ('seqs' in change)
    return change.inForce ? unmark(database, pk, change.seqs) : mark(database, pk, known(database, pk, change.seqs));
  if ('fromOffset' in change) return mark(database, pk, seqsAt(database, pk, change));
  const seqs = change.records.flatMap((record) => seqsOfRecord(database, pk, record));
  return change.inForce ? unmark(database, pk, seqs) : mark(database, pk, seqs);
}

/** Those seqs that the session has. */
function known(database: Database, session: number, seqs: readonly number[]): readonly number[] {
  const last = Number(database.sql('SELECT last_seq FROM session WHERE pk = ?').get(session)?.last_seq);
  return seqs.filter((seq) => seq >= 1 && seq <= last);
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

/** Seqs of the events from an ordinal on that the log has before the record that says so. */
function seqsFrom(database: Database, session: number, change: Exclude<ByPlace, { readonly source: unknown }>) {
  const until = Math.min(...seqsOfRecord(database, session, change.beforeRecord));
  return seqsAt(database, session, change).filter((seq) => seq < until);
}

type ByPlace = Exclude<Supersession, { readonly inForce: boolean }>;

/** Seqs of the events in a part of a source, or from an ordinal on. */
function seqsAt(database: Database, session: number, change: ByPlace): number[] {
  const isByOrdinal = 'fromOrdinal' in change;
  const sql = `SELECT position, first_seq, source, generation FROM block WHERE session = ? AND first_seq > (
      SELECT replaced_seq FROM session WHERE pk = block.session
    ) AND source ${isByOrdinal ? 'IS NOT' : 'IS'} coalesce((SELECT pk FROM source WHERE id = ?), 0) ORDER BY first_seq DESC`;
  const blocks = database.sql(sql).all(session, isByOrdinal ? change.exceptSource : change.source);
  const from = isByOrdinal ? change.fromOrdinal : change.fromOffset;
  const until = isByOrdinal ? Number.MAX_SAFE_INTEGER : change.untilOffset;
  const passed = new Set<string>();
  return blocks.flatMap(({ position, first_seq, source, generation }) => {
    const reading = `${source} ${generation}`;
    if (passed.has(reading)) return [];
    const numbers = placesOf(database, Number(position)).map(
      (place) => (isByOrdinal ? place.ordinal : place.offset) ?? 0,
    );
    // Newest blocks come first, and each reading of a source goes forward: once a block lies wholly before, so does the
    // rest of that reading. Events without a place, such as those of companions, say nothing.
    const isBefore = numbers.every((number) => number < from);
    if (isBefore && numbers.some((number) => number > 0)) passed.add(reading);
    return numbers.flatMap((number, index) => (number >= from && number < until ? [Number(first_seq) + index] : []));
  });
}

/** Where the events of a block stood. None for a damaged block: a check of the store names it, and reading goes on. */
function placesOf(database: Database, position: number): readonly Place[] {
  const row = database.sql('SELECT *, source AS source_pk FROM block WHERE position = ?').get(position);
  if (!row || !isBlockIntact(row)) return [];
  const events = parseBody(unpack(row.body as Uint8Array, row.packed === 1));
  return events.map((event) => (event as { source: Place }).source);
}
