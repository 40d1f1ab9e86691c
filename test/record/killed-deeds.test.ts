/** What commands ask of files, when kato is killed while it does it: done again, it comes to the same, and leaves nothing. */
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { DestinationFiles, PendingFile } from '../../src/core/ports.ts';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import type { TranscriptStore } from '../../src/store/store.ts';
import { Studio } from './support.ts';

/** A process that is killed in the middle of a file: at its first text, or when the file has its name and nobody knows. */
function killing(when: 'write' | 'commit'): DestinationFiles {
  const die = (): never => {
    throw new Error('killed');
  };
  return {
    ...nodeDestinations,
    begin(...args): PendingFile {
      const file = nodeDestinations.begin(...args);
      return {
        write: when === 'write' ? die : (text) => file.write(text),
        commit(options) {
          file.commit(options);
          return die();
        },
        discard: () => {}, // The dead clean nothing up.
      };
    },
  };
}

for (const when of ['write', 'commit'] as const) {
  describe(`killed at its ${when}`, () => {
    for (const option of ['', ' +overwrite']) {
      it(`an export${option} is there once`, async (t) => {
        const studio = new Studio(t);
        const line = `::export ${studio.notes}/a.md${option}`;
        studio.change = { files: killing(when) };
        studio.recorder = studio.make();
        await studio.recorder.start();
        await studio.say('one', line, 'two');
        studio.change = {};
        await studio.restart();
        assert.deepEqual(await studio.outcomes(), [`${line}: done`]);
        assert.deepEqual(readdirSync(studio.notes), ['a.md']);
        assert.ok(studio.file('a.md').endsWith(`${line}\n`));
      });
    }
  });
}

it('an export into a file that stands, and is another, is refused still', async (t) => {
  const studio = new Studio(t);
  await studio.say('one', `::export ${studio.notes}/a.md`, `::export ${studio.notes}/a.md`);
  assert.deepEqual((await studio.outcomes()).map((one) => one.split(': ')[1]?.slice(0, 6)).sort(), ['done', 'failed']);
});

describe('a capture, killed when its file has its name and nobody knows', () => {
  const begun: Record<string, (studio: Studio) => Promise<string>> = {
    'a file that was prepared': async (studio) => {
      await studio.say('zero', `::init ${studio.notes}/a.md`);
      return '';
    },
    'a note below which recording began in the same breath': async (studio) => {
      writeFileSync(`${studio.notes}/a.md`, 'mine\n');
      await studio.say('zero');
      return `::record ${studio.notes}/a.md\n`;
    },
  };
  const since: Record<string, (studio: Studio) => void> = {
    'is there once': () => {},
    'is there once, and a backup of what was written below it': (studio) =>
      appendFileSync(`${studio.notes}/a.md`, '\nbelow\n'),
  };
  for (const [where, begin] of Object.entries(begun)) {
    for (const [what, happen] of Object.entries(since)) {
      it(`in ${where}, ${what}`, async (t) => {
        const studio = new Studio(t);
        const before = await begin(studio);
        const above = studio.file('a.md');
        studio.change = { files: killing('commit') };
        studio.recorder = studio.make();
        await studio.recorder.start();
        await studio.say('one', `${before}::capture ${studio.notes}/a.md`, 'two');
        happen(studio);
        const killed = studio.file('a.md');
        studio.change = {};
        await studio.restart();
        await studio.say('three');
        const written = studio.file('a.md');
        assert.ok(written.startsWith(above));
        for (const word of ['zero', 'one', 'two', 'three']) assert.equal(written.split(`\n${word}\n`).length, 2, word);
        const backups = studio.list().filter((name) => name !== 'a.md');
        const isKept = what !== 'is there once';
        assert.deepEqual(
          backups.map((name) => studio.file(name)),
          isKept ? [killed] : [],
        );
      });
    }
  }
});

it('a capture, killed when its body is noted and not that it is done, leaves what stands above it', async (t) => {
  const befores = [
    (path: string) => `::record ${path}`,
    (path: string) => `::capture ${path} last:1`,
    (path: string) => `::record ${path}\n::capture ${path} last:1`,
  ];
  for (const before of befores) {
    const studio = new Studio(t);
    const line = `::capture ${studio.notes}/a.md`;
    writeFileSync(`${studio.notes}/a.md`, 'mine\n');
    await studio.say('zero', before(`${studio.notes}/a.md`));
    studio.change = { store: dyingAfterNote(studio.store) };
    studio.recorder = studio.make();
    await studio.recorder.open();
    await studio.say('one', line, 'two');
    studio.change = {};
    await studio.restart();
    await studio.say('three');
    assert.deepEqual(studio.list(), ['a.md']);
    assert.ok(studio.file('a.md').startsWith('mine\n'));
    for (const word of ['zero', 'one', 'two', 'three'])
      assert.equal(studio.file('a.md').split(`\n${word}\n`).length, 2, word);
  }
});

/** A process that is killed when it has noted how far a file is. */
function dyingAfterNote(store: TranscriptStore): TranscriptStore {
  let isDead = false;
  const append: TranscriptStore['append'] = (batches) => {
    if (isDead) throw new Error('killed');
    isDead = batches.some(({ offsets }) => offsets.some(({ consumer }) => consumer.startsWith('recording/')));
    return store.append(batches);
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'append') return append;
      const found: unknown = Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}
