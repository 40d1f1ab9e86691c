/**
 * Defects of the prototype, by their numbers: what it lost, doubled or destroyed while it recorded. Each test fails with
 * the defect in the program: the real daemon, and session files as agents write them. `all-twenty.test.ts` counts them.
 */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { DaemonHome, isAlive, kill, until } from '../../support/daemon.ts';
import { agentNames, LiveAgent } from '../../support/live-agent.ts';
import { assertWhole, body, commands, recordings, text, times } from '../../support/recorded.ts';

async function end(pid: number): Promise<void> {
  kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid), 'its end');
}

/** A home with a folder for notes. */
function homeWithNotes(t: TestContext): DaemonHome {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes', '--write-root', home.path('notes')]);
  mkdirSync(home.path('notes'));
  return home;
}

describe('defect 1: the first answer after a recording begins was lost', () => {
  for (const agent of agentNames) {
    for (const verb of ['record', 'capture']) {
      it(`::${verb} with ${agent}, as kato comes out of the box`, async (t) => {
        const home = new DaemonHome(t);
        home.start();
        const chat = new LiveAgent(home, { agent, past: [{ by: 'user', text: 'before', at: '2026-07-01T10:00:00Z' }] });
        const file = `${chat.cwd}/today.md`;
        chat.type(`how do bees sleep?\n::${verb} today.md`);
        chat.answer('in the hive');
        await until(() => text(file).includes('in the hive'), 'the first answer');
        chat.answer('and in flowers');
        await until(() => text(file).includes('and in flowers'), 'the second answer');
        assert.equal(times(file, 'before'), verb === 'capture' ? 1 : 0);
        assertWhole(home, file);
      });
    }
  }
});

it('defect 4: what was said just before ::stop was lost, and the message with ::stop itself', async (t) => {
  const home = new DaemonHome(t);
  const pid = home.start();
  const chat = new LiveAgent(home);
  const file = `${chat.cwd}/today.md`;
  chat.type('::record today.md');
  await until(() => text(file) !== '', 'the file');
  await end(pid); // So that all of this is read at once.
  chat.answer('an answer');
  chat.type('last words\n::stop\nfor nobody');
  chat.answer('nor this');
  home.start();
  await until(() => text(file).includes('last words'), 'the last words');
  await until(() => recordings(home).every(({ on }) => !on), 'the end');
  assert.deepEqual([times(file, 'an answer'), times(file, 'last words')], [1, 1]);
  assert.doesNotMatch(body(file), /for nobody|nor this|::stop/);
  assertWhole(home, file);
});

it('defect 5: what was written just before a crash was written again', async (t) => {
  const home = homeWithNotes(t);
  const file = home.path('notes/today.md');
  let pid = home.start();
  const chat = new LiveAgent(home);
  chat.type(`::record ${file}`);
  chat.answer('very well');
  await until(() => text(file).includes('very well') && text(file).includes('claude-toy-1]'), 'the head as it stays');
  chat.answer('so be it');
  await until(() => text(file).includes('so be it'), 'the next answer');
  for (let round = 0; round < 3; round++) {
    await end(pid);
    // Killed when the file is written, and the store has not been told: its folder of a moment ago is put back.
    cpSync(home.kato, home.path('before'), {
      recursive: true,
      filter: (path) => !/(?:\.sock|lock\.holder)$/.test(path),
    });
    pid = home.start();
    chat.answer(`answer ${round}`, `more of ${round}`);
    await until(() => text(file).includes(`more of ${round}`), 'the answer');
    await end(pid);
    rmSync(home.kato, { recursive: true });
    cpSync(home.path('before'), home.kato, { recursive: true });
    pid = home.start();
    chat.answer(`behind ${round}`);
    await until(() => text(file).includes(`behind ${round}`), 'what came behind');
    for (const words of [`answer ${round}`, `more of ${round}`, `behind ${round}`])
      assert.equal(times(file, words), 1, words);
  }
  assertWhole(home, file);
});

