/** Several processes at one store: for every engine that keeps its data. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import type { TranscriptStore } from '../../../src/store/store.ts';
import { keyOf } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, type OpenStore, readAll } from './scene.ts';

const SCRIPT = new URL('../../support/append-events.ts', import.meta.url).pathname;
const EVENTS = 40;

/** Starts processes that append the same events to the same sessions, each from another one on, all at once. */
async function appendAtOnce(path: string, sessions: readonly string[]): Promise<void> {
  const children = sessions.map((session, index): ChildProcess => {
    const args = [SCRIPT, path, session, String(EVENTS), String(index * 7)];
    return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  });
  await Promise.all(children.map(({ stdout }) => stdout && once(stdout, 'data')));
  for (const { stdin } of children) stdin?.end();
  const ends = await Promise.all(children.map((child) => once(child, 'close')));
  assert.deepEqual(
    ends.map(([code]) => code),
    ends.map(() => 0),
  );
}

async function assertOnce(store: TranscriptStore, session: string): Promise<void> {
  const events = await readAll(store, { key: keyOf(session) });
  const texts = events.map(({ event }) => ('text' in event.payload ? event.payload.text : ''));
  const expected = Array.from({ length: EVENTS }, (_, index) => `line ${index}`);
  assert.deepEqual(texts.toSorted(), expected.toSorted());
  assert.deepEqual(
    events.map(({ event }) => event.seq),
    expected.map((_, index) => index + 1),
  );
}

/** `place` is where a store lies in a folder. */
export function processContract(open: OpenStore, place: (folder: string) => string): void {
  it('processes that append the same events to one session store each of them once', async (t) => {
    const path = place(temporaryFolder(t));
    await appendAtOnce(path, ['a', 'a', 'a', 'b']);
    const store = open(path);
    for (const session of ['a', 'b']) await assertOnce(store, session);
    const positions = (await readAll(store)).map(({ position }) => position);
    assert.deepEqual(
      positions,
      Array.from({ length: 2 * EVENTS }, (_, index) => index + 1),
    );
    assert.deepEqual(await collect(store.verify()), []);
    await store.close();
  });

  it('a store sees what another process appends', async (t) => {
    const path = place(temporaryFolder(t));
    const store = open(path);
    assert.equal(await store.head(), 0);
    await appendAtOnce(path, ['a']);
    assert.equal(await store.head(), EVENTS);
    await assertOnce(store, 'a');
    await store.close();
  });
}
