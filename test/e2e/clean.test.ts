/** What is old goes, with the daemon up and down, and nothing else. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { DaemonHome, until } from '../support/daemon.ts';
import { filesBelow } from '../support/derive.ts';
import { LiveAgent } from '../support/live-agent.ts';
import { addSession, claudeSession, codexSession } from '../support/session-files.ts';
import { runOnTerminal, withoutTerminal } from '../support/terminal.ts';

const WORD = 'xylophone-4711';
const OLD = 'f0ac0de0-0000-4000-8000-000000000001';
const OTHER = '019f0ac0-0000-7000-8000-000000000002';

interface Report {
  readonly dryRun: boolean;
  readonly logs: readonly { readonly path: string; readonly how: string }[];
  readonly recordings: readonly { readonly path: string }[];
  readonly keptRecordings: readonly { readonly path: string; readonly reason: string }[];
  readonly sessions: readonly { readonly nativeId: string }[];
  readonly recorded: readonly { readonly nativeId: string }[];
}

const clean = (home: DaemonHome, ...args: readonly string[]) => home.json<Report>(['clean', ...args]);
const ids = (sessions: readonly { readonly nativeId: string }[]) => sessions.map(({ nativeId }) => nativeId);
const kept = (home: DaemonHome) => ids(home.json<{ nativeId: string }[]>(['sessions', '--subagents'])).sort();

/** The files of kato's home that hold the word. */
function filesWithWord(home: DaemonHome): string[] {
  return filesBelow(home.kato).filter((file) => readFileSync(home.path('.kato', file)).includes(WORD));
}

/** Two old sessions, one of which names the word wherever it can, and a young one. */
function begin(t: TestContext, isUp: boolean): { readonly home: DaemonHome; readonly chat: LiveAgent } {
  const home = new DaemonHome(t);
  const said = [
    { by: 'user', text: `What is ${WORD}?\n::record ${WORD}.md`, at: '2026-07-01T10:00:00.000Z' },
    { by: 'model', text: `${WORD} `.repeat(5000), at: '2026-07-01T10:00:05.000Z' },
  ] as const;
  addSession(home, claudeSession({ id: OLD, said, cwd: '/w/toy' }));
  addSession(home, codexSession({ id: OTHER, said: [{ by: 'user', text: 'hello', at: '2026-07-02T10:00:00.000Z' }] }));
  home.ok(['init', '--yes', '--keep', 'all']);
  home.ok(['import']);
  if (isUp) home.start();
  const chat = new LiveAgent(home);
  chat.type('how do bees sleep?');
  chat.answer('in the hive');
  home.ok(['import']);
  return { home, chat };
}

