import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { exportSession } from '../../src/app/export.ts';
import type { ExportReport, ExportRequest } from '../../src/app/kato.ts';
import { KatoError } from '../../src/core/errors.ts';
import { shortId } from '../../src/core/session.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { nodeDestinations } from '../../src/platform/destinations.ts';
import type { Format } from '../../src/record/formats/format.ts';
import { formats } from '../../src/record/formats/registry.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { emptyBatch } from '../../src/store/store.ts';
import { keyOf, partOf, say } from '../support/batches.ts';
import { temporaryFolder } from '../support/derive.ts';
import { request, TestKato } from '../support/kato.ts';
import { claudeSession, type Said } from '../support/session-files.ts';

const SAID: readonly Said[] = [
  { by: 'user', text: 'Peel the pears', at: '2026-07-01T10:00:00.000Z' },
  { by: 'model', text: 'Peeled.', at: '2026-07-01T10:00:05.000Z' },
  { by: 'user', text: 'Cut them', at: '2026-07-01T10:01:00.000Z' },
  { by: 'model', text: 'Cut.', at: '2026-07-01T10:01:05.000Z' },
];
const ONE = 'c1a0de00-0000-4000-8000-000000000001';
type Context = { after(fn: () => void | Promise<void>): void };

/** Kato with a session that worked in `work`, and a folder `notes` where it may write. */
async function openWithSession(t: Context, settings = 'write: { roots: [~/notes] }\n'): Promise<TestKato> {
  const opened = await TestKato.open(t, settings);
  mkdirSync(opened.home.path('notes'));
  mkdirSync(opened.home.path('work'));
  await opened.import(claudeSession({ id: ONE, said: SAID, cwd: opened.home.path('work') }));
  return opened;
}

async function exportOne(opened: TestKato, more: Partial<ExportRequest> = {}): Promise<ExportReport> {
  const { key } = await opened.find(ONE);
  return opened.kato.export({ ...request('chat'), key, ...more });
}

const fails = (code: string, what: RegExp) => (error: unknown) =>
  error instanceof KatoError && error.code === code && what.test(error.message);

describe('an export without a destination', () => {
  it('is a file among the recordings, named by its time, title and id, for its user alone', async (t) => {
    const opened = await openWithSession(t);
    const { id, shortId } = await opened.find(ONE);
    const report = await exportOne(opened);
    assert.equal(report.path, opened.home.path(`.kato/recordings/2026-07-01_1000-peel-the-pears--${shortId}.md`));
    assert.equal(statSync(report.path).mode & 0o777, 0o600);
    assert.equal(report.events, 4);
    assert.equal(report.bytes, statSync(report.path).size);
    assert.match(readFileSync(report.path, 'utf8'), new RegExp(`^---\nid: .*\nsessionId: ${id}\n---\n\n# User_`, 's'));
  });

  it('never replaces the one before it: the next has a number', async (t) => {
    const opened = await openWithSession(t);
    const first = await exportOne(opened);
    writeFileSync(first.path, 'edited by me');
    const second = await exportOne(opened);
    assert.equal(second.path, first.path.replace(/\.md$/, '-2.md'));
    assert.equal(readFileSync(first.path, 'utf8'), 'edited by me');
    assert.match(readFileSync(second.path, 'utf8'), /Peel the pears/);
  });

  it('is called after its id alone where its title has no letters for a name', async (t) => {
    const opened = await TestKato.open(t);
    await opened.import(claudeSession({ id: ONE, said: [{ by: 'user', text: '数' }] }));
    const { shortId } = await opened.find(ONE);
    assert.equal((await exportOne(opened)).path, opened.home.path(`.kato/recordings/session--${shortId}.md`));
  });
});

