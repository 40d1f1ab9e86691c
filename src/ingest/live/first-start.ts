/**
 * When kato first met what it reads: this store's first daemon start, and for each root the first start with it in the
 * settings. What was said before is history, to be kept only by an import and never obeyed.
 */
import { listAt, stringAt } from '../../core/json.ts';
import type { Clock } from '../../core/ports.ts';
import { emptyBatch, type TranscriptStore } from '../../store/store.ts';

/** The consumer whose offset holds the time, as `{at}`. Written once, never moved. */
const FIRST_START = 'daemon/first-start';
/** The consumer whose offset holds the roots of the last start, as `{roots: [{provider, path, since}]}`. */
const ROOTS = 'daemon/known-roots';

/** A root, and since when it has been in the settings without a break, ISO 8601 in UTC. */
export interface RootContact {
  readonly provider: string;
  readonly path: string;
  readonly since: string;
}

export interface FirstContact {
  /** The time of the first start, ISO 8601 in UTC; it is now if there was none. */
  readonly since: string;
  readonly roots: readonly RootContact[];
}

type Roots = readonly { readonly provider: { readonly id: string }; readonly path: string }[];

/** To be asked at each start with the roots of the settings: those that were not among them before are met now. */
export async function firstContact(store: TranscriptStore, clock: Clock, roots: Roots): Promise<FirstContact> {
  const contact = await contactNow(store, clock, roots);
  const known = listAt((await store.offset(ROOTS))?.state, 'roots');
  if (JSON.stringify(contact.roots) !== JSON.stringify(known)) {
    const state = { roots: contact.roots.map((root) => ({ ...root })) };
    await store.append([{ ...emptyBatch, offsets: [{ consumer: ROOTS, position: 0, state }] }]);
  }
  return contact;
}

/** What a start with these roots would say. They are not met by that: the surroundings may be those of one command. */
export async function contactNow(store: TranscriptStore, clock: Clock, roots: Roots): Promise<FirstContact> {
  const since = await readFirstStart(store, clock);
  const offset = await store.offset(ROOTS);
  const known = listAt(offset?.state, 'roots');
  const sinceOf = (provider: string, path: string) =>
    stringAt(
      known.find((one) => stringAt(one, 'provider') === provider && stringAt(one, 'path') === path),
      'since',
    );
  const fresh = offset ? clock.now() : since;
  const now = roots.map(({ provider: { id }, path }) => ({ provider: id, path, since: sinceOf(id, path) ?? fresh }));
  return { since, roots: now };
}

/** The time of the first start, ISO 8601 in UTC; it is now if there was none. */
export async function readFirstStart(store: TranscriptStore, clock: Clock): Promise<string> {
  const known = stringAt((await store.offset(FIRST_START))?.state, 'at');
  if (known !== undefined) return known;
  const at = clock.now();
  await store.append([{ ...emptyBatch, offsets: [{ consumer: FIRST_START, position: 0, state: { at } }] }]);
  return at;
}
