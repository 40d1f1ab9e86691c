/** A session written to a file, once: where it may lie, what it is called, and that it is whole before it is seen. */
import { KatoError, systemCode } from '../core/errors.ts';
import type { Clock, DestinationFiles, Logger, PendingFile } from '../core/ports.ts';
import { shortId } from '../core/session.ts';
import type { DocumentInfo, Format } from '../record/formats/format.ts';
import { toWall } from '../record/formats/time.ts';
import { isProjectFolder, judge, type WritePolicy, type WriteRoot } from '../record/write-policy.ts';
import type { SessionRecord, TranscriptStore } from '../store/store.ts';
import type { ExportReport, ExportRequest, RenderRequest } from './kato.ts';
import { type Rendered, render } from './render.ts';

/** What an export needs, wherever its text goes. */
interface TextContext {
  readonly store: TranscriptStore;
  readonly audit: Logger;
  readonly frontMatter: boolean;
  readonly userName: string;
}

export interface ExportContext extends TextContext {
  readonly files: DestinationFiles;
  readonly clock: Clock;
  readonly katoHome: string;
  readonly userHome: string;
  readonly recordings: string;
  readonly configuredRoots: readonly string[];
  readonly projectFolders: boolean;
}

interface Destination {
  readonly root: string;
  readonly components: readonly string[];
  /** For people: the path as they gave it, or the generated one. */
  readonly shown: string;
}

const MOST_NAMES = 1000;

export async function exportSession(
  session: SessionRecord,
  format: Format,
  slug: (title: string, length: number) => string,
  request: ExportRequest,
  context: ExportContext,
): Promise<ExportReport> {
  const name = generatedName(session, format, slug, request.options.timeZone);
  const base = destinationFor(session, name, request, context);
  for (let attempt = 1; attempt <= MOST_NAMES; attempt++) {
    const destination = attempt === 1 ? base : numbered(base, attempt);
    try {
      const report = await writeTo(destination, session, format, request, context);
      note(context, 'export.done', session, destination, format, report.events);
      return report;
    } catch (error) {
      const isTaken = systemCode(error) === 'EEXIST';
      if (!isTaken) throw explain(error, destination, context.userHome);
      if (request.path !== undefined && !isGenerated(request.path, base)) throw taken(destination, context.userHome);
    }
  }
  throw new KatoError('write-failed', `cannot write ${base.shown}: every name like it is taken`);
}

function isGenerated(asked: string, { shown }: Destination): boolean {
  return shown !== asked;
}

async function writeTo(
  destination: Destination,
  session: SessionRecord,
  format: Format,
  request: ExportRequest,
  context: ExportContext,
): Promise<ExportReport> {
  const file = context.files.begin(destination.root, destination.components);
  try {
    const written = await writeBody(file, session, format, request, context);
    const replace = request.overwrite === true;
    const backup = file.commit({ replace, time: context.clock.now() });
    return { path: destination.shown, ...written, ...(backup !== undefined && { backup }) };
  } catch (error) {
    file.discard();
    throw error;
  }
}

