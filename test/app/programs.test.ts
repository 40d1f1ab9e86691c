/** What programs write into the store beside a daemon is told to its recorder. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createProgramLook } from '../../src/app/programs.ts';
import type { SessionKey } from '../../src/core/session.ts';
import { openTranscripts } from '../../src/library/transcripts.ts';
import { providers } from '../../src/providers/registry.ts';
import { createMemoryStore } from '../../src/store/memory.ts';

const chat = { provider: 'toy-agent', nativeId: 'chat' };
const room = { provider: 'toy-gateway', nativeId: 'room' };
const agent = { provider: 'codex', nativeId: 'agent' };

/** A recorder of these sessions, and what it is told, a look at a time. */
function stage(t: TestContext, ...recorded: readonly SessionKey[]) {
  const store = createMemoryStore();
  const heads = t.mock.method(store, 'head');
  const transcripts = openTranscripts(store);
  let told: string[] = [];
  const recorder = {
    recordings: () => recorded.map((session) => ({ on: session !== room, session })),
    taken: async (keys: readonly SessionKey[]) => void told.push(...keys.map(({ nativeId }) => nativeId)),
  };
  const lookFor = createProgramLook({ store, providers });
  const look = async (ends = false) => {
    told = [];
    // Asked before the log is looked at, and after.
    const presents = ends ? [recorder] : [recorder, recorder];
    await lookFor(() => presents.pop());
    return told;
  };
  const say = async (session: SessionKey, id: string) =>
    void (await transcripts.append(session, { id, role: 'user', content: id }));
  return { look, say, heads };
}

describe('a look for what programs wrote', () => {
  it('tells of a recorded session when it has something new, once', async (t) => {
    const { look, say } = stage(t, chat, chat, room);
    await say(chat, 'm1');
    await say(room, 'm1');
    assert.deepEqual(await look(), ['chat']);
    assert.deepEqual(await look(), []);
    await say(room, 'm2');
    assert.deepEqual(await look(), []);
    await say(chat, 'm2');
    assert.deepEqual(await look(), ['chat']);
  });

  it('leaves the sessions of agents to ingest, and costs nothing where there are no others', async (t) => {
    const { look, say, heads } = stage(t, agent, room);
    await say(agent, 'm1');
    assert.deepEqual(await look(), []);
    assert.equal(heads.mock.callCount(), 0);
  });

  it('tells nothing to a recorder that has ended meanwhile; the next one is told', async (t) => {
    const { look, say } = stage(t, chat);
    await say(chat, 'm1');
    assert.deepEqual(await look(true), []);
    assert.deepEqual(await look(), ['chat']);
  });
});
