/** Recordings and the chats' commands, as the store has them: the same with a daemon and without one. */
import { KatoError } from '../core/errors.ts';
import type { Clock, DestinationFiles, Logger } from '../core/ports.ts';
import { type SessionKey, sessionId, shortId } from '../core/session.ts';
import { type Book, type CommandOutcome, kept, progressName, type StoredProgress } from '../record/book.ts';
import { formatOf } from '../record/destination.ts';
import type { Format, FormatId } from '../record/formats/format.ts';
import type { HearingRules } from '../record/hearing.ts';
import type { RecorderParts } from '../record/parts.ts';
import { playOf } from '../record/play-of.ts';
import { play, startOf } from '../record/playback.ts';
import type { Recording } from '../record/recording.ts';
import { formatOptions, type View, type ViewSettings } from '../record/view.ts';
import type { SessionLink, SessionRecord, TranscriptStore } from '../store/store.ts';
import { readApart } from './agent-files.ts';
import { howToAllow, type RootsInFile } from './allowing.ts';
import { documentOf, exportPieces, generatedName, policyFor, type WritePlaces } from './export.ts';
import type { CommandSummary, ExportReport, RecordingExportRequest, RecordingState, RecordingSummary } from './kato.ts';
import type { KatoParts } from './parts.ts';

/** What the settings and the machine say; the recorder gets its parts from it, and so does an export of a recording. */
export interface RecordingContext extends WritePlaces, RootsInFile {
  readonly store: TranscriptStore;
  readonly files: DestinationFiles;
  readonly formats: Readonly<Record<FormatId, Format>>;
  readonly slugOf: (title: string, length: number) => string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Logger;
  readonly rules: HearingRules;
  readonly view: ViewSettings;
  readonly preset: View['preset'];
  readonly frontMatter: boolean;
  readonly userName: string;
  readonly updated: boolean;
  readonly keep: RecorderParts['keep'];
  readonly linkOf: RecorderParts['linkOf'];
  readonly apart: RecorderParts['apart'];
}

/** The same from what a Kato is made of. `more`: what only who records needs. */
export async function recordingContext(
  parts: KatoParts,
  more: {
    readonly contact?: Pick<RecorderParts['rules'], 'since' | 'roots'>;
    readonly keep?: RecorderParts['keep'];
    readonly linkOf?: RecorderParts['linkOf'];
  } = {},
): Promise<RecordingContext> {
  const {
    contact = { since: '' },
    keep = async () => {},
    linkOf = (key: SessionKey) => linkIn(parts.store, key),
  } = more;
  const { destinations: files, rules, loadFormats } = parts;
  const apart: RecorderParts['apart'] = (key, use) => readApart(parts, key, use);
  return { ...parts, ...(await loadFormats()), files, rules: { ...rules, ...contact }, keep, linkOf, apart };
}

async function linkIn(store: TranscriptStore, { provider, nativeId }: SessionKey): Promise<SessionLink | undefined> {
  return (await store.links()).find(({ key }) => key.provider === provider && key.nativeId === nativeId);
}

export function recorderParts(context: RecordingContext): RecorderParts {
  const { formats, slugOf, view, preset, frontMatter } = context;
  const document = (session: SessionRecord, recordingId: string) => ({
    ...documentOf(session, context),
    recordingIds: recordingId === '' ? [] : [recordingId],
  });
  return {
    ...context,
    optionsOf: (wanted) => formatOptions(wanted, view),
    usual: (format) => ({ preset: format === 'jsonl' ? 'audit' : preset, switches: {} }),
    policyFor: (session) => policyFor(session, context),
    allowing: (folder) => howToAllow(folder, context),
    headOf: (session, format, id) => (frontMatter ? formats[format].head(document(session, id)) : ''),
    headListsOf: (session, format, id) => (frontMatter ? formats[format].headLists(document(session, id)) : {}),
    nameFor: (session, format) => {
      const title = slugOf(session.facts.title?.text ?? '', 48) || 'session';
      return generatedName(session, formats[format], view.timeZone, title);
    },
  };
}

/** All recordings, and whether their files are where they should be. `states`: what a daemon knows of them. */
export async function listRecordings(
  store: TranscriptStore,
  files: Looking,
  states: ReadonlyMap<string, RecordingState>,
): Promise<readonly RecordingSummary[]> {
  const books = (await store.offsets('recordings/')).flatMap((offset) => kept<Book>(offset) ?? []);
  const summaries: RecordingSummary[] = [];
  for (const { session, recordings } of books) {
    const title = (await store.session(session))?.facts.title?.text;
    for (const recording of recordings) {
      const progress = kept<StoredProgress>(await store.offset(progressName(recording.id)));
      const { failure = whyNotThere(files, recording, progress), headFailure } = states.get(recording.id) ?? {};
      const summary = summaryOf(session, recording, progress, title);
      summaries.push({
        ...summary,
        ...(failure !== undefined && { failure }),
        ...(headFailure !== undefined && { headFailure }),
      });
    }
  }
  return summaries;
}

