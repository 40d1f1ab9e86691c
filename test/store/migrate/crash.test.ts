/**
 * A migration that is cut off at any step, of the process or of the power, and done again: the store ends like that of
 * one that nobody touched, and every log is still there to its last byte, where it was or set aside.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { migrateLog } from '../../../src/store/migrate/migrate-log.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { TranscriptStore } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { dumpDatabase } from '../../support/dump.ts';
import { collect } from '../contract/scene.ts';
import { CrashDisk } from '../log/crash-disk.ts';
import { beginHome, logsOf, twinsIn } from './two-sides.ts';

/** Migrates until the crash, if there is one; the steps that were done. */
async function migrate(folder: string, crash: CrashDisk, crashesAt: number): Promise<readonly string[]> {
  const store = openSqliteStore(`${folder}/kato.db`);
  crash.steps.length = 0;
  crash.crashesAt = crashesAt;
  try {
    const report = await migrateLog(crashing(store, crash), `${folder}/transcripts`, { disk: crash.disk });
    assert.ok(report.isDone, JSON.stringify(report.sessions));
  } catch (error) {
    if (crash.steps.length < crashesAt) throw error;
  } finally {
    await store.close();
  }
  return [...crash.steps];
}

/** What is appended to the store is a step as well: a crash comes before it, or behind it. */
function crashing(store: TranscriptStore, { disk }: CrashDisk): TranscriptStore {
  return {
    ...store,
    async append(batches) {
      disk.sync('before the append');
      const appended = await store.append(batches);
      disk.sync('behind the append');
      return appended;
    },
  };
}

describe('a migration that was cut off ends, done again, like one that nobody touched', () => {
  for (const cutsPower of [false, true]) {
    it(cutsPower ? 'with the power cut at every step' : 'with the process killed at every step', async (t) => {
      const root = temporaryFolder(t);
      const untouched = `${root}/untouched`;
      const first = new CrashDisk();
      await beginHome(untouched, first.disk);
      const steps = await migrate(untouched, first, Number.POSITIVE_INFINITY);
      const expected = await dumpDatabase(`${untouched}/kato.db`);
      assert.ok(steps.length > 20, 'there is something to be cut off');
      for (let at = 1; at <= steps.length; at++) {
        const folder = `${root}/${at}`;
        const crash = new CrashDisk(7);
        const logs = await beginHome(folder, crash.disk);
        await migrate(folder, crash, at);
        if (cutsPower) crash.cutPower(`${folder}/transcripts`);
        const point = `cut off at step ${at}, ${steps[at - 1]}`;
        assert.deepEqual(logsOf(folder), logs, `${point}: the logs`);
        await migrate(folder, crash, Number.POSITIVE_INFINITY);
        assert.equal(await dumpDatabase(`${folder}/kato.db`), expected, `${point}: the store`);
        assert.deepEqual(logsOf(folder), logs, `${point}: the logs, after it was done again`);
        assert.deepEqual(twinsIn(`${folder}/transcripts`), {}, `${point}: what is left`);
        assert.equal(readdirSync(`${folder}/transcripts/migrated/blobs`).length, 1, `${point}: the blobs`);
        const store = openSqliteStore(`${folder}/kato.db`);
        assert.deepEqual(await collect(store.verify()), [], point);
        await store.close();
      }
    });
  }
});
