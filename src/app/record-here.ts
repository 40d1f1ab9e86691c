/**
 * Recording from outside a chat where no daemon runs: the session is read as it is now, what is asked is done, and the
 * files are written up to here. What is on goes on with the next daemon, which is kept from starting meanwhile: two
 * recorders at one file would write everything twice.
 */
import type { SessionKey } from '../core/session.ts';
import { discover, type FoundSource } from '../ingest/discovery.ts';
import { runPass } from '../ingest/ingestor.ts';
import { firstContact } from '../ingest/live/first-start.ts';
import { Recorder } from '../record/recorder.ts';
import type { TranscriptStore } from '../store/store.ts';
import type { Answer, OutsideCommand } from './kato.ts';
import type { KatoParts } from './parts.ts';
import { recorderParts, recordingContext } from './recordings.ts';

export async function recordHere(parts: KatoParts, key: SessionKey, command: OutsideCommand): Promise<Answer> {
  const held = parts.holdHome();
  try {
    const contact = await firstContact(parts.store, parts.clock, parts.roots);
    const context = await recordingContext(parts, { contact, keep: (session) => takeIn(parts, session) });
    const recorder = new Recorder(recorderParts(context));
    await recorder.open();
    return await recorder.ask(key, command);
  } finally {
    held.leave();
  }
}

/** Takes in what the agent has of one session. It is history: commands in it are noted and not run. */
async function takeIn(parts: KatoParts, key: SessionKey): Promise<void> {
  const { store, files, roots, commandsIn, openReaders } = parts;
  const paths = await pathsOf(store, key);
  const found = discover(files, roots).found.filter((one) => paths.has(one.path) || mayHold(one, key));
  await runPass({
    ...{ store, files, cause: 'import', commandsIn, searched: [] },
    discovery: { found, unreadable: [], filesExamined: found.length },
    ...(openReaders && { openReaders }),
  });
}

async function pathsOf(store: TranscriptStore, { provider, nativeId }: SessionKey): Promise<ReadonlySet<string>> {
  const sources = await store.sources();
  const own = sources.filter((one) => one.provider === provider && one.nativeId === nativeId);
  return new Set(own.map(({ path }) => path));
}

/** Of some files the name tells only the beginning of the session's id. */
function mayHold({ provider, match }: FoundSource, { provider: id, nativeId }: SessionKey): boolean {
  if (provider.id !== id) return false;
  return match.nativeId === undefined ? nativeId.startsWith(match.family) : match.nativeId === nativeId;
}
