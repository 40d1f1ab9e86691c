/** What status and show say of conversations that are not kept: nothing of them is called kept. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { DaemonHome, until } from '../support/daemon.ts';
import { LiveAgent } from '../support/live-agent.ts';
import { recordings } from '../support/recorded.ts';

interface Status {
  readonly gone: number;
  readonly lag: readonly object[];
  readonly providers: readonly { readonly sources: number }[];
}

const statusOf = (home: DaemonHome) => home.json<Status>(['status']);

/** A session that was said something in, and that the daemon has looked at. */
async function listen(t: TestContext, keep: 'all' | 'recorded') {
  const home = new DaemonHome(t);
  home.ok(['init', '--yes', '--keep', keep]);
  home.start();
  const chat = new LiveAgent(home);
  chat.type('how do bees sleep?');
  chat.answer('in the hive');
  const isSeen = ({ lag, providers }: Status) => lag.length === 0 && providers.some(({ sources }) => sources > 0);
  await until(() => isSeen(statusOf(home)), 'the end of what is to be read');
  return { home, chat };
}

async function remove(home: DaemonHome, chat: LiveAgent): Promise<void> {
  rmSync(chat.path);
  await until(() => statusOf(home).gone === 1, 'that it is gone');
}

describe('where only recorded conversations are kept', () => {
  it('status says so, and counts what is not kept as that', async (t) => {
    const { home } = await listen(t, 'recorded');
    const status = home.ok(['status']);
    assert.match(status, /^keeps {7}only recorded conversations \(autoGenerateSnapshots: false\)$/m);
    assert.match(status, /^store {7}0 sessions, 0 events, /m);
    assert.match(status, /^behind {6}nothing; 1 session file is not kept \(only recorded conversations are\)$/m);
  });

  it('what its agent deletes is lost, and said to be', async (t) => {
    const { home, chat } = await listen(t, 'recorded');
    await remove(home, chat);
    const why = '1 was not kept (only recorded conversations are)';
    assert.ok(home.ok(['status']).includes(`            1 session file deleted by the agents; ${why}\n`));
    for (const command of ['show', 'export']) {
      const { status, stderr } = home.run([command, chat.id]);
      assert.equal(status, 3);
      assert.match(
        stderr,
        /^kato: session \w{8} was not kept, and its agent has deleted it\nhint: .* only recorded conversations are kept/,
      );
    }
  });

  it('what was recorded is still there when its agent deletes it', async (t) => {
    const { home, chat } = await listen(t, 'recorded');
    chat.type('::record bees.md');
    await until(() => recordings(home).length === 1, 'a recording');
    await until(() => statusOf(home).lag.length === 0, 'the end of what is to be read');
    await remove(home, chat);
    const status = home.ok(['status']);
    assert.match(status, /^ {12}1 session file deleted by the agents, all still here$/m);
    assert.match(status, /^behind {6}nothing: all that is on disk is here$/m);
    assert.match(status, /^store {7}1 session, /m);
  });

  it('what was recorded for a time is kept that far', async (t) => {
    const { home, chat } = await listen(t, 'recorded');
    chat.type('::record bees.md');
    await until(() => recordings(home).length === 1, 'a recording');
    chat.type('::stop');
    await until(() => recordings(home)[0]?.on === false, 'its end');
    chat.type('what of wasps?');
    const partly = /^behind {6}nothing; 1 session file is kept as far as recorded$/m;
    await until(() => partly.test(home.ok(['status'])), 'what is not kept');
    await remove(home, chat);
    assert.match(home.ok(['status']), /deleted by the agents; 1 was kept as far as recorded$/m);
  });
});

describe('where all conversations are kept', () => {
  it('status says so, and what their agent deletes is still there', async (t) => {
    const { home, chat } = await listen(t, 'all');
    assert.match(home.ok(['status']), /^keeps {7}all conversations \(autoGenerateSnapshots: true\)$/m);
    assert.match(home.ok(['status']), /^behind {6}nothing: all that is on disk is here$/m);
    await remove(home, chat);
    assert.match(home.ok(['status']), /^ {12}1 session file deleted by the agents, all still here$/m);
    assert.match(home.ok(['show', chat.id]), /in the hive/);
  });

  it('what is older than kato is not, until it is imported', async (t) => {
    const home = new DaemonHome(t);
    home.addCase('claude-code', 'plain');
    home.ok(['init', '--yes', '--keep', 'all']);
    home.start();
    const older = /^behind {6}nothing; 1 session file is not kept \(`kato import` takes everything in\)$/m;
    await until(() => older.test(home.ok(['status'])), 'what is not kept');
    home.ok(['import']);
    assert.match(home.ok(['status']), /^behind {6}nothing: all that is on disk is here$/m);
  });
});
