/**
 * Who holds an event. The identity's first row names the source that met it last; where several sources hold parts of
 * one session, `elsewhere` has the others. So a session with one source pays nothing for this.
 */
import { sightBy } from '../sighting.ts';
import type { Database } from './open.ts';

/** The source of events that no source brought. */
export const NO_SOURCE = 0;
/** The source of events that every source has lost. */
const NOWHERE = -1;

/** One look at an event that the session knows already. */
export interface Look {
  readonly session: number;
  readonly id: Uint8Array;
  readonly content: Uint8Array;
  readonly source: number;
  readonly generation: number;
}

/** What a look found: the seq that a new revision revises, absent for known content; and the rows written. */
export interface Found {
  readonly revises: number | undefined;
  readonly rows: number;
}

/** Notes that a source has met an event again. A new revision gets `seq`. */
export function meetAgain(database: Database, look: Look, seq: number): Found {
  const { session, id, content, source, generation } = look;
  const sql =
    'SELECT content, seq, source, generation, sighted FROM identity WHERE session = ? AND id = ? ORDER BY revision';
  const revisions = database.sql(sql).all(session, id);
  const first = revisions[0];
  const latest = {
    source: Number(first?.source),
    generation: Number(first?.generation),
    sighted: Number(first?.sighted),
  };
  const seen = latest.source === source ? latest : findElsewhere(database, look);
  const contents = revisions.map((row) => Buffer.from(row.content as Uint8Array).toString('hex'));
  const found = sightBy(contents, seen, Buffer.from(content).toString('hex'), generation);
  const sighted = found.kind === 'known' ? found.sighted : revisions.length;
  const isMoved = seen !== latest || latest.generation !== generation || latest.sighted !== sighted;
  const rows = isMoved ? move(database, look, latest, sighted) : 0;
  if (found.kind === 'known') return { revises: undefined, rows };
  const insert = 'INSERT INTO identity VALUES (?, ?, ?, ?, ?, ?, ?, 0)';
  database.sql(insert).run(session, id, revisions.length, content, seq, source, generation);
  return { revises: Number(revisions.at(-1)?.seq), rows };
}

function findElsewhere(database: Database, { session, id, source }: Look) {
  const sql = 'SELECT generation, sighted FROM elsewhere WHERE session = ? AND id = ? AND source = ?';
  const row = database.sql(sql).get(session, id, source);
  return row && { generation: Number(row.generation), sighted: Number(row.sighted) };
}

/** Makes this source the one that met the event last. Whatever had vanished is there again. */
function move(
  database: Database,
  { session, id, source, generation }: Look,
  before: { readonly source: number; readonly generation: number; readonly sighted: number },
  sighted: number,
): number {
  if (before.source !== source) {
    const forget = 'DELETE FROM elsewhere WHERE session = ? AND id = ? AND source = ?';
    database.sql(forget).run(session, id, source);
    const keep = 'INSERT INTO elsewhere VALUES (?, ?, ?, ?, ?)';
    const isHeld = before.source !== NOWHERE;
    if (isHeld) database.sql(keep).run(session, id, before.source, before.generation, before.sighted);
  }
  const update =
    'UPDATE identity SET source = ?, generation = ?, sighted = ? WHERE session = ? AND id = ? AND revision = 0';
  database.sql(update).run(source, generation, sighted, session, id);
  const back = `DELETE FROM superseded WHERE session = ? AND reason = 'vanished' AND seq IN (
      SELECT seq FROM identity WHERE session = ? AND id = ?)`;
  return 1 + Number(database.sql(back).run(session, session, id).changes);
}

/** Ends a new generation: what this source held before and holds no more has vanished, unless another one holds it. */
export function sweep(database: Database, source: number, generation: number): number {
  const sessions = database.sql('SELECT session FROM source_part WHERE source = ?').all(source);
  return sessions.reduce((rows, { session }) => rows + sweepSession(database, Number(session), source, generation), 0);
}

function sweepSession(database: Database, session: number, source: number, generation: number): number {
  const run = (sql: string, ...values: number[]) => Number(database.sql(sql).run(...values).changes);
  run('DELETE FROM elsewhere WHERE session = ? AND source = ? AND generation < ?', session, source, generation);
  run(
    `UPDATE identity SET (source, generation, sighted) = (
        SELECT source, generation, sighted FROM elsewhere AS e
        WHERE e.session = identity.session AND e.id = identity.id ORDER BY e.source LIMIT 1
      ) WHERE session = ? AND revision = 0 AND source = ? AND generation < ? AND EXISTS (
        SELECT 1 FROM elsewhere AS e WHERE e.session = identity.session AND e.id = identity.id)`,
    session,
    source,
    generation,
  );
  run(
    `DELETE FROM elsewhere WHERE session = ? AND EXISTS (
      SELECT 1 FROM identity AS i WHERE i.session = elsewhere.session AND i.id = elsewhere.id AND i.revision = 0
        AND i.source = elsewhere.source)`,
    session,
  );
  const marked = run(
    `INSERT OR IGNORE INTO superseded SELECT i.session, i.seq, 'vanished' FROM identity AS i JOIN identity AS f
        ON f.session = i.session AND f.id = i.id AND f.revision = 0
      WHERE i.session = ? AND f.source = ? AND f.generation < ?`,
    session,
    source,
    generation,
  );
  run(
    `UPDATE identity SET source = ${NOWHERE} WHERE session = ? AND revision = 0 AND source = ? AND generation < ?`,
    session,
    source,
    generation,
  );
  return marked;
}
