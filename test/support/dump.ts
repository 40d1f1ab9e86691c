/** Everything that a store holds, in a form that two stores can be compared by: not when, nor in which order, it came. */
import { createHash } from 'node:crypto';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../src/store/store.ts';

export async function dumpDatabase(path: string): Promise<string> {
  const store = openSqliteStore(path);
  try {
    return await dumpStore(store);
  } finally {
    await store.close();
  }
}

export async function dumpStore(store: TranscriptStore): Promise<string> {
  const sources = await store.sources();
  const paths = new Map(sources.map(({ id, path }) => [id, path]));
  const sessions = [];
  for (const { key, facts, lastSeq } of await store.sessions()) {
    const events = [];
    for await (const page of store.read({ key, view: 'written' })) {
      for (const { event, superseded } of page) {
        const source = { ...event.source, file: paths.get(event.source.file ?? '') };
        events.push({ ...event, source, superseded });
      }
    }
    sessions.push({ key, facts, lastSeq, events });
  }
  const files = [];
  for (const { id, path, nativeId, checkpoint, gone } of sources) {
    const hash = createHash('sha256');
    let bytes = 0;
    for (const { data } of store.raw(id)) {
      hash.update(data);
      bytes += data.length;
    }
    files.push({
      path,
      nativeId,
      checkpoint,
      gone,
      bytes,
      raw: hash.digest('hex'),
      quarantined: await store.quarantined(id),
    });
  }
  const flaws = (await store.diagnostics()).map((flaw) => ({ ...flaw, source: paths.get(flaw.source) }));
  const links = await store.links();
  const byJson = <T>(list: T[]) => list.map((one) => JSON.stringify(one)).sort();
  return JSON.stringify({
    sessions: byJson(sessions),
    files: byJson(files),
    flaws: byJson(flaws),
    links: byJson([...links]),
  });
}
