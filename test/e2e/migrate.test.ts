/** `kato migrate`, and what a daemon does by itself when it starts. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { it } from 'node:test';
import { FIXTURES, TestHome } from '../support/cli.ts';
import { filesBelow } from '../support/derive.ts';

type Context = { after(fn: () => void): void };

/** A home whose log engine has kept what a fixture's log holds. */
function homeWithLog(t: Context, name: string): TestHome {
  const home = new TestHome(t);
  home.ok(['init', '--yes']);
  cpSync(`${FIXTURES}/migration/${name}/transcripts`, home.path('.kato/transcripts'), { recursive: true });
  return home;
}

interface Report {
  readonly done: boolean;
  readonly sessions: readonly { readonly nativeId: string; readonly outcome: string; readonly setAside: boolean }[];
}

const twinsOf = (home: TestHome) =>
  readdirSync(home.path('.kato/transcripts')).filter((name) => name.endsWith('.twin.jsonl'));

it('brings over what the log engine has kept, and puts its logs aside', (t) => {
  const home = homeWithLog(t, 'only-left');
  const dry = home.run(['migrate', '--dry-run']);
  assert.match(
    dry.stdout,
    /^imported {7}[0-9a-f]{8} toy\/a 3 events\n1 session: 1 imported \(dry run: nothing was changed\)\n$/,
  );
  assert.ok(!existsSync(home.path('.kato/kato.db')), 'a dry run makes no store');
  const report = home.json<Report>(['migrate']);
  assert.deepEqual([report.done, report.sessions.map(({ outcome }) => outcome)], [true, ['imported']]);
  assert.deepEqual(twinsOf(home), []);
  assert.match(home.ok(['show', 'toy/a']), /three/);
  assert.equal(home.ok(['migrate']), 'there is no log to bring over\n');
  assert.equal(home.ok(['verify']), 'the store is sound\n');
});

it('ends with 1 and a hint when something was left, and says why', (t) => {
  const home = homeWithLog(t, 'newer-log');
  const { status, stdout, stderr } = home.run(['migrate']);
  assert.equal(status, 1);
  assert.match(stdout, /^left {11}.*\(newer: .*version is 9.*\)$/m);
  assert.match(stdout, /^2 sessions: 1 imported, 1 left$/m);
  assert.match(stderr, /nothing of it is deleted/);
  assert.match(home.ok(['show', 'toy/b']), /two/);
});

it('is done by a daemon when it starts, and refused while one runs', (t) => {
  const home = homeWithLog(t, 'only-left');
  t.after(() => void home.run(['stop']));
  home.ok(['start']);
  assert.deepEqual(twinsOf(home), []);
  assert.match(home.ok(['show', 'toy/a']), /three/);
  const { status, stderr } = home.run(['migrate']);
  assert.equal(status, 1);
  assert.match(stderr, /^kato: .*\nhint: /);
});

it('keeps no daemon from starting with logs that it cannot bring over, and is told in its log', (t) => {
  const home = homeWithLog(t, 'newer-log');
  t.after(() => void home.run(['stop']));
  home.ok(['start']);
  assert.match(home.ok(['show', 'toy/b']), /two/);
  assert.match(home.ok(['logs']), /store\.migrated.*left=?.*1/);
});

it('takes in what the prototype kept, and leaves its files alone', (t) => {
  const home = new TestHome(t);
  home.ok(['init', '--yes']);
  const from = `${FIXTURES}/reference/claude`;
  assert.match(home.ok(['migrate', '--from', from]), /^imported .* claude-code\/aaaa1111-[-0-9]+ 11 events$/m);
  assert.match(home.ok(['migrate', '--from', `${from}/sessions`]), /^already there /m);
  assert.match(home.ok(['show', 'aaaa1111']), /Shall it be bounded\?/);
  assert.equal(home.json<readonly unknown[]>(['sessions']).length, 1);
  const { status, stderr } = home.run(['migrate', '--from', 'nowhere']);
  assert.equal(status, 2);
  assert.match(stderr, /^kato: there is no folder .*nowhere\nhint: /);
});

it('leaves logs that are named when their session is forgotten', (t) => {
  const home = homeWithLog(t, 'only-left');
  home.ok(['migrate']);
  const { status, stderr } = home.run(['forget', 'toy/a', '--yes']);
  assert.equal(status, 0);
  const named = [...stderr.matchAll(/stays, with its text: (.*)$/gm)].map(([, path = '']) =>
    path.replace(/^~/, home.folder),
  );
  assert.deepEqual(
    named.map((path) => existsSync(path)),
    named.map(() => true),
  );
  assert.ok(named.some((path) => path.endsWith('.twin.jsonl')));
  for (const path of named) rmSync(path);
  const left = filesBelow(home.path('.kato')).filter((name) =>
    readFileSync(home.path('.kato', name)).includes('three'),
  );
  assert.deepEqual(left, []);
});
