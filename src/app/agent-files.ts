/** The agent's own files of a session, for what the store does not have of it. */
import type { SessionKey } from '../core/session.ts';
import { discover, type FoundSource } from '../ingest/discovery.ts';
import { type PassOptions, runPass } from '../ingest/ingestor.ts';
import type { TranscriptStore } from '../store/store.ts';
import type { KatoParts } from './parts.ts';

/** Takes what the agent has of a session into the store. It is history: commands in it are noted and not run. */
export async function takeIn(parts: KatoParts, key: SessionKey): Promise<void> {
  await readInto(parts.store, parts, await filesOf(parts, [key]));
}

/**
 * Shows a session to somebody as it is in the agent's files now, together with those that it continues, in a store that
 * is gone afterwards: nothing of it is kept.
 */
export async function readApart<T>(
  parts: KatoParts,
  key: SessionKey,
  use: (store: TranscriptStore) => Promise<T>,
): Promise<T> {
  const found = await filesOf(parts, await lineOf(parts.store, key));
  const store = await parts.openScratch(found.reduce((sum, { stat }) => sum + stat.sizeBytes, 0));
  try {
    await store.forget(...(await parts.store.forgotten())); // So that it takes nothing of them in either.
    await readInto(store, parts, found);
    return await use(store);
  } finally {
    await store.close();
  }
}

async function readInto(
  store: TranscriptStore,
  { files, commandsIn, openReaders }: KatoParts,
  found: readonly FoundSource[],
): Promise<void> {
  const options: PassOptions = {
    ...{ store, files, cause: 'import', commandsIn, searched: [] },
    discovery: { found, unreadable: [], filesExamined: found.length },
    ...(openReaders && { openReaders }),
  };
  await runPass(options);
}

/** The session, and those that it continues. */
async function lineOf(store: TranscriptStore, { provider, nativeId }: SessionKey): Promise<readonly SessionKey[]> {
  const links = (await store.links()).filter(({ key }) => key.provider === provider);
  const parents = new Map(links.map(({ key, parent }) => [key.nativeId, parent.nativeId]));
  const line = new Set<string>();
  for (let next: string | undefined = nativeId; next !== undefined && !line.has(next); next = parents.get(next))
    line.add(next);
  return [...line].map((one) => ({ provider, nativeId: one }));
}

async function filesOf(
  { store, files, roots }: KatoParts,
  keys: readonly SessionKey[],
): Promise<readonly FoundSource[]> {
  const isOf = (provider: string, nativeId: string | undefined) =>
    keys.some((key) => key.provider === provider && key.nativeId === nativeId);
  const sources = (await store.sources()).filter(({ provider, nativeId }) => isOf(provider, nativeId));
  const paths = new Set(sources.map(({ path }) => path));
  return discover(files, roots).found.filter((one) => paths.has(one.path) || keys.some((key) => mayHold(one, key)));
}

/** Of some files the name tells only the beginning of the session's id. */
function mayHold({ provider, match }: FoundSource, { provider: id, nativeId }: SessionKey): boolean {
  if (provider.id !== id) return false;
  return match.nativeId === undefined ? nativeId.startsWith(match.family) : match.nativeId === nativeId;
}
