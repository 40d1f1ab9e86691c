import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { createFileLogger } from '../../src/platform/logger.ts';
import { temporaryFolder } from '../support/derive.ts';

it('a log keeps paths as they are where the home folder is the root', (t) => {
  const file = join(temporaryFolder(t), 'x.jsonl');
  const clock = { now: () => '2026-11-21T10:00:00.000Z', monotonicMs: () => 0 };
  createFileLogger({ file, least: 'info', clock, userHome: '/' }).log('warn', 'a', { path: '/etc/x' });
  assert.match(readFileSync(file, 'utf8'), /"\/etc\/x"/);
});
