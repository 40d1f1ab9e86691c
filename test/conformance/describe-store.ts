/**
 * The contract of a transcript store, `src/store/store.ts`, as one suite for every engine.
 *
 * The sections lie in `test/store/contract/`. An engine that keeps its data plays every test twice: with the store left
 * open, and closed and opened again between steps. After every test the store must find nothing wrong with itself.
 */
import { describe } from 'node:test';
import { appendContract, checkpointContract, offsetContract } from '../store/contract/append.ts';
import { blobContract, rawContract, statsContract } from '../store/contract/bytes.ts';
import { dropContract } from '../store/contract/drop.ts';
import { forgetContract } from '../store/contract/forget.ts';
import { readContract } from '../store/contract/read.ts';
import { rederiveContract } from '../store/contract/rederive.ts';
import { revisionContract } from '../store/contract/revisions.ts';
import { type Check, checksOf, type OpenStore } from '../store/contract/scene.ts';
import { linkContract, sessionContract } from '../store/contract/sessions.ts';
import { supersedeContract, sweepContract } from '../store/contract/superseded.ts';

export interface StoreTraits {
  /** False for an engine whose data is gone when it is closed. */
  readonly keepsData: boolean;
}

const sections: readonly (readonly [string, (check: Check) => void])[] = [
  ['append', appendContract],
  ['checkpoints', checkpointContract],
  ['revisions', revisionContract],
  ['reading', readContract],
  ['sessions', sessionContract],
  ['links', linkContract],
  ['what was taken back', supersedeContract],
  ['what a source lost', sweepContract],
  ['raw bytes', rawContract],
  ['blobs and side files', blobContract],
  ['offsets', offsetContract],
  ['rederive', rederiveContract],
  ['forget', forgetContract],
  ['drop', dropContract],
  ['stats', statsContract],
];

/** `open` gives the store that lies in a folder. The folder is new for each test, and removed after it. */
export function describeStore(name: string, open: OpenStore, { keepsData }: StoreTraits): void {
  describe(name, () => {
    for (const [title, section] of sections) describe(title, () => section(checksOf(open, keepsData)));
  });
}
