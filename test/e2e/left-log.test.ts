/** What a migration has left stays readable: `show` and `export` say which one they read. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { sessionId } from '../../src/core/session.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { readStory, storyIn } from '../store/migrate/story.ts';
import { keyOf } from '../support/batches.ts';
import { FIXTURES, TestHome } from '../support/cli.ts';

type Context = { after(fn: () => void): void };

/** Both sides of a fixture in one home, and what can be brought over brought over. */
async function homeAfterMigration(t: Context, name: string, isDaemonUp = false): Promise<TestHome> {
  const home = new TestHome(t);
  home.ok(['init', '--yes']);
  const store = openSqliteStore(home.path('.kato/kato.db'));
  await readStory(store, storyIn(`${FIXTURES}/migration/${name}/store.json`));
  await store.close();
  cpSync(`${FIXTURES}/migration/${name}/transcripts`, home.path('.kato/transcripts'), { recursive: true });
  if (isDaemonUp) {
    t.after(() => void home.run(['stop']));
    home.ok(['start']);
  } else home.run(['migrate']);
  return home;
}

function filesOf(home: TestHome): ReadonlyMap<string, string> {
  const folder = home.path('.kato/transcripts');
  const files = readdirSync(folder, { withFileTypes: true }).filter((file) => file.isFile());
  return new Map(files.map(({ name }) => [name, readFileSync(`${folder}/${name}`, 'base64')]));
}

const FROM_LOG =
  /^warning: session [0-9a-f]{8} is read from the log engine's files, .*`kato migrate --dry-run` says why\n$/;
const FROM_STORE = /^warning: session [0-9a-f]{8} is read from the store; .*`--engine log` reads that, .*\n$/;

for (const [state, isDaemonUp] of [
  ['with no daemon', false],
  ['beside a daemon', true],
] as const)
  describe(`a log that was left, ${state}`, () => {
    it('is what is read of a session that the store does not know', async (t) => {
      const home = await homeAfterMigration(t, 'damaged-log', isDaemonUp);
      const before = filesOf(home);
      const { status, stdout, stderr } = home.run(['show', 'toy/a']);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /one.*three/s);
      assert.match(stderr, FROM_LOG);
      const exported = home.run(['export', 'toy/a', '-o', '-', '-f', 'jsonl']);
      assert.equal(exported.stdout.trimEnd().split('\n').length, 2);
      assert.match(exported.stderr, FROM_LOG);
      const { data, warnings } = JSON.parse(home.ok(['export', 'toy/a', '--json']));
      assert.deepEqual([data[0].engine, data[0].events, warnings.length], ['log', 2, 1]);
      assert.match(readFileSync(data[0].path, 'utf8'), /one.*three/s);
      assert.deepEqual(filesOf(home), before, 'reading it writes nothing');
    });

    it('is told of when the store has the session too, and read when it is asked for', async (t) => {
      const home = await homeAfterMigration(t, 'diverged-in-the-middle', isDaemonUp);
      const before = filesOf(home);
      const store = home.run(['show', 'toy/a']);
      assert.match(store.stdout, /two of the store/);
      assert.match(store.stderr, FROM_STORE);
      const log = home.run(['show', 'toy/a', '--engine', 'log']);
      assert.match(log.stdout, /two of the log/);
      assert.match(log.stderr, FROM_LOG);
      const [ofStore, ofLog] = [[], ['--engine', 'log']].map((more) =>
        JSON.parse(home.ok(['export', 'toy/a', '--json', ...more])),
      );
      assert.deepEqual([ofStore.data[0].engine, ofLog.data[0].engine], [undefined, 'log']);
      assert.match(ofStore.warnings[0], /is read from the store/);
      assert.match(readFileSync(ofLog.data[0].path, 'utf8'), /two of the log/);
      assert.deepEqual(filesOf(home), before, 'reading it writes nothing');
    });

    it('is named as what a session may be in that is found nowhere', async (t) => {
      const home = await homeAfterMigration(t, 'newer-log', isDaemonUp);
      const known = home.run(['show', 'toy/b']);
      assert.match(known.stdout, /two/);
      assert.equal(known.stderr, '');
      assert.match(home.run(['migrate', '--dry-run']).stdout, /^left .*\(newer: /m, 'as the hint has it');
      const unreadable = sessionId(keyOf('a'));
      for (const more of [[], ['--engine', 'log']]) {
        const { status, stdout, stderr } = home.run(['show', unreadable, ...more]);
        assert.deepEqual([status, stdout], [3, '']);
        assert.match(
          stderr,
          /^kato: no session `[-0-9a-f]+`.*\nhint: .*`kato migrate --dry-run` says which logs were left/,
        );
      }
    });

    it('does not bring back a session that was forgotten', async (t) => {
      const home = await homeAfterMigration(t, 'forgotten', isDaemonUp);
      for (const more of [[], ['--engine', 'log']]) {
        const { status, stdout, stderr } = home.run(['show', 'toy/a', ...more]);
        assert.deepEqual([status, stdout], [3, '']);
        assert.match(stderr, /was forgotten/);
      }
    });
  });

it('shows logs as the store that they are where the log engine serves', async (t) => {
  const home = await homeAfterMigration(t, 'diverged-in-the-middle');
  home.ok(['config', 'set', 'store.engine', 'log']);
  for (const more of [[], ['--engine', 'log']]) {
    const { stdout, stderr } = home.run(['show', 'toy/a', ...more]);
    assert.match(stdout, /two of the log/);
    assert.equal(stderr, '');
  }
});

it('says so when no log was left, or something else is asked for', async (t) => {
  const home = await homeAfterMigration(t, 'equal');
  assert.equal(home.run(['show', 'toy/a']).stderr, '');
  assert.match(home.run(['show', 'toy/a', '--engine', 'log']).stderr, /^kato: the log engine has left no log here\n/);
  assert.equal(home.run(['show', 'toy/a', '--engine', 'paper']).status, 2);
});

it('keeps nobody from the store that logs cannot be read at all', async (t) => {
  const home = await homeAfterMigration(t, 'diverged-in-the-middle');
  const newer = `${FIXTURES}/migration/newer-log/transcripts/${sessionId(keyOf('a'))}.twin.jsonl`;
  cpSync(newer, home.path('.kato/transcripts/store.twin.jsonl'));
  const { status, stdout, stderr } = home.run(['show', 'toy/a']);
  assert.equal(status, 0);
  assert.match(stdout, /two of the store/);
  assert.match(stderr, /^warning: the logs that were left beside the store cannot be read: /);
});
