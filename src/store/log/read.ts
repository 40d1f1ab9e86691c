/**
 * The read paths. Events are read from the twins a page at a time; a page shows how things are when it is taken. A line
 * that is damaged is passed over: it is kept, and `verify` names it.
 */
import type { SessionKey } from '../../core/session.ts';
import { sessionId } from '../../core/session.ts';
import { composeEvent } from '../compose.ts';
import type { Position, ReadQuery, StoredEvent } from '../store.ts';
import type { Folder } from './folder.ts';
import type { Ledger } from './ledger.ts';
import type { Row } from './rows.ts';

const PAGE_EVENTS = 128;
const PAGE_BYTES = 512 * 1024;

interface Found {
  readonly ledger: Ledger;
  readonly row: Row;
}

export async function* readEvents(folder: Folder, query: ReadQuery): AsyncGenerator<readonly StoredEvent[]> {
  const { backward = false, after = 0 } = query;
  let from = backward ? Number.MAX_SAFE_INTEGER : after;
  let known: Run | undefined;
  for (;;) {
    folder.refresh();
    if (known?.version !== folder.ledgers.version) known = runOf(folder, query);
    const page = pageOf(known.rows, backward, from, after);
    const last = page.at(-1);
    if (!last) return;
    from = last.row.position;
    const wanted = page.filter((found) => isWanted(found, query)).flatMap((found) => readRow(found) ?? []);
    if (wanted.length > 0) yield wanted;
  }
}

/** Single events by seq, in order. */
export function pickEvents(folder: Folder, key: SessionKey, seqs: readonly number[]): StoredEvent[] {
  const ledger = folder.ledgers.find(key);
  const wanted = new Set(seqs);
  const rows = ledger?.rows().all.filter(({ seq }) => wanted.has(seq)) ?? [];
  return rows.flatMap((row) => (ledger && readRow({ ledger, row })) ?? []);
}

/** Rows in the order of their positions, as they were at one version of the folder. */
interface Run {
  readonly version: number;
  readonly rows: readonly Found[];
}

function runOf(folder: Folder, { key, after = 0 }: ReadQuery): Run {
  const ledgers = key ? [folder.ledgers.find(key)] : [...folder.ledgers.all()];
  const later = ledgers.flatMap((ledger) =>
    ledger && ledger !== folder.ledgers.own && !ledger.failure && ledger.summary.lastPosition > after ? ledger : [],
  );
  const rows = later.flatMap((ledger) => {
    const { all } = ledger.rows();
    const start = firstBehind(all.length, (index) => all[index]?.position, after);
    return all.slice(start).map((row) => ({ ledger, row }));
  });
  if (later.length > 1) rows.sort((a, b) => a.row.position - b.row.position);
  return { version: folder.ledgers.version, rows };
}

/** The next rows on from a position, in the direction of reading. */
function pageOf(rows: readonly Found[], backward: boolean, from: Position, after: Position): readonly Found[] {
  const start = firstBehind(rows.length, (index) => rows[index]?.row.position, backward ? from - 1 : from);
  const page: Found[] = [];
  let bytes = 0;
  const step = backward ? -1 : 1;
  for (let index = backward ? start - 1 : start; page.length < PAGE_EVENTS && bytes < PAGE_BYTES; index += step) {
    const found = rows[index];
    if (!found || found.row.position <= after) break;
    page.push(found);
    bytes += found.row.place.bytes;
  }
  return page;
}

/** The index of the first of `count` rows behind a position. */
function firstBehind(count: number, positionAt: (index: number) => Position | undefined, position: Position): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positionAt(middle) ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isWanted({ ledger, row }: Found, { view }: ReadQuery): boolean {
  return view === 'current' ? row.seq > ledger.summary.replacedSeq : row.cause !== 'reprocess';
}

/** Absent when its line is damaged. */
function readRow({ ledger, row }: Found): StoredEvent | undefined {
  const stored = ledger.read(row.place)?.event;
  const { key, link } = ledger.summary;
  if (stored === undefined || !key) return undefined;
  const { seq, revises, source, generation, position, cause } = row;
  const placed = { key, sessionId: sessionId(key), seq, revises, source, generation, link: link && { key, ...link } };
  return { position, event: composeEvent(stored, placed), cause, superseded: ledger.rows().isSuperseded(row) };
}
