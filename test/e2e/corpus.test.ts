/** Real session files, where there are some: `KATO_CORPUS` names a folder of them, with a folder for each provider in it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { surveyProvider } from '../../scripts/corpus.ts';
import { providers } from '../../src/providers/registry.ts';

const corpus = resolve(process.env.KATO_CORPUS ?? '../shared/corpus');
const skip = existsSync(corpus) ? false : 'skipped: no corpus';

/** Of the others a corpus may have nothing. */
const expected = ['claude-code', 'codex', 'gemini-cli'];

describe('every file of the corpus', () => {
  for (const provider of providers) {
    it(`of ${provider.id} is read without a failure, to the last byte, and twice alike`, { skip }, async (t) => {
      const report = await surveyProvider(provider, corpus);
      if (report.sources === 0 && !expected.includes(provider.id))
        return t.skip('skipped: the corpus has no session files of it');
      assert.ok(report.frames > 0);
      assert.equal(report.exceptions, 0);
      assert.equal(report.unaccountedBytes, 0);
      assert.ok(report.sameOnSecondRun);
    });
  }
});
