/**
 * Kato in this process: the verbs over a store, the agents' files, and the user's folders.
 *
 * What only one verb needs is loaded when that verb is called, so that a short command stays short.
 */
import { KatoError } from '../core/errors.ts';
import { type SessionKey, sessionId, shortId } from '../core/session.ts';
import { discover } from '../ingest/discovery.ts';
import type { FormatId } from '../record/formats/format.ts';
import type { SessionRecord, TranscriptStore } from '../store/store.ts';
import { nameOf, withSubagents } from './family.ts';
import type { Kato, RenderRequest, Selector, SessionFilter, SessionSummary } from './kato.ts';
import type { KatoParts } from './parts.ts';
import { byActivity, isWithin, newest, select } from './select.ts';

export function createKato(parts: KatoParts): Kato {
  return new LocalKato(parts);
}

class LocalKato implements Kato {
  readonly #parts: KatoParts;
  /** Stores that hold sessions which are read, but not kept; and who is in which. */
  readonly #scratches: TranscriptStore[] = [];
  readonly #scratch = new Map<string, TranscriptStore>();

  constructor(parts: KatoParts) {
    this.#parts = parts;
  }

  async sessions(filter: SessionFilter): Promise<readonly SessionSummary[]> {
    const { provider, project, since, subagents = false } = filter;
    const all = await this.#summaries();
    return all
      .filter(({ kept }) => kept)
      .filter(({ facts, isSubagent }) => facts.spoken === true && (subagents || !isSubagent))
      .filter(({ key }) => provider === undefined || key.provider === provider)
      .filter(({ facts }) => project === undefined || isWithin(facts.cwd, project))
      .filter(({ facts }) => since === undefined || (facts.lastAt ?? '') >= since)
      .sort(byActivity);
  }

