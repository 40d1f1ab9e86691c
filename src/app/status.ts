/** What can be said of kato without a daemon: the store, the providers, what is not read yet, what was not understood. */
import type { DiagnosticCount } from '../core/diagnostic.ts';
import { systemCode } from '../core/errors.ts';
import type { Clock, SourceFiles } from '../core/ports.ts';
import { isKept, type SourceRecord } from '../core/source.ts';
import { discover, type FoundSource, type ProviderRoot } from '../ingest/discovery.ts';
import { isUnchanged } from '../ingest/fingerprint.ts';
import { planPass } from '../ingest/plan.ts';
import type { Provider } from '../providers/provider.ts';
import type { EngineData, EngineName } from '../store/engines.ts';
import type { TranscriptStore } from '../store/store.ts';
import { nameOf } from './family.ts';
import type { KatoStatus, ProviderStatus, SessionSummary, SourceLag, UnkeptSources } from './kato.ts';
import type { LiveRecording } from './parts.ts';
import { retentionOf } from './retention.ts';
import { byActivity } from './select.ts';

export interface StatusContext {
  readonly store: TranscriptStore;
  readonly files: SourceFiles;
  readonly providers: readonly Provider[];
  readonly roots: readonly ProviderRoot[];
  readonly keeps: KatoStatus['keeps'];
  readonly engine: EngineName;
  readonly fallback?: string;
  readonly otherData: () => EngineData | undefined;
  readonly diskBytes: () => number;
  readonly clock: Clock;
  readonly live?: LiveRecording;
}

const RECENT = 5;
const COMMANDS = 10;
/** Whatever got something within this time is active. */
const ACTIVE_MS = 600_000;

export async function readStatus(
  context: StatusContext,
  sessions: readonly SessionSummary[],
  { recordings, commands }: Pick<KatoStatus, 'recordings' | 'commands'>,
): Promise<KatoStatus> {
  const { store, files, roots } = context;
  const live = context.live?.ingest();
  const sources = await store.sources();
  const { found, unreadable } = discover(files, roots);
  const plan = planPass(
    found,
    sources,
    roots.map(({ path }) => path),
    { unreadable: unreadable.map(({ path }) => path) },
  );
  const lag = plan.readings.flatMap(({ found: { path, provider, stat }, known }): SourceLag[] => {
    const read =
      known && known.by !== 'name' && !isUnchanged(known.record.stat, stat) ? known.record.checkpoint.endBytes : 0;
    const lagBytes = Math.max(0, stat.sizeBytes - read);
    const nativeId = known?.record.nativeId;
    return lagBytes > 0 ? [{ path, provider: provider.id, ...(nativeId !== undefined && { nativeId }), lagBytes }] : [];
  });
  const activeFrom = new Date(Date.parse(context.clock.now()) - ACTIVE_MS).toISOString();
  const active = sessions.filter(({ facts }) => (facts.lastAt ?? '') > activeFrom).map(({ id }) => id);
  const recorded = recordings.filter(({ on }) => on).map(({ sessionId }) => sessionId);
  const planned = new Set(plan.readings.map(({ known }) => known?.record.id));
  const lost = new Set(plan.gone.map(({ id }) => id));
  const isGone = (one: SourceRecord) => one.gone || lost.has(one.id);
  const [gone, there] = [sources.filter(isGone), sources.filter((one) => !isGone(one))];
  const other = context.otherData();
  const torn = sources.filter(({ id, gone }) => !gone && !planned.has(id)).flatMap(tornEnd);
  return {
    daemon: { running: false },
    store: {
      ...(await store.stats()),
      keptSessions: sessions.filter(({ kept }) => kept).length,
      engine: context.engine,
      ...(context.fallback !== undefined && { fallback: context.fallback }),
      ...(other && { other }),
      diskBytes: context.diskBytes(),
    },
    keeps: context.keeps,
    providers: context.providers.map((provider) => providerStatus(provider, context, { sources, sessions, found })),
    recent: recentSessions(sessions, new Set([...active, ...recorded])),
    active,
    recordings,
    commands: commands.slice(-COMMANDS).reverse(),
    ...(live && { ingest: { roots: live.roots, failing: live.failing, unreadable: live.unreadable } }),
    lag: live?.lag ?? [...lag, ...torn],
    gone: gone.length,
    unkept: unkeptOf(there, sessions),
    goneUnkept: unkeptOf(gone, sessions),
    flaws: sumFlaws(await store.diagnostics()),
  };
}

