/** What the status page says of what is not as it should be, and in which order. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CommandSummary, KatoStatus, RecordingSummary, SessionSummary } from '../../../src/app/kato.ts';
import { inOrder, recordingLines } from '../../../src/surfaces/cli/commands/recordings.ts';
import type { CliContext } from '../../../src/surfaces/cli/context.ts';
import { statusPage } from '../../../src/surfaces/cli/status-page.ts';

const context = {
  services: { now: () => Date.parse('2026-07-02T00:00:00.000Z'), streams: { stdout: { isTTY: false } } },
  width: 80,
  shown: (path: string) => path,
} as unknown as CliContext; // The page asks for nothing else.

const recording = (n: number, change: Partial<RecordingSummary> = {}): RecordingSummary => ({
  ...{ id: `${n}c2f9a77-0000-4000-8000-000000000000`, shortId: `${n}c2f9a77`, title: 'bees' },
  ...{ session: { provider: 'codex', nativeId: 'x' }, sessionId: 'abcdef01-0000-4000-8000-000000000000' },
  ...{ path: `/w/${n}.md`, format: 'markdown', on: true, bytes: 1, offset: 1, edited: false, missing: 0 },
  ...change,
});

function page(change: Partial<KatoStatus>): string {
  const none = {
    sessions: 0,
    keptSessions: 0,
    events: 0,
    rawBytes: 0,
    rawStoredBytes: 0,
    eventStoredBytes: 0,
    blobBytes: 0,
  };
  const status: KatoStatus = {
    ...{ daemon: { running: false }, store: { ...none, engine: 'sqlite' as const, diskBytes: 0 }, providers: [] },
    ...{ recent: [], active: [], lag: [], gone: 0, flaws: [], recordings: [], commands: [] },
    ...{ keeps: 'all', unkept: { whole: 0, partly: 0 }, goneUnkept: { whole: 0, partly: 0 } },
    ...change,
  };
  return statusPage(status, context, false);
}

/** The paths of what is shown as being recorded. */
function recorded(...recordings: readonly RecordingSummary[]): string[] {
  const [, block = ''] = page({ recordings }).split('recording:\n');
  return [...block.matchAll(/^ {4}(\/w\/.*)$/gm)].map(([, path = '']) => path);
}

describe('what is recorded', () => {
  it('is shown first where it went elsewhere, with the place that was asked for; then what does not go on', () => {
    const moved = recording(3, { redirectedFrom: '/etc/x.md' });
    const paused = recording(2, { failure: 'ENOSPC' });
    assert.deepEqual(recorded(recording(1), paused, moved), ['/w/3.md', '/w/2.md', '/w/1.md']);
    assert.match(page({ recordings: [moved] }), /\n {4}\/w\/3\.md\n {4}redirected from \/etc\/x\.md\n/);
  });

  it('is not cut where something is wrong with it', () => {
    const wrong = [1, 2, 3, 4, 5, 6, 7].map((n) => recording(n, { redirectedFrom: '/etc/x.md' }));
    assert.equal(recorded(recording(8), ...wrong).length, 7);
    const text = page({ recordings: [recording(8), ...wrong] });
    assert.match(text, /… and 1 more \(--all\)/);
  });

  it('says nothing of another place when it is off', () => {
    assert.doesNotMatch(page({ recordings: [recording(1, { on: false, redirectedFrom: '/x.md' })] }), /redirected/);
  });
});

describe('a folder that the system does not watch', () => {
  const ingest = (mode: 'watching' | 'polling') => ({
    ...{ failing: [], unreadable: [] },
    roots: [{ path: '/h/.codex/sessions', mode, ...(mode === 'polling' && { reason: 'ENOSPC' }) }],
  });

  it('is named, with why', () => {
    const text = page({ ingest: ingest('polling') });
    assert.match(text, /^polling {5}\/h\/\.codex\/sessions: the system does not watch it \(ENOSPC\)$/m);
  });

  it('is not named when it is watched', () => {
    assert.doesNotMatch(page({ ingest: ingest('watching') }), /polling|sessions:/);
  });
});

const store = {
  sessions: 0,
  keptSessions: 0,
  events: 0,
  eventStoredBytes: 0,
  blobBytes: 0,
  engine: 'sqlite' as const,
  diskBytes: 0,
};

describe('the store', () => {
  it('tells how much of the session files it keeps, and in how much where that is less, once it keeps any', () => {
    const line = /^ {12}16 kB of session files, 9\.2 kB compressed$/m;
    assert.match(page({ store: { ...store, rawBytes: 16_000, rawStoredBytes: 9_200 } }), line);
    const same = page({ store: { ...store, rawBytes: 2800, rawStoredBytes: 2790 } });
    assert.match(same, /^ {12}2\.8 kB of session files$/m);
    assert.doesNotMatch(page({}), /session files/);
  });
});

