/** Taking existing sessions into the store: everything below the providers' roots, or what is named. */
import { KatoError, systemCode } from '../core/errors.ts';
import type { SourceFiles } from '../core/ports.ts';
import { type Discovery, discover, type FoundSource, type ProviderRoot, type Unreadable } from '../ingest/discovery.ts';
import { isUnchanged } from '../ingest/fingerprint.ts';
import { type PassOptions, type PassProgress, runPass } from '../ingest/ingestor.ts';
import { type PlannedReading, planPass } from '../ingest/plan.ts';
import { readingFailure } from '../ingest/reading-failure.ts';
import { recogniseFile } from '../ingest/recognise.ts';
import type { Provider } from '../providers/provider.ts';
import type { TranscriptStore } from '../store/store.ts';
import { nameOf } from './family.ts';
import type { ImportReport, ImportRequest } from './kato.ts';

export interface ImportContext {
  readonly store: TranscriptStore;
  readonly files: SourceFiles;
  readonly providers: readonly Provider[];
  readonly roots: readonly ProviderRoot[];
  readonly openReaders?: PassOptions['openReaders'];
  readonly commandsIn?: PassOptions['commandsIn'];
}

export async function importSessions(
  request: ImportRequest,
  context: ImportContext,
  onProgress?: (progress: PassProgress) => void,
  signal?: AbortSignal,
): Promise<ImportReport> {
  const providers = chooseProviders(request.provider, context.providers);
  const roots = context.roots.filter(({ provider }) => providers.includes(provider));
  const named = request.paths && request.paths.length > 0 ? lookAt(request.paths, providers, context.files) : undefined;
  const discovery = named?.discovery ?? discover(context.files, roots);
  const searched = named ? [] : roots.map(({ path }) => path);
  const forgotten = new Set((await context.store.forgotten()).map(nameOf));
  const isForgotten = ({ provider, match }: FoundSource) =>
    forgotten.has(nameOf({ provider: provider.id, nativeId: String(match.nativeId) }));
  const since = request.since === undefined ? undefined : BigInt(Date.parse(request.since)) * 1_000_000n;
  const wanted = (found: FoundSource) =>
    !isForgotten(found) && (since === undefined || BigInt(found.stat.modifiedNs) >= since);
  const about = {
    unknown: named?.unknown ?? [],
    forgotten: (named?.discovery.found ?? []).filter(isForgotten).map(({ path }) => path),
  };
  if (request.dryRun) return { ...(await planOnly(discovery, context, searched, wanted)), ...about };
  let known: Promise<ReadonlySet<string>> | undefined; // Asked for only where it matters: there may be very many.
  const spoken = () => {
    known ??= spokenSessions(context.store);
    return known;
  };
  const report = await runPass({
    store: context.store,
    files: context.files,
    discovery,
    searched,
    cause: 'import',
    commandsIn: context.commandsIn,
    only: async (planned) => wanted(planned.found) && (named !== undefined || !(await isCleaned(planned, spoken))),
    ...(context.openReaders && { openReaders: context.openReaders }),
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  return { ...report, ...about };
}

/** A source that was kept, of which nothing is here any more, and that is as it was: it comes back when it is named. */
async function isCleaned(
  { found, known }: PlannedReading,
  spoken: () => Promise<ReadonlySet<string>>,
): Promise<boolean> {
  if (known?.by !== 'file') return false;
  const { provider, nativeId = '', checkpoint, stat } = known.record;
  if (checkpoint.generation >= 0 || !isUnchanged(stat, found.stat)) return false;
  return !(await spoken()).has(nameOf({ provider, nativeId }));
}

/** The names of sessions of which there is anything. */
async function spokenSessions(store: TranscriptStore): Promise<ReadonlySet<string>> {
  const sessions = await store.sessions();
  return new Set(sessions.filter(({ lastSeq }) => lastSeq > 0).map(({ key }) => nameOf(key)));
}

function chooseProviders(id: string | undefined, providers: readonly Provider[]): readonly Provider[] {
  if (id === undefined) return providers;
  const chosen = providers.filter((provider) => provider.id === id);
  if (chosen.length > 0) return chosen;
  throw new KatoError('usage', `no provider \`${id}\``, {
    hint: `known: ${providers.map((one) => one.id).join(', ')}`,
  });
}

/** Files and folders that were named. A path that is not there is an error: it was typed. */
function lookAt(paths: readonly string[], providers: readonly Provider[], files: SourceFiles) {
  const found = new Map<string, FoundSource>();
  const unreadable: Unreadable[] = [];
  const unknown: string[] = [];
  for (const path of paths) {
    const before = unreadable.length;
    const all = filesBelow(files, path, unreadable);
    const known = all.flatMap((file) => guard(file, unreadable, () => recogniseFile(files, file, providers)) ?? []);
    for (const source of known) found.set(source.path, source);
    if (known.length === 0 && unreadable.length === before) unknown.push(path);
  }
  const present = [...found.values()].filter(
    ({ root, match }) => match.twin === undefined || !found.has(`${root}/${match.twin}`),
  );
  const discovery: Discovery = { found: present, unreadable, filesExamined: found.size };
  return { discovery, unknown };
}

const SESSION_SUFFIX = /\.(?:jsonl|json|zst|rows)$/;

function filesBelow(files: SourceFiles, path: string, unreadable: Unreadable[]): string[] {
  if (guard(path, unreadable, () => files.stat(path))) return [path];
  const entries = guard(path, unreadable, () => files.list(path)) ?? [];
  if (entries.length === 0 && files.realPath(path) === undefined) {
    throw new KatoError('session-not-found', `there is nothing at ${path}`, {
      hint: 'check the path; `kato import` alone takes in all that the agents have',
    });
  }
  return entries.flatMap(({ name, kind }) => {
    if (kind === 'directory')
      return name === 'node_modules' || name === '.git' ? [] : filesBelow(files, `${path}/${name}`, unreadable);
    return kind === 'file' && SESSION_SUFFIX.test(name) ? [`${path}/${name}`] : [];
  });
}

function guard<T>(path: string, unreadable: Unreadable[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const code = readingFailure(error) ?? systemCode(error);
    if (code === undefined) throw error;
    unreadable.push({ path, code });
    return undefined;
  }
}

async function planOnly(
  discovery: Discovery,
  { store }: ImportContext,
  searched: readonly string[],
  wanted: (found: FoundSource) => boolean,
): Promise<Omit<ImportReport, 'unknown' | 'forgotten'>> {
  const plan = planPass(discovery.found, await store.sources(), searched);
  const readings = plan.readings.filter(({ found }) => wanted(found));
  const bytes = readings.reduce((sum, { found, known }) => {
    const read = known?.by === 'file' ? known.record.checkpoint.endBytes : 0;
    return sum + Math.max(0, found.stat.sizeBytes - read);
  }, 0);
  return {
    filesExamined: discovery.filesExamined,
    filesRead: 0,
    bytesRead: 0,
    framesDecoded: 0,
    events: 0,
    revisions: 0,
    rowsWritten: 0,
    sessions: 0,
    unchanged: plan.unchanged,
    unreadable: discovery.unreadable,
    incomplete: [],
    diagnostics: [],
    stopped: false,
    planned: { files: readings.length, bytes },
  };
}
