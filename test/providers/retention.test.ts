/** How long agents keep sessions, by their own settings. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { providers } from '../../src/providers/registry.ts';

const ages = (maxAge: unknown, enabled?: boolean) => ({ general: { sessionRetention: { maxAge, enabled } } });

const cases: readonly (readonly [provider: string, settings: unknown, days: number | undefined])[] = [
  ['claude-code', undefined, 30],
  ['claude-code', { cleanupPeriodDays: 365 }, 365],
  ['claude-code', { cleanupPeriodDays: 0 }, 0],
  ['claude-code', { cleanupPeriodDays: 'long' }, 30],
  ['gemini-cli', undefined, 30],
  ['gemini-cli', ages('12h'), 0.5],
  ['gemini-cli', ages('2w', true), 14],
  ['gemini-cli', ages('3m'), 90],
  ['gemini-cli', ages('for ever'), 30],
  ['gemini-cli', ages('7d', false), undefined],
];

for (const [id, settings, days] of cases) {
  it(`${id} with ${JSON.stringify(settings)} keeps a session for ${days === undefined ? 'ever' : `${days} days`}`, () => {
    assert.equal(providers.find((provider) => provider.id === id)?.retention?.days(settings), days);
  });
}

it('an agent of which no retention is known deletes nothing', () => {
  assert.equal(providers.find(({ id }) => id === 'codex')?.retention, undefined);
});
