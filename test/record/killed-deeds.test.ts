/** What commands ask of files, when kato is killed while it does it: done again, it comes to the same, and leaves nothing. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { DestinationFiles, PendingFile } from '../../src/core/ports.ts';
import { nodeDestinations } from '../../src/platform/destinations.ts';
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
