/** The write path: what a batch changes, as lines and notes in a stage. */
import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { mergeFacts, mergeParent, type SessionFacts } from '../../core/session.ts';
import { contentAt, type EventPage, idAt, linesOf } from '../page.ts';
import type {
  Appended,
  Batch,
  Blob,
  Cause,
  Offset,
  RawChunk,
  SessionLink,
  SessionPart,
  Supersession,
} from '../store.ts';
import type { Ledger } from './ledger.ts';
import type { LogRecord } from './record.ts';
import { sessionOf } from './registry.ts';
import type { Stage } from './stage.ts';
import { type Generation, generationOf } from './summary.ts';

/** Where events come from, inside one batch. */
interface Arrival {
  readonly source: string | undefined;
  readonly generation: number;
  readonly cause: Cause;
}

interface Tally {
  events: number;
  revisions: number;
}

/** A batch into a stage. `isAnew`: what was counted before in its source is void. */
export function planBatch(stage: Stage, batch: Batch, isAnew = false): Appended {
  const tally: Tally = { events: 0, revisions: 0 };
  stage.takeChanges();
  const record = batch.source?.record;
  const arrival = { source: record?.id, generation: record?.checkpoint.generation ?? 0, cause: batch.cause };
  for (const key of batch.replaces ?? []) {
    const ledger = stage.logs.find(key);
    if (ledger) stage.addLine(ledger, { replaced: ledger.summary.lastSeq });
  }
  for (const { key } of batch.sessions) if (!stage.logs.isForgotten(key)) stage.open(key);
  if (batch.source) putSource(stage, batch.source, batch, isAnew);
  for (const part of batch.sessions) putSession(stage, part, arrival, tally);
  for (const change of batch.superseded) supersede(stage, change);
  if (batch.sweep && record) sweep(stage, record.id, arrival.generation);
  for (const link of batch.links) putLink(stage, link);
  for (const offset of batch.offsets) putOffset(stage, offset);
  stage.endBatch();
  return { ...tally, rows: stage.takeChanges() };
}

type Progress = NonNullable<Batch['source']>;

function putSource(stage: Stage, { record, expected }: Progress, batch: Batch, isAnew: boolean): void {
  const { provider, nativeId, checkpoint } = record;
  const key = nativeId === undefined ? undefined : { provider, nativeId };
  const isForgotten = key !== undefined && stage.logs.isForgotten(key);
  // The log of the session that it belongs to, once that has one.
  const ledger = (key && !isForgotten && stage.logs.find(key)) || stage.logs.own;
  const { generation } = checkpoint;
  const place = { source: record.id, generation };
  if (!isForgotten) {
    for (const chunk of batch.cause === 'reprocess' ? [] : batch.raw) addRaw(stage, ledger, place, chunk);
    putFlaws(stage, ledger, place, batch, isAnew);
  }
  const number = stage.logs.registry.sources.get(record.id)?.number ?? stage.logs.registry.nextNumber();
  stage.tell(ledger, { sources: [{ record: { ...record, version: expected + 1 }, number }] });
}

function addRaw(
  stage: Stage,
  ledger: Ledger,
  place: Generation,
  { offset, bytes, data, packed, ends }: RawChunk,
): void {
  const raw = { ...place, offset, bytes, kept: data.length, ...(packed && { packed }), ...(ends && { ends }) };
  const isText = !packed && isUtf8(data);
  const content = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  stage.addLine(ledger, isText ? { raw, text: content.toString('utf8') } : { raw, data: content.toString('base64') });
}

function putFlaws(stage: Stage, ledger: Ledger, place: Generation, batch: Batch, isAnew: boolean): void {
  if (batch.diagnostics.length === 0 && batch.quarantined.length === 0 && !isAnew) return;
  const known = totalsOf(stage, place, isAnew);
  const counts = batch.diagnostics.map(({ code, about = '', count }) => {
    const total = (known.get(`${code}\0${about}`) ?? 0) + count;
    known.set(`${code}\0${about}`, total);
    return [code, about, total] as const;
  });
  const quarantined = batch.quarantined.map(({ offset, bytes, reason }) => [offset, bytes, reason] as const);
  // Counts that several logs hold are all void at once.
  if (isAnew)
    for (const other of ledgersWithFlaws(stage, place)) stage.tell(other, { flaws: [{ ...place, anew: true }] });
  if (counts.length > 0 || quarantined.length > 0) stage.tell(ledger, { flaws: [{ ...place, counts, quarantined }] });
}

function ledgersWithFlaws(stage: Stage, place: Generation): Ledger[] {
  const isWith = ({ failure, summary }: Ledger) => !failure && summary.flaws.has(generationOf(place));
  return [...stage.logs.all()].filter(isWith);
}

/** How often each flaw was counted, by code and what it is about. */
function totalsOf(stage: Stage, place: Generation, isAnew: boolean): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { summary } of isAnew ? [] : ledgersWithFlaws(stage, place)) {
    for (const [name, [, , count]] of summary.flaws.get(generationOf(place))?.counts ?? []) {
      totals.set(name, Math.max(totals.get(name) ?? 0, count));
    }
  }
  return totals;
}

