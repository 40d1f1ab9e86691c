/** What the status page says of what is not as it should be, and in which order. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KatoStatus, RecordingSummary } from '../../../src/app/kato.ts';
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
  const none = { sessions: 0, events: 0, rawBytes: 0, rawStoredBytes: 0, eventStoredBytes: 0, blobBytes: 0 };
  const status: KatoStatus = {
    ...{ daemon: { running: false }, store: { ...none, engine: 'sqlite', diskBytes: 0 }, providers: [] },
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
