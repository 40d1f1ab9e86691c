/** One home for all tests of a suite that only look at it. */
import { after, before } from 'node:test';
import type { TestHome } from './cli.ts';

interface Cleanup {
  after(fn: () => void): void;
}

/** Called inside `describe`: makes the home before its first test; the function gives it. */
export function sharedHome(make: (cleanup: Cleanup) => TestHome): () => TestHome {
  let home: TestHome | undefined;
  const undo: (() => void)[] = [];
  before(() => {
    home = make({ after: (fn) => void undo.push(fn) });
  });
  after(() => {
    for (const fn of undo) fn();
  });
  return () => {
    if (!home) throw new Error('the home is made when the tests run, not while they are described');
    return home;
  };
}