function putSession(stage: Stage, part: SessionPart, arrival: Arrival, tally: Tally): void {
  if (stage.logs.isForgotten(part.key)) return;
  const ledger = stage.open(part.key);
  for (const blob of part.blobs) putBlob(stage, ledger, blob);
  for (const page of part.pages) putPage(stage, ledger, page, arrival, tally);
  const { summary } = ledger;
  const sideFiles = part.sideFiles.filter(({ name, sha256 }) => summary.sideFiles.get(name) !== sha256);
  if (sideFiles.length > 0) stage.tell(ledger, { sideFiles: sideFiles.map(({ name, sha256 }) => [name, sha256]) });
  const facts = changedFacts(summary.facts, mergeFacts(summary.facts, part.facts));
  if (Object.keys(facts).length > 0) stage.tell(ledger, { facts });
}

function changedFacts(before: SessionFacts, after: SessionFacts): SessionFacts {
  const known = new Map<string, unknown>(Object.entries(before));
  const isOther = ([key, value]: readonly [string, unknown]) => !isDeepStrictEqual(known.get(key), value);
  return Object.fromEntries(Object.entries(after).filter(isOther));
}

function putBlob(stage: Stage, ledger: Ledger, blob: Blob): void {
  const { sha256, mediaType, content } = blob;
  if (!stage.logs.registry.blobs.has(sha256)) stage.blobs.push(blob);
  if (ledger.summary.blobs.has(sha256)) return;
  stage.tell(ledger, { blobs: { [sha256]: { mediaType, bytes: content.length } } });
}

/** Adds what is new of a page, and notes which known events its source has met. */
function putPage(stage: Stage, ledger: Ledger, page: EventPage, arrival: Arrival, tally: Tally): void {
  const { source, generation, cause } = arrival;
  const rows = ledger.rows();
  const lines = linesOf(page);
  const met = new Map<string, number>();
  for (let index = 0; index < page.count; index++) {
    const id = Buffer.from(idAt(page, index)).toString('hex');
    const content = Buffer.from(contentAt(page, index)).toString('hex');
    const meeting = rows.meet(id, content, source ?? '', generation);
    if (meeting.kind === 'known') {
      if (!meeting.isMoved) continue;
      met.set(id, meeting.sighted);
      const events = [[id, meeting.sighted] as const];
      ledger.apply({ met: [{ source: source ?? '', generation, events }] }, stage.commit, NOWHERE);
      continue;
    }
    met.delete(id); // The event's own line says that it was met.
    const { revises } = meeting;
    tally.events += 1;
    tally.revisions += revises === undefined ? 0 : 1;
    const from = source === undefined ? undefined : ([source, generation] as const);
    const numbers = { seq: ledger.summary.lastSeq + 1, position: stage.logs.nextPosition() };
    const place = { ...numbers, cause: cause === 'live' ? undefined : cause, from, revises };
    addEvent(
      stage,
      ledger,
      place,
      Buffer.from(lines[index] ?? [])
        .toString('utf8')
        .trimEnd(),
    );
  }
  if (met.size > 0) stage.note(ledger, { met: [{ source: source ?? '', generation, events: [...met] }] });
}

const NOWHERE = { offset: 0, bytes: 0 };

/** The event's own text stands in the line as it came. */
function addEvent(stage: Stage, ledger: Ledger, place: PlainRecord, text: string): void {
  const json = `${JSON.stringify(place).slice(0, -1)},"event":${text}}`;
  stage.addLine(ledger, { ...place, event: JSON.parse(text) } as LogRecord, json);
}

/** Values that are `undefined` are absent in the line. */
type PlainRecord = { readonly [K in keyof LogRecord]: LogRecord[K] | undefined };

function supersede(stage: Stage, change: Supersession): void {
  const ledger = stage.logs.find(change.key);
  if (!ledger) return;
  const rows = ledger.rows();
  const isInForce = 'inForce' in change && change.inForce;
  const seqs = rows.seqsOf(change).filter((seq) => rows.isRetracted(seq) === isInForce);
  if (seqs.length > 0) stage.tell(ledger, isInForce ? { restored: seqs } : { retracted: seqs });
}

/** Ends a new generation: what its source held before and holds no more has vanished, unless another one holds it. */
function sweep(stage: Stage, source: string, generation: number): void {
  for (const ledger of stage.logs.all()) {
    if (ledger.failure || !ledger.summary.feeds.has(source)) continue;
    if (ledger.rows().hasLost(source, generation)) stage.tell(ledger, { swept: [[source, generation]] });
  }
}

/** What was found out about a parent holds as long as no other one, and no other place in it, is told. */
function putLink(stage: Stage, { key, parent: told, resolved: found }: SessionLink): void {
  if (stage.logs.isForgotten(key)) return;
  const ledger = stage.open(key);
  const known = ledger.summary.link;
  const parent = mergeParent(known?.parent, told);
  const isSame = known?.parent.nativeId === parent.nativeId && known.parent.ordinal === parent.ordinal;
  const resolved = found ?? (isSame ? known.resolved : undefined);
  const link = { parent, ...(resolved && { resolved }) };
  if (!isDeepStrictEqual(link, known)) stage.tell(ledger, { link });
}

/**
 * What a consumer notes of a session stands in that session's log; what it notes of all, in the store's own. A power cut
 * may leave that note and take events that rode before it in other logs: their positions are not given again, or the next
 * events would be taken for seen.
 */
function putOffset(stage: Stage, offset: Offset): void {
  const known = stage.logs.registry.offsets.get(offset.consumer);
  if (known?.position === offset.position && isDeepStrictEqual(known.state, offset.state)) return;
  const key = sessionOf(offset);
  const ledger = key && stage.logs.find(key);
  if (ledger) stage.tell(ledger, { offsets: [offset] });
  else stage.tell(stage.logs.own, { offsets: [offset], positions: stage.logs.positions });
}
