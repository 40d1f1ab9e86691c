/**
 * Framing of whole JSON documents that are rewritten in place: one object with a list of records.
 *
 * The whole file is looked at whenever it has changed, but only what is new or different becomes a frame: the envelope
 * (the document with its list emptied) and each item. What frames were made of is kept as a journal, frame after frame,
 * and offsets count bytes of this journal. A document that ends in the middle of a rewrite gives nothing and waits.
 *
 * What stands behind the document (a crash left NULs, a rewrite the end of a longer one) will not become part of it: it
 * is quarantined once, where it stands in the file, and kept in the journal behind the frames, where no frame ends.
 *
 * The cursor is `{journal, envelope, items: [[key, hash], …], rest?, waits?}`: `rest` is the hash of what stood behind
 * the document, `waits` says that the file was last seen incomplete. When a record's key is gone from the document, the
 * document does not continue what was read: a new generation begins, and everything is framed again.
 */
import { hash } from 'node:crypto';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { field, isRecord, listAt, numberAt, stringAt } from '../../core/json.ts';
import type { Cursor } from '../../core/source.ts';
import { type CutFrame, cutFrame, FRAME_LIMIT_BYTES, type QuarantinedBytes } from './framer.ts';
import { flawsOf, quarantineGap } from './salvage.ts';
import { scanString, scanValue, skipSpace, toText } from './scan.ts';

export interface DocumentShape {
  /** The property that lists the records. */
  readonly property: string;
  /** The key of a record that names it. */
  readonly key: string;
}

export interface FramedDocument {
  /** True when records that were read before are gone: the frames are everything, from the start. */
  readonly restarted: boolean;
  readonly frames: readonly CutFrame[];
  /** The frames' bytes one after the other, from this offset of the journal on, and where each ends; then the rest. */
  readonly journal: { readonly offset: number; readonly data: Uint8Array; readonly ends: readonly number[] };
  /** What stands behind the document and is new, in offsets of the file. */
  readonly quarantined: readonly QuarantinedBytes[];
  readonly diagnostics: readonly Diagnostic[];
  readonly cursor: Cursor;
}

interface Item {
  readonly key: string;
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly value: unknown;
  readonly occurrence: number;
}

/** Frames what is new in the document. Absent while it is not complete. */
export function frameDocument(
  bytes: Uint8Array,
  shape: DocumentShape,
  cursor: Cursor | undefined,
): FramedDocument | undefined {
  const parts = cutDocument(bytes, shape.property);
  if (!parts) return undefined;
  const items = readItems(parts.items, shape.key);
  const known = readCursor(cursor);
  const keys = new Set(items.map(({ key }) => key));
  const restarted = [...known.items.keys()].some((key) => !keys.has(key));
  const before = restarted ? readCursor(undefined) : known;
  const envelopeHash = shortHash(parts.envelope);
  const rest = restBehind(bytes, parts.end, before.rest);
  const fresh = items.filter((item) => before.items.get(item.key)?.has(item.hash) !== true);
  const envelope = before.envelope === envelopeHash ? [] : [parts.envelope];
  const pieces = [...envelope, ...fresh.map((item) => item.bytes)];
  const occurrences = [...envelope.map(() => 0), ...fresh.map(({ occurrence }) => occurrence)];
  const values = [...envelope.map(parseJson), ...fresh.map(({ value }) => value)];
  const frames = cutFrames(pieces, before.journal, values, occurrences);
  const data = Buffer.concat([...pieces, rest.fresh]);
  const oversize = frames.filter(({ role }) => role === 'oversize').map(() => ({ code: 'oversize-frame' }) as const);
  return {
    restarted,
    frames,
    journal: { offset: before.journal, data, ends: endsOf(pieces) },
    quarantined: rest.quarantined,
    diagnostics: [...oversize, ...flawsOf(rest.quarantined)],
    cursor: {
      journal: before.journal + data.length,
      envelope: envelopeHash,
      items: items.map((item) => [item.key, item.hash]),
      ...(rest.hash !== undefined && { rest: rest.hash }),
    },
  };
}

interface Rest {
  readonly hash: string | undefined;
  /** Its bytes and their quarantine, unless they are known. */
  readonly fresh: Uint8Array;
  readonly quarantined: readonly QuarantinedBytes[];
}

/** What stands behind the document, which ends at `end`, other than white space. */
function restBehind(bytes: Uint8Array, end: number, known: string | undefined): Rest {
  const gaps = quarantineGap(bytes, end, bytes.length);
  const rest = bytes.subarray(end);
  const restHash = gaps.length === 0 ? undefined : shortHash(rest);
  if (restHash === undefined || restHash === known) return { hash: restHash, fresh: new Uint8Array(), quarantined: [] };
  const quarantined = gaps.map((gap) => ({ offset: gap.start, bytes: gap.end - gap.start, reason: gap.reason }));
  return { hash: restHash, fresh: rest, quarantined };
}

/** The cursor of a document that was looked at and is not complete: what was read before stays read. */
export function waitingCursor(cursor: Cursor): Cursor {
  return { ...(isRecord(cursor) && cursor), waits: true };
}

/** Whether the file was incomplete when it was last looked at. Only for cursors that this framing made. */
export function isWaiting(cursor: Cursor): boolean {
  return field(cursor, 'waits') === true;
}

