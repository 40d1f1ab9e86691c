/**
 * The prototype's sessions into a store: what it kept of each, where nothing better is to be had. Its files are only read.
 *
 * A session whose agent still has its file is left: kato reads that itself, with true times and all that the prototype
 * threw away. So is one that the store has from its agent.
 */

import { hash } from 'node:crypto';
import { withoutCommandLines } from '../../core/command-line.ts';
import { parseJson, stringAt, textAt } from '../../core/json.ts';
import { type SessionFacts, type SessionKey, titleLine } from '../../core/session.ts';
import { type Disk, nodeDisk } from '../log/disk.ts';
import { contentOf } from '../log/rows.ts';
import { PAGE_BYTES, PageBuilder } from '../page.ts';
import { type Blob, emptyBatch, type TranscriptStore } from '../store.ts';
import { compareSides, type Found } from './compare.ts';
import {
  REFERENCE_TWIN,
  type ReferenceEvent,
  type ReferenceTwin,
  readReferenceTwin,
  referenceKey,
} from './reference-twin.ts';
import type { MigrationReport, SessionReport } from './report.ts';

const META = '.meta.json';
const REFERENCE_META = 'reference.meta.json';

export interface ReferenceOptions {
  readonly dryRun?: boolean;
  readonly disk?: Disk;
}

/** Brings the sessions in a folder of the prototype's, `sessions/` in its home, into a store. */
export async function migrateReference(
  store: TranscriptStore,
  folder: string,
  { dryRun = false, disk = nodeDisk }: ReferenceOptions = {},
): Promise<MigrationReport> {
  const names = disk.stat(folder) ? disk.list(folder).filter((name) => name.endsWith(META)) : [];
  const sessions: SessionReport[] = [];
  for (const name of names) {
    const log = name.slice(0, -META.length);
    const read = (suffix: string) => readWhole(disk, `${folder}/${log}${suffix}`);
    if (!disk.stat(`${folder}/${log}.twin.jsonl`)) continue; // The prototype kept no twin of most sessions.
    const files = { log, meta: read(META), twin: read('.twin.jsonl') };
    sessions.push(await migrateTwin(store, disk, files, dryRun));
  }
  return { sessions, isDone: sessions.every(({ outcome }) => outcome !== 'left') };
}

function readWhole(disk: Disk, path: string): Buffer {
  return disk.read(path, 0, disk.stat(path)?.bytes ?? 0);
}

interface Files {
  readonly log: string;
  readonly meta: Uint8Array;
  readonly twin: Uint8Array;
}

async function migrateTwin(store: TranscriptStore, disk: Disk, files: Files, dryRun: boolean): Promise<SessionReport> {
  const { log, meta, twin: bytes } = files;
  const told = parseJson(Buffer.from(meta).toString('utf8'));
  const key = referenceKey(told);
  const nothing = { log, outcome: 'left', events: 0, onlyInStore: 0, setAside: false } as const;
  if (!key) return { ...nothing, reason: 'damaged', what: `${log}: its meta file is none of the prototype's` };
  const left = { ...nothing, session: key };
  const isForgotten = (await store.forgotten()).some(
    (one) => one.provider === key.provider && one.nativeId === key.nativeId,
  );
  if (isForgotten) return { ...left, reason: 'forgotten' };
  const path = textAt(told, 'sourceFilePath');
  if (path !== undefined && disk.stat(path)) return { ...left, reason: 'agent-has-it' };
  const twin = readReferenceTwin(key, bytes);
  const inStore = await eventsIn(store, key);
  const sides = compareSides(twin.events.map(toFound), inStore);
  const own = new Set(twin.events.map(({ id }) => id));
  if (inStore.some(({ id }) => !own.has(id))) return { ...left, reason: 'agent-has-it' };
  if (sides.kind === 'apart') return { ...left, reason: sides.reason, difference: sides.difference };
  const outcome = inStore.length === 0 ? 'imported' : sides.fresh.length > 0 ? 'tail-kept' : 'already-there';
  if (!dryRun && outcome !== 'already-there') await append(store, key, twin, files);
  const what = twin.unread > 0 && { what: `${log}: lines that are no events: ${twin.unread}` };
  return { ...left, outcome, events: sides.fresh.length, ...what };
}

function toFound({ id, content, offset }: ReferenceEvent, index: number): Found {
  return { seq: index + 1, id, content, offset, source: undefined };
}

async function eventsIn(store: TranscriptStore, key: SessionKey): Promise<readonly Found[]> {
  const found: Found[] = [];
  for await (const page of store.read({ key, view: 'current' })) {
    for (const { event } of page)
      found.push({ seq: event.seq, id: event.id, content: contentOf(event), source: undefined });
  }
  return found;
}

/** In one step; what is there already is known by its ids. */
async function append(
  store: TranscriptStore,
  key: SessionKey,
  { events }: ReferenceTwin,
  { meta, twin }: Files,
): Promise<void> {
  const builder = new PageBuilder();
  const pages = events.flatMap(({ id, content, json }) => {
    builder.add(id, content, json);
    return builder.bytes >= PAGE_BYTES ? [builder.build(true)] : [];
  });
  if (builder.count > 0) pages.push(builder.build(true));
  const blobs = [blobOf(twin), blobOf(meta)];
  const sideFiles = blobs.map(({ sha256 }, index) => ({ name: index === 0 ? REFERENCE_TWIN : REFERENCE_META, sha256 }));
  await store.append([{ ...emptyBatch, sessions: [{ key, facts: factsOf(events), pages, blobs, sideFiles }] }]);
}

function blobOf(content: Uint8Array): Blob {
  return { sha256: hash('sha256', content, 'hex'), mediaType: 'text/plain', content: new Uint8Array(content) };
}

function factsOf(events: readonly ReferenceEvent[]): SessionFacts {
  const times = events.flatMap(({ at }) => at ?? []).sort();
  const [firstAt, lastAt] = [times[0], times.at(-1)];
  const models = [...new Set(events.flatMap(({ model }) => model ?? []))];
  const prompts = events.flatMap(({ kind, payload }) =>
    kind === 'user.message' ? (stringAt(payload, 'text') ?? []) : [],
  );
  const text = prompts.flatMap((prompt) => titleLine(withoutCommandLines(prompt)) ?? [])[0];
  return {
    ...(firstAt !== undefined && { firstAt }),
    ...(lastAt !== undefined && { lastAt }),
    ...(models.length > 0 && { models }),
    ...(text !== undefined && { title: { text, from: 'prompt' } }),
    ...(events.length > 0 && { spoken: true }),
  };
}