for (const isUp of [true, false]) {
  describe(`kato clean --sessions, with the daemon ${isUp ? 'up' : 'down'}`, () => {
    it('takes old transcripts away, without a trace of their text', (t) => {
      const { home, chat } = begin(t, isUp);
      assert.notDeepEqual(filesWithWord(home), []);
      assert.deepEqual(ids(clean(home, '--sessions', '30d', '--dry-run').sessions).sort(), [OTHER, OLD]);
      assert.equal(kept(home).length, 3, 'a dry run takes nothing away');
      const { status, stdout, stderr } = home.run(['clean', '--sessions', '30d']);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^removed 2 transcripts(?:; .* less on disk)?\n/);
      assert.deepEqual(kept(home), [chat.id]);
      assert.deepEqual(filesWithWord(home), []);
      assert.equal(home.ok(['verify']), 'the store is sound\n');
      assert.match(home.ok(['logs', '--audit']), /session\.cleaned {2}session=/);
      assert.equal(home.ok(['clean', '--sessions', '30d']), 'nothing to take away\n');
    });

    it('lets a session come back when it goes on, or is named, and not before', async (t) => {
      const { home, chat } = begin(t, isUp);
      home.ok(['clean', '--sessions', '30d']);
      home.ok(['import']);
      assert.deepEqual(kept(home), [chat.id], 'an import of everything leaves it away');
      assert.ok(home.ok(['show', OLD]).includes(WORD), "and the agent's file can still be shown");
      const file = home.path(`.claude/projects/-w-toy/${OLD}.jsonl`);
      home.ok(['import', file]);
      assert.deepEqual(kept(home), [chat.id, OLD].sort());
      assert.ok(home.ok(['show', OLD]).includes(WORD));
      home.ok(['clean', '--sessions', '30d']);
      const line = readFileSync(file, 'utf8').split('\n')[0] ?? '';
      appendFileSync(file, `${line.replaceAll('-0000-4000-8000-0000', '-1111-4111-8111-1111')}\n`);
      if (!isUp) home.ok(['import']);
      await until(() => kept(home).includes(OLD), 'the session that went on');
    });

    it('leaves what is being recorded', (t) => {
      const { home, chat } = begin(t, isUp);
      home.ok(['capture', OLD]);
      home.ok(['record', chat.id]);
      const { sessions, recorded } = clean(home, '--sessions', '0d');
      assert.deepEqual([ids(sessions), ids(recorded).sort()], [[OTHER], [chat.id, OLD].sort()]);
      home.ok(['stop-recording', OLD]);
      assert.deepEqual(ids(clean(home, '--sessions', '0d').sessions), [OLD]);
      const [one] = home.json<{ path: string; on: boolean }[]>(['recordings', chat.id]);
      assert.equal(one?.on, true);
    });
  });

  describe(`kato clean --recordings, with the daemon ${isUp ? 'up' : 'down'}`, () => {
    it('takes away the files that are off and as kato wrote them', (t) => {
      const { home, chat } = begin(t, isUp);
      mkdirSync(home.path('notes'));
      const [own = '', edited = '', on = '', elsewhere = ''] = [
        ['capture', OTHER],
        ['capture', OLD],
        ['capture', chat.id],
        ['capture', chat.id, home.path('toy/bees.md')],
      ].map((args) => home.ok(args).trim());
      for (const id of [OTHER, OLD]) home.ok(['stop-recording', id]);
      home.ok(['stop-recording', chat.id, `dest:${elsewhere}`]);
      writeFileSync(edited, readFileSync(edited, 'utf8').replace('What is', 'WHAT IS'));
      assert.deepEqual(clean(home, '--recordings', '1d').recordings, [], 'they are young');
      const all = [own, edited, on, elsewhere];
      const paths = ({ recordings }: Report) => recordings.map(({ path }) => path);
      assert.deepEqual(paths(clean(home, '--recordings', '0d', '--dry-run')), [own]);
      assert.ok(all.every((path) => existsSync(path)));
      const report = clean(home, '--recordings', '0d');
      assert.deepEqual(paths(report), [own]);
      assert.deepEqual(
        report.keptRecordings.map(({ path, reason }) => [path, reason]),
        [[edited, 'edited']],
      );
      assert.deepEqual(all.map(existsSync), [false, true, true, true]);
      assert.equal(home.ok(['capture', OTHER]).trim(), own, 'it can be recorded again');
      assert.ok(readFileSync(own, 'utf8').includes('hello'));
    });

    it('takes away a file whose head has grown, and not one whose head was edited', async (t) => {
      const { home, chat } = begin(t, true);
      const file = home.ok(['record', chat.id]).trim();
      chat.answer('and in winter they do not sleep');
      await until(() => /participants: .*claude-toy/.test(readFileSync(file, 'utf8')), 'a participant');
      home.ok(['stop-recording', chat.id]);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace("desc: ''", "desc: '?'"));
      assert.equal(clean(home, '--recordings', '0d').keptRecordings[0]?.reason, 'edited');
      writeFileSync(file, text);
      if (!isUp) home.ok(['stop']);
      assert.deepEqual(clean(home, '--recordings', '0d').recordings.length, 1);
      assert.ok(!existsSync(file));
    });
  });
}

