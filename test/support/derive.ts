/** Deriving events from session files in tests: through the real files, ingest and an engine. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentFiles } from '../../src/agent-files.ts';
import type { KatoEvent } from '../../src/core/event.ts';
import { discover } from '../../src/ingest/discovery.ts';
import { type PassReport, runPass } from '../../src/ingest/ingestor.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { StoredEvent, TranscriptStore } from '../../src/store/store.ts';

/** A folder that is removed when the test ends. */
export function temporaryFolder(t: { after(fn: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'kato-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Takes everything below a root into a store. */
export function ingest(store: TranscriptStore, provider: Provider, root: string): Promise<PassReport> {
  const discovery = discover(agentFiles, [{ provider, path: root }]);
  return runPass({ store, files: agentFiles, discovery, searched: [root], cause: 'import' });
}

export async function storedEvents(store: TranscriptStore): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of store.read({ view: 'current' })) events.push(...page);
  return events;
}

/** The events of every session below a root, as golden files hold them. */
export async function deriveGolden(provider: Provider, root: string): Promise<GoldenSession[]> {
  const store = createMemoryStore();
  await ingest(store, provider, root);
  const sessions = new Map<string, GoldenSession>();
  const facts = new Map((await store.sessions()).map((session) => [session.id, session.facts]));
  for (const { event, superseded } of await storedEvents(store)) {
    const { session, source, ...rest } = event;
    const { file, generation, ...place } = source;
    const golden = sessions.get(session.id) ?? { session, facts: facts.get(session.id), events: [] };
    golden.events.push({ ...rest, source: place, ...(superseded && { superseded }) });
    sessions.set(session.id, golden);
  }
  const { diagnostics } = { diagnostics: await store.diagnostics() };
  const flaws = diagnostics.map(({ code, about, count }) => ({ code, about, count }));
  return [...sessions.values()]
    .sort((a, b) => (a.session.nativeId < b.session.nativeId ? -1 : 1))
    .concat(
      flaws.length === 0
        ? []
        : [{ session: { provider: provider.id, nativeId: 'diagnostics', id: '' }, facts: flaws, events: [] }],
    );
}

export interface GoldenSession {
  readonly session: KatoEvent['session'];
  readonly facts: unknown;
  readonly events: unknown[];
}

/** Every file below a folder, as paths relative to it. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

export function readBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}