describe('defect 6: a line that was torn by a crash spoilt the next one', () => {
  for (const agent of agentNames) {
    it(`in the session of ${agent}, and in the recording`, async (t) => {
      const home = homeWithNotes(t);
      const file = home.path('notes/today.md');
      const pid = home.start();
      const chat = new LiveAgent(home, { agent });
      chat.type(`::record ${file}`);
      chat.answer('the answer that kato is writing');
      await until(() => text(file).includes('kato is writing'), 'the answer');
      chat.typeTorn('a torn line');
      await end(pid);
      appendFileSync(file, '\n# Us'); // What a write that was broken off leaves of the next heading.
      home.start();
      chat.flush();
      chat.answer('and the one behind it');
      await until(() => text(file).includes('and the one behind it'), 'what came behind');
      for (const words of ['kato is writing', 'a torn line', 'and the one behind it'])
        assert.equal(times(file, words), 1, words);
      assert.doesNotMatch(text(file), /# Us$/m);
      assertWhole(home, file);
    });
  }
});

it('defect 9: notes of the user were replaced by a capture or an export', async (t) => {
  const home = homeWithNotes(t);
  home.start();
  const chat = new LiveAgent(home);
  const mine = '# My plan\n\nbuy honey\n';
  for (const name of ['capture.md', 'export.md', 'record.md', 'overwrite.md'])
    writeFileSync(home.path('notes', name), mine);
  const inProject = `${chat.cwd}/mine.md`;
  writeFileSync(inProject, mine);
  chat.type('how do bees sleep?');
  for (const verb of ['capture', 'export', 'record']) chat.type(`::${verb} ${home.path('notes', `${verb}.md`)}`);
  chat.type(`::capture ${home.path('notes/overwrite.md')} +overwrite`, `::export ${inProject} +overwrite`);
  await until(() => commands(home).length === 5, 'five outcomes');
  chat.answer('in the hive');
  await until(() => text(home.path('notes/overwrite.md')).includes('in the hive'), 'the answer');
  for (const name of ['capture.md', 'export.md', 'record.md'])
    assert.ok(text(home.path('notes', name)).startsWith(mine), name);
  assert.equal(text(home.path('notes/export.md')), mine);
  const backups = readdirSync(home.path('notes')).filter((name) => name.startsWith('overwrite.md.bak-'));
  assert.deepEqual(
    backups.map((name) => text(home.path('notes', name))),
    [mine],
  );
  assert.equal(text(inProject), mine, 'in a project folder only new files are made');
});

it('defect 10: a message that was said twice was taken for a repetition and dropped', async (t) => {
  const home = homeWithNotes(t);
  const file = home.path('notes/today.md');
  home.start();
  const chat = new LiveAgent(home);
  chat.type(`::record ${file}`, 'go on', 'go on');
  chat.answer('as before', 'as before');
  chat.type('go on');
  chat.answer('as before', 'the end');
  await until(() => text(file).includes('the end'), 'the end');
  assert.deepEqual([times(file, 'go on'), times(file, 'as before')], [3, 3]);
  assertWhole(home, file);
});

it('defect 19: ::record without a destination was denied as kato comes out of the box', async (t) => {
  const home = new DaemonHome(t);
  home.start();
  const chat = new LiveAgent(home);
  chat.type('::record');
  chat.answer('in the hive');
  const folder = home.path('.kato/recordings');
  await until(() => readdirSync(folder).some((name) => text(`${folder}/${name}`).includes('in the hive')), 'the file');
  assert.deepEqual(
    commands(home).map(({ outcome }) => outcome),
    ['done'],
  );
  assertWhole(home, `${folder}/${readdirSync(folder)[0]}`);
});

it('defect 20: a result that came later than its call was never shown', async (t) => {
  const home = homeWithNotes(t);
  const file = home.path('notes/today.md');
  home.start();
  const chat = new LiveAgent(home);
  const events = home.path('notes/today.jsonl');
  chat.type(`::record ${file} +tools\n::record ${events}`);
  await until(() => text(events) !== '', 'the file');
  const head = { isSidechain: false, cwd: chat.cwd, sessionId: chat.id, version: '2.1.329' };
  const uuid = (number: number) => `${chat.id.slice(0, -3)}a0${number}`;
  const call = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls hive' } };
  const asked = { id: 'msg_a', role: 'assistant', model: 'claude-toy-1', content: [call] };
  const parent = `${chat.id.slice(0, 8)}-0000-4000-8000-000000000001`;
  const at = new Date().toISOString();
  chat.append({ ...head, parentUuid: parent, uuid: uuid(1), type: 'assistant', message: asked, timestamp: at });
  await until(() => text(events).includes('ls hive'), 'the call'); // As Markdown it waits for its result.
  const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'queen\nworkers', is_error: false };
  const answered = { role: 'user', content: [result] };
  chat.append({ ...head, parentUuid: uuid(1), uuid: uuid(2), type: 'user', message: answered, timestamp: at });
  await until(() => text(file).includes('queen\nworkers'), 'the result');
  assert.deepEqual([times(file, 'ls hive'), times(file, 'queen')], [1, 1]);
  assertWhole(home, file);
});
