/** What is said of a folder where kato may not write. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { howToAllow } from '../../src/app/allowing.ts';

const allowing = (folder: string, ...roots: readonly string[]) =>
  howToAllow(folder, { rootsInFile: async () => roots, userHome: '/home/ann' });

describe('what allows a folder', () => {
  it('is a whole command, which keeps what is allowed already', async () => {
    assert.equal(
      await allowing("/home/ann/o'notes", '/home/ann/work', '/srv/x'),
      `\`kato config set write.roots '["~/work", "/srv/x", "~/o'\\''notes"]'\` allows the folder`,
    );
  });

  it('is a restart where the settings allow it, and the daemon does not know yet', async () => {
    assert.match(await allowing('/home/ann/notes/deep', '/home/ann/notes'), /^`kato restart`: /);
  });
});
