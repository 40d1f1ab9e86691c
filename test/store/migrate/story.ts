/** What a store was told, as a fixture says it: the readings of sources and notes, in order. */
import { readFileSync } from 'node:fs';
import type { SessionFacts } from '../../../src/core/session.ts';
import type { Offset, TranscriptStore } from '../../../src/store/store.ts';
import { blobOf, Feed, keyOf, loose, type Said, say } from '../../support/batches.ts';

export interface Told {
  /** The source that was read; absent for what comes from none. */
  readonly feed?: string;
  readonly said: readonly (readonly [session: string, record: string, text: string])[];
  /** Bytes of the source that gave no event, before those that did, and after them. */
  readonly noise?: string;
  readonly pad?: string;
  readonly facts?: SessionFacts;
  readonly attachment?: string;
  /** Seqs of session a. */
  readonly retracted?: readonly number[];
  readonly notes?: readonly Offset[];
  readonly forgets?: string;
}

export function storyIn(file: string): readonly Told[] {
  return JSON.parse(readFileSync(file, 'utf8')); // Made by hand, and checked in.
}

export async function readStory(store: TranscriptStore, story: readonly Told[]): Promise<void> {
  const feeds = new Map<string, Feed>();
  for (const told of story) {
    if (told.forgets !== undefined) await store.forget(keyOf(told.forgets));
    const feed = told.feed === undefined ? undefined : (feeds.get(told.feed) ?? new Feed(told.feed, 'a'));
    if (feed && told.feed !== undefined) feeds.set(told.feed, feed);
    const more = {
      extras: { facts: told.facts ?? {}, blobs: told.attachment === undefined ? [] : [blobOf(told.attachment)] },
      superseded: told.retracted ? [{ key: keyOf('a'), seqs: told.retracted, inForce: false }] : [],
      offsets: told.notes ?? [],
    };
    const said = told.said.map(([session, record, text]): Said => say(session, record, text));
    const { noise = '' } = told;
    await store.append([feed ? feed.read(said, { ...more, noise }) : loose(said, more)]);
    if (feed && told.pad !== undefined) await store.append([feed.read([], { noise: told.pad })]);
  }
}
