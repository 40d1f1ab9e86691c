import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearest } from '../../src/core/nearest.ts';

const KNOWN = ['autoGenerateSnapshots', 'preset', 'headingTime', 'roots', 'username', 'updated'];

describe('the name that was meant', () => {
  for (const [typed, meant] of [
    ['presset', 'preset'],
    ['perset', 'preset'],
    ['PRESET', 'preset'],
    ['rots', 'roots'],
    ['headingtime', 'headingTime'],
    ['autoGenerateSnapshot', 'autoGenerateSnapshots'],
    ['user', 'username'],
    ['auto', 'autoGenerateSnapshots'],
  ]) {
    it(`${typed} is ${meant}`, () => assert.equal(nearest(typed ?? '', KNOWN), meant));
  }

  for (const typed of ['', 'x', 'up', 'colour', 'engine']) {
    it(`\`${typed}\` is like none`, () => assert.equal(nearest(typed, KNOWN), undefined));
  }
});
