/** What was forgotten is nowhere: not in a page of the database that is free now, not in a log, and not back tomorrow. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { TestHome } from '../support/cli.ts';
import { filesBelow } from '../support/derive.ts';
import { addSession, claudeSession, codexSession, geminiSession, type Said } from '../support/session-files.ts';
import { runOnTerminal, withoutTerminal } from '../support/terminal.ts';

const SECRET = 'xylophone-4711';
const SESSION = 'f0ac0de0-0000-4000-8000-000000000001';
const UNKEPT = 'f0ac0de0-0000-4000-8000-00000000000f';
const OTHER = '019f0ac0-0000-7000-8000-000000000002';

/** A session that names the secret everywhere: in its title, in its folder, in long and short messages, and in a name. */
function planted(): Said[] {
  const long = Array.from({ length: 400 }, (_, index) => `${index} ${SECRET}`).join('\n');
  return [
    { by: 'user', text: `What is ${SECRET}?`, at: '2026-07-01T10:00:00.000Z' },
    { by: 'model', text: long, at: '2026-07-01T10:00:05.000Z' },
    { by: 'user', text: `::record ${SECRET}.md`, at: '2026-07-01T10:00:09.000Z' },
  ];
}

function homeWithSecret(t: { after(fn: () => void): void }): TestHome {
  const home = new TestHome(t);
  const session = { id: SESSION, said: planted(), cwd: `/w/${SECRET}`, title: `About ${SECRET}` };
  addSession(home, claudeSession(session));
  addSession(home, codexSession({ id: OTHER, said: [{ by: 'user', text: 'hello', at: '2026-07-02T10:00:00.000Z' }] }));
  home.ok(['init', '--yes']);
  home.ok(['import']);
  return home;
}

/** The files of kato's home that hold the secret, however it is written. */
function filesWithSecret(home: TestHome): string[] {
  const forms = [Buffer.from(SECRET, 'utf8'), Buffer.from(SECRET, 'utf16le')];
  return filesBelow(home.kato).filter((file) => {
    const bytes = readFileSync(home.path('.kato', file));
    return forms.some((form) => bytes.includes(form));
  });
}

