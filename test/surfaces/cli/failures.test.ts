import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BARRED } from '../../../src/record/refusals.ts';
import { failureInWords } from '../../../src/surfaces/cli/failures.ts';

const DISK = ['ENOENT', 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EISDIR', 'ENAMETOOLONG', 'EIO', 'EBUSY'];

it('why a recording is paused is said in words, not as a code of the system', () => {
  for (const code of [...BARRED, ...DISK]) assert.doesNotMatch(failureInWords(code), /^E[A-Z]+$/, code);
});