type Looking = Pick<DestinationFiles, 'isThere' | 'isFolder'>;

/** Nothing need be said for it to be seen that a file is gone. */
function whyNotThere(files: Looking, { path, on }: Recording, progress: StoredProgress | undefined) {
  const isWritten = on && (progress?.manifest.length ?? 0) > 0;
  if (!isWritten || files.isThere(path)) return undefined;
  return files.isFolder(path.slice(0, path.lastIndexOf('/'))) ? 'gone' : 'ENOENT';
}

function summaryOf(
  session: SessionKey,
  { id, path, redirectedFrom, format, on }: Recording,
  progress: StoredProgress | undefined,
  title: string | undefined,
): RecordingSummary {
  return {
    id,
    shortId: shortId(id),
    session,
    sessionId: sessionId(session),
    ...(title !== undefined && { title }),
    path,
    ...(redirectedFrom !== undefined && { redirectedFrom }),
    format,
    on,
    ...(progress?.lastWriteAt !== undefined && { lastWriteAt: progress.lastWriteAt }),
    bytes: progress?.manifest.length ?? 0,
    offset: progress?.cursor.after ?? 0,
    edited: progress?.edits !== undefined,
    missing: progress?.edits?.missing ?? 0,
  };
}

/** What was asked in the chats, oldest first as far as times are known, and what came of it. */
export async function listCommands(
  store: TranscriptStore,
  key: SessionKey | undefined,
): Promise<readonly CommandSummary[]> {
  const all = (await store.offsets('command/')).flatMap((offset) => kept<CommandOutcome>(offset) ?? []);
  return all
    .filter(({ session }) => !key || (session.provider === key.provider && session.nativeId === key.nativeId))
    .sort(asTyped)
    .map(({ place: _, ...outcome }) => ({ ...outcome, sessionId: sessionId(outcome.session) }));
}

/** By the times; what has the same one, as it stands in its file. */
function asTyped(a: CommandOutcome, b: CommandOutcome): number {
  const [before, after] = [a, b].map(({ at = '', session }) => `${at} ${sessionId(session)}`) as [string, string];
  if (before !== after) return before < after ? -1 : 1;
  return (a.place?.offset ?? 0) - (b.place?.offset ?? 0) || (a.place?.number ?? 0) - (b.place?.number ?? 0);
}

/** Everything that a recording should hold, played at once. */
export async function* recordingText(context: RecordingContext, prefix: string): AsyncGenerator<string> {
  const { session, recording } = await findRecording(context.store, prefix);
  for await (const { text } of recordingPieces(context, session, recording)) yield text;
  const facts = { path: '-', session: sessionId(session), provider: session.provider, recording: recording.id };
  context.audit.log('info', 'export.done', facts);
}

async function* recordingPieces(context: RecordingContext, key: SessionKey, recording: Recording) {
  const parts = recorderParts(context);
  const session = await context.store.session(key);
  if (session) yield { text: parts.headOf(session, formatOf(recording.path), recording.id), events: 0 };
  const playing = playOf(parts, key, recording);
  for await (const { text, events } of play(playing, startOf(playing))) if (text !== '') yield { text, events };
}

/** The same in a file, where an export may be written. */
export async function exportRecording(parts: KatoParts, request: RecordingExportRequest): Promise<ExportReport> {
  const context = await recordingContext(parts);
  const { session: key, recording } = await findRecording(parts.store, request.recording);
  const session = await parts.store.session(key);
  if (!session) throw new KatoError('session-not-found', 'the session of the recording is gone');
  const { formats, slugOf, view } = context;
  const pieces = () => recordingPieces(context, key, recording);
  const wanted = { path: request.path, overwrite: request.overwrite, timeZone: view.timeZone, pieces };
  return exportPieces(session, formats[recording.format], slugOf, wanted, context);
}

const LEAST_PREFIX = 4;

async function findRecording(store: TranscriptStore, prefix: string) {
  const books = (await store.offsets('recordings/')).flatMap((offset) => kept<Book>(offset) ?? []);
  const all = books.flatMap(({ session, recordings }) => recordings.map((recording) => ({ session, recording })));
  const hint = '`kato recordings` lists them';
  if (prefix.length < LEAST_PREFIX)
    throw new KatoError('usage', `\`${prefix}\` is too short to name a recording`, { hint });
  const found = all.filter(({ recording }) => recording.id.startsWith(prefix.toLowerCase()));
  const [one, ...others] = found;
  if (!one) throw new KatoError('session-not-found', `no recording \`${prefix}\``, { hint });
  if (others.length === 0) return one;
  const details = found.map(({ recording }) => `${shortId(recording.id)}  ${recording.path}`);
  throw new KatoError('session-ambiguous', `\`${prefix}\` fits ${found.length} recordings`, { hint, details });
}