async function writeBody(
  file: PendingFile,
  session: SessionRecord,
  format: Format,
  request: ExportRequest,
  context: ExportContext,
) {
  let events = 0;
  let bytes = 0;
  for await (const piece of documentPieces(session, format, request, context)) {
    events += piece.events;
    bytes += Buffer.byteLength(piece.text);
    file.write(piece.text);
  }
  if (events === 0) throw nothing(session);
  return { events, bytes };
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
    if (events > 0) note(context, 'export.done', session, { shown: '-' }, format, events);
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

function documentOf({ key, id, facts }: SessionRecord, { userName }: { readonly userName: string }): DocumentInfo {
  return { key, sessionId: id, facts, recordingIds: [], userName };
}

function nothing({ id }: SessionRecord): KatoError {
  return new KatoError('nothing-to-export', `session ${shortId(id)} has nothing to show with these options`, {
    hint: 'try --preset audit, which shows everything',
  });
}

/** `<yyyy-mm-dd_hhmm>-<title>--<short id>.md`; without a time where none is known. */
function generatedName(
  { id, facts }: SessionRecord,
  format: Format,
  slug: (title: string, length: number) => string,
  timeZone: string,
): string {
  const wall = facts.firstAt === undefined ? undefined : toWall(facts.firstAt, timeZone);
  const time = wall === undefined ? '' : `${wall.date}_${wall.hour}${wall.minute}-`;
  const title = slug(facts.title?.text ?? '', 48) || 'session';
  return `${time}${title}--${shortId(id)}${format.suffixes[0]}`;
}

function destinationFor(
  session: SessionRecord,
  name: string,
  request: ExportRequest,
  context: ExportContext,
): Destination {
  const { files, recordings } = context;
  const asked = request.path;
  const isFolder = asked !== undefined && (asked.endsWith('/') || files.isFolder(asked));
  const path =
    asked === undefined ? `${recordings}/${name}` : isFolder ? `${asked.replace(/\/+$/, '')}/${name}` : asked;
  const policy = policyFor(session, context);
  const verdict = judge(path, policy);
  const root = verdict.allowed ? files.resolve(verdict.root.path) : undefined;
  if (!verdict.allowed || root === undefined) {
    const reason = verdict.allowed ? 'the folder does not exist' : verdict.reason;
    context.audit.log('warn', 'write.denied', { path, reason, session: session.id, provider: session.key.provider });
    throw new KatoError('denied', `may not write ${shorten(path, context.userHome)}: ${reason}`, {
      hint: 'add the folder to write.roots (kato config set write.roots "[…]"), or print with -o - and redirect',
    });
  }
  context.audit.log('info', 'write.granted', {
    path,
    root: verdict.root.path,
    session: session.id,
    provider: session.key.provider,
  });
  return { root, components: verdict.components, shown: path };
}

/** The folders where this session may be written. */
function policyFor({ facts }: SessionRecord, context: ExportContext): WritePolicy {
  const { katoHome, userHome, recordings, configuredRoots, projectFolders } = context;
  const roots: WriteRoot[] = [
    { kind: 'recordings', path: recordings },
    ...configuredRoots.map((path) => ({ kind: 'configured', path }) as const),
  ];
  if (projectFolders && facts.cwd !== undefined && isProjectFolder(facts.cwd, userHome, katoHome)) {
    roots.push({ kind: 'project', path: facts.cwd.replace(/(?<=.)\/+$/, '') });
  }
  return { roots, katoHome };
}

/** The same place with a number before the suffix. */
function numbered({ root, components, shown }: Destination, number: number): Destination {
  const add = (name: string) => name.replace(/(\.[a-z]+)$/i, `-${number}$1`);
  return { root, components: [...components.slice(0, -1), add(components.at(-1) ?? '')], shown: add(shown) };
}

function taken({ shown }: Destination, userHome: string): KatoError {
  return new KatoError('write-failed', `${shorten(shown, userHome)} exists already`, {
    hint: 'choose another name, or --overwrite to replace it (a backup is kept beside it)',
  });
}

const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'free some space, or write elsewhere'],
  EDQUOT: ['the disk quota is used up', 'free some space, or write elsewhere'],
  EROFS: ['the disk is read-only', 'write elsewhere with -o'],
  EACCES: ['permission denied', 'check the permissions of the folder, or write elsewhere with -o'],
  EPERM: ['permission denied', 'check the permissions of the folder, or write elsewhere with -o'],
  ENOTDIR: ['a part of the path is not a folder', 'write elsewhere with -o'],
  ELOOP: ['a part of the path is a link', 'give the real path; links are not followed below a write root'],
};

function explain(error: unknown, { shown }: Destination, userHome: string): unknown {
  const known = REASONS[systemCode(error) ?? ''];
  if (!known) return error;
  const [reason, hint] = known;
  return new KatoError('write-failed', `cannot write ${shorten(shown, userHome)}: ${reason}`, { hint, cause: error });
}

function shorten(path: string, userHome: string): string {
  return path.startsWith(`${userHome}/`) ? `~${path.slice(userHome.length)}` : path;
}

function note(
  context: TextContext,
  event: string,
  session: SessionRecord,
  { shown }: Pick<Destination, 'shown'>,
  format: Format,
  events: number,
): void {
  const facts = { path: shown, session: session.id, provider: session.key.provider, format: format.id, events };
  context.audit.log('info', event, facts);
}
