/** A session written to a file, once: where it may lie, what it is called, and that it is whole before it is seen. */
import { KatoError, systemCode } from '../core/errors.ts';
import type { Clock, DestinationFiles, Logger, PendingFile } from '../core/ports.ts';
import { shortId } from '../core/session.ts';
import type { DocumentInfo, Format } from '../record/formats/format.ts';
import { toWall } from '../record/formats/time.ts';
import { Places } from '../record/places.ts';
import {
  type DenialCause,
  isProjectFolder,
  REMEDIES,
  type WritePolicy,
  type WriteRoot,
} from '../record/write-policy.ts';
import type { SessionRecord, TranscriptStore } from '../store/store.ts';
import { howToAllow, type RootsInFile } from './allowing.ts';
import type { ExportReport, ExportRequest, RenderRequest } from './kato.ts';
import { nothingToShow } from './nothing.ts';
import { type Rendered, render } from './render.ts';

/** What an export needs, wherever its text goes. */
interface TextContext {
  readonly store: TranscriptStore;
  readonly audit: Logger;
  readonly frontMatter: boolean;
  readonly userName: string;
  readonly updated: boolean;
}

/** The folders that matter for where may be written. */
export interface WritePlaces {
  readonly katoHome: string;
  readonly userHome: string;
  readonly recordings: string;
  readonly configuredRoots: readonly string[];
  readonly projectFolders: boolean;
  /** Where agents keep their sessions. */
  readonly roots: readonly { readonly path: string }[];
}

export interface ExportContext extends TextContext, WritePlaces, RootsInFile {
  readonly files: DestinationFiles;
  readonly clock: Clock;
}

interface Destination {
  readonly root: string;
  readonly components: readonly string[];
  /** The path as it was given, or the generated one. */
  readonly shown: string;
  /** The same for logs and errors: a generated name without the title, which is a part of the transcript. */
  readonly noted: string;
}

const MOST_NAMES = 1000;

export async function exportSession(
  session: SessionRecord,
  format: Format,
  slug: (title: string, length: number) => string,
  request: ExportRequest,
  context: ExportContext,
): Promise<ExportReport> {
  const { path, overwrite, options } = request;
  const pieces = () => documentPieces(session, format, request, context);
  return exportPieces(session, format, slug, { path, overwrite, timeZone: options.timeZone, pieces }, context);
}

/** What is written, and where. */
interface Wanted {
  readonly path: string | undefined;
  readonly overwrite: boolean | undefined;
  readonly timeZone: string;
  /** The file's text. */
  readonly pieces: () => AsyncIterable<Pick<Rendered, 'text' | 'events'>>;
}

export async function exportPieces(
  session: SessionRecord,
  format: Format,
  slug: (title: string, length: number) => string,
  request: Wanted,
  context: ExportContext,
): Promise<ExportReport> {
  const { timeZone } = request;
  const titled = generatedName(session, format, timeZone, slug(session.facts.title?.text ?? '', 48) || 'session');
  const untitled = generatedName(session, format, timeZone, '…');
  const base = await destinationFor(session, { titled, untitled }, request, context);
  try {
    const { destination, report } = await writeTo(base, session, request, context);
    note(context, 'export.done', session, destination, format, report.events);
    return report;
  } catch (error) {
    throw explain(error, base, context.userHome);
  }
}

/** The file, and its folders, are made when there is something to put into them. */
async function writeTo(
  base: Destination,
  session: SessionRecord,
  request: Wanted,
  context: ExportContext,
): Promise<{ readonly destination: Destination; readonly report: ExportReport }> {
  let file: PendingFile | undefined;
  let events = 0;
  let bytes = 0;
  try {
    for await (const piece of request.pieces()) {
      file ??= context.files.begin(base.root, base.components);
      file.write(piece.text);
      events += piece.events;
      bytes += Buffer.byteLength(piece.text);
    }
    if (!file) throw nothingToShow({ id: session.id, events: session.lastSeq });
    const { destination, backup } = commit(file, base, request, context);
    return { destination, report: { path: destination.shown, events, bytes, ...(backup !== undefined && { backup }) } };
  } catch (error) {
    file?.discard();
    throw error;
  }
}

/** Gives the file its name; where kato chooses it, the first one like it that is free. The text is written already. */
function commit(
  file: PendingFile,
  base: Destination,
  request: Wanted,
  { clock, userHome }: ExportContext,
): { readonly destination: Destination; readonly backup: string | undefined } {
  const isChosen = request.path === undefined || base.shown !== request.path;
  const how = { replace: request.overwrite === true, time: clock.now() };
  for (let attempt = 1; attempt <= MOST_NAMES; attempt++) {
    const destination = attempt === 1 ? base : numbered(base, attempt);
    try {
      return { destination, backup: file.commit({ ...how, name: destination.components.at(-1) ?? '' }) };
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      if (!isChosen) throw taken(base, userHome);
    }
  }
  throw new KatoError('write-failed', `cannot write ${shorten(base.noted, userHome)}: every name like it is taken`);
}

/** The text of the file that an export would write, in pieces, noted as an export. None when there is nothing to show. */
export async function* exportText(
  session: SessionRecord,
  format: Format,
  request: RenderRequest,
  context: TextContext,
): AsyncGenerator<string> {
  let events = 0;
  try {
    for await (const piece of documentPieces(session, format, request, context)) {
      events += piece.events;
      if (piece.text !== '') yield piece.text;
    }
  } finally {
    if (events > 0) note(context, 'export.done', session, { noted: '-' }, format, events);
  }
}

