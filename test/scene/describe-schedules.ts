/** Random schedules of one provider as tests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ProviderName, runSchedule, scheduleOf } from './schedule.ts';

const SEEDS = 20;

export function describeSchedules(provider: ProviderName, seeds = SEEDS): void {
  describe(`what ${provider} writes is recorded as it is exported, whatever happens meanwhile`, () => {
    for (let seed = 1; seed <= seeds; seed++)
      it(`seed ${seed}`, async (t) => assert.deepEqual(await runSchedule(scheduleOf(provider, seed), t), []));
  });
}
