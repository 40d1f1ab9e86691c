/**
 * When this store's first daemon started: what was said before is history, to be kept only by an import and never obeyed.
 */
import { stringAt } from '../../core/json.ts';
import type { Clock } from '../../core/ports.ts';
import { emptyBatch, type TranscriptStore } from '../../store/store.ts';

/** The consumer whose offset holds the time, as `{at}`. Written once, never moved. */
const FIRST_START = 'daemon/first-start';

/** The time of the first start, ISO 8601 in UTC; it is now if there was none. */
export async function readFirstStart(store: TranscriptStore, clock: Clock): Promise<string> {
  const known = stringAt((await store.offset(FIRST_START))?.state, 'at');
  if (known !== undefined) return known;
  const at = clock.now();
  await store.append([{ ...emptyBatch, offsets: [{ consumer: FIRST_START, position: 0, state: { at } }] }]);
  return at;
}
