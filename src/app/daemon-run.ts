/**
 * One run of the daemon, as far as the store remembers it: where transcripts last only as long as the daemon
 * (`cleanSessionStatesOnShutdown`), they go at its end, or, where it had no orderly end, at the next start.
 */
import { dropTranscripts } from '../record/anchors.ts';
import { emptyBatch, type TranscriptStore } from '../store/store.ts';

/** The consumer whose offset says, by `{cleans: true}`, that a run has begun whose transcripts must go. */
const RUN = 'daemon/run';

export interface DaemonRun {
  /** To be called when nothing is taken in any more. */
  end(): Promise<void>;
}

/** Begins a run. What a run before it left behind is deleted first. */
export async function openDaemonRun(store: TranscriptStore, cleans: boolean): Promise<DaemonRun> {
  const note = (state: { readonly cleans: true } | null) =>
    store.append([{ ...emptyBatch, offsets: [{ consumer: RUN, position: 0, state }] }]);
  const clean = async () => {
    await dropTranscripts(store);
    await note(null);
  };
  const isOwed = ((await store.offset(RUN))?.state ?? null) !== null;
  if (isOwed) await clean();
  if (!cleans) return { end: async () => {} };
  await note({ cleans: true });
  return { end: clean };
}
