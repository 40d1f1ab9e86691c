import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Examined, MachineFacts, OwnPlace } from '../../src/app/doctor/facts.ts';
import { diagnose } from '../../src/app/doctor.ts';
import type { KatoStatus, ProviderStatus, RecordingSummary } from '../../src/app/kato.ts';

const home: OwnPlace = { path: '/h/.kato', kind: 'folder', mode: 0o700, isOurs: true, isWritable: true };
const store = { engine: 'sqlite', bytes: 1, schema: 1, newest: 1, isChecked: true } as const;
const lock = {
  isHeld: true,
  socket: '/h/.kato/run/control.sock',
  hasSocket: true,
  answers: { pid: 7, version: '1.0.0' },
};
const machine: MachineFacts = {
  ...{ version: '1.0.0', katoHome: '/h/.kato', places: [home], config: undefined },
  ...{ freeBytes: 75e9, mostWatches: 65_536, lock, stores: [store] },
};
const claude: ProviderStatus = {
  ...{ id: 'claude-code', label: 'Claude Code', roots: [{ path: '/h/.claude/projects', exists: true }] },
  ...{ sources: 3, activeSessions: 1, stale: false },
  retention: { setting: 'cleanupPeriodDays', days: 30, settings: '/h/.claude/settings.json', soon: 2, unkept: 0 },
};
const recording: RecordingSummary = {
  ...{ id: '1c2f9a77-0000-4000-8000-000000000000', shortId: '1c2f9a77', session: { provider: 'codex', nativeId: 'x' } },
  ...{
    sessionId: 'abcdef01-0000-4000-8000-000000000000',
    title: 'SECRET',
    path: '/w/a.md',
    format: 'markdown',
    on: true,
  },
  ...{ bytes: 1, offset: 1, edited: false, missing: 0 },
};
const status: KatoStatus = {
  daemon: { running: true, pid: 7, version: '1.0.0', startedAt: '', components: [] },
  store: {
    sessions: 1,
    keptSessions: 1,
    events: 1,
    rawBytes: 0,
    rawStoredBytes: 0,
    eventStoredBytes: 0,
    blobBytes: 0,
    engine: 'sqlite',
    diskBytes: 1,
  },
  ...{
    providers: [claude],
    recent: [],
    active: [],
    lag: [],
    gone: 0,
    ...{ keeps: 'all', unkept: { whole: 0, partly: 0 }, goneUnkept: { whole: 0, partly: 0 } },
    flaws: [],
    recordings: [recording],
    commands: [],
  },
  ingest: { roots: [{ path: '/h/.claude/projects', mode: 'watching' }], failing: [], unreadable: [] },
};
const well: Examined = { machine, service: { path: '/h/kato.service', state: 'same' }, status };

type Changes = { machine?: Partial<MachineFacts>; status?: Partial<KatoStatus>; service?: Examined['service'] };

/** What is not as it should be, after these changes: `level check: what → remedy`. */
function wrong({ machine: m = {}, status: s = {}, service = well.service }: Changes): string[] {
  const examined: Examined = { machine: { ...machine, ...m }, service, status: { ...status, ...s } };
  return diagnose(examined)
    .filter(({ level }) => level !== 'ok')
    .map(({ level, check, what, remedy }) => `${level} ${check}: ${what} → ${remedy}`);
}