/** The frames of a journal that was kept, for deriving events again. */
export function frameJournal(data: Uint8Array, offset: number, ends: readonly number[]): readonly CutFrame[] {
  const pieces = ends.map((end, index) => data.subarray(index === 0 ? 0 : ends[index - 1], end));
  return cutFrames(pieces, offset, pieces.map(parseJson));
}

function cutFrames(
  pieces: readonly Uint8Array[],
  journal: number,
  values: readonly unknown[],
  occurrences: readonly number[] = [],
): CutFrame[] {
  let offset = journal;
  return pieces.map((bytes, index) => {
    const occurrence = occurrences[index];
    const frame = { ...cutFrame(bytes, offset, values[index]), ...(occurrence !== undefined && { occurrence }) };
    offset += bytes.length;
    return frame;
  });
}

/** Items with their keys. One without a key is known by its bytes and by which of equal ones it is. */
function readItems(pieces: readonly Uint8Array[], keyName: string): Item[] {
  const counts = new Map<string, number>();
  return pieces.map((bytes) => {
    const value = parseJson(bytes);
    const found = field(value, keyName);
    const itemHash = shortHash(bytes);
    const occurrence = counts.get(itemHash) ?? 0;
    counts.set(itemHash, occurrence + 1);
    const key = typeof found === 'string' ? found : `#${itemHash}.${occurrence}`;
    return { key, hash: itemHash, bytes, value, occurrence };
  });
}

function shortHash(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex').slice(0, 16);
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length > FRAME_LIMIT_BYTES) return undefined;
  try {
    return JSON.parse(toText(bytes));
  } catch {
    return undefined; // The decoder keeps what it cannot read as raw.
  }
}

function readCursor(cursor: Cursor | undefined) {
  const items = listAt(cursor, 'items').flatMap((item): [string, string][] =>
    Array.isArray(item) && typeof item[0] === 'string' && typeof item[1] === 'string' ? [[item[0], item[1]]] : [],
  );
  return {
    journal: numberAt(cursor, 'journal') ?? 0,
    envelope: stringAt(cursor, 'envelope'),
    rest: stringAt(cursor, 'rest'),
    items: hashesByKey(items),
  };
}

/** A document may hold two records of one key; neither is news as long as both stay as they are. */
function hashesByKey(items: readonly [key: string, hash: string][]): ReadonlyMap<string, ReadonlySet<string>> {
  const hashes = new Map<string, Set<string>>();
  for (const [key, hash] of items) hashes.set(key, (hashes.get(key) ?? new Set()).add(hash));
  return hashes;
}

function endsOf(pieces: readonly Uint8Array[]): number[] {
  let end = 0;
  return pieces.map((piece) => {
    end += piece.length;
    return end;
  });
}

interface DocumentParts {
  readonly envelope: Uint8Array;
  readonly items: readonly Uint8Array[];
  /** Where the document ends in the file. */
  readonly end: number;
}

const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** The document's items, and the document with its list emptied; absent when it is not a complete object. */
function cutDocument(bytes: Uint8Array, property: string): DocumentParts | undefined {
  const start = skipSpace(bytes, bytes[0] === 0xef ? 3 : 0);
  const whole = bytes[start] === OPEN_OBJECT ? scanValue(bytes, start) : undefined;
  if (whole?.kind !== 'complete') return undefined;
  let items: readonly Uint8Array[] = [];
  let envelope = bytes.subarray(start, whole.end);
  for (const { name, from, to } of properties(bytes, start)) {
    if (name !== property || bytes[from] !== OPEN_ARRAY) continue;
    items = listItems(bytes, from);
    envelope = Buffer.concat([bytes.subarray(start, from), Buffer.from('[]'), bytes.subarray(to, whole.end)]);
  }
  // One above the limit is kept as it is, and never parsed.
  const isUsable = envelope.length > FRAME_LIMIT_BYTES || isRecord(parseJson(envelope));
  return isUsable ? { envelope, items, end: whole.end } : undefined;
}

interface Property {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The properties of the object at `start`, which has been scanned as complete. */
function properties(bytes: Uint8Array, start: number): Property[] {
  const found: Property[] = [];
  let index = skipSpace(bytes, start + 1);
  while (bytes[index] !== CLOSE_OBJECT) {
    const key = scanString(bytes, index);
    if (key.kind !== 'complete') break;
    const from = skipSpace(bytes, skipSpace(bytes, key.end) + 1);
    const value = scanValue(bytes, from);
    if (value.kind !== 'complete') break;
    found.push({ name: toText(bytes.subarray(index + 1, key.end - 1)), from, to: value.end });
    index = skipSpace(bytes, value.end);
    if (bytes[index] === COMMA) index = skipSpace(bytes, index + 1);
  }
  return found;
}

/** The items of the array at `start`, which has been scanned as complete. */
function listItems(bytes: Uint8Array, start: number): Uint8Array[] {
  const items: Uint8Array[] = [];
  let index = skipSpace(bytes, start + 1);
  while (bytes[index] !== CLOSE_ARRAY) {
    const item = scanValue(bytes, index);
    if (item.kind !== 'complete') break;
    items.push(bytes.subarray(index, item.end));
    index = skipSpace(bytes, item.end);
    if (bytes[index] === COMMA) index = skipSpace(bytes, index + 1);
  }
  return items;
}
