/** The read paths of the SQLite engine. Each page is one short statement: no reader holds the write-ahead log back. */
import type { SessionKey } from '../../core/session.ts';
import { sessionId } from '../../core/session.ts';
import { composeEvent } from '../compose.ts';
import { parseBody, unpack } from '../page.ts';
import type { Cause, ReadQuery, SessionLink, StoredEvent } from '../store.ts';
import { isBlockIntact } from './checksum.ts';
import { damaged, parseColumn } from './failure.ts';
import type { Database } from './open.ts';

type Row = Record<string, unknown>;

const BLOCK = `SELECT b.position, b.session, b.first_seq, b.count, b.source AS source_pk, b.generation, b.cause, b.revises,
  b.packed, b.body, b.sum, s.id AS source FROM block AS b LEFT JOIN source AS s ON s.pk = b.source`;

/** What reading needs to know of a session besides its blocks. */
interface SessionView {
  readonly key: SessionKey;
  readonly id: string;
  readonly replacedSeq: number;
  readonly link: SessionLink | undefined;
  readonly superseded: ReadonlySet<number>;
}

export async function* readEvents(database: Database, query: ReadQuery): AsyncGenerator<readonly StoredEvent[]> {
  const pk = query.key && findSession(database, query.key);
  if (query.key && pk === undefined) return;
  const views = new Map<number, SessionView>();
  let version = dataVersion(database);
  for (const row of blocks(database, query, pk)) {
    const before = version;
    version = dataVersion(database);
    if (version !== before) views.clear(); // Written to since the last page: marks and links may be others now.
    const session = Number(row.session);
    const view = views.get(session) ?? openView(database, session);
    if (!view) continue;
    if (views.size > 64) views.clear(); // Reading all sessions in order: only the latest few come again soon.
    views.set(session, view);
    const page = decodeBlock(row, view).filter((stored) => isWanted(stored, view, query));
    if (page.length > 0) yield query.backward ? page.reverse() : page;
  }
}

/** Differs when this connection or any other has written. */
function dataVersion(database: Database): string {
  const row = database.sql('SELECT total_changes() AS own, data_version AS others FROM pragma_data_version').get();
  return `${row?.own} ${row?.others}`;
}

/** Blocks one by one; the next is looked up when it is asked for. */
function blocks(database: Database, query: ReadQuery, session: number | undefined): Generator<Row> {
  if (session === undefined) return query.backward ? backInLog(database, query) : onInLog(database, query);
  return query.backward ? backInSession(database, query, session) : onInSession(database, query, session);
}

function* onInLog(database: Database, { after = 0 }: ReadQuery): Generator<Row> {
  const before = 'SELECT position, count FROM block WHERE position <= ? ORDER BY position DESC LIMIT 1';
  const first = database.sql(before).get(after);
  let from = first && endsBehind(first, after) ? Number(first.position) : after + 1;
  const sql = database.sql(`${BLOCK} WHERE b.position >= ? ORDER BY b.position LIMIT 1`);
  for (let row = sql.get(from); row; row = sql.get(from)) {
    if (Number(row.position) < from || Number(row.count) < 1) throw astray(row);
    from = Number(row.position) + Number(row.count);
    yield row;
  }
}

function* backInLog(database: Database, { after = 0 }: ReadQuery): Generator<Row> {
  let before = Number.MAX_SAFE_INTEGER;
  const sql = database.sql(`${BLOCK} WHERE b.position < ? ORDER BY b.position DESC LIMIT 1`);
  for (let row = sql.get(before); row && endsBehind(row, after); row = sql.get(before)) {
    if (Number(row.position) >= before) throw astray(row);
    before = Number(row.position);
    yield row;
  }
}

/**
 * Of one session, by seq: its blocks have the same order by seq and by position, and only seq has an index with the
 * session. Where `after` stands is looked for from the end, because that is where whoever follows a session reads on.
 */
function* onInSession(database: Database, { after = 0 }: ReadQuery, session: number): Generator<Row> {
  const before = `SELECT first_seq, position, count FROM block WHERE session = ? AND position <= ?
    ORDER BY first_seq DESC LIMIT 1`;
  const first = after === 0 ? undefined : database.sql(before).get(session, after);
  let from = first ? Number(first.first_seq) + (endsBehind(first, after) ? 0 : Number(first.count)) : 0;
  const sql = database.sql(`${BLOCK} WHERE b.session = ? AND b.first_seq >= ? ORDER BY b.first_seq LIMIT 1`);
  for (let row = sql.get(session, from); row; row = sql.get(session, from)) {
    if (Number(row.first_seq) < from || Number(row.count) < 1) throw astray(row);
    from = Number(row.first_seq) + Number(row.count);
    yield row;
  }
}

