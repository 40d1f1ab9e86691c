/** What a line of a recorded session costs: counted, because counts are exact and times are not. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { DestinationFiles, GrowingFile } from '../../src/core/ports.ts';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import type { Batch, TranscriptStore } from '../../src/store/store.ts';
import { SESSION } from '../ingest/support/session-lines.ts';
import { until } from '../support/until.ts';
import { Studio } from './support.ts';

/** Destinations whose files are synced by this instead. */
function syncingBy(sync: (file: GrowingFile) => Promise<void>): DestinationFiles {
  return {
    ...nodeDestinations,
    grow(...args) {
      const file = nodeDestinations.grow(...args);
      return file && { ...bound(file), sync: () => sync(file) };
    },
  };
}

/** The file's own methods, for an object that stands in for it. */
function bound(file: GrowingFile): Omit<GrowingFile, 'sync'> {
  return {
    identity: file.identity,
    sizeBytes: () => file.sizeBytes(),
    read: (from, to) => file.read(from, to),
    append: (bytes) => file.append(bytes),
    cut: (length) => file.cut(length),
    close: () => file.close(),
  };
}

/** A store that notes which batches it is given. */
function noting(store: TranscriptStore, batches: Batch[]): TranscriptStore {
  return {
    ...store,
    append: (appended) => {
      batches.push(...appended);
      return store.append(appended);
    },
  };
}

/** A session that is recorded to a.md. */
async function begin(t: TestContext, change: (studio: Studio) => Studio['change']): Promise<Studio> {
  const studio = new Studio(t);
  await studio.say(`::record ${studio.notes}/a.md`, 'one');
  studio.change = change(studio);
  studio.recorder = studio.make();
  await studio.recorder.start();
  return studio;
}

describe('a line of a recorded session', () => {
  it('has its file synced once, and the store waits for the disk on behalf of nothing that the recorder keeps', async (t) => {
    let syncs = 0;
    const batches: Batch[] = [];
    const studio = await begin(t, ({ store }) => ({
      files: syncingBy(async (file) => {
        syncs += 1;
        await file.sync();
      }),
      store: noting(store, batches),
    }));
    for (const text of ['two', 'three', 'four']) {
      [syncs, batches.length] = [0, 0];
      await studio.say(text);
      assert.equal(syncs, 1);
      assert.deepEqual(
        batches.map(({ rides }) => rides),
        [true],
      );
    }
    [syncs, batches.length] = [0, 0];
    await studio.say('five', 'six', 'seven');
    assert.deepEqual([syncs, batches.length], [1, 1]);
  });

  it('that rides is waited for before it is in a file', async (t) => {
    const waits: string[] = [];
    const studio = await begin(t, ({ store }) => ({
      files: syncingBy(async (file) => {
        waits.push('file');
        await file.sync();
      }),
      store: {
        ...store,
        append: (batches) => {
          if (batches.some(({ rides }) => rides !== true)) waits.push('store');
          return store.append(batches);
        },
      },
    }));
    await studio.say(`::record ${studio.notes}/b.jsonl`);
    waits.length = 0;
    const titled = { type: 'ai-title', sessionId: SESSION, aiTitle: 'Sheep' };
    studio.stage.append(studio.stage.path(), `${JSON.stringify(titled)}\n`);
    await studio.take();
    assert.match(studio.file('b.jsonl'), /"kind":"session\.info".*Sheep.*\n$/);
    assert.deepEqual(waits, ['store', 'file']);
  });

  it('is in its file before the disk is waited for', async (t) => {
    const disk = Promise.withResolvers<void>();
    const studio = await begin(t, () => ({ files: syncingBy(() => disk.promise) }));
    let isOver = false;
    const saying = studio.say('two').then(() => {
      isOver = true;
    });
    await until(() => studio.file('a.md').includes('two'), 'the words');
    assert.equal(isOver, false);
    disk.resolve();
    await saying;
    await studio.say('three');
    assert.ok(studio.file('a.md').endsWith('three\n'));
  });
});

it('a command waits for the disk before each thing that it does to files, and not for the notes that it is done', async (t) => {
  const batches: Batch[] = [];
  const studio = await begin(t, ({ store }) => ({ store: noting(store, batches) }));
  batches.length = 0;
  await studio.say(`::record ${studio.notes}/b.md`);
  const [decided, begun, ...rest] = batches;
  assert.ok(decided?.offsets.some(({ consumer }) => consumer.startsWith('command/')));
  assert.ok(begun?.offsets.every(({ consumer }) => consumer.startsWith('recording/')));
  assert.deepEqual([decided?.rides, begun?.rides].map(Boolean), [false, false]);
  assert.ok(rest.length > 0 && rest.every(({ rides }) => rides));
});
