import assert from 'node:assert/strict';
import { it } from 'node:test';
import { countDiagnostics } from '../../src/core/diagnostic.ts';

it('diagnostics are counted by code and subject, in order of first appearance', () => {
  const counts = countDiagnostics([
    { code: 'nul-bytes' },
    { code: 'unknown-record', about: 'x' },
    { code: 'unknown-record', about: 'y' },
    { code: 'nul-bytes' },
    { code: 'unknown-record', about: 'x' },
  ]);
  assert.deepEqual(counts, [
    { code: 'nul-bytes', about: undefined, count: 2 },
    { code: 'unknown-record', about: 'x', count: 2 },
    { code: 'unknown-record', about: 'y', count: 1 },
  ]);
  assert.deepEqual(countDiagnostics([]), []);
});
