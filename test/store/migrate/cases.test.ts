/**
 * Two sides of a migration, as fixture folders: the logs as they lie on the disk, what the store was told, and what is
 * expected of the report and of both sides after it.
 */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SessionKey } from '../../../src/core/session.ts';
import { movedNote, ownersOfNotes, settledNote } from '../../../src/record/moved-notes.ts';
import { openLogStore } from '../../../src/store/log.ts';
import { migrateLog } from '../../../src/store/migrate/migrate-log.ts';
import type { MigrationReport, SessionReport } from '../../../src/store/migrate/report.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../../src/store/store.ts';
import { keyOf } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { collect, readAll, told } from '../contract/scene.ts';
import { readStory, storyIn } from './story.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/migration', import.meta.url));
const rules = { owners: ownersOfNotes, moved: movedNote, settled: settledNote };

interface Expected {
  readonly isDone: boolean;
  readonly sessions: readonly object[];
  /** By session: what is said there. */
  readonly store: Readonly<Record<string, readonly string[]>>;
  /** The same as it was written, where that is something else. */
  readonly written?: Readonly<Record<string, readonly string[]>>;
  /** What can still be read in the logs. */
  readonly log?: Readonly<Record<string, readonly string[]>>;
  readonly facts?: Readonly<Record<string, object>>;
  readonly notes?: Readonly<Record<string, object>>;
}

describe('a migration', () => {
  for (const name of readdirSync(FIXTURES))
    it(`does what is expected of it: ${name}`, (t) => play(name, temporaryFolder(t)));
});

async function play(name: string, folder: string): Promise<void> {
  const expected: Expected = JSON.parse(readFileSync(`${FIXTURES}/${name}/expected.json`, 'utf8'));
  const transcripts = `${folder}/transcripts`;
  cpSync(`${FIXTURES}/${name}/transcripts`, transcripts, { recursive: true });
  const before = twinsIn(transcripts);
  const store = openSqliteStore(`${folder}/kato.db`);
  try {
    await readStory(store, storyIn(`${FIXTURES}/${name}/store.json`));
    const plain = await contentOf(store, expected);
    const dry = await migrateLog(store, transcripts, { rules, dryRun: true });
    assert.deepEqual(toExpected(dry), { ...toExpected(dry), ...withoutAside(expected) }, 'a dry run says the same');
    assert.deepEqual(await contentOf(store, expected), plain, 'a dry run changes nothing');
    assert.deepEqual(twinsIn(transcripts), before);
    let steps = 0;
    const append: TranscriptStore['append'] = (batches) => {
      steps += 1;
      return store.append(batches);
    };
    const report = await migrateLog({ ...store, append }, transcripts, { rules });
    assert.ok(steps <= 1 + report.sessions.length, 'each session is one step, and the rest another');
    assert.deepEqual(toExpected(report), { isDone: expected.isDone, sessions: expected.sessions });
    await assertBothSides(store, transcripts, expected);
    const again = await migrateLog(store, transcripts, { rules });
    assert.deepEqual(
      again.sessions,
      report.sessions.filter(({ setAside }) => !setAside),
      'done again, nothing is new',
    );
    await assertBothSides(store, transcripts, expected);
    assert.deepEqual(await collect(store.verify()), []);
    assert.deepEqual(kept(before, transcripts), [], 'every byte of every log is still there');
  } finally {
    await store.close();
  }
}

async function assertBothSides(store: TranscriptStore, transcripts: string, expected: Expected): Promise<void> {
  assert.deepEqual(await contentOf(store, expected), {
    store: expected.store,
    facts: expected.facts ?? {},
    notes: expected.notes ?? {},
  });
  for (const [name, lines] of Object.entries(expected.written ?? {})) {
    assert.deepEqual(told(await readAll(store, { key: keyOf(name), view: 'written' })), lines);
  }
  const log = openLogStore(transcripts);
  try {
    assert.deepEqual(await saidIn(log, Object.keys(expected.log ?? {})), expected.log ?? {});
  } finally {
    await log.close();
  }
}

async function contentOf(store: TranscriptStore, expected: Expected) {
  const facts = Object.keys(expected.facts ?? {}).map(async (name) => [
    name,
    (await store.session(keyOf(name)))?.facts,
  ]);
  const notes = Object.keys(expected.notes ?? {}).map(async (name) => {
    const { consumer: _, ...note } = (await store.offset(name)) ?? { consumer: '' };
    return [name, note];
  });
  return {
    store: await saidIn(store, Object.keys(expected.store)),
    facts: Object.fromEntries(await Promise.all(facts)),
    notes: Object.fromEntries(await Promise.all(notes)),
  };
}

async function saidIn(store: TranscriptStore, names: readonly string[]) {
  const said = names.map(async (name) => [name, told(await readAll(store, { key: keyOf(name) }))]);
  return Object.fromEntries(await Promise.all(said));
}

/** With the sessions named shortly, and of a difference only where it is. */
function toExpected({ isDone, sessions }: MigrationReport) {
  return { isDone, sessions: sessions.map(shortly) };
}

function shortly({ log: _, what: __, session, difference, ...rest }: SessionReport): object {
  const at = difference && { log: difference.log?.seq, store: difference.store?.seq };
  return { ...rest, session: nameOf(session), ...(at && { difference: at }) };
}

function nameOf(key: SessionKey | undefined): string | undefined {
  return key?.nativeId;
}

function withoutAside({ isDone, sessions }: Expected) {
  return { isDone, sessions: sessions.map((session) => ({ ...session, setAside: false })) };
}

/** Each log with its bytes. */
function twinsIn(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.twin.jsonl') && !name.startsWith('store.'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(`${folder}/${name}`, 'latin1')]));
}

/** Logs that are neither where they were nor set aside, to the last byte. */
function kept(before: Record<string, string>, transcripts: string): string[] {
  const after = {
    ...twinsIn(transcripts),
    ...(readdirSync(transcripts).includes('migrated') && twinsIn(`${transcripts}/migrated`)),
  };
  return Object.keys(before).filter((name) => after[name] !== before[name]);
}
