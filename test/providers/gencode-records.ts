/** Records as gencode writes them, and what kato makes of them. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { JsonValue } from '../../src/core/json.ts';
import { gencode } from '../../src/providers/gencode/index.ts';
import type { Draft } from '../../src/providers/provider.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { ingest, storedEvents, temporaryFolder } from '../support/derive.ts';

export const SESSION = '00000001-3333-4333-8333-333333333333';
export const OTHER = '00000002-3333-4333-8333-333333333333';

export type Content = string | readonly object[];
export type Said = readonly [role: 'user' | 'assistant', content: Content];

export function pathOf(session = SESSION): string {
  return `-w-tea/transcripts/${session}.jsonl`;
}

function blocksOf(content: Content): readonly object[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** When a session begins, unless a test says otherwise. */
const BEGIN = new Date('2026-06-01T07:00:00.000Z');

function at(second: number, nanoseconds = 0, begin = BEGIN): string {
  const time = new Date(begin.getTime() + second * 1000 + Math.floor(nanoseconds / 1e6)).toISOString();
  return `${time.slice(0, -1)}${String(nanoseconds % 1e6).padStart(6, '0')}Z`;
}

/** How often ids were made, in this process. */
let made = 0;

/** A save of 1.15: every id is new, and times are counted up from that of the session. */
export function save(
  talk: readonly Said[],
  { title = 'Tea', parentId = '', provider = 'p', session = SESSION, begin = BEGIN } = {},
) {
  const head = { transcriptId: session, time: at(0, 0, begin) };
  const messages = talk.map(([role, content], index) => {
    const messageId = (++made).toString(16).padStart(16, '0');
    const message = { messageId, role, content: blocksOf(content) };
    const time = at(0, (index + 1) * 1_000_000, begin);
    return { ...head, id: `${session}:${messageId}`, time, type: 'message.appended', message };
  });
  const ops = [{ path: 'title', value: title }];
  return [
    {
      ...head,
      id: `${session}:start`,
      type: 'transcript.started',
      cwd: '/w/tea',
      system: { provider, model: 'm', parentId },
    },
    ...messages,
    { ...head, id: `${session}:state:${++made}`, time: at(60 + made, 0, begin), type: 'state.patched', state: { ops } },
  ];
}

/** The first record of a session that is appended to. */
export function start(about: object = {}, session = SESSION) {
  return {
    id: `${session}:start`,
    sessionId: session,
    time: at(0),
    type: 'session.started',
    cwd: '/w/tea',
    session: about,
  };
}

export function append(messageId: string, [role, content]: Said, second = 1, session = SESSION) {
  const message = { messageId, role, content: blocksOf(content) };
  return {
    id: `${session}:${messageId}`,
    sessionId: session,
    time: at(second, 1234),
    type: 'message.appended',
    message,
  };
}

/** A fork as the agent makes it: all records, with the time of the fork, then the marker. */
export function fork(records: readonly object[], key: 'sessionId' | 'transcriptId', type: string, renames: boolean) {
  const time = at(500, 5678);
  const copies = records.map((record) => {
    const { id } = record as { id: string };
    return { ...record, id: renames ? id.replace(SESSION, OTHER) : id, [key]: OTHER, time };
  });
  const parent = { parentId: SESSION };
  return [...copies, { id: `${OTHER}:fork:1`, [key]: OTHER, time, type, session: parent, system: parent }];
}

/** Writes session files as the agent does, anew and by a rename, and takes in whatever is new below the folder. */
export function watched(t: TestContext) {
  const root = temporaryFolder(t);
  const store = createMemoryStore();
  const put = (records: readonly object[], path: string) => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.tmp`, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    renameSync(`${file}.tmp`, file);
  };
  return {
    store,
    async write(records: readonly object[], path = pathOf()) {
      put(records, path);
      await ingest(store, gencode, root);
      return (await storedEvents(store)).map(({ event, superseded }) => ({ ...event, isGone: superseded === true }));
    },
  };
}

/** The drafts of these records, one after the other. */
export function decode(records: readonly unknown[], path = pathOf()): { drafts: Draft[]; state: JsonValue } {
  const match = gencode.match(path);
  assert.ok(match);
  const decoder = gencode.createDecoder(match);
  const drafts: Draft[] = [];
  let state = decoder.initial;
  for (const value of records) {
    const decoded = decoder.decode(state, { role: 'record', offset: 0, bytes: 0, value });
    drafts.push(...decoded.drafts);
    state = decoded.state;
  }
  return { drafts, state };
}

export function spoken(drafts: readonly Draft[]) {
  return drafts.flatMap(({ kind, origin, payload }) =>
    kind === 'user.message' || kind === 'system.message' ? [[origin, (payload as { text: string }).text]] : [],
  );
}