describe('kato clean', () => {
  it('takes logs away, and loses nothing of the audit log', (t) => {
    const { home } = begin(t, false);
    writeFileSync(home.path('.kato/logs/operational.jsonl.1'), '{}\n');
    home.ok(['export', OLD]);
    const line = readFileSync(home.path('.kato/logs/audit.jsonl'), 'utf8');
    assert.match(
      home.ok(['clean', '--logs']),
      /^removed .*operational\.jsonl\.1.*\nbegan a new part of .*audit\.jsonl\n$/s,
    );
    assert.deepEqual(
      filesBelow(home.path('.kato/logs')).filter((name) => name.startsWith('operational')),
      [],
    );
    assert.equal(readFileSync(home.path('.kato/logs/audit.jsonl.1'), 'utf8'), line);
    for (let round = 0; round < 6; round++) {
      home.ok(['export', OLD]);
      home.ok(['clean', '--logs']);
    }
    const noted = home.json<{ event: string }[]>(['logs', '--audit', '-n', '100']);
    assert.equal(noted.filter(({ event }) => event === 'export.done').length, 7, 'all that was ever noted');
  });

  it('is refused where a daemon runs that cannot be asked', (t) => {
    const { home } = begin(t, false);
    const holder = home.holdAs('another');
    const run = home.run(['clean', '--sessions', '30d']);
    assert.equal(run.status, 1);
    assert.match(run.stderr, /another daemon runs for this home/);
    assert.equal(kept(home).length, 3);
    holder.release();
  });

  it('wants to know what, and how old', (t) => {
    const { home } = begin(t, false);
    for (const args of [[], ['--dry-run'], ['--sessions', 'old'], ['--sessions', '2999-01-01'], ['--recordings', '']]) {
      const run = home.run(['clean', ...args]);
      assert.deepEqual([run.status, run.stdout], [2, ''], args.join(' '));
      assert.match(run.stderr, /\nhint: /);
    }
  });

  it('asks a person first', { skip: withoutTerminal }, (t) => {
    const { home } = begin(t, false);
    const { status, screen } = runOnTerminal(home, 'clean --sessions 30d', { typed: 'n\n' });
    assert.equal(status, 1);
    assert.match(screen, /Delete 2 transcripts\? \[y\/N\]/);
    assert.match(
      runOnTerminal(home, 'clean --sessions 30d', { typed: 'y\n', columns: 40 }).screen,
      /removed 2 transcripts/,
    );
  });
});

for (const keep of ['all', 'recorded']) {
  describe(`a session that was cleaned and goes on, where ${keep} sessions are kept`, () => {
    it('comes back, runs nothing twice, and is recorded on in the same file', async (t) => {
      const home = new DaemonHome(t);
      home.ok(['init', '--yes', '--keep', keep]);
      home.start();
      const chat = new LiveAgent(home);
      const file = home.path('toy/bees.md');
      const text = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
      chat.type('how do bees sleep?', `::capture ${file}`);
      chat.answer('in the hive');
      await until(() => text().includes('in the hive'), 'a recording');
      chat.type(`${WORD}\n::stop`);
      const on = () => home.json<{ on: boolean }[]>(['recordings']).map((one) => one.on);
      await until(() => on()[0] === false, 'its end');
      const before = text();
      assert.deepEqual(ids(clean(home, '--sessions', '0d').sessions), [chat.id]);
      assert.deepEqual(filesWithWord(home), []);
      const outcomes = () => home.json<{ line: string; outcome: string }[]>(['commands']);
      assert.deepEqual(
        outcomes()
          .map(({ line }) => line)
          .sort(),
        ['::capture', '::stop'],
      );
      chat.answer('and in winter?');
      chat.type('they keep warm');
      if (keep === 'all')
        await until(() => kept(home).length === 1 && home.ok(['show', chat.id]).includes('keep warm'), 'it');
      home.ok(['restart']);
      assert.deepEqual([on(), outcomes().length, text()], [[false], 2, before]);
      chat.type(`::record ${file}`);
      chat.answer('all of them');
      await until(() => text().includes('all of them'), 'the next period');
      assert.ok(text().startsWith(before) && !text().includes('keep warm'));
      const [{ id } = { id: '' }] = home.json<{ id: string }[]>(['recordings']);
      assert.equal(home.ok(['export', '--recording', id, '-o', '-']), text());
      assert.equal(home.ok(['verify']), 'the store is sound\n');
    });
  });
}

describe('kato forget, with the daemon up', () => {
  it('leaves no word of what was asked in the chat, and records it no more', async (t) => {
    const { home, chat } = begin(t, true);
    const file = home.path(`toy/${WORD}.md`);
    chat.type(`::record ${file}`);
    await until(() => home.json<object[]>(['recordings']).length === 1, 'a recording');
    home.ok(['forget', chat.id, '--yes']);
    home.ok(['forget', OLD, '--yes']);
    assert.deepEqual([home.json(['recordings']), home.json(['commands'])], [[], []]);
    chat.type('what now?');
    home.ok(['status']);
    assert.deepEqual(
      filesWithWord(home).filter((name) => !name.startsWith('logs/')),
      [],
    );
    assert.ok(!readFileSync(file, 'utf8').includes('what now?'));
  });
});
