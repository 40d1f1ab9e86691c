import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openTranscripts } from '../../src/library/transcripts.ts';
import { withGroupCommit } from '../../src/store/group-commit.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { StoredEvent } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/derive.ts';
import { chat, describeLaws, keyOf, LONGEST_MS, talk } from './laws.ts';

const NEVER_MS = 1 << 30;

/** The next so many events, as their texts. */
async function take(events: AsyncIterator<StoredEvent>, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) {
    const { value, done } = await events.next();
    if (done) break;
    texts.push('text' in value.event.payload ? value.event.payload.text : value.event.kind);
  }
  return texts;
}

describeLaws('subscribing', (law) => {
  law('gives what is there behind a position, and then what comes', async (s) => {
    await s.append(chat, ...talk('one', 'two', 'three'));
    const { transcripts } = s;
    const events = transcripts.subscribe(1, { pollMs: NEVER_MS })[Symbol.asyncIterator]();
    assert.deepEqual(await take(events, 2), ['two', 'three']);
    const next = take(events, 2);
    await transcripts.append(keyOf('chat-2'), ...talk('elsewhere'));
    await transcripts.patch(chat, [{ kind: 'tag', value: 'tea' }]);
    assert.deepEqual(await next, ['elsewhere', 'tea']);
    await events.return?.();
  });

  law('follows one session only, from where it was loaded', async (s) => {
    await s.append(chat, ...talk('one', 'two'));
    const { transcripts } = s;
    const { position } = await s.load(chat);
    const events = transcripts.subscribe(position, { session: chat, pollMs: NEVER_MS })[Symbol.asyncIterator]();
    const next = take(events, 1);
    await transcripts.append(keyOf('chat-2'), ...talk('elsewhere'));
    await transcripts.append(chat, { id: 'm3', role: 'user', content: 'three' });
    assert.deepEqual(await next, ['three']);
    await events.return?.();
  });

  law('ends when it is told to, and no other does', async (s) => {
    const end = new AbortController();
    const { transcripts } = s;
    const [first, second] = [end.signal, new AbortController().signal].map((signal) =>
      take(transcripts.subscribe(0, { signal, pollMs: NEVER_MS })[Symbol.asyncIterator](), 1),
    );
    end.abort();
    assert.deepEqual(await first, []);
    await transcripts.append(chat, ...talk('one'));
    assert.deepEqual(await second, ['one']);
  });
});

it('a subscription sees what another instance appends', { timeout: LONGEST_MS }, async (t) => {
  const path = `${temporaryFolder(t)}/kato.db`;
  const [writer, reader] = [openTranscripts(openSqliteStore(path)), openTranscripts(openSqliteStore(path))];
  const events = reader.subscribe(0, { pollMs: 5 })[Symbol.asyncIterator]();
  const next = take(events, 2);
  await writer.append(chat, ...talk('one', 'two'));
  assert.deepEqual(await next, ['one', 'two']);
  await reader.close();
  assert.deepEqual(await take(events, 1), []);
  await writer.close();
});

it('closing the transcripts ends their subscriptions', { timeout: LONGEST_MS }, async () => {
  const transcripts = openTranscripts(createMemoryStore());
  const waiting = take(transcripts.subscribe(0, { pollMs: NEVER_MS })[Symbol.asyncIterator](), 1);
  await transcripts.close();
  assert.deepEqual(await waiting, []);
});

it('closing while a subscription looks for news ends it', { timeout: LONGEST_MS }, async (t) => {
  const store = openSqliteStore(`${temporaryFolder(t)}/kato.db`);
  const head = async () => {
    const found = await store.head();
    await transcripts.close();
    return found;
  };
  const transcripts = openTranscripts({ ...store, head });
  await transcripts.append(chat, ...talk('one'));
  assert.deepEqual(await take(transcripts.subscribe(0)[Symbol.asyncIterator](), 1), []);
});

it('a subscription hears of what is appended while it looks for news', { timeout: LONGEST_MS }, async () => {
  const store = withGroupCommit(createMemoryStore(), { windowMs: 0, maxBytes: 1 });
  const looks: (() => Promise<unknown>)[] = [];
  const slow = async () => {
    const head = await store.head();
    await looks.shift()?.();
    return head;
  };
  const transcripts = openTranscripts({ ...store, head: slow });
  // It has looked, found nothing, and not begun to wait yet.
  looks.push(
    async () => {},
    () => transcripts.append(chat, ...talk('one')),
  );
  const events = transcripts.subscribe(0, { pollMs: NEVER_MS })[Symbol.asyncIterator]();
  assert.deepEqual(await take(events, 1), ['one']);
  await transcripts.close();
});
