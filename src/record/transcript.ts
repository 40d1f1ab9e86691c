/** Where the words of a session are: in the store if they are kept, else in the agent's own files. */
import type { EventId } from '../core/event.ts';
import { recordHalf } from '../core/identity.ts';
import type { SessionKey } from '../core/session.ts';
import type { TranscriptStore } from '../store/store.ts';
import type { RecorderParts } from './parts.ts';

/** Shows somebody a store that has a session at least up to this event. */
export async function withTranscript<T>(
  { store, apart }: Pick<RecorderParts, 'store' | 'apart'>,
  key: SessionKey,
  event: EventId,
  use: (store: TranscriptStore) => Promise<T>,
): Promise<T> {
  const isKept = (await store.knownRecords(key, [recordHalf(event)])).size > 0;
  return isKept ? use(store) : apart(key, use);
}
