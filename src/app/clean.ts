/**
 * Cleaning: old logs, the files of old recordings, old transcripts.
 *
 *     recordings   first, because only a transcript can prove that a file is byte for byte kato's
 *     sessions     whole families, as old as their latest word; not while anything of them is, or is to be, recorded
 *
 * What is deleted of a session is what forgetting deletes, and leaves no text either. But it is not remembered: the
 * session may come back when its agent's file changes, a recording asks for it, or an import names it. So what its commands
 * came to stays, without their words: none is run twice. Nothing else is done for the sessions meanwhile, be it by the daemon
 * that this is in, or by one that might start.
 */
import { systemCode } from '../core/errors.ts';
import type { CleanedLog, GrowingFile } from '../core/ports.ts';
import type { SessionKey } from '../core/session.ts';
import {
  type Book,
  bookName,
  type CommandOutcome,
  type Heard,
  keeping,
  kept,
  progressName,
  type StoredProgress,
} from '../record/book.ts';
import { isOwnHead } from '../record/mend.ts';
import { playOf } from '../record/play-of.ts';
import { play, startOf } from '../record/playback.ts';
import type { Recording } from '../record/recording.ts';
import { judge } from '../record/write-policy.ts';
import { emptyBatch, type Offset } from '../store/store.ts';
import { familiesOf, nameOf } from './family.ts';
import type { CleanReport, CleanRequest, SessionSummary } from './kato.ts';
import type { KatoParts } from './parts.ts';
import { type RecordingContext, recorderParts, recordingContext } from './recordings.ts';

export async function clean(
  parts: KatoParts,
  request: CleanRequest,
  all: readonly SessionSummary[],
): Promise<CleanReport> {
  const { logs = false, recordingsBefore, sessionsBefore, dryRun = false } = request;
  const held = parts.live || dryRun ? undefined : parts.holdHome();
  try {
    const files = recordingsBefore === undefined ? NO_FILES : await cleanFiles(parts, recordingsBefore, dryRun);
    const sessions = sessionsBefore === undefined ? NO_SESSIONS : await cleanSessions(parts, all, request);
    const cleanedLogs: readonly CleanedLog[] = logs ? parts.logFiles.clean({ dryRun }) : [];
    return { dryRun, ...files, ...sessions, logs: cleanedLogs };
  } finally {
    held?.leave();
  }
}

const NO_FILES = { recordings: [], keptRecordings: [] };
const NO_SESSIONS = { sessions: [], recorded: [], freedBytes: 0 };

/** Deletes sessions for ever, or until they are asked for again. */
export async function deleteSessions(
  parts: KatoParts,
  sessions: readonly SessionSummary[],
  how: 'forget' | 'drop',
): Promise<void> {
  const { store, audit, live } = parts;
  const keys = sessions.map(({ key }) => key);
  const deleting = async () => {
    const offsets = how === 'forget' ? await progressOf(parts, keys) : await withoutWords(parts, keys);
    if (offsets.length > 0) await store.append([{ ...emptyBatch, offsets }]);
    await store[how](...keys);
  };
  await (live ? live.aside(keys, deleting) : deleting());
  const event = how === 'forget' ? 'session.forgotten' : 'session.cleaned';
  for (const { id, key } of sessions) audit.log('info', event, { session: id, provider: key.provider });
}

/** How far the recordings of these sessions are: the store does not know whose that is. */
async function progressOf({ store }: KatoParts, keys: readonly SessionKey[]): Promise<Offset[]> {
  const books = await Promise.all(keys.map(async (key) => kept<Book>(await store.offset(bookName(key)))));
  return books.flatMap((book) => book?.recordings ?? []).map(({ id }) => keeping(progressName(id), null));
}

const VERB = /^\s*::\w+/;

/** That a command was done stays, and of its line the verb. */
async function withoutWords({ store }: KatoParts, keys: readonly SessionKey[]): Promise<Offset[]> {
  const names = new Set(keys.map(nameOf));
  return (await store.offsets('command/')).flatMap((offset) => {
    const outcome = kept<CommandOutcome>(offset);
    if (!outcome || !names.has(nameOf(outcome.session))) return [];
    const { reason: _, ...rest } = outcome;
    const line = VERB.exec(outcome.line)?.[0].trim() ?? '::';
    return [keeping(offset.consumer, { ...rest, line, paths: [] }, offset.position)];
  });
}

async function cleanSessions(
  parts: KatoParts,
  all: readonly SessionSummary[],
  { sessionsBefore = '', dryRun = false }: CleanRequest,
): Promise<Pick<CleanReport, 'sessions' | 'recorded' | 'freedBytes'>> {
  const busy = await busySessions(parts);
  const old = familiesOf(all).filter((family) => isOlder(family, sessionsBefore));
  const isBusy = (family: readonly SessionSummary[]) => family.some(({ key }) => busy.has(nameOf(key)));
  const sessions = old.filter((family) => !isBusy(family)).flat();
  const recorded = old.filter(isBusy).flat();
  if (dryRun || sessions.length === 0) return { sessions, recorded, freedBytes: 0 };
  const before = parts.diskBytes();
  await deleteSessions(parts, sessions, 'drop');
  return { sessions, recorded, freedBytes: Math.max(0, before - parts.diskBytes()) };
}

/** By the latest word in any of them. One whose age nobody knows is not old. */
function isOlder(family: readonly SessionSummary[], before: string): boolean {
  const times = family.flatMap(({ facts }) => facts.lastAt ?? []);
  return times.length > 0 && times.every((at) => Date.parse(at) < Date.parse(before));
}