describe('kato forget', () => {
  it('leaves no byte of the text in any file of kato', (t) => {
    const home = homeWithSecret(t);
    assert.deepEqual(filesWithSecret(home), ['kato.db'], 'it is there before');
    const run = home.run(['forget', SESSION, '--yes']);
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /^forgot [0-9a-f]{8}\n$/);
    assert.match(run.stderr, /^hint: the agent's own file and any exported or recorded file stay/m);
    assert.deepEqual(filesWithSecret(home), []);
    assert.ok(!existsSync(home.path('.kato/kato.db-wal')), 'nor is there a log of the database');
    assert.equal(home.ok(['verify']), 'the store is sound\n');
    assert.match(readFileSync(home.path('.kato/logs/audit.jsonl'), 'utf8'), /"event":"session\.forgotten"/);
  });

  it('leaves none in the logs either, where exports and refusals are noted', (t) => {
    const home = homeWithSecret(t);
    const untitled = { id: SESSION, said: planted(), cwd: '/w/toy' };
    addSession(home, claudeSession(untitled));
    home.ok(['import']);
    for (const args of [[], ['-f', 'jsonl'], ['-o', '-'], ['-o', 'AGENTS.md']]) home.run(['export', SESSION, ...args]);
    const log = readFileSync(home.path('.kato/logs/audit.jsonl'), 'utf8');
    assert.equal(log.match(/"event":"export.done"/g)?.length, 3);
    assert.equal(log.match(/"event":"write.denied"/g)?.length, 1);
    home.ok(['forget', SESSION, '--yes']);
    assert.deepEqual(
      filesWithSecret(home).filter((file) => !file.startsWith('recordings/')),
      [],
    );
  });

  it('leaves the other sessions as they were', (t) => {
    const home = homeWithSecret(t);
    const before = home.ok(['export', OTHER, '-o', '-', '-f', 'jsonl']);
    home.ok(['forget', SESSION, '--yes']);
    assert.equal(home.ok(['export', OTHER, '-o', '-', '-f', 'jsonl']), before);
    assert.equal(home.json<unknown[]>(['sessions']).length, 1);
  });

  it('is not undone by an import, not of everything, not of the file, not when it has grown', (t) => {
    const home = homeWithSecret(t);
    home.ok(['forget', SESSION, '--yes']);
    const file = home.path(`.claude/projects/-w-toy/${SESSION}.jsonl`);
    home.ok(['import']);
    appendFileSync(file, readFileSync(file, 'utf8').replaceAll('-0000-4000-8000-0000', '-1111-4111-8111-1111'));
    home.ok(['import']);
    home.run(['import', file]);
    assert.equal(home.json<unknown[]>(['sessions']).length, 1);
    assert.deepEqual(filesWithSecret(home), []);
  });

  it("leaves the agent's file alone, and what was exported", (t) => {
    const home = homeWithSecret(t);
    const file = home.path(`.claude/projects/-w-toy/${SESSION}.jsonl`);
    const before = readFileSync(file, 'utf8');
    const exported = home.ok(['export', SESSION]).trimEnd();
    home.ok(['forget', SESSION, '--yes']);
    assert.equal(readFileSync(file, 'utf8'), before);
    assert.match(readFileSync(exported, 'utf8'), new RegExp(SECRET));
  });

  it('forgets the sub-agents of a session with it', (t) => {
    const home = new TestHome(t);
    home.addCase('claude-code', 'subagents');
    home.ok(['init', '--yes']);
    home.ok(['import']);
    assert.match(home.ok(['forget', '00000010-0000', '--yes']), /^forgot [0-9a-f]{8} and \d+ sub-agents?\n$/);
    assert.deepEqual(home.json(['sessions', '--subagents']), []);
  });

  it('does nothing without a terminal to ask on, or --yes', (t) => {
    const home = homeWithSecret(t);
    const run = home.run(['forget', SESSION]);
    assert.equal(run.status, 2);
    assert.equal(run.stderr, 'kato: forgetting cannot be undone\nhint: say --yes\n');
    assert.equal(home.json<unknown[]>(['sessions']).length, 2);
  });

  it('asks on a terminal, and takes only a yes for one', { skip: withoutTerminal }, (t) => {
    const home = homeWithSecret(t);
    for (const typed of ['\n', 'n\n', 'ja\n', '\u0004']) {
      const { status, screen } = runOnTerminal(home, `forget ${SESSION}`, { typed });
      assert.equal(status, 1, screen);
      assert.match(screen, /Forget [0-9a-f]{8} “About xylophone-4711” for ever\? \[y\/N\]/);
      assert.match(screen, /^nothing was forgotten$/m);
    }
    assert.equal(home.json<unknown[]>(['sessions']).length, 2);
    assert.match(runOnTerminal(home, `forget ${SESSION}`, { typed: 'y\n' }).screen, /^forgot [0-9a-f]{8}$/m);
    assert.equal(home.json<unknown[]>(['sessions']).length, 1);
  });

  it('can be done again, by any of its ids, and asks nothing then', (t) => {
    const home = homeWithSecret(t);
    const forgot = home.ok(['forget', SESSION, '--yes']);
    const [, shortId = ''] = /^forgot ([0-9a-f]{8})\n$/.exec(forgot) ?? [];
    rmSync(home.path('.claude'), { recursive: true });
    for (const name of [SESSION, SESSION.slice(0, 8), `claude-code/${SESSION}`, shortId]) {
      assert.equal(home.ok(['forget', name]), forgot);
    }
    assert.equal(home.json<unknown[]>(['sessions']).length, 1);
  });

  it('is remembered: what was forgotten is not shown, exported or derived from its agent’s file', (t) => {
    const home = homeWithSecret(t);
    const gemini = '6e310000-0000-4000-8000-000000000003';
    addSession(home, geminiSession({ id: gemini, said: planted() }));
    home.ok(['import']);
    const ids = home.json<{ id: string; nativeId: string }[]>(['sessions']);
    for (const { id, nativeId } of ids) {
      home.ok(['forget', nativeId, '--yes']);
      const told = `kato: session ${id.slice(0, 8)} was forgotten; its agent's file was not touched\nhint: kato does not read it`;
      for (const name of [nativeId, nativeId.slice(0, 13), id]) {
        for (const args of [
          ['show', name],
          ['export', name],
          ['export', name, '-o', '-'],
          ['reprocess', name],
        ]) {
          const run = home.run(args);
          assert.deepEqual([run.status, run.stdout, run.stderr.slice(0, told.length)], [3, '', told], args.join(' '));
        }
      }
    }
    assert.equal(home.ok(['reprocess']), '0 sessions derived again: 0 changed\n');
  });

  it('is what an import of the file says', (t) => {
    const home = homeWithSecret(t);
    home.ok(['forget', SESSION, '--yes']);
    const file = `.claude/projects/-w-toy/${SESSION}.jsonl`;
    const run = home.run(['import', file]);
    assert.equal(run.stderr, `warning: the session in ~/${file} was forgotten; it is not taken in again\n`);
    assert.equal(run.stdout, 'nothing taken in\n');
    assert.deepEqual(home.json<{ forgotten: string[] }>(['import', file]).forgotten, [home.path(file)]);
    const all = home.run(['import']);
    assert.deepEqual([all.status, all.stderr], [0, ''], 'an import of everything has nothing to say of it');
  });

  it('says so when there is nothing to forget', (t) => {
    const home = homeWithSecret(t);
    addSession(home, claudeSession({ id: UNKEPT, said: planted() }));
    for (const name of [UNKEPT, 'ffffffff']) {
      const run = home.run(['forget', name, '--yes']);
      assert.equal(run.status, 3, run.stdout);
      assert.doesNotMatch(run.stderr, new RegExp(SECRET));
    }
  });

  it('is finished by doing it again, when a reader of the store was in the way', (t) => {
    const home = homeWithSecret(t);
    const reader = new DatabaseSync(home.path('.kato/kato.db'), { readOnly: true });
    reader.exec('BEGIN; SELECT count(*) FROM block');
    const first = home.run(['forget', SESSION, '--yes']);
    assert.equal(first.status, 1);
    assert.match(first.stderr, /^kato: the session is forgotten, but .*\nhint: .*then forget the session again\n$/);
    reader.close();
    assert.notDeepEqual(filesWithSecret(home), []);
    assert.match(home.ok(['forget', SESSION, '--yes']), /^forgot [0-9a-f]{8}\n$/);
    assert.deepEqual(filesWithSecret(home), []);
    assert.match(home.ok(['import']), /./);
  });
});