describe('an export whose name is taken', () => {
  it('is rendered once, however many names like it are taken', async (t) => {
    const recordings = realpathSync(temporaryFolder(t));
    const store = createMemoryStore();
    await store.append([{ ...emptyBatch, sessions: [partOf('a', [say('a', 'r1', 'Peel the pears')])] }]);
    const session = await store.session(keyOf('a'));
    assert.ok(session);
    let renderings = 0;
    const format: Format = {
      ...formats.markdown,
      head: (info) => {
        renderings += 1;
        return formats.markdown.head(info);
      },
    };
    const context = {
      store,
      audit: { log: () => {} },
      frontMatter: true,
      userName: '',
      updated: false,
      files: nodeDestinations,
      clock: systemClock,
      katoHome: recordings,
      userHome: '/home/ann',
      recordings,
      configuredRoots: [],
      rootsInFile: async () => [],
      roots: [],
      projectFolders: false,
    };
    const names = [];
    for (let count = 0; count < 4; count++) {
      const wanted = { ...request('chat'), key: session.key };
      const { path } = await exportSession(session, format, () => 'pears', wanted, context);
      names.push(path.slice(recordings.length + 1));
    }
    const bare = `pears--${shortId(session.id)}`;
    assert.deepEqual(names, [`${bare}.md`, `${bare}-2.md`, `${bare}-3.md`, `${bare}-4.md`]);
    assert.equal(renderings, 4);
    assert.deepEqual(readdirSync(recordings).sort(), names.toSorted(), 'and nothing is left beside them');
  });
});

describe('an export to a file', () => {
  it('is written whole, in the format that is asked for, folders made on the way', async (t) => {
    const opened = await openWithSession(t);
    const path = opened.home.path('notes/deep/er/pears.jsonl');
    const report = await exportOne(opened, { path, ...request('audit', 'jsonl') });
    assert.deepEqual([report.path, report.backup], [path, undefined]);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, report.events);
    for (const line of lines) assert.equal(JSON.parse(line).v, 1);
  });

  it('goes into the folder in which its session worked, unless that is switched off', async (t) => {
    const opened = await openWithSession(t);
    const path = opened.home.path('work/pears.md');
    assert.equal((await exportOne(opened, { path })).path, path);
    const strict = await openWithSession(t, 'write: { projectFolders: false }\n');
    await assert.rejects(exportOne(strict, { path: strict.home.path('work/pears.md') }), fails('denied', /outside/));
  });

  it("never replaces a file of the user's, whatever is in it", async (t) => {
    const opened = await openWithSession(t);
    for (const text of ['mine', '']) {
      const path = opened.write('notes/mine.md', text);
      await assert.rejects(exportOne(opened, { path }), fails('write-failed', /exists already$/));
      assert.equal(readFileSync(path, 'utf8'), text);
    }
    assert.deepEqual(readdirSync(opened.home.path('notes')), ['mine.md'], 'nor is anything left beside it');
  });

  it('replaces one when that is asked for, and keeps it beside the new one', async (t) => {
    const opened = await openWithSession(t);
    const path = opened.write('notes/mine.md', 'mine');
    const report = await exportOne(opened, { path, overwrite: true });
    assert.match(report.backup ?? '', /^mine\.md\.bak-/);
    assert.equal(readFileSync(opened.home.path('notes', report.backup ?? ''), 'utf8'), 'mine');
    assert.match(readFileSync(path, 'utf8'), /Peel the pears/);
    const again = await exportOne(opened, { path, overwrite: true });
    assert.notEqual(again.backup, report.backup, 'every earlier file has a name of its own');
  });

  it('does not follow a link, not even to a place where it may write', async (t) => {
    const opened = await openWithSession(t);
    mkdirSync(opened.home.path('private'));
    symlinkSync(opened.home.path('private'), opened.home.path('notes/link'));
    symlinkSync(opened.home.path('private/x.md'), opened.home.path('notes/x.md'));
    const through = exportOne(opened, { path: opened.home.path('notes/link/x.md') });
    await assert.rejects(through, fails('write-failed', /a part of the path is (?:a file or )?a link/));
    await assert.rejects(exportOne(opened, { path: opened.home.path('notes/x.md') }), fails('write-failed', /exists/));
    assert.deepEqual(readdirSync(opened.home.path('private')), []);
  });

  it('below a file says what stands in the way', async (t) => {
    const opened = await openWithSession(t);
    opened.write('notes/file.md', 'mine');
    const below = exportOne(opened, { path: opened.home.path('notes/file.md/x.md') });
    await assert.rejects(below, fails('write-failed', /a part of the path is a file or a link$/));
  });

  it('is named by kato where a folder is given', async (t) => {
    const opened = await openWithSession(t);
    const { shortId } = await opened.find(ONE);
    const name = `2026-07-01_1000-peel-the-pears--${shortId}.md`;
    assert.equal((await exportOne(opened, { path: opened.home.path('notes') })).path, opened.home.path('notes', name));
    const report = await exportOne(opened, { path: opened.home.path('notes/new/') });
    assert.equal(report.path, opened.home.path('notes/new', name));
  });
});

