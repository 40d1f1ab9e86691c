/** A home that is half-way between its two engines, and what must be left of its logs whatever happens. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Disk, nodeDisk } from '../../../src/store/log/disk.ts';
import { openLogStore } from '../../../src/store/log.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../../src/store/store.ts';
import { blobOf, Feed, keyOf, loose, say } from '../../support/batches.ts';

/** Sessions with a source in common, a commit in common, an attachment, a note; and one that the store has half of. */
async function fillLog(store: TranscriptStore): Promise<void> {
  const [feed, half] = [new Feed('f', 'a'), new Feed('h', 'c')];
  const blobs = [blobOf('an image')];
  const note = { consumer: 'search', position: 3, state: { session: { ...keyOf('a') } } };
  await store.append([feed.read([say('a', 'r1', 'one'), say('b', 'r1', 'two')], { extras: { blobs } })]);
  await store.append([
    { ...feed.read([say('a', 'r2', 'three')]), offsets: [note, { ...note, consumer: 'all', state: 1 }] },
  ]);
  await store.append([loose([say('b', 'r2', 'four')])]);
  await store.append([half.read([say('c', 'r1', 'five')])]);
  await store.append([half.read([say('c', 'r2', 'six')])]);
  await store.append([loose([say('a', 'r5', 'seven'), say('c', 'r5', 'eight')])]);
  await store.close();
}

const fillStore = (store: TranscriptStore) => store.append([new Feed('h', 'c').read([say('c', 'r1', 'five')])]);

/** Fills both sides; the logs by name. */
export async function beginHome(folder: string, disk: Disk = nodeDisk): Promise<Record<string, string>> {
  await fillLog(openLogStore(`${folder}/transcripts`, disk));
  const store = openSqliteStore(`${folder}/kato.db`);
  await fillStore(store);
  await store.close();
  return twinsIn(`${folder}/transcripts`);
}

export function twinsIn(folder: string): Record<string, string> {
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^[0-9a-f-]{36}\.twin\.jsonl$/.test(name))
    : [];
  return Object.fromEntries(names.map((name) => [name, readFileSync(`${folder}/${name}`, 'latin1')]));
}

/** Logs and the blobs that they name. */
export function logsOf(folder: string): Record<string, string> {
  return { ...twinsIn(`${folder}/transcripts`), ...twinsIn(`${folder}/transcripts/migrated`) };
}
