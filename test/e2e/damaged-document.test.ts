/** A session that is one document: damaged, or not written to its end. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { TestHome } from '../support/cli.ts';

describe('a session that is one document', () => {
  const NAME = '.gemini/tmp/tea/chats/session-2026-11-02T09-00-000000a1.json';

  function homeWithDocument(t: { after(fn: () => void): void }, change: (whole: Buffer) => Buffer): TestHome {
    const home = new TestHome(t);
    home.addCase('gemini-cli', 'document');
    writeFileSync(home.path(NAME), change(readFileSync(home.path(NAME))));
    home.ok(['init', '--yes']);
    return home;
  }

  it('and not complete is named, each time, and nothing fails', (t) => {
    const home = homeWithDocument(t, (whole) => whole.subarray(0, -40));
    for (const args of [['import'], ['import'], ['import', home.path(NAME)]]) {
      const { status, stderr } = home.run(args);
      assert.equal(status, 0, stderr);
      assert.match(stderr, new RegExp(`~/${NAME} is incomplete`));
      assert.ok(!/unreadable|cannot/.test(stderr), stderr);
    }
    assert.deepEqual(home.json<{ incomplete: string[] }>(['import']).incomplete, [home.path(NAME)]);
  });

  it('with NULs or a brace behind it is taken in, and said to be damaged', (t) => {
    for (const rest of ['\0\0\0', '}']) {
      const home = homeWithDocument(t, (whole) => Buffer.concat([whole, Buffer.from(rest)]));
      const { status, stdout, stderr } = home.run(['import']);
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, /^[1-9]\d* events in 1 session, .*; 1 damaged line kept raw$/m);
      assert.match(home.ok(['status']), rest === '}' ? /1 × invalid-line/ : /1 × nul-bytes/);
      home.ok(['verify']);
      home.ok(['reprocess']);
      assert.equal(home.ok(['import', home.path(NAME)]), 'nothing new in 1 file\n');
    }
  });
});
