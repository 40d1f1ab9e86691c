/** A session of 60,000 messages: all of it comes out, in both formats, in bounded memory. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { runMeasured, TestHome } from '../support/cli.ts';
import { addSession, claudeSession, type Said } from '../support/session-files.ts';

const MESSAGES = 60_000;
const SESSION = '1a49e000-0000-4000-8000-000000000001';
/** What the two may take at any size. */
const MOST_IMPORT_KB = 350_000;
const MOST_EXPORT_KB = 200_000;
const CODE = '```py\na = 1\n\n\n\nb = 2\n```';

/** Who says what, by number, a minute apart or without a time. Some say what was said before. */
function* saidIn(count: number, hasTimes: boolean): Generator<Said> {
  for (let index = 0; index < count; index++) {
    const at = new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString();
    yield { by: index % 2 === 0 ? 'user' : 'model', text: textOf(index), ...(hasTimes && { at }) };
  }
}

function textOf(index: number): string {
  if (index % 20 < 2) return 'again';
  const filling = 'lorem ipsum '.repeat(20);
  return index % 1000 === 7 ? `message ${index}\n\n${CODE}` : `message ${index} ${filling}`.trim();
}

describe(`a session of ${MESSAGES} messages`, { timeout: 120_000 }, () => {
  it('comes out whole, in both formats, in bounded memory', (t) => {
    const home = new TestHome(t);
    const file = addSession(home, claudeSession({ id: SESSION, said: saidIn(MESSAGES, true) }));
    assert.ok(statSync(file).size > 30_000_000, 'it is large');
    home.ok(['init', '--yes']);
    const imported = runMeasured(home, ['import']);
    assert.equal(imported.status, 0, imported.stderr);
    assert.ok(imported.memoryKb < MOST_IMPORT_KB, `import took ${imported.memoryKb} kB`);

    const { stdout, memoryKb } = runMeasured(home, ['export', SESSION]);
    assert.ok(memoryKb < MOST_EXPORT_KB, `export took ${memoryKb} kB`);
    const markdown = readFileSync(stdout.trimEnd(), 'utf8');
    const [, body = ''] = markdown.split('\n---\n\n');
    assertSame(body, expectedBody());

    const lines = readFileSync(home.ok(['export', SESSION, '-f', 'jsonl']).trimEnd(), 'utf8')
      .trimEnd()
      .split('\n');
    const messages = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind.endsWith('.message'));
    assert.equal(messages.length, MESSAGES);
    for (const [index, { payload }] of messages.entries()) assert.equal(payload.text, textOf(index));
  });
});

/** Like `assert.equal`, which takes minutes to tell how two such texts differ. */
function assertSame(actual: string, expected: string): void {
  if (actual === expected) return;
  let at = 0;
  while (actual[at] === expected[at]) at += 1;
  assert.equal(actual.slice(at, at + 200), expected.slice(at, at + 200), `from character ${at} on`);
}

/** Every message under a heading of its own, for each has another speaker than the one before. */
function expectedBody(): string {
  const parts: string[] = [];
  for (const { by, text, at = '' } of saidIn(MESSAGES, true)) {
    const time = at.replace('T', '_').replace(/(\d\d):(\d\d):(\d\d)\.\d+Z/, '$1$2_$3');
    parts.push(`# ${by === 'user' ? 'User' : 'claude-toy-1'}_${time}\n\n${text}\n`);
  }
  return parts.join('\n');
}

describe('what a summary would lose', () => {
  it('two identical messages in a row stay two', (t) => {
    const home = new TestHome(t);
    const said: readonly Said[] = [
      { by: 'user', text: 'go on', at: '2026-07-01T10:00:00.000Z' },
      { by: 'user', text: 'go on', at: '2026-07-01T10:00:00.000Z' },
    ];
    assert.equal(bodyOf(home, said), '# User_2026-07-01_1000_00\n\ngo on\n\ngo on\n');
  });

  it('blank lines inside code, and spaces at the ends of lines', (t) => {
    const home = new TestHome(t);
    const text = `Here:  \n\n${CODE}\n\n\n\nThat is all.  `;
    const said: readonly Said[] = [{ by: 'model', text, at: '2026-07-01T10:00:00.000Z' }];
    assert.equal(bodyOf(home, said), `# claude-toy-1_2026-07-01_1000_00\n\n${text}\n`);
  });

  it('a session without times has headings without times, and says nothing of when it was made', (t) => {
    const home = new TestHome(t);
    addSession(home, claudeSession({ id: SESSION, said: saidIn(4, false) }));
    home.ok(['init', '--yes']);
    home.ok(['import']);
    const path = home.ok(['export', SESSION]).trimEnd();
    assert.match(path, /\/recordings\/again--[0-9a-f]{8}\.md$/, 'nor does the name');
    const text = readFileSync(path, 'utf8');
    assert.deepEqual(text.match(/^# .*$/gm), ['# User', '# claude-toy-1', '# User', '# claude-toy-1']);
    assert.doesNotMatch(text, /^created:/m);
    const events = home.ok(['export', SESSION, '-f', 'jsonl', '-o', '-']).trimEnd().split('\n');
    for (const line of events)
      assert.deepEqual([JSON.parse(line).at, JSON.parse(line).observedAt], [undefined, undefined]);
  });
});

function bodyOf(home: TestHome, said: readonly Said[]): string {
  addSession(home, claudeSession({ id: SESSION, said }));
  home.ok(['init', '--yes']);
  home.ok(['import']);
  return home.ok(['show', SESSION]);
}
