/** Watching a real folder: what is told when files and folders come, change and go. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { WatchEvent } from '../../src/core/ports.ts';
import { createNodeWatcher } from '../../src/platform/node-watch.ts';
import { temporaryFolder } from '../support/derive.ts';
import { until } from '../support/until.ts';

function watched(t: TestContext, { root = temporaryFolder(t), watcher = createNodeWatcher() } = {}) {
  const events: WatchEvent[] = [];
  const onEvent = (event: WatchEvent) => events.push(event);
  const { close } = bind(watcher.watch(root, { enters: (folder) => !/skipped/.test(folder), onEvent }));
  t.after(close);
  const told = (path: string) => events.some((event) => event.kind === 'changed' && event.path === path);
  /** Until this path is told; events before are forgotten. */
  const tells = async (path: string, action: () => void) => {
    events.length = 0;
    action();
    await until(() => told(path), `nothing was told of ${path}`);
  };
  const lost = () => until(() => events.find((event) => event.kind === 'lost')?.code, 'the watch is not lost');
  return { root, events, told, tells, lost, close };
}

const bind = (open: { close(): void }) => ({ close: () => open.close() });

describe('a watched folder', () => {
  it('tells of files that come, grow, get another name and go, at any depth', async (t) => {
    const root = temporaryFolder(t);
    mkdirSync(join(root, 'a/b'), { recursive: true });
    const { tells } = watched(t, { root });
    const file = join(root, 'a/b/s.jsonl');
    await tells('a/b/s.jsonl', () => writeFileSync(file, '1'));
    await tells('a/b/s.jsonl', () => appendFileSync(file, '2'));
    await tells('a/b/t.jsonl', () => renameSync(file, join(root, 'a/b/t.jsonl')));
    await tells('a/b/t.jsonl', () => rmSync(join(root, 'a/b/t.jsonl')));
  });

  it('tells of folders that are made later, and of files in them', async (t) => {
    const { root, tells } = watched(t);
    await tells('new', () => mkdirSync(join(root, 'new/deep/er'), { recursive: true }));
    await tells('new/deep/er/s.jsonl', () => writeFileSync(join(root, 'new/deep/er/s.jsonl'), '1'));
    await tells('new/deep/er/s.jsonl', () => appendFileSync(join(root, 'new/deep/er/s.jsonl'), '1'));
  });

  it('follows a folder that gets another name, and one that is made again', async (t) => {
    const { root, tells } = watched(t);
    await tells('old', () => mkdirSync(join(root, 'old')));
    await tells('moved', () => renameSync(join(root, 'old'), join(root, 'moved')));
    await tells('moved/s.jsonl', () => writeFileSync(join(root, 'moved/s.jsonl'), '1'));
    await tells('moved', () => {
      rmSync(join(root, 'moved'), { recursive: true });
      mkdirSync(join(root, 'moved'));
    });
    await tells('moved/s.jsonl', () => writeFileSync(join(root, 'moved/s.jsonl'), '1'));
  });

  it('does not look into folders that are of no interest', async (t) => {
    const { root, tells, told } = watched(t);
    mkdirSync(join(root, 'skipped'));
    await tells('marker', () => {
      writeFileSync(join(root, 'skipped/s.jsonl'), '1');
      writeFileSync(join(root, 'marker'), '1');
    });
    assert.equal(told('skipped/s.jsonl'), false);
  });

  it('says that the watch is lost when the folder is removed, and can be watched when it is there again', async (t) => {
    const { root, lost } = watched(t);
    rmSync(root, { recursive: true });
    assert.equal(await lost(), 'ENOENT');
    assert.throws(() => watched(t, { root }), { code: 'ENOENT' });
    mkdirSync(root);
    const again = watched(t, { root });
    await again.tells('s', () => writeFileSync(join(root, 's'), '1'));
  });

  it('is silent once it is closed', async (t) => {
    const first = watched(t);
    const second = watched(t, { root: first.root });
    first.close();
    await second.tells('s', () => writeFileSync(join(first.root, 's'), '1'));
    assert.deepEqual(first.events, []);
  });
});

describe('a system without watches left', () => {
  const exhausted = Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), {
    code: 'ENOSPC',
  });

  it('refuses a watch, and keeps nothing open', (t) => {
    const root = temporaryFolder(t);
    for (const name of ['a', 'b', 'c']) mkdirSync(join(root, name));
    let open = 0;
    const watcher = createNodeWatcher((path, listener) => {
      if (open === 2) throw exhausted;
      open += 1;
      return watch(path, listener).once('close', () => {
        open -= 1;
      });
    });
    assert.throws(() => watched(t, { root, watcher }), { code: 'ENOSPC' });
    return until(() => open === 0, 'watches were left open').then(() => {});
  });

  it('ends a watch at the folder that is one too many, and says so', async (t) => {
    let isFull = false;
    const watcher = createNodeWatcher((path, listener) => {
      if (isFull) throw exhausted;
      return watch(path, listener);
    });
    const { root, lost } = watched(t, { watcher });
    isFull = true;
    mkdirSync(join(root, 'one-too-many'));
    assert.equal(await lost(), 'ENOSPC');
  });

  it('is met for real where the limit can be lowered for one process', (t) => {
    const script = `
      import { mkdirSync } from 'node:fs';
      import { createNodeWatcher } from ${JSON.stringify(new URL('../../src/platform/node-watch.ts', import.meta.url))};
      const [root] = process.argv.slice(1);
      createNodeWatcher().watch(root, { enters: () => true, onEvent: (event) => { if (event.kind === 'lost') { console.log(event.code); process.exit(); } } });
      for (let n = 0; n < 10; n++) mkdirSync(root + '/' + n);
      setTimeout(() => {}, 60_000);`;
    const lower = 'echo 4 > /proc/sys/user/max_inotify_watches || exit 99; exec "$@"';
    const args = ['-Ur', 'sh', '-c', lower, 'sh', process.execPath, '--input-type=module', '-e', script];
    const { status, stdout } = spawnSync('unshare', [...args, temporaryFolder(t)], { encoding: 'utf8' });
    if (status !== 0) return t.skip('no user namespaces here');
    assert.match(stdout, /^ENOSPC$/m);
  });
});
