/**
 * How much was typed, session by session, newest first: `kato/store` alone.
 *
 *     node docs/examples/typed-words.ts ~/.kato/kato.db
 */
import { openSqliteStore } from 'kato/store';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: typed-words.ts KATO_DB');

const store = openSqliteStore(file);
const sessions = await store.sessions();
const newestFirst = sessions.toSorted((a, b) => ((a.facts.lastAt ?? '') < (b.facts.lastAt ?? '') ? 1 : -1));
for (const { id, key, facts } of newestFirst) {
  let words = 0;
  for await (const page of store.read({ key, view: 'current' })) {
    for (const { event } of page) {
      if (event.kind !== 'user.message' || event.origin !== 'typed') continue;
      words += event.payload.text.split(/\s+/).filter((word) => word !== '').length;
    }
  }
  if (words > 0)
    console.log(`${id.slice(0, 8)}  ${String(words).padStart(6)}  ${key.provider}  ${facts.title?.text ?? ''}`);
}
await store.close();
