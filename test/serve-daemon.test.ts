/** What becomes of a daemon whose parts misbehave. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectControl } from '../src/surfaces/control/client.ts';
import { controlSocketPath } from '../src/surfaces/control/socket-path.ts';
import { Begun, kill, until } from './support/daemon.ts';
import { temporaryFolder } from './support/derive.ts';

const SCRIPT = fileURLToPath(new URL('support/odd-daemon.ts', import.meta.url));
/** A little more than the two seconds in which a daemon has ended, for the time it takes to look. */
const END_MS = 2300;

function begin(t: TestContext, behaviour: string) {
  let pid = 0;
  t.after(() => pid > 0 && kill(pid, 'SIGKILL'));
  const home = temporaryFolder(t);
  const daemon = new Begun(spawn(process.execPath, [SCRIPT, home, behaviour], { stdio: 'pipe' }));
  pid = daemon.pid;
  const log = () => readFileSync(join(home, 'logs/operational.jsonl'), 'utf8');
  return { home, daemon, log };
}

async function end(daemon: Begun, signal: NodeJS.Signals): Promise<{ status: number | null; ms: number }> {
  const began = performance.now();
  daemon.child.kill(signal);
  const [status] = await once(daemon.child, 'exit');
  return { status, ms: performance.now() - began };
}

async function states(home: string) {
  const client = await connectControl(controlSocketPath(home), 5000);
  await client?.close();
  return client?.facts.components.map(({ name, state }) => `${name} ${state}`);
}

describe('a daemon whose component', () => {
  it('cannot start works without it, and says so', async (t) => {
    const { home, daemon, log } = begin(t, 'cannot start');
    await until(() => daemon.stdout === 'ready\n', 'the daemon');
    assert.deepEqual(await states(home), ['odd waiting', 'control running']);
    assert.equal((await end(daemon, 'SIGTERM')).status, 0);
    assert.match(log(), /"component\.failed","component":"odd","code":"internal","at":"at .*odd-daemon/);
    assert.doesNotMatch(log(), /words of/);
  });

  it('hangs at the start goes on to the others', async (t) => {
    const { home, daemon } = begin(t, 'hangs at the start');
    await until(() => daemon.stdout === 'ready\n', 'the daemon');
    assert.deepEqual(await states(home), ['odd waiting', 'control running']);
  });

  it('hangs at the start can be ended meanwhile', async (t) => {
    const { home, daemon, log } = begin(t, 'hangs at the start');
    await until(() => readHolderText(home) !== '', 'the daemon');
    const { status, ms } = await end(daemon, 'SIGTERM');
    assert.ok(status === 0 && ms < END_MS, `${status} after ${ms} ms`);
    assert.match(log(), /"daemon\.stopped","reason":"SIGTERM"/);
  });

  it('hangs at the end is ended all the same, in two seconds', async (t) => {
    const { daemon, log } = begin(t, 'hangs at the end');
    await until(() => daemon.stdout === 'ready\n', 'the daemon');
    const { status, ms } = await end(daemon, 'SIGTERM');
    assert.ok(status === 0 && ms < END_MS, `${status} after ${ms} ms`);
    assert.match(log(), /"daemon\.stopped".*"left":"odd"/);
  });

  it('hangs at the end is ended at once by a second signal', async (t) => {
    const { daemon } = begin(t, 'hangs at its very end');
    await until(() => daemon.stdout === 'ready\n', 'the daemon');
    daemon.child.kill('SIGINT');
    const { status } = await end(daemon, 'SIGTERM');
    assert.ok(status === 143 || status === 130, `${status}`);
  });

  it('leaves its store open is ended all the same, in two seconds', async (t) => {
    const { daemon, log } = begin(t, 'hangs at its very end');
    await until(() => daemon.stdout === 'ready\n', 'the daemon');
    const { status, ms } = await end(daemon, 'SIGTERM');
    assert.ok(status === 1 && ms < END_MS, `${status} after ${ms} ms`);
    assert.match(log(), /"daemon\.cut-off"/);
  });

  for (const behaviour of ['throws', 'rejects']) {
    it(`${behaviour} where nobody catches it ends with 1, and notes where that was, without its words`, async (t) => {
      const { daemon, log } = begin(t, behaviour);
      const { status, stderr } = await daemon.ended;
      assert.equal(status, 1);
      assert.match(log(), /"daemon\.crashed",.*"at":"at .*odd-daemon/);
      assert.match(log(), /"daemon\.stopped","reason":"crash"/);
      assert.match(stderr, /^kato: unexpected failure: /);
      assert.doesNotMatch(log() + stderr, /words of/);
    });
  }
});

it('a crash with nobody to read of it ends the daemon once', async (t) => {
  const { daemon, log } = begin(t, 'throws');
  daemon.child.stderr?.destroy();
  assert.equal((await daemon.ended).status, 1);
  assert.ok(log().split('daemon.crashed').length <= 3, log());
});

function readHolderText(home: string): string {
  try {
    return readFileSync(join(home, 'run/daemon.json'), 'utf8');
  } catch {
    return '';
  }
}
