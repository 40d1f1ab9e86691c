/** The prototype's sessions, as fixture folders: what its files were like, and what becomes of them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventFlaw } from '../../../src/core/event.ts';
import type { SessionKey } from '../../../src/core/session.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { migrateReference } from '../../../src/store/migrate/migrate-reference.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../../src/store/store.ts';
import { loose, pageOf, say } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, readAll } from '../contract/scene.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/reference', import.meta.url));
const folderOf = (name: string) => `${FIXTURES}/${name}/sessions`;
const CRASHED: SessionKey = { provider: 'claude-code', nativeId: 'bbbb2222-0000-4000-8000-000000000002' };

async function outcome(store: TranscriptStore, folder: string) {
  const { sessions } = await migrateReference(store, folder);
  return sessions.map((session) => [session.outcome, session.events, session.reason ?? session.what]);
}

describe('the twins of the prototype', () => {
  for (const name of readdirSync(FIXTURES)) {
    it(`are taken in as they are expected to be: ${name}`, async (t) => {
      const store = openSqliteStore(`${temporaryFolder(t)}/kato.db`);
      try {
        const report = await migrateReference(store, folderOf(name));
        const events = (await readAll(store)).map(({ event }) => event);
        for (const event of events) assert.equal(eventFlaw(event), undefined);
        const sessions = (await store.sessions()).map(({ key, facts }) => ({ key, facts }));
        const found = `${JSON.stringify({ report, sessions, events }, null, 2)}\n`;
        const golden = `${FIXTURES}/${name}/expected.json`;
        if (process.env.UPDATE_GOLDEN) writeFileSync(golden, found);
        assert.deepEqual(JSON.parse(found), JSON.parse(readFileSync(golden, 'utf8')));
        assert.deepEqual(await collect(store.verify()), []);
      } finally {
        await store.close();
      }
    });
  }

  it('are taken in once', async () => {
    const store = createMemoryStore();
    assert.deepEqual(await outcome(store, folderOf('crashed')), [
      ['imported', 3, 'claude:bbbb2222-0000-4000-8000-000000000002: lines that are no events: 1'],
    ]);
    const before = await readAll(store);
    assert.deepEqual((await outcome(store, folderOf('crashed')))[0]?.slice(0, 2), ['already-there', 0]);
    assert.deepEqual(await readAll(store), before);
  });
  it('are kept whole beside the session', async () => {
    const store = createMemoryStore();
    await migrateReference(store, folderOf('crashed'));
    const kept = await store.sideFile(CRASHED, 'reference.twin.jsonl');
    const file = `${folderOf('crashed')}/claude:${CRASHED.nativeId}.twin.jsonl`;
    assert.deepEqual(Buffer.from(kept?.content ?? []), readFileSync(file));
  });
  it('are only looked at in a dry run', async () => {
    const store = createMemoryStore();
    const { sessions } = await migrateReference(store, folderOf('claude'), { dryRun: true });
    assert.deepEqual(
      sessions.map((session) => [session.outcome, session.events]),
      [['imported', 11]],
    );
    assert.deepEqual(await store.sessions(), []);
  });
  it('are left where the agent still has its file', async (t) => {
    const folder = temporaryFolder(t);
    for (const name of readdirSync(folderOf('claude'))) {
      const text = readFileSync(`${folderOf('claude')}/${name}`, 'utf8');
      writeFileSync(
        `${folder}/${name}`,
        text.replace('/home/ada/.claude/projects/-work/gone.jsonl', `${folder}/there.jsonl`),
      );
    }
    writeFileSync(`${folder}/there.jsonl`, '{}\n');
    assert.deepEqual(await outcome(createMemoryStore(), folder), [['left', 0, 'agent-has-it']]);
  });
  it('are left where the store has the session from its agent', async () => {
    const store = createMemoryStore();
    const [part] = loose([say('a', 'r1', 'one')]).sessions;
    assert.ok(part);
    await store.append([
      { ...loose([]), sessions: [{ ...part, key: CRASHED, pages: [pageOf([say('a', 'r1', 'one')])] }] },
    ]);
    assert.deepEqual(await outcome(store, folderOf('crashed')), [['left', 0, 'agent-has-it']]);
  });
  it('are left when the session was forgotten', async () => {
    const store = createMemoryStore();
    await store.forget(CRASHED);
    assert.deepEqual(await outcome(store, folderOf('crashed')), [['left', 0, 'forgotten']]);
  });
});