describe('nothing to export', () => {
  it('is an error, leaves no file and no folder, and is not noted as an export', async (t) => {
    const opened = await openWithSession(t);
    const options = { ...request('chat').options, user: false, assistant: false };
    for (const path of [undefined, opened.home.path('notes/none/x.md')]) {
      const nothing = exportOne(opened, { options, ...(path !== undefined && { path }) });
      await assert.rejects(nothing, fails('nothing-to-export', /has nothing to show/));
    }
    assert.deepEqual(readdirSync(opened.home.path('.kato/recordings')), []);
    assert.deepEqual(readdirSync(opened.home.path('notes')), []);
    assert.deepEqual(
      opened.audit().filter(({ event }) => event === 'export.done'),
      [],
    );
  });
});

describe('the last turns alone', () => {
  it('begin with what the user typed', async (t) => {
    const opened = await openWithSession(t);
    const report = await exportOne(opened, { last: 1 });
    const [, body] = readFileSync(report.path, 'utf8').split('\n---\n\n');
    assert.equal(body, '# User_2026-07-01_1001_00\n\nCut them\n\n# claude-toy-1_2026-07-01_1001_05\n\nCut.\n');
    assert.equal(report.events, 2);
  });

  it('are all of them where there are fewer', async (t) => {
    const opened = await openWithSession(t);
    assert.equal((await exportOne(opened, { last: 99 })).events, 4);
  });
});

describe('the audit log', () => {
  it("notes every export with its agent's name, and every refusal with its reason", async (t) => {
    const opened = await openWithSession(t);
    const { id } = await opened.find(ONE);
    await exportOne(opened, { path: opened.home.path('notes/pears.md') });
    await assert.rejects(exportOne(opened, { path: opened.home.path('pears.md') }), fails('denied', /outside/));
    const notes = opened.audit().map(({ time, ...note }) => {
      assert.match(String(time), /^\d{4}-.*Z$/);
      return note;
    });
    const session = { session: id, provider: 'claude-code' };
    assert.deepEqual(notes, [
      { level: 'info', event: 'write.granted', path: '~/notes/pears.md', ...session, root: '~/notes' },
      { level: 'info', event: 'export.done', path: '~/notes/pears.md', ...session, format: 'markdown', events: 4 },
      {
        level: 'warn',
        event: 'write.denied',
        path: '~/pears.md',
        ...session,
        reason: 'it is outside the folders where kato may write',
      },
    ]);
  });

  it('holds nothing of what was said, in a generated name neither', async (t) => {
    const opened = await openWithSession(t);
    await exportOne(opened);
    const text = readFileSync(opened.home.path('.kato/logs/audit.jsonl'), 'utf8');
    assert.doesNotMatch(text, /pears/i);
    assert.match(text, /"path":"~\/\.kato\/recordings\/2026-07-01_1000-…--[0-9a-f]{8}\.md"/);
  });

  it('notes what is printed', async (t) => {
    const opened = await openWithSession(t);
    const { key } = await opened.find(ONE);
    for await (const _ of opened.kato.exportText(key, request('prompts'))); // Read to its end.
    const [{ event, path, events } = {}] = opened.audit();
    assert.deepEqual([event, path, events], ['export.done', '-', 2]);
  });
});