/** Sessions of which something is recorded, is still to be written, or was asked and not heard yet. */
async function busySessions({ store }: KatoParts): Promise<ReadonlySet<string>> {
  const busy = new Set<string>();
  for (const { session, recordings, pending } of await readBooks(store)) {
    const unfinished = await Promise.all(recordings.map((one) => isUnfinished(store, one)));
    if (pending.length > 0 || unfinished.includes(true)) busy.add(nameOf(session));
    const inherited = recordings
      .filter(({ on }) => on)
      .flatMap(({ periods }) => periods.flatMap((one) => one.inherited ?? []));
    for (const part of inherited) busy.add(nameOf(part.session));
  }
  for (const offset of await store.offsets('heard/')) {
    const heard = kept<Heard>(offset);
    if (heard) busy.add(nameOf(heard.session));
  }
  return busy;
}

async function isUnfinished(store: KatoParts['store'], { id, on, periods }: Recording): Promise<boolean> {
  const progress = kept<StoredProgress>(await store.offset(progressName(id)));
  return on || (progress !== undefined && progress.cursor.period < periods.length);
}

async function readBooks(store: KatoParts['store']): Promise<readonly Book[]> {
  return (await store.offsets('recordings/')).flatMap((offset) => kept<Book>(offset) ?? []);
}

type Cleaned = Pick<CleanReport, 'recordings' | 'keptRecordings'>;

/** The files of recordings that are off, below kato's own folder of recordings. */
async function cleanFiles(parts: KatoParts, before: string, dryRun: boolean): Promise<Cleaned> {
  const context = await recordingContext(parts);
  const done = {
    recordings: [] as Cleaned['recordings'][number][],
    keptRecordings: [] as Cleaned['keptRecordings'][number][],
  };
  for (const { session } of await readBooks(parts.store)) {
    const cleaning = async () => {
      // Read again: nothing else is done for the session from here on.
      const book = kept<Book>(await parts.store.offset(bookName(session)));
      for (const recording of book?.recordings ?? []) {
        const came = await cleanFile(context, session, recording, { before, dryRun });
        const { id, path } = recording;
        if (came?.kind === 'kept') done.keptRecordings.push({ id, path, reason: came.reason });
        if (came?.kind === 'removed') done.recordings.push({ id, path, bytes: came.bytes });
      }
    };
    await (parts.live && !dryRun ? parts.live.aside([session], cleaning) : cleaning());
  }
  return done;
}

type Came =
  | { readonly kind: 'removed'; readonly bytes: number }
  | { readonly kind: 'kept'; readonly reason: KeptReason };
type KeptReason = Cleaned['keptRecordings'][number]['reason'];

/** Absent for what is not meant: what is on, elsewhere, too young, or not there. Throws the system's error. */
async function cleanFile(
  context: RecordingContext & Pick<KatoParts, 'store'>,
  session: SessionKey,
  recording: Recording,
  { before, dryRun }: { readonly before: string; readonly dryRun: boolean },
): Promise<Came | undefined> {
  const { store, files, recordings, katoHome, audit } = context;
  const progress = kept<StoredProgress>(await store.offset(progressName(recording.id)));
  const isOld = Date.parse(progress?.lastWriteAt ?? '') < Date.parse(before);
  const only = [{ kind: 'recordings', path: recordings }] as const;
  const verdict = judge(recording.path, { roots: only, katoHome, userHome: context.userHome, agentFolders: [] });
  if (recording.on || !progress || !isOld || !verdict.allowed) return undefined;
  const root = files.resolve(recordings);
  const file = root === undefined ? undefined : openOwn(() => files.grow(root, verdict.components, { create: false }));
  if (!file || root === undefined) return undefined;
  try {
    const reason = await whyKept(context, session, recording, progress, file);
    if (reason !== undefined) return { kind: 'kept', reason };
    const bytes = file.sizeBytes();
    if (dryRun) return { kind: 'removed', bytes };
    files.remove(root, verdict.components, file.identity);
    await takeOff(store, session, recording);
    audit.log('info', 'recording.cleaned', { path: recording.path, recording: recording.id });
    return { kind: 'removed', bytes };
  } finally {
    file.close();
  }
}

/** A link or a pipe in the file's place is not kato's. */
function openOwn(open: () => GrowingFile | undefined): GrowingFile | undefined {
  try {
    return open();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Why the file stays; absent when it holds what kato wrote, all of it, and nothing else. */
async function whyKept(
  context: RecordingContext,
  session: SessionKey,
  recording: Recording,
  { manifest, cursor }: StoredProgress,
  file: GrowingFile,
): Promise<KeptReason | undefined> {
  if (cursor.period < recording.periods.length) return 'unfinished';
  if (!(await context.store.session(session))) return 'unproven';
  const above = manifest.length - manifest.bodyBytes;
  if (file.sizeBytes() !== manifest.length || !isOwnHead(manifest, file.read(0, above))) return 'edited';
  const playing = playOf(recorderParts(context), session, recording);
  let at = above;
  for await (const { text } of play(playing, startOf(playing))) {
    const bytes = Buffer.from(text);
    if (!bytes.equals(file.read(at, at + bytes.length))) return 'edited';
    at += bytes.length;
  }
  return at === manifest.length ? undefined : 'edited';
}

/** The session has this recording no more; when it is asked for again, it begins anew. */
async function takeOff(store: KatoParts['store'], session: SessionKey, { id, path }: Recording): Promise<void> {
  const book = kept<Book>(await store.offset(bookName(session)));
  if (!book) return;
  const { primary, ...rest } = book;
  const recordings = book.recordings.filter((one) => one.id !== id);
  const next = { ...rest, recordings, ...(primary !== undefined && primary !== path && { primary }) };
  await store.append([{ ...emptyBatch, offsets: [keeping(bookName(session), next), keeping(progressName(id), null)] }]);
}