/** What stands before the body, and the body; nothing before the first event that is shown. */
async function* documentPieces(
  session: SessionRecord,
  format: Format,
  request: RenderRequest,
  context: TextContext,
): AsyncGenerator<Rendered> {
  let held: string | undefined = context.frontMatter ? format.head(documentOf(session, context)) : '';
  for await (const piece of render(context.store, format, session.key, request)) {
    if (held === undefined) yield piece;
    else if (piece.events === 0) held += piece.text;
    else {
      yield { text: held + piece.text, events: piece.events };
      held = undefined;
    }
  }
}

export function documentOf(
  { key, id, facts }: SessionRecord,
  { userName, updated }: { readonly userName: string; readonly updated: boolean },
): DocumentInfo {
  return { key, sessionId: id, facts, recordingIds: [], userName, updated };
}

/** `<yyyy-mm-dd_hhmm>-<title>--<short id>.md`; without a time where none is known. */
export function generatedName({ id, facts }: SessionRecord, format: Format, timeZone: string, title: string): string {
  const wall = facts.firstAt === undefined ? undefined : toWall(facts.firstAt, timeZone);
  const time = wall === undefined ? '' : `${wall.date}_${wall.hour}${wall.minute}-`;
  return `${time}${title}--${shortId(id)}${format.suffixes[0]}`;
}

async function destinationFor(
  session: SessionRecord,
  { titled, untitled }: { readonly titled: string; readonly untitled: string },
  request: Pick<Wanted, 'path'>,
  context: ExportContext,
): Promise<Destination> {
  const { files, recordings } = context;
  const asked = request.path ?? `${recordings}/`;
  const folder = asked.endsWith('/') || files.isFolder(asked) ? asked.replace(/\/+$/, '') : undefined;
  const shown = folder === undefined ? asked : `${folder}/${titled}`;
  const noted = folder === undefined ? asked : `${folder}/${untitled}`;
  const found = new Places(files).find(shown, policyFor(session, context));
  const facts = { path: noted, session: session.id, provider: session.key.provider };
  if (!found.allowed) {
    const { reason, cause, root } = found;
    context.audit.log('warn', 'write.denied', { ...facts, reason });
    const hint = root
      ? `make the folder first: ${shorten(root.path, context.userHome)}`
      : await hintFor(cause, folder ?? shown.slice(0, Math.max(1, shown.lastIndexOf('/'))), context);
    throw new KatoError('denied', `may not write ${shorten(noted, context.userHome)}: ${reason}`, { hint });
  }
  context.audit.log('info', 'write.granted', { ...facts, root: found.root.path });
  return { ...found.place, shown, noted };
}

/** What to do about a refusal: another root helps only against one for the folder. */
async function hintFor(cause: DenialCause, folder: string, context: ExportContext): Promise<string> {
  if (cause === 'suffix') return REMEDIES[cause];
  if (cause !== 'outside') return 'choose another name or folder, or print with -o - and redirect';
  return `${await howToAllow(folder, context)}; or print with -o - and redirect`;
}

/** The folders where this session may be written. */
export function policyFor({ facts }: SessionRecord, context: WritePlaces): WritePolicy {
  const { katoHome, userHome, recordings, configuredRoots, projectFolders } = context;
  const agentFolders = context.roots.map(({ path }) => path);
  const roots: WriteRoot[] = [
    { kind: 'recordings', path: recordings },
    ...configuredRoots.map((path) => ({ kind: 'configured', path }) as const),
  ];
  if (projectFolders && facts.cwd !== undefined && isProjectFolder(facts.cwd, userHome, katoHome)) {
    roots.push({ kind: 'project', path: facts.cwd.replace(/(?<=.)\/+$/, '') });
  }
  return { roots, katoHome, userHome, agentFolders };
}

/** The same place with a number before the suffix. */
function numbered({ root, components, shown, noted }: Destination, number: number): Destination {
  const add = (name: string) => name.replace(/(\.[a-z]+)$/i, `-${number}$1`);
  const last = add(components.at(-1) ?? '');
  return { root, components: [...components.slice(0, -1), last], shown: add(shown), noted: add(noted) };
}

function taken({ noted }: Destination, userHome: string): KatoError {
  return new KatoError('write-failed', `${shorten(noted, userHome)} exists already`, {
    hint: 'choose another name, or --overwrite to replace it (a backup is kept beside it)',
  });
}

const IN_THE_WAY = 'a part of the path is a file or a link';
const NO_LINKS = 'give the real path; links are not followed below a write root';

const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'free some space, or write elsewhere'],
  EDQUOT: ['the disk quota is used up', 'free some space, or write elsewhere'],
  EROFS: ['the disk is read-only', 'write elsewhere with -o'],
  EACCES: ['permission denied', 'check the permissions of the folder, or write elsewhere with -o'],
  EPERM: ['permission denied', 'check the permissions of the folder, or write elsewhere with -o'],
  ENOTDIR: [IN_THE_WAY, NO_LINKS],
  ELOOP: [IN_THE_WAY, NO_LINKS],
  EISDIR: ['it is a folder', 'put a `/` behind it to write into it'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one with -o'],
};

function explain(error: unknown, { noted }: Destination, userHome: string): unknown {
  const known = REASONS[systemCode(error) ?? ''];
  if (!known) return error;
  const [reason, hint] = known;
  return new KatoError('write-failed', `cannot write ${shorten(noted, userHome)}: ${reason}`, { hint, cause: error });
}

function shorten(path: string, userHome: string): string {
  return path.startsWith(`${userHome}/`) ? `~${path.slice(userHome.length)}` : path;
}

function note(
  context: TextContext,
  event: string,
  session: SessionRecord,
  { noted }: Pick<Destination, 'noted'>,
  format: Format,
  events: number,
): void {
  const facts = { path: noted, session: session.id, provider: session.key.provider, format: format.id, events };
  context.audit.log('info', event, facts);
}
