/** A folder of sessions that is named in the settings later on: what was typed in it before is nobody's command. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { DaemonHome, until } from '../support/daemon.ts';
import { LiveAgent } from '../support/live-agent.ts';
import { commands, text } from '../support/recorded.ts';

/** The agent's sessions are looked for in these folders, and nowhere else. */
function lookIn(home: DaemonHome, usual: string, ...folders: readonly string[]): void {
  const roots = folders.map((folder) => `\n      - path: ~/${folder}`).join('');
  writeFileSync(home.path('.kato/config.yaml'), `${usual}\nproviders:\n  claude-code:\n    roots:${roots}\n`);
}

for (const keep of ['all', 'recorded']) {
  it(`commands of a folder that is read anew are ignored, later ones run, where ${keep} is kept`, async (t) => {
    const home = new DaemonHome(t);
    home.ok(['init', '--yes', '--keep', keep]);
    const usual = readFileSync(home.path('.kato/config.yaml'), 'utf8');
    lookIn(home, usual, 'mine');
    home.start();
    home.ok(['stop']);
    const chat = new LiveAgent(home);
    chat.type('::capture stolen.md');
    chat.answer('a secret');

    lookIn(home, usual, 'mine', '.claude/projects');
    home.start();
    await until(() => commands(home).length === 1, 'what came of the first command');
    const [first] = commands(home);
    assert.deepEqual([first?.outcome, first?.paths], ['ignored', []]);
    assert.match(first?.reason ?? '', /before kato was to read its folder/);
    assert.equal(text(`${chat.cwd}/stolen.md`), '');

    home.ok(['stop']);
    chat.type('::record mine.md\nwhat I asked for');
    home.start();
    await until(() => text(`${chat.cwd}/mine.md`).includes('what I asked for'), 'the second command');
    assert.equal(text(`${chat.cwd}/stolen.md`), '');
  });
}