describe('no daemon', () => {
  it('comes with the command that starts one', () => {
    assert.match(page({}), /^daemon {6}not running \(`kato start`\)$/m);
  });
});

describe('recordings and status', () => {
  it('list in the same order what goes on: what went elsewhere, what is stuck, then the last written', () => {
    const at = (hour: number) => `2026-07-01T0${hour}:00:00.000Z`;
    const all = [
      recording(1, { lastWriteAt: at(1) }),
      recording(2, { lastWriteAt: at(2) }),
      recording(3, { on: false, lastWriteAt: at(9) }),
      recording(4, { lastWriteAt: at(0), failure: 'ENOSPC' }),
      recording(5, { redirectedFrom: '/etc/x.md' }),
    ];
    assert.deepEqual(
      all.toSorted(inOrder).map(({ path }) => path),
      [5, 4, 2, 1, 3].map((n) => `/w/${n}.md`),
    );
    assert.deepEqual(
      recorded(...all),
      [5, 4, 2, 1].map((n) => `/w/${n}.md`),
    );
  });
});

describe('a file that was edited', () => {
  const tell = (change: Partial<RecordingSummary>) =>
    recordingLines(recording(1, { edited: true, ...change }), context);

  it('goes on at its end, unless its recording is off', () => {
    assert.equal(tell({}).at(-1), '  the file was edited meanwhile; kato goes on at its end');
    assert.equal(tell({ on: false }).at(-1), '  the file was edited');
  });

  it('and lacks something, comes with the command that writes all of it', () => {
    assert.deepEqual(tell({ missing: 2 }).slice(-2), [
      '  a part of the file was taken out: 2 events may be missing',
      '  hint: all of it: `kato export --recording 1c2f9a77`',
    ]);
  });
});

const command = (at: string, line: string, change: Partial<CommandSummary> = {}): CommandSummary => ({
  ...{ session: { provider: 'codex', nativeId: 'x' }, sessionId: 'abcdef01-0000-4000-8000-000000000000' },
  ...{ line, at: `2026-07-01T${at}:00.000Z`, kind: 'done', paths: [] },
  ...change,
});

/** The lines that are shown as asked in the chats. */
function asked(...commands: readonly CommandSummary[]): string[] {
  const [, block = ''] = page({ commands }).split('asked in the chats, newest first:\n');
  return [...block.matchAll(/(::.*)$/gm)].map(([, line = '']) => line);
}

describe('what was asked in the chats', () => {
  it('is shown newest first, whatever came of it', () => {
    const failed = command('10:00', '::export x', { kind: 'failed' });
    assert.deepEqual(asked(command('12:00', '::stop'), failed, command('09:00', '::record')), [
      '::stop',
      '::export x',
      '::record',
    ]);
  });

  it('and went the same wrong way again is shown once', () => {
    const wrong = (at: string, more: Partial<CommandSummary> = {}) =>
      command(at, '::record /etc/x.md', { kind: 'redirected', paths: ['/k/recordings/x.md'], ...more });
    const text = page({
      commands: [wrong('23:00'), wrong('22:00'), wrong('21:00', { paths: ['/k/recordings/y.md'] })],
    });
    assert.deepEqual(
      [...text.matchAll(/(\S+) ago/g)].map(([, when]) => when),
      ['1h', '3h'],
    );
    assert.deepEqual(asked(command('12:00', '::record'), command('11:00', '::record')), ['::record', '::record']);
  });

  it('has its lines one under the other', () => {
    const text = page({ commands: [command('23:59', '::stop'), command('12:00', '::record')] });
    assert.match(text, /^ {2}abcdef01 {2}1m ago {3}::stop$/m);
    assert.match(text, /^ {2}abcdef01 {2}12h ago {2}::record$/m);
  });
});

describe('the recent sessions', () => {
  const session = (id: string): SessionSummary => ({
    ...{ key: { provider: 'codex', nativeId: id }, id, shortId: id.slice(0, 8), facts: {}, events: 1 },
    ...{ isSubagent: false, kept: true },
  });

  it('are marked where they are at work, and the mark is explained', () => {
    const recent = [session('1c2f9a77-a'), session('2c2f9a77-b')];
    const text = page({ recent, active: ['2c2f9a77-b'] });
    assert.match(text, /^recent \(● something new in the last 10 minutes\):$/m);
    assert.match(text, /^● 2c2f9a77 /m);
    assert.match(page({ recent }), /^recent:$/m);
  });
});
