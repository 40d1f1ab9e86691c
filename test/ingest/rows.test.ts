/** Sessions in a database: taken in row by row, and changed as their agent changes them. */
import assert from 'node:assert/strict';
import { renameSync, rmSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { agentFiles } from '../../src/agent-files.ts';
import { reprocess } from '../../src/app/reprocess.ts';
import { linkSessions } from '../../src/ingest/link.ts';
import { nextTurn } from '../../src/ingest/turns.ts';
import { hermes } from '../../src/providers/hermes/index.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { collect, rawText } from '../store/contract/scene.ts';
import { ingest, storedEvents, temporaryFolder } from '../support/derive.ts';
import { HermesDatabase } from '../support/hermes-database.ts';
import { HermesWriter } from '../support/hermes-writer.ts';
import { engines } from './support/stage.ts';

const T = 1_777_623_300;
const A = '20260501_101500_aaaaaaaa';
const B = '20260501_101500_bbbbbbbb';

class Scene {
  readonly root: string;
  readonly database: HermesDatabase;
  readonly store: TranscriptStore;

  constructor(t: TestContext, store: TranscriptStore) {
    this.root = temporaryFolder(t);
    this.store = store;
    this.database = new HermesDatabase(`${this.root}/state.db`);
    this.database.add({ sessions: [{ id: A }, { id: B }] });
    t.after(() => this.database.sql.isOpen && this.database.sql.close());
  }

  say(session: string, ...texts: readonly string[]): void {
    const messages = texts.map((content, index) => ({
      ...{ session_id: session, role: index % 2 === 0 ? 'user' : 'assistant', content, timestamp: T },
    }));
    this.database.add({ messages });
  }

  run(sql: string): void {
    this.database.sql.exec(sql);
  }

  take() {
    return ingest(this.store, hermes, this.root);
  }

  /** The last version of each message that stands. */
  async inForce(session: string): Promise<string[]> {
    const last = new Map<string, string>();
    for (const { event, superseded } of await storedEvents(this.store)) {
      if (event.session.nativeId !== session || event.kind !== 'user.message') continue;
      if (superseded) last.delete(event.id);
      else last.set(event.id, event.payload.text);
    }
    return [...last.values()];
  }

  /** What was said in a session, in order of the log. */
  async said(session = A): Promise<string[]> {
    const events = (await storedEvents(this.store)).filter(({ event }) => event.session.nativeId === session);
    return events.flatMap(({ event, superseded }) => {
      const isSaid = event.kind === 'user.message' || event.kind === 'assistant.message';
      return isSaid ? [`${event.payload.text}${event.revises ? ' (revised)' : ''}${superseded ? ' †' : ''}`] : [];
    });
  }
}

function onEngines(title: string, body: (scene: Scene, t: TestContext) => Promise<void>): void {
  for (const [engine, open] of Object.entries(engines)) {
    it(`${title} (${engine})`, async (t) => {
      const scene = new Scene(t, open(temporaryFolder(t)));
      await body(scene, t);
      assert.deepEqual(await collect(scene.store.verify()), []);
      await scene.store.close();
    });
  }
}

describe('a session in a database', () => {
  onEngines('gets its new rows, and the others are not read', async (scene) => {
    scene.say(A, 'one', 'two');
    scene.say(B, 'elsewhere');
    assert.equal((await scene.take()).filesRead, 2);
    scene.say(A, 'three');
    const { filesRead, framesDecoded, events } = await scene.take();
    assert.deepEqual({ filesRead, framesDecoded, events }, { filesRead: 1, framesDecoded: 1, events: 1 });
    assert.deepEqual(await scene.said(), ['one', 'two', 'three']);
    const again = await scene.take();
    assert.deepEqual([again.filesRead, again.bytesRead, again.rowsWritten], [0, 0, 0]);
  });

  onEngines('has a revision where a row was edited, also by one of the same length', async (scene) => {
    scene.say(A, 'one', 'two', 'three');
    await scene.take();
    scene.run("UPDATE messages SET content = 'TWO' WHERE content = 'two'");
    assert.equal((await scene.take()).revisions, 1);
    assert.deepEqual(await scene.said(), ['one', 'two', 'three', 'TWO (revised)']);
    assert.equal((await scene.take()).filesRead, 0);
  });

  onEngines('keeps what is deleted, as superseded, until it is back', async (scene) => {
    scene.say(A, 'one', 'two', 'three');
    await scene.take();
    scene.run(`CREATE TEMP TABLE aside AS SELECT * FROM messages; DELETE FROM messages WHERE content <> 'one'`);
    await scene.take();
    assert.deepEqual(await scene.said(), ['one', 'two †', 'three †']);
    scene.run("INSERT INTO messages SELECT * FROM aside WHERE content = 'three'");
    await scene.take();
    assert.deepEqual(await scene.said(), ['one', 'two †', 'three']);
  });

  onEngines('takes back what is no longer active, and puts it in force again', async (scene) => {
    scene.say(A, 'one', 'two', 'three');
    await scene.take();
    scene.run("UPDATE messages SET active = 0 WHERE content <> 'one'");
    await scene.take();
    assert.deepEqual(await scene.said(), ['one', 'two †', 'three †']);
    scene.run("UPDATE messages SET active = 1 WHERE content = 'two'");
    await scene.take();
    assert.deepEqual(await scene.said(), ['one', 'two', 'three †']);
  });

  onEngines('is written anew with other numbers by its agent, and nothing is lost', async (scene) => {
    scene.say(A, 'one', 'two');
    await scene.take();
    scene.run('DELETE FROM messages');
    scene.say(A, 'in short', 'two');
    await scene.take();
    assert.deepEqual(await scene.said(), ['one †', 'two †', 'in short', 'two']);
  });

  onEngines('has a record once that its agent has put aside and written anew behind a summary', async (scene) => {
    scene.say(A, 'one', 'fine', 'two', 'fine');
    await scene.take();
    scene.run(`BEGIN; UPDATE messages SET active = 0, compacted = 1`);
    const anew = ['[CONTEXT COMPACTION - REFERENCE ONLY] One.', 'noted', 'two', 'fine', 'two', 'fine'];
    for (const [index, content] of anew.entries())
      scene.run(`INSERT INTO messages (session_id, role, content, timestamp)
        VALUES ('${A}', '${index % 2 === 0 ? 'user' : 'assistant'}', '${content}', ${T})`);
    scene.run('COMMIT');
    await scene.take();
    const words = ['one', 'fine', 'two', 'fine', 'noted', 'two', 'fine'];
    assert.deepEqual(await scene.said(), words);
    scene.run('DELETE FROM messages WHERE active = 0');
    await scene.take();
    assert.deepEqual(await scene.said(), ['one †', 'fine †', ...words.slice(2)], 'the others stand elsewhere');
    scene.run("DELETE FROM messages WHERE content <> 'noted'");
    await scene.take();
    assert.deepEqual(
      await scene.said(),
      words.map((one) => (one === 'noted' ? one : `${one} †`)),
    );
  });

  onEngines('has equal words twice that were said twice', async (scene) => {
    scene.say(A, 'yes', 'fine');
    await scene.take();
    scene.run(`UPDATE messages SET platform_message_id = 'p1'`);
    scene.say(A, 'yes', 'fine');
    await scene.take();
    assert.deepEqual(await scene.said(), ['yes', 'fine', 'yes', 'fine']);
  });

  onEngines('stays when its agent deletes it, and with it the database', async (scene) => {
    scene.say(A, 'one');
    scene.say(B, 'elsewhere');
    await scene.take();
    scene.run(`DELETE FROM messages WHERE session_id = '${A}'; DELETE FROM sessions WHERE id = '${A}'`);
    await scene.take();
    const gone = async () => (await scene.store.sources()).filter((one) => one.gone).map(({ nativeId }) => nativeId);
    assert.deepEqual(await gone(), [A]);
    scene.database.sql.close();
    rmSync(scene.database.path);
    await scene.take();
    assert.deepEqual((await gone()).sort(), [A, B]);
    assert.deepEqual([await scene.said(A), await scene.said(B)], [['one'], ['elsewhere']]);
  });

  onEngines('goes on when a copy takes the place of the database, and when columns are added', async (scene) => {
    scene.say(A, 'one', 'two');
    await scene.take();
    scene.run(`ALTER TABLE messages ADD COLUMN mood TEXT; VACUUM INTO '${scene.root}/copy'`);
    scene.database.sql.close();
    for (const beside of ['-wal', '-shm']) rmSync(`${scene.database.path}${beside}`, { force: true });
    renameSync(`${scene.root}/copy`, scene.database.path);
    assert.equal((await scene.take()).events, 0);
    const again = new HermesDatabase(scene.database.path);
    again.add({ messages: [{ session_id: A, role: 'user', content: 'three', timestamp: T }] });
    assert.equal((await scene.take()).events, 1);
    again.sql.close();
    assert.deepEqual(await scene.said(), ['one', 'two', 'three']);
  });

  onEngines('is read in pages, however large, and can be derived again from what was kept', async (scene) => {
    const texts = Array.from(
      { length: 1_500 },
      (_, index) => `${index} ${'word '.repeat(index === 700 ? 300_000 : 2)}`,
    );
    scene.say(A, ...texts);
    await scene.take();
    scene.run("UPDATE messages SET content = 'edited' WHERE id = 3; DELETE FROM messages WHERE id = 4");
    await scene.take();
    const said = await scene.said();
    assert.equal(said.length, 1_501);
    assert.deepEqual([said[3], said.at(-1)], [`${texts[3]} †`, 'edited (revised)']);
    const ids = async () => (await storedEvents(scene.store)).map(({ event }) => event.id);
    const before = await ids();
    scene.run('DELETE FROM messages');
    await reprocess({ store: scene.store, providers: [{ ...hermes, decoderVersion: 2 }] }, undefined);
    assert.deepEqual(await ids(), before);
  });

  onEngines('is forgotten alone', async (scene) => {
    scene.say(A, 'a secret');
    scene.say(B, 'no secret');
    await scene.take();
    await scene.store.forget({ provider: 'hermes', nativeId: A });
    const sources = await scene.store.sources();
    const raw = sources.map(({ id }) => rawText(scene.store, id)).join('');
    assert.deepEqual([raw.includes('a secret'), raw.includes('no secret')], [false, true]);
    scene.say(A, 'another secret');
    await scene.take();
    assert.deepEqual([await scene.said(A), await scene.said(B)], [[], ['no secret']]);
  });
});

describe('a session that begins with copies of another', () => {
  const children = ['20260501_111500_bbbbbbbb', '20260501_121500_cccccccc'] as const;
  const follow = (scene: Scene, id: string, parent: string, end = 'compression') => {
    scene.run(`UPDATE sessions SET end_reason = '${end}' WHERE id = '${parent}'`);
    scene.database.add({ sessions: [{ id, parent_session_id: parent }] });
  };
  /** What counts as said in it, without what was only copied. */
  const own = async (scene: Scene, id: string) => {
    const link = (await scene.store.links()).find(({ key }) => key.nativeId === id);
    const isCopy = (seq: number) => (link?.resolved?.copied ?? []).some(([from, to]) => seq >= from && seq <= to);
    const events = (await storedEvents(scene.store)).filter(({ event }) => event.session.nativeId === id);
    return events.flatMap(({ event }) =>
      event.kind === 'user.message' && !isCopy(event.seq) ? [event.payload.text] : [],
    );
  };
  const take = async (scene: Scene) => {
    await scene.take();
    await linkSessions(scene.store);
  };

  onEngines('knows them from what is said again behind them, over generations', async (scene) => {
    const [child, grandchild] = children;
    scene.say(A, 'one', 'fine', 'go on', 'fine', 'three', 'done');
    await take(scene);
    follow(scene, child, A);
    scene.say(child, '[CONTEXT COMPACTION - REFERENCE ONLY] One.', 'noted', 'go on', 'fine');
    await take(scene); // In the midst of it.
    scene.say(child, 'three', 'done', 'go on', 'fine', 'four', 'done');
    await take(scene);
    assert.deepEqual(await own(scene, child), ['go on', 'four']);
    follow(scene, grandchild, child);
    scene.say(grandchild, '[CONTEXT COMPACTION - REFERENCE ONLY] More.', 'noted', 'three', 'done');
    scene.say(grandchild, 'go on', 'fine', 'four', 'done', 'five', 'done', 'go on');
    await take(scene);
    assert.deepEqual(await own(scene, grandchild), ['five', 'go on']);
  });

  onEngines('has them where its parent says no more that it was branched, and is a fork', async (scene) => {
    const [child] = children;
    scene.say(A, 'one', 'fine', 'two', 'fine');
    follow(scene, child, A);
    scene.run(`UPDATE sessions SET model_config = '{"_branched_from":"${A}"}' WHERE id = '${child}'`);
    scene.say(child, 'one', 'fine', 'two', 'fine', 'one', 'fine');
    await take(scene);
    assert.deepEqual(await own(scene, child), ['one']);
    const link = (await scene.store.links()).find(({ key }) => key.nativeId === child);
    assert.equal(link?.parent.relation, 'fork');
  });

  onEngines('loses and changes them like others', async (scene) => {
    const [child] = children;
    scene.say(A, 'one', 'fine', 'two', 'fine');
    follow(scene, child, A, 'branched');
    scene.say(child, 'one', 'fine', 'two', 'fine', 'three');
    await take(scene);
    scene.run(`DELETE FROM messages WHERE session_id = '${child}' AND content = 'one'`);
    scene.run(`UPDATE messages SET content = 'TWO' WHERE session_id = '${child}' AND content = 'two'`);
    await take(scene);
    assert.deepEqual(await scene.inForce(child), ['TWO', 'three']);
    assert.deepEqual(await scene.inForce(A), ['one', 'two']);
  });

  onEngines('has none of one that came before it in the same chat', async (scene) => {
    const [child] = children;
    scene.say(A, 'hello', 'fine', 'bye');
    follow(scene, child, A, 'session_reset');
    scene.say(child, 'hello', 'fine', 'bye');
    await take(scene);
    assert.deepEqual(await own(scene, child), ['hello', 'bye']);
  });

  onEngines('is read in spite of a ring of parents', async (scene) => {
    follow(scene, children[0], A);
    scene.run(`UPDATE sessions SET parent_session_id = '${children[0]}' WHERE id = '${A}'`);
    follow(scene, children[1], children[0]);
    scene.run(`UPDATE sessions SET end_reason = 'compression'`);
    for (const one of [A, ...children]) scene.say(one, 'one', 'fine');
    await take(scene);
    assert.deepEqual(await scene.said(children[1]), ['one', 'fine']);
  });
});

onEngines(
  'a database that another process writes, empties its log of, and changes meanwhile, is taken in as it is',
  async (scene, t) => {
    scene.say(A, 'a beginning');
    scene.database.sql.close();
    const writer = await HermesWriter.open(t, scene.database.path);
    const insert = 'INSERT INTO messages (session_id, role, content, timestamp) VALUES';
    const steps = Array.from({ length: 400 }, (_, index) => {
      const session = index % 3 === 0 ? B : A;
      if (index % 50 === 49) return `PRAGMA wal_checkpoint(${index % 100 === 99 ? 'TRUNCATE' : 'PASSIVE'})`;
      if (index % 17 === 0) return `DELETE FROM messages WHERE id % 13 = ${index % 13}`;
      if (index % 7 === 0) return `UPDATE messages SET content = content || '!' WHERE id % 11 = ${index % 11}`;
      return `${insert} ('${session}', 'user', 'word ${index}', ${T})`;
    });
    let isDone = false;
    const writing = writer.run(steps.join('\t')).finally(() => {
      isDone = true;
    });
    let passes = 0;
    for (; !isDone; passes++) {
      await scene.take();
      await nextTurn();
    }
    await writing;
    await scene.take();
    assert.ok(passes > 1, 'nothing was read meanwhile');
    const there = new HermesDatabase(scene.database.path);
    for (const session of [A, B]) {
      const rows = there.sql.prepare('SELECT content FROM messages WHERE session_id = ? ORDER BY id').all(session);
      const inForce = (await scene.inForce(session)).sort();
      assert.deepEqual(inForce, rows.map(({ content }) => String(content)).sort());
    }
    there.sql.close();
  },
);

it('a database that is none yet, or of something else, has no sessions', async (t) => {
  const root = temporaryFolder(t);
  const database = new HermesDatabase(`${root}/other/state.db`);
  database.sql.exec('DROP TABLE messages');
  assert.deepEqual(agentFiles.list(`${root}/other/state.db`), []);
  database.sql.close();
});