const cases: readonly (readonly [title: string, changes: Changes, ...expected: RegExp[]])[] = [
  ['there is no config', { machine: { config: 'missing' } }, /^warn config: .*→ `kato init`/],
  ['the config is wrong', { machine: { config: { message: 'key `x`', hint: 'y' } } }, /^fail config: key `x` → y$/],
  [
    'others may look in',
    {
      machine: {
        places: [
          { ...home, mode: 0o755 },
          { ...home, path: "/h/it's.db", kind: 'file', mode: 0o644 },
        ],
      },
    },
    /^fail permissions: others may look into \/h\/\.kato \(mode 0755\) → chmod 700 \/h\/\.kato$/,
    /^fail permissions: .*0644\) → chmod 600 '\/h\/it'\\''s\.db'$/,
  ],
  [
    'the home is not ours',
    { machine: { places: [{ ...home, isOurs: false }] } },
    /^fail permissions: .*somebody else → .*chown/,
  ],
  [
    'the home cannot be written',
    { machine: { places: [{ ...home, isWritable: false }] } },
    /^fail permissions: .*written → chmod u\+rwx/,
  ],
  ['the disk is nearly full', { machine: { freeBytes: 9e7 } }, /^fail disk: 90 MB are free .*→ .*kato clean/],
  ['the disk is filling', { machine: { freeBytes: 9e8 } }, /^warn disk: 900 MB/],
  [
    'the store is newer',
    { machine: { stores: [{ ...store, schema: 2 }] } },
    /^fail store: its schema is 2.*→ upgrade kato/,
  ],
  [
    'the store is damaged',
    { machine: { stores: [{ ...store, flaw: 'bad pages' }] } },
    /^fail store: bad pages → .*kato verify/,
  ],
  [
    'SQLite cannot share',
    { machine: { stores: [{ ...store, unshareable: '3.50.0' }] } },
    /^warn store: SQLite 3\.50\.0/,
  ],
  [
    'the daemon does not answer',
    { machine: { lock: { isHeld: true, pid: 9, socket: '/s', hasSocket: false } } },
    /^fail daemon: .*does not answer.* → .*`kill 9`/,
  ],
  [
    'the daemon is gone, and left its socket',
    { machine: { lock: { isHeld: false, socket: '/s', hasSocket: true } }, status: { recordings: [] } },
    /^warn daemon: it does not run/,
    /^warn daemon: \/s was left .*→ the next `kato start`/,
  ],
  [
    'the daemon is gone, and recordings are on',
    { machine: { lock: { isHeld: false, socket: '/s', hasSocket: false } } },
    /^fail daemon: it does not run, and 1 recording should go on → `kato start`/,
  ],
  [
    'the daemon is of another version',
    { machine: { version: '2.0.0' } },
    /^warn daemon: version 1\.0\.0 runs.*→ `kato restart`/,
  ],
  [
    'a part of the daemon is broken',
    {
      status: {
        daemon: {
          ...{ running: true, pid: 7, version: '1.0.0', startedAt: '' },
          components: [
            { name: 'ingest', state: 'failed', since: '', attempts: 3, lastError: { code: 'EIO', message: 'SECRET' } },
          ],
        },
      },
    },
    /^fail daemon: its part `ingest` does not run \(EIO\)/,
  ],
  [
    'the service is another one',
    { service: { path: '/s', state: 'other' } },
    /^warn service: .*→ `kato service install`/,
  ],
  ['there is no service', { service: { path: '/s', state: 'none' } }, /^warn service: .*reboot/],
  [
    'the system has no watches left',
    { status: { ingest: { roots: [{ path: '/r', mode: 'polling', reason: 'ENOSPC' }], failing: [], unreadable: [] } } },
    /^warn watching: \/r .*\(ENOSPC\) → sudo sysctl fs\.inotify/,
  ],
  [
    'the system allows few watches',
    { machine: { mostWatches: 100 } },
    /^warn watching: .*100 folders only → sudo sysctl/,
  ],
  [
    'an agent will delete what is not here',
    { status: { providers: [{ ...claude, retention: { ...claude.retention, soon: 5, unkept: 3 } as never }] } },
    /^warn retention: Claude Code .* 30 days: 5 files within a week, of which 3 are not kept here → `kato import`.* cleanupPeriodDays in \/h/,
  ],
  [
    'an agent writes nothing',
    { status: { providers: [{ ...claude, retention: { ...claude.retention, days: 0 } as never }] } },
    /^fail retention: Claude Code writes no sessions at all/,
  ],
  [
    'a folder may not be read',
    { status: { providers: [{ ...claude, roots: [{ path: '/r', exists: true, unreadable: 'EACCES' }] }] } },
    /^fail agents: \/r cannot be read \(EACCES\)/,
  ],
  [
    'no agent was here',
    { status: { providers: [{ ...claude, roots: [{ path: '/r', exists: false }] }] } },
    /^warn agents: no agent/,
  ],
  [
    'something is behind',
    { status: { lag: [{ path: '/r/x', provider: 'codex', lagBytes: 38_412 }] } },
    /^warn lag: 38 kB in 1 file are not read yet/,
  ],
  [
    'a file cannot be taken in',
    { status: { ingest: { roots: [], failing: [{ path: '/r/x', code: 'EIO', attempts: 2 }], unreadable: [] } } },
    /^fail lag: \/r\/x cannot be taken in \(EIO, 2 attempts\)/,
  ],
  [
    'records are not understood',
    {
      status: {
        flaws: [
          { code: 'unknown-record', about: 'SECRET', count: 2 },
          { code: 'unknown-record', count: 3 },
        ],
      },
    },
    /^warn shapes: .*: 5 × unknown-record → .*kato reprocess/,
  ],
  [
    'recordings fail',
    {
      status: {
        recordings: [
          { ...recording, failure: 'gone' },
          { ...recording, failure: 'ENOSPC' },
          { ...recording, edited: true, missing: 2 },
        ],
      },
    },
    /^fail recordings: \/w\/a\.md does not go on \(gone\) → `kato record abcdef01 NEW-PATH`/,
    /^fail recordings: \/w\/a\.md does not go on \(ENOSPC\)/,
    /^warn recordings: 2 events may be missing in \/w\/a\.md: a part of/,
  ],
  [
    'a recording went elsewhere',
    { status: { recordings: [{ ...recording, redirectedFrom: '/SECRET/a.md' }] } },
    /^warn recordings: \/w\/a\.md is written instead/,
  ],
];

describe('the doctor', () => {
  it('finds nothing where all is well', () => {
    assert.deepEqual(wrong({}), []);
    assert.ok(diagnose(well).length > 8, 'and says what was looked at');
  });

  for (const [title, changes, ...expected] of cases) {
    it(`says so when ${title}, and what to do`, () => {
      const told = wrong(changes);
      assert.equal(told.length, expected.length, told.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(told[index] ?? '', pattern);
      assert.doesNotMatch(told.join('\n'), /SECRET|undefined/);
    });
  }

  it('says why kato cannot be opened', () => {
    const failing = { message: 'cannot open the store', hint: 'wait' };
    const told = diagnose({ ...well, status: failing }).filter(({ level }) => level === 'fail');
    assert.deepEqual(told, [{ check: 'store', level: 'fail', what: failing.message, remedy: 'wait' }]);
  });
});
