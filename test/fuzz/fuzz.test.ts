import { describe, it } from 'node:test';
import { temporaryFolder } from '../support/derive.ts';
import { fuzzOnce } from './once.ts';

describe('session files that grow, break and move', () => {
  for (let seed = 1; seed <= 60; seed++) {
    it(`lose nothing that was kept (seed ${seed})`, (t) => fuzzOnce(seed, temporaryFolder(t), 12));
  }
});
