import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ago, bytes, count, duration, parseSince } from '../../../src/surfaces/cli/words.ts';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');

describe('words for numbers', () => {
  it('sizes have at most three digits, and a unit', () => {
    const sizes = [0, 999, 1000, 1400, 9949, 9960, 120_000, 999_499, 999_500, 1_400_000, 7e9, 3e12, 4e15];
    assert.deepEqual(sizes.map(bytes), [
      '0 B',
      '999 B',
      '1.0 kB',
      '1.4 kB',
      '9.9 kB',
      '10 kB',
      '120 kB',
      '999 kB',
      '1.0 MB',
      '1.4 MB',
      '7.0 GB',
      '3.0 TB',
      '4000 TB',
    ]);
  });

  it('counts agree with their word, and are easy to read', () => {
    assert.deepEqual(
      [count(0, 'session'), count(1, 'session'), count(1204, 'session'), count(1_234_567, 'event')],
      ['0 sessions', '1 session', '1,204 sessions', '1,234,567 events'],
    );
    assert.equal(count(2, 'entry', 'entries'), '2 entries');
  });

  it('durations', () => {
    assert.deepEqual([0, 8.4, 59.6, 80, 3600, -1].map(duration), ['0s', '8s', '1m 0s', '1m 20s', '60m 0s', '0s']);
  });

  it('how long ago something was', () => {
    const at = (seconds: number) => ago(new Date(NOW - seconds * 1000).toISOString(), NOW);
    assert.deepEqual([0, 1, 59, 60, 3599, 3600, 86_399, 86_400, 86_400 * 400].map(at), [
      'just now',
      '1s ago',
      '59s ago',
      '1m ago',
      '59m ago',
      '1h ago',
      '23h ago',
      '1d ago',
      '400d ago',
    ]);
    assert.equal(at(-3600), 'just now', 'a clock that is ahead');
    assert.equal(ago(undefined, NOW), 'unknown');
    assert.equal(ago('no time', NOW), 'just now');
  });
});

describe('a point in time as people give it', () => {
  it('an age', () => {
    assert.equal(parseSince('7d', NOW), '2026-11-14T12:00:00.000Z');
    assert.equal(parseSince('90m', NOW), '2026-11-21T10:30:00.000Z');
    assert.equal(parseSince('12h', NOW), '2026-11-21T00:00:00.000Z');
    assert.equal(parseSince('2w', NOW), '2026-11-07T12:00:00.000Z');
  });

  it('a day, from its beginning where one is', () => {
    const midnight = new Date(2026, 10, 1).toISOString();
    assert.equal(parseSince('2026-11-01', NOW), midnight);
    const today = new Date(NOW);
    today.setHours(0, 0, 0, 0);
    assert.equal(parseSince('today', NOW), today.toISOString());
    today.setDate(today.getDate() - 1);
    assert.equal(parseSince('yesterday', NOW), today.toISOString());
  });

  it('an instant', () => {
    assert.equal(parseSince('2026-11-01T10:00:00Z', NOW), '2026-11-01T10:00:00.000Z');
  });

  it('anything else is none', () => {
    for (const text of [
      '',
      'soon',
      '7',
      '7 days',
      '-3d',
      '1.5h',
      '11/01/2026',
      '2026-13-01',
      '2026-02-30',
      '99999999999999d',
    ])
      assert.equal(parseSince(text, NOW), undefined, text);
  });
});