  async find({ text, cwd }: Selector): Promise<SessionSummary> {
    const { userHome, temporary } = this.#parts;
    const chosen = select(text, cwd, await this.#summaries(), [userHome, temporary]);
    if (chosen?.kept) return chosen;
    // Of one that is not kept, the store has but a title.
    const found = await this.#findUnkept(chosen?.id ?? text, cwd);
    const one = found ?? chosen;
    if (one) return one;
    const forgotten = select(text, cwd, (await this.#parts.store.forgotten()).map(toForgotten));
    if (forgotten) throw wasForgotten(forgotten);
    throw new KatoError(
      'session-not-found',
      text === '@here' ? `no session was held in ${cwd}` : `no session \`${text}\``,
      {
        hint: '`kato sessions` lists what is kept; `kato import` takes in what the agents have',
      },
    );
  }

  async findForgettable(selector: Selector) {
    const { text, cwd } = selector;
    const { userHome, temporary } = this.#parts;
    const kept = select(text, cwd, await this.#summaries(), [userHome, temporary]);
    if (kept) return { ...kept, forgotten: false };
    const gone = select(text, cwd, (await this.#parts.store.forgotten()).map(toForgotten));
    return gone ? { ...gone, forgotten: true } : { ...(await this.find(selector)), forgotten: false };
  }

  async *events(key: SessionKey) {
    for await (const page of this.#storeOf(key).read({ key, view: 'current' })) yield page.map(({ event }) => event);
  }

  async *render(key: SessionKey, request: RenderRequest) {
    const [{ render }, { formats }] = await Promise.all([import('./render.ts'), this.#parts.loadFormats()]);
    for await (const { text } of render(this.#storeOf(key), formats[request.format], key, request)) {
      if (text !== '') yield text;
    }
  }

  async export(request: Parameters<Kato['export']>[0]) {
    const [{ exportSession }, { session, store, format, slugOf }] = await Promise.all([
      import('./export.ts'),
      this.#prepareExport(request.key, request.format),
    ]);
    return exportSession(session, format, slugOf, request, {
      ...this.#parts,
      store,
      files: this.#parts.destinations,
    });
  }

  async *exportText(key: SessionKey, request: RenderRequest) {
    const [{ exportText }, { session, store, format }] = await Promise.all([
      import('./export.ts'),
      this.#prepareExport(key, request.format),
    ]);
    yield* exportText(session, format, request, { ...this.#parts, store });
  }

  async import(...[request, onProgress, signal]: Parameters<Kato['import']>) {
    const { importSessions } = await import('./import.ts');
    return importSessions(request, this.#parts, onProgress, signal);
  }

  async status() {
    const [{ readStatus }, recordings, commands] = await Promise.all([
      import('./status.ts'),
      this.recordings(),
      this.commands(undefined),
    ]);
    const status = await readStatus(this.#parts, await this.#summaries(), { recordings, commands });
    return { ...status, ...this.#parts.daemon?.() };
  }

  async recordings() {
    const { listRecordings } = await import('./recordings.ts');
    const { store, destinations, live } = this.#parts;
    return listRecordings(store, destinations, live?.states() ?? new Map());
  }

  async commands(key: SessionKey | undefined) {
    const { listCommands } = await import('./recordings.ts');
    return listCommands(this.#parts.store, key);
  }

  async record(...[key, command]: Parameters<Kato['record']>) {
    if (this.#parts.live) return this.#parts.live.ask(key, command);
    const { recordHere } = await import('./record-here.ts');
    return recordHere(this.#parts, key, command);
  }

  async *recordingText(prefix: string) {
    const { recordingContext, recordingText } = await import('./recordings.ts');
    yield* recordingText(await recordingContext(this.#parts), prefix);
  }

  async exportRecording(request: Parameters<Kato['exportRecording']>[0]) {
    const { exportRecording } = await import('./recordings.ts');
    return exportRecording(this.#parts, request);
  }

  verify() {
    return this.#parts.store.verify();
  }

  async reprocess(...[key, onProgress]: Parameters<Kato['reprocess']>) {
    const { reprocess } = await import('./reprocess.ts');
    return reprocess(this.#parts, key, onProgress);
  }

  async forget(key: SessionKey): Promise<readonly SessionSummary[]> {
    const all = await this.#summaries();
    const isKept = all.some((session) => nameOf(session.key) === nameOf(key));
    const family = withSubagents(key, isKept ? all : [toForgotten(key), ...all]);
    const { deleteSessions } = await import('./clean.ts');
    await deleteSessions(this.#parts, family, 'forget');
    return family;
  }

  async clean(request: Parameters<Kato['clean']>[0]) {
    const { clean } = await import('./clean.ts');
    return clean(this.#parts, request, await this.#summaries());
  }

  async close(): Promise<void> {
    const closings = [...this.#scratches, this.#parts.store].map((store) => store.close());
    const results = await Promise.allSettled(closings);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async #summaries(): Promise<SessionSummary[]> {
    return (await this.#parts.store.sessions()).map((record) => toSummary(record, record.lastSeq > 0));
  }

  async #prepareExport(key: SessionKey, id: FormatId) {
    const store = this.#storeOf(key);
    const session = await store.session(key);
    if (!session) throw new KatoError('session-not-found', 'the session is gone');
    const { formats, slugOf } = await this.#parts.loadFormats();
    return { session, store, format: formats[id], slugOf };
  }

  #storeOf(key: SessionKey): TranscriptStore {
    return this.#scratch.get(nameOf(key)) ?? this.#parts.store;
  }

  /** A session that only the agent's file has: read whole into a scratch store, and not kept. */
  async #findUnkept(text: string, cwd: string): Promise<SessionSummary | undefined> {
    const { files, roots, providers } = this.#parts;
    if (text === 'latest' || text === '@here') return undefined;
    const { found } = discover(files, roots);
    const [, name = text] = /^[a-z-]+\/(.+)$/.exec(text) ?? [];
    const bare = name.toLowerCase();
    const near = found.filter(({ provider, match }) => {
      const id = match.nativeId === undefined ? '' : sessionId({ provider: provider.id, nativeId: match.nativeId });
      const isFamily =
        match.nativeId === undefined &&
        bare.length >= 8 &&
        (match.family.startsWith(bare) || bare.startsWith(match.family));
      return id.startsWith(bare) || match.nativeId?.toLowerCase().startsWith(bare) === true || isFamily;
    });
    if (near.length === 0 || near.length > MOST_UNKEPT) return undefined;
    const { runPass } = await import('../ingest/ingestor.ts');
    const bytes = near.reduce((sum, { stat }) => sum + stat.sizeBytes, 0);
    const store = await this.#parts.openScratch(bytes);
    this.#scratches.push(store);
    await store.forget(...(await this.#parts.store.forgotten())); // So that it takes nothing of them in either.
    const discovery = { found: near, unreadable: [], filesExamined: near.length };
    const pass = { store, files, discovery, searched: [], cause: 'import' } as const;
    const { openReaders } = this.#parts;
    await runPass({ ...pass, ...(openReaders && bytes >= READERS_FROM_BYTES && { openReaders }) });
    const summaries = (await store.sessions()).map((record) => toSummary(record, false));
    const chosen = select(text, cwd, summaries) ?? (near.length === 1 ? newest(summaries) : undefined);
    if (!chosen || !providers.some(({ id }) => id === chosen.key.provider)) return undefined;
    for (const { key } of summaries) this.#scratch.set(nameOf(key), store);
    return chosen;
  }
}

const MOST_UNKEPT = 64;
/** Less than this is read before a reader on another core has started. */
const READERS_FROM_BYTES = 8 * 1024 * 1024;

function toSummary({ key, id, facts, lastSeq }: SessionRecord, kept: boolean): SessionSummary {
  const isSubagent = facts.parent?.relation === 'subagent';
  return { key, id, shortId: shortId(id), facts, events: lastSeq, isSubagent, kept };
}

/** What is left of a forgotten session. */
function toForgotten(key: SessionKey): SessionSummary {
  const id = sessionId(key);
  return { key, id, shortId: shortId(id), facts: {}, events: 0, isSubagent: false, kept: false };
}

function wasForgotten({ shortId }: SessionSummary): KatoError {
  return new KatoError('session-not-found', `session ${shortId} was forgotten; its agent's file was not touched`, {
    hint: "kato does not read it again; the agent's own file is yours to read, or to delete",
  });
}
