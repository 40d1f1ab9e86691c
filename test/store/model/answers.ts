/** Everything that a store can be asked, as one value to compare. */

import type { TranscriptStore } from '../../../src/store/store.ts';
import { keyOf, recordOf } from '../../support/batches.ts';
import { rawText, readAll } from '../contract/scene.ts';
import { blobs, CONSUMERS, RECORDS, SESSIONS, SIDE_FILE, SOURCES } from './operations.ts';

export async function answersOf(store: TranscriptStore): Promise<unknown> {
  return {
    head: await store.head(),
    ...(await readings(store)),
    sessions: await store.sessions(),
    ofSessions: await Promise.all(SESSIONS.map((session) => ofSession(store, session))),
    byHead: await Promise.all(['h1', 'h2'].map((head) => store.sessionsByHead('toy', head))),
    links: await store.links(),
    sources: await store.sources(),
    ofSources: await Promise.all(SOURCES.map(async (id) => [rawText(store, id), await store.quarantined(id)])),
    diagnostics: (await store.diagnostics()).map((one) => JSON.stringify(one)).sort(),
    offsets: await Promise.all(CONSUMERS.map((consumer) => store.offset(consumer))),
    blobs: await Promise.all(blobs.map(async ({ sha256 }) => (await store.blob(sha256))?.mediaType)),
    forgotten: (await store.forgotten()).map(({ nativeId }) => nativeId).sort(),
    stats: await counts(store),
  };
}

/** The log in both views, forward and backward, and from several positions on. */
async function readings(store: TranscriptStore) {
  const positions = [1, 3, 8];
  return {
    current: await readAll(store),
    written: await readAll(store, { view: 'written' }),
    backward: await readAll(store, { backward: true }),
    later: await Promise.all(positions.map((after) => readAll(store, { after, view: 'written' }))),
  };
}

async function ofSession(store: TranscriptStore, session: string) {
  const key = keyOf(session);
  const records = RECORDS.map((record) => recordOf(session, record));
  return {
    record: await store.session(key),
    events: await readAll(store, { key }),
    later: await readAll(store, { key, after: 4, view: 'written' }),
    backward: await readAll(store, { key, after: 2, backward: true }),
    picked: await store.pick(key, [1, 2, 5]),
    known: [...(await store.knownRecords(key, records))].sort(),
    sideFile: (await store.sideFile(key, SIDE_FILE))?.sha256,
  };
}

/** Without what engines are free to store as they like. */
async function counts(store: TranscriptStore) {
  const { sessions, events, rawBytes } = await store.stats();
  return { sessions, events, rawBytes };
}
