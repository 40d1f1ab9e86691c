/** What a person sees on a terminal, at its width. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { displayWidth } from '../../../src/surfaces/cli/terminal.ts';
import { TestHome } from '../../support/cli.ts';
import { addSession, claudeSession, codexSession } from '../../support/session-files.ts';
import { sharedHome } from '../../support/shared-home.ts';
import { runOnTerminal, withoutTerminal } from '../../support/terminal.ts';

const TITLE =
  'A title that is rather long, with 数字 in it, and with more words than any narrow terminal has columns for';

function homeWithSessions(t: { after(fn: () => void): void }): TestHome {
  const home = new TestHome(t);
  const said = [{ by: 'user', text: 'hello', at: '2026-07-01T10:00:00.000Z' }] as const;
  addSession(home, claudeSession({ id: 'c1a0de00-0000-4000-8000-000000000001', said, title: TITLE }));
  addSession(home, codexSession({ id: '019c0de0-0000-7000-8000-000000000002', said }));
  home.ok(['init', '--yes']);
  home.ok(['import', '--provider', 'claude-code']);
  return home;
}

describe('on a terminal', { skip: withoutTerminal }, () => {
  const shared = sharedHome(homeWithSessions);

  const linesOn = (columns: number, args: string, env: NodeJS.ProcessEnv = {}) =>
    runOnTerminal(shared(), args, { columns, env });

  for (const columns of [20, 40, 80]) {
    it(`of ${columns} columns, status and sessions fit`, () => {
      for (const args of ['status', 'sessions']) {
        const { lines } = linesOn(columns, args);
        assert.ok(lines.length > 1 || args === 'sessions');
        for (const line of lines) {
          const isOneWord = !line.trim().includes(' ');
          assert.ok(isOneWord || displayWidth(line) <= columns, `${args}: ${line}`);
        }
      }
    });
  }

  it('that is narrow, status cuts no number', () => {
    const text = linesOn(40, 'status').lines.join(' ').replace(/\s+/g, ' ');
    assert.match(text, /store 1 session, \d+ events?, [\d.]+ kB on disk \(sqlite\) [\d.]+ \w?B of session files/);
    assert.match(text, /behind [\d.]+ k?B in 1 file not read yet/);
  });

  it('that is narrow, a session has a line for its title', () => {
    const { lines } = linesOn(40, 'sessions');
    assert.match(lines[0] ?? '', /^[0-9a-f]{8} {2}\d+d ago {2}claude-code$/);
    assert.match(lines[1] ?? '', /^ {2}A title that is rather long.*…$/);
  });

  it('that is narrow, help says below an option what it is for, and breaks between words', () => {
    const { lines } = linesOn(40, 'export --help');
    for (const line of lines) assert.ok(displayWidth(line) <= 40 || line.startsWith('  kato '), line);
    const at = lines.indexOf('  -o, --output <path>');
    assert.deepEqual(lines.slice(at + 1, at + 3), [
      '      a file or folder; - prints;',
      '      without it, a file among the',
    ]);
  });

  it('errors and hints are broken between words', () => {
    const { status, lines } = linesOn(40, 'show nothing-like-it');
    assert.equal(status, 3);
    for (const line of lines) assert.ok(line.length <= 40, line);
    assert.match(lines.join(' '), /hint: `kato sessions` lists what is kept; `kato import` takes in/);
  });

  it('that does not know its width, lines are as long as on most', () => {
    const { lines } = linesOn(0, 'show nothing-like-it');
    assert.equal(lines[0], 'kato: no session `nothing-like-it`');
    assert.ok(lines.every((line) => line.length <= 80));
  });

  it('a long list and a session go through the pager that one has chosen', () => {
    const env = { PAGER: 'sed s/^/paged:/' };
    for (const args of ['sessions', 'show latest']) {
      const { lines } = linesOn(80, args, env);
      assert.ok(
        lines.every((line) => line.startsWith('paged:')),
        lines.join('\n'),
      );
    }
  });

  it('a pager that does not exist is no reason to show nothing', () => {
    const { status, lines } = linesOn(80, 'show latest', { PAGER: 'no-such-pager --at-all' });
    assert.deepEqual([status, lines.at(-1)], [0, 'hello']);
  });
});