function* backInSession(database: Database, { after = 0 }: ReadQuery, session: number): Generator<Row> {
  let before = Number.MAX_SAFE_INTEGER;
  const sql = database.sql(`${BLOCK} WHERE b.session = ? AND b.first_seq < ? ORDER BY b.first_seq DESC LIMIT 1`);
  for (let row = sql.get(session, before); row && endsBehind(row, after); row = sql.get(session, before)) {
    if (Number(row.first_seq) >= before) throw astray(row);
    before = Number(row.first_seq);
    yield row;
  }
}

function endsBehind({ position, count }: Row, after: number): boolean {
  return Number(position) + Number(count) > after + 1;
}

/** A look-up that gives what was not asked for: the file's own structure is damaged, and following it would never end. */
function astray({ position }: Row) {
  return damaged(`the order of block ${position}`);
}

function isWanted({ position, event, cause }: StoredEvent, view: SessionView, query: ReadQuery): boolean {
  if (position <= (query.after ?? 0)) return false;
  return query.view === 'current' ? event.seq > view.replacedSeq : cause !== 'reprocess';
}

function decodeBlock(row: Row, view: SessionView): StoredEvent[] {
  if (!isBlockIntact(row)) throw damaged(`block ${row.position}`);
  const firstSeq = Number(row.first_seq);
  const position = Number(row.position);
  const revises: Record<string, number> = row.revises === null ? {} : parseColumn(row, 'revises');
  const bodies = parseBody(unpack(row.body as Uint8Array, row.packed === 1));
  return bodies.map((body, index) => {
    const seq = firstSeq + index;
    const event = composeEvent(body, {
      key: view.key,
      sessionId: view.id,
      seq,
      revises: revises[index],
      source: row.source === null ? undefined : String(row.source),
      generation: Number(row.generation),
      link: view.link,
    });
    return { position: position + index, event, cause: row.cause as Cause, superseded: view.superseded.has(seq) };
  });
}

export function findSession(database: Database, { provider, nativeId }: SessionKey): number | undefined {
  const row = database.sql('SELECT pk FROM session WHERE provider = ? AND native_id = ?').get(provider, nativeId);
  return row && Number(row.pk);
}

function openView(database: Database, session: number): SessionView | undefined {
  const row = database.sql('SELECT provider, native_id, replaced_seq FROM session WHERE pk = ?').get(session);
  if (!row) return undefined;
  const key = { provider: String(row.provider), nativeId: String(row.native_id) };
  const marks = database.sql('SELECT DISTINCT seq FROM superseded WHERE session = ?').all(session);
  return {
    key,
    id: sessionId(key),
    replacedSeq: Number(row.replaced_seq),
    link: readLink(database, session, key),
    superseded: new Set(marks.map(({ seq }) => Number(seq))),
  };
}

export function readLink(database: Database, session: number, key: SessionKey): SessionLink | undefined {
  const row = database.sql('SELECT parent, resolved FROM link WHERE session = ?').get(session);
  return row && toLink(row, key);
}

export function toLink(row: Row, key: SessionKey): SessionLink {
  const parent = parseColumn(row, 'parent');
  return row.resolved === null ? { key, parent } : { key, parent, resolved: parseColumn(row, 'resolved') };
}

/** Single events by seq, in the order of their seq. */
export function pickEvents(database: Database, key: SessionKey, seqs: readonly number[]): StoredEvent[] {
  const session = findSession(database, key);
  const view = session === undefined ? undefined : openView(database, session);
  if (session === undefined || !view) return [];
  const found = new Map<number, StoredEvent>();
  const sql = database.sql(`${BLOCK} WHERE b.session = ? AND b.first_seq <= ? ORDER BY b.first_seq DESC LIMIT 1`);
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    if (found.has(seq)) continue;
    const row = sql.get(session, seq);
    for (const stored of row ? decodeBlock(row, view) : []) {
      if (seqs.includes(stored.event.seq)) found.set(stored.event.seq, stored);
    }
  }
  return [...found.values()].sort((a, b) => a.event.seq - b.event.seq);
}
