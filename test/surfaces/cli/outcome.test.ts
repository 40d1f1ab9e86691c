/** What is told of a command of the chat: the words, and whose place is meant by them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CommandSummary } from '../../../src/app/kato.ts';
import { outcomeInWords } from '../../../src/surfaces/cli/outcome.ts';

const outside = 'it is outside the folders where kato may write';
const [HERE, ASKED] = ['/k/recordings/a.md', '/home/ann/outside.md'];

describe('what came of a command says', () => {
  const cases: readonly [name: string, outcome: Partial<CommandSummary>, words: string][] = [
    ['where it was done', { kind: 'done', paths: [HERE] }, `done: ${HERE}`],
    [
      'where it went, and why not to the place that was asked for',
      { kind: 'redirected', reason: outside, asked: ASKED, paths: [HERE] },
      `redirected to ${HERE}: ~/outside.md is outside the folders where kato may write`,
    ],
    [
      'the same of a reason that is not about the place alone',
      { kind: 'redirected', reason: 'the disk is full', asked: ASKED, paths: [HERE] },
      `redirected to ${HERE}: ~/outside.md: the disk is full`,
    ],
    [
      'the same where the place was not noted yet',
      { kind: 'redirected', reason: outside, paths: [HERE] },
      `redirected to ${HERE}: the place that was asked for is outside the folders where kato may write`,
    ],
    [
      'where it goes on, for a place that it cannot have either',
      { kind: 'no-op', reason: outside, asked: '/etc/x.md', paths: [HERE] },
      `not written to /etc/x.md (outside the folders where kato may write); it goes on in ${HERE}`,
    ],
    [
      'that it is recorded already',
      { kind: 'no-op', reason: 'it is being recorded there already', paths: [HERE] },
      `nothing to do: it is being recorded there already: ${HERE}`,
    ],
    [
      'that there was nothing to stop',
      { kind: 'no-op', reason: 'nothing is being recorded' },
      'nothing to do: nothing is being recorded',
    ],
    [
      'what may not be written',
      { kind: 'denied', reason: outside, paths: [ASKED] },
      'denied: ~/outside.md is outside the folders where kato may write',
    ],
    ['that it may not be now', { kind: 'denied', reason: 'there were more' }, 'denied: there were more'],
    [
      'what failed where',
      { kind: 'failed', reason: 'the folder does not exist', paths: [ASKED] },
      'failed: ~/outside.md: the folder does not exist',
    ],
    [
      'several candidates once',
      { kind: 'failed', reason: 'id:abcd fits several recordings: a, b', paths: [HERE, ASKED] },
      'failed: id:abcd fits several recordings: a, b',
    ],
  ];
  for (const [name, outcome, words] of cases) {
    it(name, () => {
      const shown = (path: string) => path.replace(/^\/home\/ann/, '~');
      assert.equal(outcomeInWords({ kind: 'done', paths: [], ...outcome }, shown), words);
    });
  }
});