/** What was looked at and waits for its end: half a line, or a document in the middle of being written. */
function tornEnd({ path, provider, nativeId, stat, checkpoint }: SourceRecord): SourceLag[] {
  const isPacked = path.endsWith('.zst'); // Its checkpoint counts bytes that are not packed.
  const isNoted = checkpoint.generation <= 0 && checkpoint.endBytes === 0; // Old, and nobody wants it.
  const lagBytes = isPacked || isNoted ? 0 : stat.sizeBytes - checkpoint.endBytes;
  return lagBytes > 0 ? [{ path, provider, ...(nativeId !== undefined && { nativeId }), lagBytes }] : [];
}

/** Of a session that is recorded no more, what was kept until then stays, and its file is read on without being kept. */
function unkeptOf(sources: readonly SourceRecord[], sessions: readonly SessionSummary[]): UnkeptSources {
  const kept = new Set(sessions.flatMap((one) => (one.kept ? [nameOf(one.key)] : [])));
  const unkept = sources.filter((source) => !isKept(source));
  const partly = unkept.filter(
    ({ provider, nativeId }) => nativeId !== undefined && kept.has(nameOf({ provider, nativeId })),
  ).length;
  return { whole: unkept.length - partly, partly };
}

/** The latest, and these. */
function recentSessions(sessions: readonly SessionSummary[], also: ReadonlySet<string>): readonly SessionSummary[] {
  return sessions
    .filter(({ isSubagent, facts }) => !isSubagent && facts.spoken === true)
    .sort(byActivity)
    .filter(({ id }, index) => index < RECENT || also.has(id));
}

function providerStatus(
  provider: Provider,
  { roots, files, clock }: StatusContext,
  {
    sources,
    sessions,
    found,
  }: {
    readonly sources: readonly SourceRecord[];
    readonly sessions: readonly SessionSummary[];
    readonly found: readonly FoundSource[];
  },
): ProviderStatus {
  const times = sessions.flatMap(({ key, facts }) =>
    key.provider === provider.id && facts.lastAt ? [facts.lastAt] : [],
  );
  const activeFrom = Date.parse(clock.now()) - ACTIVE_MS;
  const retention = retentionOf(provider, { files, roots, found, sources, nowMs: Date.parse(clock.now()) });
  const activeSessions = times.filter((at) => Date.parse(at) > activeFrom).length;
  const lastAt = times.reduce<string | undefined>((a, b) => (a !== undefined && a > b ? a : b), undefined);
  return {
    id: provider.id,
    label: provider.label,
    roots: roots.filter((root) => root.provider === provider).map(({ path }) => rootStatus(path, files)),
    sources: sources.filter((source) => source.provider === provider.id).length,
    activeSessions,
    stale: activeSessions === 0,
    ...(lastAt !== undefined && { lastAt }),
    ...(retention && { retention }),
  };
}

/** A folder that may not be looked into is there, as far as anyone can tell. */
function rootStatus(path: string, files: SourceFiles): ProviderStatus['roots'][number] {
  try {
    const exists = files.realPath(path) !== undefined;
    if (exists) files.list(path);
    return { path, exists };
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    return { path, exists: true, unreadable: code };
  }
}

/** Counts of the same flaw over all sources, most frequent first. */
function sumFlaws(flaws: readonly DiagnosticCount[]): readonly DiagnosticCount[] {
  const sums = new Map<string, DiagnosticCount>();
  for (const { code, about, count } of flaws) {
    const name = `${code}\0${about ?? ''}`;
    sums.set(name, { code, about, count: count + (sums.get(name)?.count ?? 0) });
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
}
